using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Every committed event, in an order in which each entity's events come by seq and without gaps (DESIGN.md 7).
/// A position is the engine's own; callers only keep it and hand it back.
/// </summary>
public interface IFeed
{
    /// <summary>
    /// Names the journal, as far as this process knows without asking. Another one: a store that came back with another history;
    /// <see cref="Advanced"/> is raised for that too.
    /// </summary>
    string Epoch { get; }

    /// <summary>The position after the newest committed event.</summary>
    ValueTask<FeedPosition> Head(CancellationToken cancellation);

    /// <summary>Events after a position (null: from the very first), oldest first, of all accounts or of one.</summary>
    ValueTask<IReadOnlyList<FeedEntry>> Read(FeedPosition? after, AccountId? account, int limit, CancellationToken cancellation);

    /// <summary>The position before the first event committed at or after <paramref name="at"/>: where retention ends.</summary>
    ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation);

    /// <summary>Raised after events were committed.</summary>
    event Action? Advanced;
}

/// <summary>
/// A place in the feed: how far it has been read in each partition. Partitions are ordered in themselves, not among each
/// other; an entity lives in one, so its events are in order.
/// </summary>
/// <param name="Epoch">Names the journal: another one is another history.</param>
/// <param name="Offsets">One for each partition.</param>
public sealed record FeedPosition(string Epoch, IReadOnlyList<long> Offsets)
{
    /// <summary>Whether an entry lies at or before this place.</summary>
    public bool Includes(FeedEntry entry) => Offsets[entry.Partition] >= entry.Offset;

    /// <summary>This place, moved past one more entry of its partition.</summary>
    public FeedPosition Past(int partition, long offset)
    {
        if (Offsets is [_])
        {
            return new(Epoch, [offset]);
        }

        long[] offsets = [.. Offsets];
        offsets[partition] = offset;
        return new(Epoch, offsets);
    }

    /// <summary>Whether this place lies before another in any partition: then something between the two has not been read here.</summary>
    public bool IsBehind(FeedPosition other) => Offsets.Zip(other.Offsets).Any(pair => pair.First < pair.Second);

    /// <summary>As far as either has read.</summary>
    public FeedPosition Furthest(FeedPosition other) => new(Epoch, [.. Offsets.Zip(other.Offsets, Math.Max)]);

    public bool Equals(FeedPosition? other) => other is not null && Epoch == other.Epoch && Offsets.SequenceEqual(other.Offsets);

    public override int GetHashCode() => Offsets.Aggregate(Epoch.GetHashCode(StringComparison.Ordinal), HashCode.Combine);
}

/// <param name="Offset">Within the partition.</param>
/// <param name="Position">The place after this entry, in the order it was read: watching from it does not repeat the entry.</param>
public sealed record FeedEntry(int Partition, long Offset, FeedPosition Position, EntityKey Entity, StoredEvent Event);
