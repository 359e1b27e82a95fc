namespace Conversations.EndToEnd.Tests;

/// <summary>What a whole run comes to, once every promise that ran out was announced: all histories, and all that was seen of them.</summary>
/// <param name="RanOut">Promises that were not kept.</param>
internal sealed record Verdict(IReadOnlyList<History> Histories, int RanOut, int Announced)
{
    public static async Task<Verdict> Of(Checker checker, Line line, Ledger ledger, FeedClient feed, CancellationToken cancellation)
    {
        var acknowledged = ledger.Writes.Where(w => w.Answer is { Accepted: true }).ToList();
        var newest = acknowledged.GroupBy(w => w.Conversation).ToDictionary(c => c.Key, c => c.Max(w => w.Answer!.Seq));
        await feed.Until(
            seen => newest.All(c => seen.TryGetValue(Event.ConversationPrefix + c.Key, out var events)
                && events[^1].Seq >= c.Value
                && Deadlines.FirstResponse(events) is null or { Settled: true }),
            cancellation);

        var histories = await History.ReadAll(line, cancellation);
        await feed.Until(
            seen => histories.All(h => seen.TryGetValue(Event.ConversationPrefix + h.Conversation, out var events) && events[^1].Seq >= h.Events.Count),
            cancellation);
        checker.Check(histories, ledger, acknowledged);
        checker.CheckFeed(histories, feed.Conversations());
        foreach (var history in histories.Where(h => !Deadlines.AnnouncedOnce(h.Events) || Deadlines.FirstResponse(h.Events) is { Good: false }))
        {
            checker.Report(Fault.Deadline, $"{history.Conversation}: {string.Join(' ', history.Events.Select(e => $"{e.Type}@{e.At}"))}");
        }

        var promises = histories.Select(h => Deadlines.FirstResponse(h.Events)).OfType<Deadlines.Promise>().ToList();
        return new(histories, promises.Count(p => p.RanOut), promises.Sum(p => p.Announced));
    }
}
