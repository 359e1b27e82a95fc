using NodaTime;

namespace Conversations.Domain;

/// <summary>How one queue stands in one partition, as it is stored and added up. Ages follow from it at any later instant.</summary>
/// <param name="Oldest">Since when the longest waiting has waited for a person.</param>
/// <param name="LiveWaiting">When each that waits entered the queue, where people wait on the line.</param>
/// <param name="AsyncWaiting">The same elsewhere.</param>
/// <param name="Unanswered">The oldest unanswered customer message of each open conversation.</param>
/// <param name="Reach">Audience of open public conversations without a reply, by their first message.</param>
/// <param name="AsOf">The newest event in it.</param>
public sealed record BoardFigures(
    int WaitingCount, int Assigned, int Snoozed, int Bot, int Unroutable, int Warned, int Breached, Instant? Oldest,
    IReadOnlyList<AgeBucket> LiveWaiting, IReadOnlyList<AgeBucket> AsyncWaiting, IReadOnlyList<AgeBucket> Unanswered, IReadOnlyList<AgeBucket> Reach, Instant AsOf)
{
    public static readonly BoardFigures None = new(0, 0, 0, 0, 0, 0, 0, null, [], [], [], [], Instant.MinValue);

    public BoardFigures Plus(BoardFigures other) => new(
        WaitingCount + other.WaitingCount, Assigned + other.Assigned, Snoozed + other.Snoozed, Bot + other.Bot, Unroutable + other.Unroutable,
        Warned + other.Warned, Breached + other.Breached, Oldest is null ? other.Oldest : other.Oldest is null ? Oldest : Instant.Min(Oldest.Value, other.Oldest.Value),
        [.. LiveWaiting, .. other.LiveWaiting], [.. AsyncWaiting, .. other.AsyncWaiting], [.. Unanswered, .. other.Unanswered], [.. Reach, .. other.Reach],
        Instant.Max(AsOf, other.AsOf));
}

/// <summary>So many since then.</summary>
public readonly record struct AgeBucket(Instant Since, long Count)
{
    public static long OlderThan(IReadOnlyList<AgeBucket> buckets, Instant now, Duration age)
    {
        var count = 0L;
        foreach (var bucket in buckets)
        {
            count += now - bucket.Since > age ? bucket.Count : 0;
        }

        return count;
    }
}

/// <summary>Begins of waits, counted by the second, so that a rush of them takes little memory; coarser the older they are when they are stored.</summary>
internal sealed class Ages
{
    private readonly SortedDictionary<long, long> _counts = [];

    public Instant? Oldest => _counts.Count == 0 ? null : Instant.FromUnixTimeMilliseconds(_counts.First().Key);

    public void Add(Instant since, long count)
    {
        var at = since.ToUnixTimeSeconds() * 1_000;
        var left = _counts.GetValueOrDefault(at) + count;
        if (left == 0)
        {
            _counts.Remove(at);
        }
        else
        {
            _counts[at] = left;
        }
    }

    /// <summary>By the second up to an hour's age, by the minute up to a day's, by the hour beyond: some 5,000 at most.</summary>
    public IReadOnlyList<AgeBucket> Buckets(Instant now)
    {
        List<AgeBucket> buckets = [];
        var to = now.ToUnixTimeMilliseconds();
        foreach (var (at, count) in _counts)
        {
            var width = (to - at) switch { < 3_600_000 => 1_000, < 86_400_000 => 60_000, _ => 3_600_000 };
            var since = Instant.FromUnixTimeMilliseconds(at / width * width);
            if (buckets.Count > 0 && buckets[^1].Since == since)
            {
                buckets[^1] = new(since, buckets[^1].Count + count);
            }
            else
            {
                buckets.Add(new(since, count));
            }
        }

        return buckets;
    }
}
