using System.Collections.Concurrent;
using Conversations.Domain.Json;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>Where outbox messages of one kind go.</summary>
public interface IOutboxTarget
{
    /// <summary>The targets it serves: a whole name, or a prefix that ends in a slash.</summary>
    string Serves { get; }

    /// <param name="beginAttempt">To be awaited right before something outside may be touched: from then on a crash leaves a raised attempt count.</param>
    ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation);

    /// <summary>What becomes of a message that could not be delivered for a day: by default a dead letter.</summary>
    Delivery GiveUp(string reason) => new Delivery.Dead(reason);
}

public abstract record Delivery
{
    private Delivery() { }

    /// <summary>What a command to an entity came to.</summary>
    /// <param name="entity">Begins the reason for looking again in a second when it did not answer.</param>
    public static Delivery Of<TAnswer>(Reply<TAnswer> reply, Instant now, string entity = "It") => reply switch
    {
        Reply<TAnswer>.Done => Done.Instance,
        Reply<TAnswer>.Refused { Refusal: var refusal } => new Dead($"{refusal.Code}: {refusal.Detail}"),
        _ => new Wait($"{entity} did not answer.", now + Duration.FromSeconds(1)),
    };

    public sealed record Done : Delivery
    {
        public static readonly Done Instance = new();
    }

    /// <summary>A part is done; deliver again at once with this progress.</summary>
    public sealed record Progressed(string Progress) : Delivery;

    /// <summary>Try again later, not before the named time.</summary>
    public sealed record Again(string Reason, Instant? NotBefore = null) : Delivery;

    /// <summary>Nothing was tried, and no blame is on the message: look again at that time.</summary>
    public sealed record Wait(string Reason, Instant Until) : Delivery;

    /// <summary>Will never work: to the dead letters.</summary>
    public sealed record Dead(string Reason) : Delivery;
}

/// <summary>
/// Delivers a partition's outbox: at least once, in order per order key, with growing pauses, and after
/// <see cref="Patience"/> to the dead letters, from where it can be replayed.
/// </summary>
public sealed partial class OutboxWorker(
    IPartition partition, IEnumerable<IOutboxTarget> targets, TimeProvider time, ILogger<OutboxWorker> logger) : PartitionWorker(partition, time, logger)
{
    /// <summary>Deliveries under way at once. They wait for others' networks, not for our processor.</summary>
    private const int AtOnce = 64;

    /// <summary>realtime.md 5: give up after a day.</summary>
    public static readonly Duration Patience = Duration.FromHours(24);

    private readonly IOutboxTarget[] _targets = [.. targets];
    private readonly ConcurrentDictionary<long, byte> _underWay = new();

    private protected override string Looks => "outbox";

    /// <summary>Pause before try n+1, before jitter of ±20 %: 1 s, 5 s, 30 s, 2 min, 10 min, 30 min, then hourly (realtime.md 5).</summary>
    internal static Duration Pause(int attempts) => Duration.FromSeconds(attempts switch
    {
        <= 1 => 1,
        2 => 5,
        3 => 30,
        4 => 120,
        5 => 600,
        6 => 1_800,
        _ => 3_600,
    });

    /// <summary>What a platform has answered is kept even while stopping; the host bounds how long this may take.</summary>
    private protected override async ValueTask Drain()
    {
        while (!_underWay.IsEmpty)
        {
            await Woken();
        }
    }

    private protected override async ValueTask<NextLook> Look(CancellationToken cancellation)
    {
        // Noted before reading: what is read of an entry that is settled meanwhile is old, and would be delivered again.
        var busy = _underWay.Keys.ToHashSet();
        var room = AtOnce - busy.Count;
        if (room <= 0)
        {
            return NextLook.At(null); // the end of one under way wakes the loop
        }

        // Those under way are still at the head of their keys: read past them.
        var started = 0;
        foreach (var entry in await Partition.ReadOutbox(Now(), room + busy.Count, cancellation))
        {
            if (started < room && !busy.Contains(entry.Id) && _underWay.TryAdd(entry.Id, 0))
            {
                started++;
                _ = Run(entry, cancellation);
            }
        }

        if (started > 0)
        {
            return NextLook.Now;
        }

        // One that takes long must not hold back the others' next tries.
        var ahead = await Partition.ReadOutbox(Instant.MaxValue, busy.Count + 1, cancellation);
        return NextLook.At(ahead.FirstOrDefault(e => !busy.Contains(e.Id))?.Due.ToDateTimeOffset());
    }

    private async Task Run(OutboxEntry entry, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            var begun = false;
            var delivery = await Deliver(entry, BeginAttempt, cancellation);
            if (delivery is Delivery.Again && !begun)
            {
                await Keep(entry, BeginAttempt, cancellation); // it failed before it began: its pauses are to grow all the same
            }

            Instruments.Tried(entry, Now() - entry.EnqueuedAt, delivery.GetType().Name.ToLowerInvariant());
            await Keep(entry, () => Settle(entry, delivery), cancellation);

            async ValueTask BeginAttempt()
            {
                await Partition.BeginAttempt(entry.Id, cancellation);
                begun = true;
            }
        }
        catch (OperationCanceledException)
        {
            // stopping: the entry stays as it is
        }
        finally
        {
            _underWay.TryRemove(entry.Id, out _);
            Wake();
        }
    }

    /// <summary>
    /// What became of the message is known here and nowhere else: if the store fails, it is told again until it keeps it,
    /// rather than delivering the message once more.
    /// </summary>
    private async ValueTask Keep(OutboxEntry entry, Func<ValueTask> keep, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await keep();
                return;
            }
#pragma warning disable CA1031 // The store is not answering; it is tried again.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogSettleFailed(logger, entry.Message.Id, failure);
                if (cancellation.IsCancellationRequested)
                {
                    return;
                }

                await Task.Delay(Jittered(Pause(Math.Min(tries, 3))).ToTimeSpan(), Time, cancellation);
            }
        }
    }

    private async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        if (TargetOf(entry) is not { } target)
        {
            return new Delivery.Dead($"Nothing here delivers to '{entry.Message.Target}'.");
        }

        try
        {
            return await target.Deliver(entry, beginAttempt, cancellation);
        }
#pragma warning disable CA1031 // A target that throws has a fault of its own; its message must not take the worker down.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogTargetFailed(logger, entry.Message.Id, entry.Message.Target, failure);
            return new Delivery.Again(failure.Message);
        }
    }

    private IOutboxTarget? TargetOf(OutboxEntry entry) => _targets.FirstOrDefault(t => t.Serves.EndsWith('/')
        ? entry.Message.Target.StartsWith(t.Serves, StringComparison.Ordinal)
        : entry.Message.Target == t.Serves);

    private async ValueTask Settle(OutboxEntry entry, Delivery delivery)
    {
        switch (delivery)
        {
            case Delivery.Done:
                await Partition.Complete(entry.Id, CancellationToken.None);
                break;
            case Delivery.Progressed progressed:
                await Partition.SaveProgress(entry.Id, progressed.Progress, CancellationToken.None);
                break;
            case Delivery.Wait wait:
                await Partition.Retry(entry.Id, wait.Until, wait.Reason, CancellationToken.None);
                break;
            case Delivery.Again again when Now() - entry.EnqueuedAt < Patience:
                var due = Now() + Jittered(Pause(entry.Attempts + 1));
                await Partition.Retry(entry.Id, again.NotBefore is { } named && named > due ? named : due, again.Reason, CancellationToken.None);
                break;
            case Delivery.Again given:
                await Settle(entry, TargetOf(entry)?.GiveUp(given.Reason) ?? new Delivery.Dead(given.Reason));
                break;
            case Delivery.Dead dead:
                await Bury(entry, dead.Reason);
                break;
        }
    }

    private async ValueTask Bury(OutboxEntry entry, string reason)
    {
        Instruments.Buried(entry);
        LogDead(logger, entry.Message.Id, entry.Message.Target, reason);
        await Partition.Bury(entry.Id, Now(), reason, CancellationToken.None);
    }

    private static Duration Jittered(Duration pause) =>
        pause * (0.8 + 0.4 * System.Security.Cryptography.RandomNumberGenerator.GetInt32(1_000) / 1_000);

    private Instant Now() => Instant.FromDateTimeOffset(Time.GetUtcNow()).ToMilliseconds();

    [LoggerMessage(Level = LogLevel.Error, Message = "The outcome of outbox message {Id} could not be kept yet.")]
    private static partial void LogSettleFailed(ILogger logger, string id, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Delivering outbox message {Id} to {Target} failed.")]
    private static partial void LogTargetFailed(ILogger logger, string id, string target, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Outbox message {Id} to {Target} is given up: {Reason}")]
    private static partial void LogDead(ILogger logger, string id, string target, string reason);
}
