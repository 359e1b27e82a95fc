using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Every committed event, in an order in which each entity's events come by seq and without gaps (DESIGN.md 7).
/// A position is the engine's own; callers only keep it and hand it back.
/// </summary>
public interface IFeed
{
    /// <summary>The position after the newest committed event.</summary>
    ValueTask<FeedPosition> Head(CancellationToken cancellation);

    /// <summary>Events after a position, oldest first, of all accounts or of one.</summary>
    ValueTask<IReadOnlyList<FeedEntry>> Read(FeedPosition after, AccountId? account, int limit, CancellationToken cancellation);

    /// <summary>The position before the first event committed at or after <paramref name="at"/>: where retention ends.</summary>
    ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation);

    /// <summary>Raised after events were committed.</summary>
    event Action? Advanced;
}

/// <summary>A place in the feed, comparable within one journal. <paramref name="Epoch"/> names the journal: another one is another history.</summary>
public readonly record struct FeedPosition(string Epoch, long Offset);

/// <param name="Position">The position after this entry: watching from it does not repeat the entry.</param>
public sealed record FeedEntry(FeedPosition Position, EntityKey Entity, StoredEvent Event);
