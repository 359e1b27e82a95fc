using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// What a partition's worker drives (DESIGN.md 6): its deadline index and its outbox. An embedded process is one partition.
/// </summary>
public interface IPartition : IDeadLetters
{
    /// <summary>Entities whose deadline is at or before <paramref name="now"/>, earliest first.</summary>
    ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation);

    /// <summary>The earliest deadline of all, or null.</summary>
    ValueTask<Instant?> NextDeadline(CancellationToken cancellation);

    /// <summary>
    /// Messages to try now, oldest first: due, and first of their order key. A later message of the same order key is never
    /// returned before the earlier one is completed or dead.
    /// </summary>
    ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation);

    /// <summary>When the earliest message that is first of its order key becomes due, or null.</summary>
    ValueTask<Instant?> NextOutbox(CancellationToken cancellation);

    /// <summary>
    /// Durably notes that a try begins: after a crash the entry comes back with <see cref="OutboxEntry.Attempts"/> raised,
    /// so a sender knows that an earlier try may have reached the platform.
    /// </summary>
    ValueTask BeginAttempt(long id, CancellationToken cancellation);

    /// <summary>Keeps how far a sender got with a message of several parts. The next part starts with no attempts.</summary>
    ValueTask SaveProgress(long id, string progress, CancellationToken cancellation);

    ValueTask Complete(long id, CancellationToken cancellation);

    /// <summary>Tries again at <paramref name="due"/>.</summary>
    ValueTask Retry(long id, Instant due, string error, CancellationToken cancellation);

    /// <summary>Gives up: the message moves to the dead letters and no longer holds back its order key.</summary>
    ValueTask Bury(long id, Instant at, string error, CancellationToken cancellation);

    /// <summary>Raised after a commit that may have brought an earlier deadline or a new outbox message.</summary>
    event Action? Changed;
}

/// <summary>What could not be delivered, for a person to decide.</summary>
public interface IDeadLetters
{
    /// <summary>Newest first; <paramref name="before"/> is the smallest id seen, or null.</summary>
    ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation);

    /// <summary>Puts a dead letter back at the end of its order key, to be tried now. False if there is none.</summary>
    ValueTask<bool> Replay(AccountId account, long id, Instant at, CancellationToken cancellation);

    ValueTask<bool> Discard(AccountId account, long id, CancellationToken cancellation);
}

/// <param name="Due">The deadline the index holds.</param>
public readonly record struct DueEntity(EntityKey Entity, Instant Due);

/// <summary>Something to be done outside the entity, after the commit, at least once (DESIGN.md 4).</summary>
/// <param name="Id">Stable: the same decision always gives the same id. Unique in the account.</param>
/// <param name="Target">Who delivers it: <c>channel/x</c>, <c>entity/conversation</c>.</param>
/// <param name="OrderKey">Messages of one entity with the same key are delivered in order.</param>
/// <param name="Body">JSON the target understands.</param>
public sealed record OutboxMessage(string Id, string Target, string OrderKey, string Body);

/// <param name="Attempts">Tries begun before this one.</param>
public sealed record OutboxEntry(
    long Id, AccountId Account, OutboxMessage Message, Instant EnqueuedAt, Instant Due, int Attempts, string? Progress, string? LastError);

public sealed record DeadLetter(long Id, OutboxMessage Message, Instant EnqueuedAt, Instant DiedAt, int Attempts, string Error);
