using System.Collections.Concurrent;
using Conversations.Domain.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Fires a partition's deadlines: reads what is due from the index and has each entity look. Work is O(what is due). A tick
/// that comes late or twice is harmless, so nothing here needs to be remembered across a restart.
/// </summary>
public sealed partial class DeadlineWorker(IPartition partition, IEntities entities, TimeProvider time, ILogger<DeadlineWorker> logger) : BackgroundService
{
    /// <summary>Ticks under way at once: enough to fill a group commit, few enough to leave room for commands.</summary>
    private const int AtOnce = 128;

    /// <summary>
    /// Between two looks while deadlines keep coming. At 1,000 due a second a look then finds ten, which share a flush;
    /// looking again after every single tick found four, and the looks cost half of what the ticks did.
    /// </summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);

    private readonly Pulse _pulse = new(time);
    private readonly ConcurrentDictionary<EntityKey, byte> _underWay = new();

    /// <summary>Entities whose tick failed or moved nothing, and when to try again: a fault must not become a hot loop.</summary>
    private readonly ConcurrentDictionary<EntityKey, (Instant At, int Times)> _resting = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        partition.Changed += _pulse.Set;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var now = Now();
                var room = AtOnce - _underWay.Count;
                var started = room > 0 ? await StartDue(now, room, stoppingToken) : 0;
                if (started < room || room <= 0)
                {
                    if (started > 0)
                    {
                        await Task.Delay(Breath, time, stoppingToken);
                    }

                    await _pulse.Wait(await NextWake(now, stoppingToken), stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        finally
        {
            partition.Changed -= _pulse.Set;
        }
    }

    private async ValueTask<int> StartDue(Instant now, int room, CancellationToken cancellation)
    {
        var started = 0;

        // Those under way or resting are still in the index, at its head: read past them.
        var limit = room + _underWay.Count + _resting.Count;
        try
        {
            foreach (var due in await partition.ReadDue(now, limit, cancellation))
            {
                if (started < room && !Rests(due.Entity, now) && _underWay.TryAdd(due.Entity, 0))
                {
                    started++;
                    _ = Tick(due, cancellation);
                }
            }
        }
#pragma warning disable CA1031 // The store is not answering; the loop goes on and tries again.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogReadFailed(logger, failure);
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }

        return started;
    }

    private async Task Tick(DueEntity due, CancellationToken cancellation)
    {
        await Task.Yield();
        var moved = false;
        try
        {
            moved = await entities.Tick(due.Entity, cancellation);
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        finally
        {
            if (moved)
            {
                _resting.TryRemove(due.Entity, out _);
            }
            else
            {
                Rest(due.Entity);
            }

            _underWay.TryRemove(due.Entity, out _);
            if (_underWay.Count < AtOnce / 2)
            {
                _pulse.Set();
            }
        }
    }

    private void Rest(EntityKey entity)
    {
        var times = _resting.TryGetValue(entity, out var resting) ? resting.Times : 0;
        var pause = Duration.FromMilliseconds(Math.Min(300_000, 100 * Math.Pow(2, times)));
        _resting[entity] = (Now() + pause, times + 1);
        LogUnmoved(logger, entity, pause.TotalSeconds);
    }

    private bool Rests(EntityKey entity, Instant now) => _resting.TryGetValue(entity, out var resting) && now < resting.At;

    private async ValueTask<DateTimeOffset?> NextWake(Instant now, CancellationToken cancellation)
    {
        var next = await partition.NextDeadline(cancellation);
        if (next <= now)
        {
            // Everything due is under way or resting: their end, or the end of the shortest rest, wakes the loop.
            next = _resting.IsEmpty ? null : _resting.Values.Min(r => r.At);
        }

        return next?.ToDateTimeOffset();
    }

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds();

    public override void Dispose()
    {
        _pulse.Dispose();
        base.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The deadline index could not be read.")]
    private static partial void LogReadFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Entity} is still due after looking at its deadlines; again in {Seconds} s.")]
    private static partial void LogUnmoved(ILogger logger, EntityKey entity, double seconds);
}
