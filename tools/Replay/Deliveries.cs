namespace Conversations.Replaying;

/// <summary>One request to be made.</summary>
/// <param name="Due">When it is sent if the original pace is kept: the time of the tweet whose place it took.</param>
internal sealed record Delivery(TweetThread Thread, Tweet Tweet, DateTimeOffset Due);

/// <param name="Repeat">Deliver each row one to three times, out of order.</param>
/// <param name="Window">No delivery is this many places or more from its place in time order.</param>
internal sealed record DeliveryOrder(bool Repeat, int Window, int Seed);

/// <summary>What is sent, in which order. The same file, order and seed give the same deliveries.</summary>
internal static class Deliveries
{
    public const int MostRepeats = 3;

    /// <summary>All rows in time order, each once; or repeated and shuffled as platforms do when they are unsure of us.</summary>
    public static IReadOnlyList<Delivery> Plan(TwcsFile file, DeliveryOrder order)
    {
        var inTime = file.Threads
            .SelectMany(thread => thread.Tweets.Select(tweet => new Delivery(thread, tweet, tweet.SentAt)))
            .OrderBy(d => d.Tweet, Tweet.ByTime);
        return order.Repeat ? Disturb([.. inTime], order) : [.. inTime];
    }

    /// <summary>
    /// Splits the plan into lanes: deliveries of one lane go one after the other, lanes go side by side. Without repeats
    /// a thread keeps to one lane, so its tweets arrive in order. With repeats neighbours go to different lanes, so that
    /// the same request is also in flight twice at once.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<Delivery>> Lanes(IReadOnlyList<Delivery> plan, int count, bool repeat)
    {
        var lanes = Enumerable.Range(0, count).Select(_ => new List<Delivery>()).ToList();
        Dictionary<long, int> laneOf = [];
        for (var i = 0; i < plan.Count; i++)
        {
            var root = plan[i].Thread.Root;
            laneOf.TryAdd(root, laneOf.Count % count);
            lanes[repeat ? i % count : laneOf[root]].Add(plan[i]);
        }

        return lanes;
    }

    /// <summary>
    /// Repeats each delivery and sorts by place + random [0, window): whatever is a window or more later cannot overtake,
    /// so nothing moves by a window or more, and there are no block borders that nothing crosses.
    /// </summary>
    private static List<Delivery> Disturb(List<Delivery> inTime, DeliveryOrder order)
    {
        var random = new Random(order.Seed);
        var repeated = inTime.SelectMany(d => Enumerable.Repeat(d, random.Next(1, MostRepeats + 1))).ToList();
        var shuffled = repeated
            .Select((delivery, place) => (delivery, key: place + (random.NextDouble() * order.Window)))
            .OrderBy(x => x.key)
            .Select((x, place) => x.delivery with { Due = repeated[place].Due });
        return [.. shuffled];
    }
}
