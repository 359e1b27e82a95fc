using System.Numerics;
using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// Durations in buckets that grow with them: 16 to each doubling, so a percentile is at most 6 % off, whatever the range.
/// Adding two gives the histogram of both: percentiles are never averaged (reports.md 1).
/// </summary>
/// <param name="Buckets">Bucket and count by turns, in order.</param>
/// <param name="Sum">Milliseconds, exact: for means.</param>
public sealed record Histogram(IReadOnlyList<long> Buckets, long Sum = 0)
{
    private const int Steps = 16;

    public static readonly Histogram Empty = new([]);

    [JsonIgnore]
    public long Count
    {
        get
        {
            var count = 0L;
            for (var i = 1; i < Buckets.Count; i += 2)
            {
                count += Buckets[i];
            }

            return count;
        }
    }

    /// <summary>Null when there is nothing to take the mean of.</summary>
    [JsonIgnore]
    public Duration? Mean => Count is > 0 and var count ? Duration.FromMilliseconds(Sum / count) : null;

    public Histogram With(Duration value)
    {
        var milliseconds = Math.Max(0, (long)value.TotalMilliseconds);
        return Plus(new([Bucket(milliseconds), 1], milliseconds));
    }

    public Histogram Plus(Histogram other)
    {
        if (other.Buckets.Count == 0)
        {
            return this;
        }

        List<long> both = new(Buckets.Count + other.Buckets.Count);
        var (i, j) = (0, 0);
        while (i < Buckets.Count || j < other.Buckets.Count)
        {
            var (mine, theirs) = (i < Buckets.Count ? Buckets[i] : long.MaxValue, j < other.Buckets.Count ? other.Buckets[j] : long.MaxValue);
            both.Add(Math.Min(mine, theirs));
            both.Add((mine <= theirs ? Buckets[i + 1] : 0) + (theirs <= mine ? other.Buckets[j + 1] : 0));
            i += mine <= theirs ? 2 : 0;
            j += theirs <= mine ? 2 : 0;
        }

        return new(both, Sum + other.Sum);
    }

    /// <param name="share">Between 0 and 1.</param>
    /// <returns>The middle of the bucket it lies in; null when there is nothing.</returns>
    public Duration? Percentile(double share)
    {
        var rank = (long)Math.Ceiling(Count * share);
        for (var (i, seen) = (0, 0L); i < Buckets.Count; i += 2)
        {
            seen += Buckets[i + 1];
            if (seen >= rank)
            {
                return Duration.FromMilliseconds((From(Buckets[i]) + From(Buckets[i] + 1)) / 2);
            }
        }

        return null;
    }

    public bool Equals(Histogram? other) => other is not null && Sum == other.Sum && Buckets.SequenceEqual(other.Buckets);

    public override int GetHashCode() => HashCode.Combine(Sum, Buckets.Count);

    /// <summary>Below 16 ms a bucket each; then 16 for each power of two.</summary>
    private static long Bucket(long milliseconds)
    {
        if (milliseconds < Steps)
        {
            return milliseconds;
        }

        var power = BitOperations.Log2((ulong)milliseconds) - 4;
        return (power * Steps) + (milliseconds >> power);
    }

    private static long From(long bucket)
    {
        var power = (int)Math.Max(0, (bucket / Steps) - 1);
        return (bucket - (power * Steps)) << power;
    }
}
