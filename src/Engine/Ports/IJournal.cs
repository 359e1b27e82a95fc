using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine;

/// <summary>One entity: one consistency boundary with one writer (DESIGN.md 4).</summary>
/// <param name="Kind">For example <c>conversation</c>.</param>
public readonly record struct EntityKey(AccountId Account, string Kind, string Id)
{
    public override string ToString() => $"{Account}/{Kind}/{Id}";
}

/// <summary>
/// The durable record. Everything an entity decides reaches it as one atomic <see cref="Commit"/>; nothing is answered
/// before the commit returned (DESIGN.md 5).
/// </summary>
/// <remarks>
/// Any exception from <see cref="Commit"/> is an unknown outcome: the commit may or may not have happened. The caller
/// drops what it has in memory and reads again.
/// </remarks>
public interface IJournal
{
    /// <summary>The newest snapshot, if any, and every event after it, in order.</summary>
    ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation);

    /// <summary>Applies all of it or none of it, durably.</summary>
    ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation);

    /// <summary>What a command id was answered with, or null if it was never applied in this account.</summary>
    ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation);

    /// <summary>A page of an entity's history by seq, exclusive of <paramref name="after"/> (descending: of "before").</summary>
    /// <param name="after">Ascending: events with a greater seq. Descending: events with a smaller seq; 0 means from the newest.</param>
    ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation);

    /// <summary>Keeps a snapshot. A cache of the journal: losing one costs time, never data.</summary>
    ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation);
}

/// <param name="Seq">The version the state stands at.</param>
/// <param name="Format">The state's format; a snapshot of another format is ignored and the events are read instead.</param>
public sealed record Snapshot(long Seq, int Format, byte[] State);

public sealed record StoredEntity(Snapshot? Snapshot, IReadOnlyList<StoredEvent> Tail);

/// <summary>An event as stored: the entity's JSON contract, not parsed.</summary>
/// <param name="Topics">Feed topics beyond the entity's own and the account's, for example <c>agent/ann queue/support</c>.</param>
public sealed record StoredEvent(long Seq, string Type, Instant At, Actor Actor, string Cause, ReadOnlyMemory<byte> Data, string? Topics = null);

/// <summary>One decision's whole effect (DESIGN.md 5).</summary>
/// <param name="ExpectedSeq">The version the decision was made on; another current one is a conflict.</param>
/// <param name="CommandId">Unique in the account. If already applied, nothing is written and the stored answer comes back.</param>
/// <param name="BodyHash">Of what was asked. The same id with another hash is <see cref="CommitOutcome.KeyReused"/>; null compares equal to anything.</param>
/// <param name="Answer">Stored with the receipt, returned to every retry.</param>
/// <param name="Aliases">Further command ids to answer from now on (a message's other ids). One this entity already holds is
/// replaced; one another entity holds stays as it is.</param>
/// <param name="NextDue">The entity's next deadline after this commit; null for none.</param>
/// <param name="View">The list row after this commit; null leaves it as it is.</param>
public sealed record Commit(
    EntityKey Entity,
    long ExpectedSeq,
    string CommandId,
    byte[]? BodyHash,
    ReadOnlyMemory<byte> Answer,
    IReadOnlyList<StoredEvent> Events,
    Instant At,
    Instant? NextDue,
    IReadOnlyList<ReceiptAlias> Aliases,
    IReadOnlyList<OutboxMessage> Outbox,
    ConversationRow? View)
{
    /// <exception cref="ArgumentException">The events do not follow the expected version.</exception>
    internal void CheckSeqs()
    {
        for (var i = 0; i < Events.Count; i++)
        {
            if (Events[i].Seq != ExpectedSeq + i + 1)
            {
                throw new ArgumentException($"Event {i} of {Entity} has seq {Events[i].Seq} after version {ExpectedSeq}.");
            }
        }
    }
}

public sealed record ReceiptAlias(string CommandId, ReadOnlyMemory<byte> Answer);

/// <param name="Entity">The entity that applied it.</param>
public sealed record StoredReceipt(EntityKey Entity, byte[]? BodyHash, ReadOnlyMemory<byte> Answer);

public abstract record CommitOutcome
{
    private CommitOutcome() { }

    public sealed record Committed : CommitOutcome
    {
        public static readonly Committed Instance = new();
    }

    /// <summary>The command had been applied before; this is what it was answered with.</summary>
    public sealed record Replayed(StoredReceipt Receipt) : CommitOutcome;

    /// <summary>The entity is at another version than the decision was made on. Nothing was written.</summary>
    public sealed record Conflict(long CurrentSeq) : CommitOutcome;

    /// <summary>The command id was used for something else. Nothing was written.</summary>
    public sealed record KeyReused : CommitOutcome
    {
        public static readonly KeyReused Instance = new();
    }
}
