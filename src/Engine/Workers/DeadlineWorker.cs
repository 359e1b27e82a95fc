using System.Collections.Concurrent;
using Conversations.Domain.Json;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Fires a partition's deadlines: reads what is due from the index and has each entity look. Work is O(what is due). A tick
/// that comes late or twice is harmless, so nothing here needs to be remembered across a restart.
/// </summary>
public sealed partial class DeadlineWorker(IPartition partition, IEntities entities, TimeProvider time, ILogger<DeadlineWorker> logger)
    : PartitionWorker(partition, time, logger)
{
    /// <summary>Ticks under way at once: enough to share flushes, few enough that commands between them wait for no long one.</summary>
    private const int AtOnce = 32;

    /// <summary>
    /// The same in a burst, with a rest after each round: ten thousand promises that run out in the same second are in no hurry
    /// that would be worth a customer's waiting for them. 10,000 due in one second on two cores: messages beside them had a p99 of
    /// 5.2 times the quiet one without rests (1,900 ticks a second), of 2.5 times with them (1,150).
    /// </summary>
    private const int AtOnceInBurst = 6;

    /// <summary>
    /// More than a process can do: due one after the other faster than this is a burst. Slower ones are looked at in time.
    /// </summary>
    private static readonly Duration BurstApart = Duration.FromSeconds(1) / 4_000;

    /// <summary>Late by more, a burst must come to its end, whoever waits for it.</summary>
    private static readonly Duration TooLate = Duration.FromMinutes(1);

    /// <summary>By the machine's clock, whichever clock tells what is due: it is about load.</summary>
    private static readonly TimeSpan RestInBurst = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);

    private bool _burst;

    private readonly ConcurrentDictionary<EntityKey, byte> _underWay = new();

    /// <summary>Entities whose tick failed or moved nothing, and when to try again: a fault must not become a hot loop.</summary>
    private readonly ConcurrentDictionary<EntityKey, (Instant At, int Times)> _resting = new();

    private protected override string Looks => "deadline index";

    private protected override async ValueTask<NextLook> Look(CancellationToken cancellation)
    {
        var now = Now();
        var room = (_burst ? AtOnceInBurst : AtOnce) - _underWay.Count;
        List<(Task Tick, Instant Due)> started = room > 0 ? await StartDue(now, room, cancellation) : [];
        _burst = started.Count >= room && (room < AtOnceInBurst ? _burst : IsBurst(started, now)); // of too few nothing can be said
        if (started.Count > 0)
        {
            await Breathe([.. started.Select(s => s.Tick)], room, cancellation);
            return NextLook.Now; // there may be more
        }

        // Without room the end of those under way wakes the loop.
        return NextLook.At(room > 0 ? await NextWake(cancellation) : null);
    }

    private static bool IsBurst(List<(Task Tick, Instant Due)> started, Instant now) =>
        started[^1].Due - started[0].Due < started.Count * BurstApart && now - started[0].Due < TooLate;

    /// <summary>
    /// Looks again when those just started are through, or after 10 ms. Looking again after every single tick found four at
    /// 1,000 due a second and cost half of what the ticks did; what comes due meanwhile shares a look and a flush.
    /// </summary>
    private async ValueTask Breathe(Task[] started, int room, CancellationToken cancellation)
    {
        if (_burst || started.Length < room)
        {
            await Task.WhenAny(Task.WhenAll(started), Task.Delay(Breath, _burst ? TimeProvider.System : Time, cancellation));
        }

        if (_burst)
        {
            await Task.Delay(RestInBurst, TimeProvider.System, cancellation);
        }
    }

    private async ValueTask<List<(Task Tick, Instant Due)>> StartDue(Instant now, int room, CancellationToken cancellation)
    {
        // Noted before reading: what is read of an entity whose tick ends meanwhile is old.
        var busy = _underWay.Keys.ToHashSet();
        List<(Task Tick, Instant Due)> started = [];

        // Those under way or resting are still in the index, at its head: read past them.
        foreach (var due in await Partition.ReadDue(now, room + busy.Count + _resting.Count, cancellation))
        {
            if (started.Count < room && !busy.Contains(due.Entity) && !Rests(due.Entity, now) && _underWay.TryAdd(due.Entity, 0))
            {
                started.Add((Tick(due, cancellation), due.Due));
            }
        }

        if (started.Count < room)
        {
            // All that is due has been seen: who has rested and is not under way is due no longer.
            foreach (var (entity, rest) in _resting)
            {
                if (rest.At <= now && !_underWay.ContainsKey(entity))
                {
                    _resting.TryRemove(new(entity, rest));
                }
            }
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
            return; // stopping
        }
#pragma warning disable CA1031 // Whatever failed: it rests and is tried again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogTickFailed(logger, due.Entity, failure);
        }
        finally
        {
            if (moved)
            {
                Instruments.Fired(Now() - due.Due);
                _resting.TryRemove(due.Entity, out _);
            }
            else
            {
                LetRest(due.Entity);
            }

            _underWay.TryRemove(due.Entity, out _);
            if (_underWay.Count < (_burst ? AtOnceInBurst : AtOnce) / 2)
            {
                Wake();
            }
        }
    }

    private void LetRest(EntityKey entity)
    {
        var times = _resting.TryGetValue(entity, out var resting) ? resting.Times : 0;
        var pause = Duration.FromMilliseconds(Math.Min(300_000, 100 * Math.Pow(2, times)));
        _resting[entity] = (Now() + pause, times + 1);
        LogUnmoved(logger, entity, pause.TotalSeconds);
    }

    private bool Rests(EntityKey entity, Instant now) => _resting.TryGetValue(entity, out var resting) && now < resting.At;

    /// <summary>
    /// The earliest of: a deadline of an entity that is neither under way nor resting, and the end of a rest. The end of those
    /// under way wakes the loop by itself. One that rests for minutes must not hold back the next one's deadline.
    /// </summary>
    private async ValueTask<DateTimeOffset?> NextWake(CancellationToken cancellation)
    {
        var busy = _underWay.Keys.ToHashSet();
        var resting = _resting.Where(r => !busy.Contains(r.Key)).ToDictionary(r => r.Key, r => r.Value.At);
        var next = (await Partition.ReadDue(Instant.MaxValue, busy.Count + resting.Count + 1, cancellation))
            .Where(d => !busy.Contains(d.Entity) && !resting.ContainsKey(d.Entity))
            .Select(d => (Instant?)d.Due)
            .FirstOrDefault();
        return resting.Values.Select(at => (Instant?)at).Append(next).Min()?.ToDateTimeOffset();
    }

    private Instant Now() => Instant.FromDateTimeOffset(Time.GetUtcNow()).ToMilliseconds();

    [LoggerMessage(Level = LogLevel.Error, Message = "{Entity} could not look at its deadlines.")]
    private static partial void LogTickFailed(ILogger logger, EntityKey entity, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Entity} is still due after looking at its deadlines; again in {Seconds} s.")]
    private static partial void LogUnmoved(ILogger logger, EntityKey entity, double seconds);
}
