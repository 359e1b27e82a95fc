using System.Globalization;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// The first-response promise, read from a history alone: it runs from the customer's first message, and an answer at or
/// before the due instant keeps it.
/// </summary>
internal static class Deadlines
{
    private const string Prefix = "hasty-";

    /// <summary>Where a breach must be announced, and where it has been.</summary>
    public readonly record struct Promise(bool RanOut, int Announced, bool Settled, bool Good);

    /// <summary>Null where nothing was promised, or where closing and reopening moved the promise.</summary>
    public static Promise? FirstResponse(IReadOnlyList<Event> history)
    {
        if (history.Count == 0 || history[0].Data.GetProperty("address").GetProperty("channelAccount").GetString() is not { } account
            || !account.StartsWith(Prefix, StringComparison.Ordinal)
            || history.Any(e => e.Type == "status.changed"))
        {
            return null;
        }

        var question = history.First(e => e.Type == "message.received");
        var due = question.TimeAt("sentAt").AddSeconds(int.Parse(account.AsSpan(Prefix.Length), CultureInfo.InvariantCulture));
        var reply = history.FirstOrDefault(e => e.Type == "message.posted" && e.Text("kind") == "reply");
        var ranOut = reply is null || reply.Time > due;
        var breaches = history.Where(e => e.Type == "sla.breached" && e.Text("metric") == "firstResponse").ToList();
        return new(
            ranOut,
            breaches.Count,
            Settled: !ranOut || breaches.Count > 0,
            Good: breaches.Count == (ranOut ? 1 : 0) && breaches.All(b => b.TimeAt("at") == due));
    }

    /// <summary>Every level of every instance is announced at most once, unless it was withdrawn.</summary>
    public static bool AnnouncedOnce(IReadOnlyList<Event> history)
    {
        HashSet<(int, string?, long, string)> announced = [];
        var episode = 0;
        foreach (var e in history)
        {
            episode += e.Type == "episode.started" ? 1 : 0;
            if (e.Type is "sla.breached" or "sla.warning" && !announced.Add((episode, e.Text("metric"), e.Number("instance"), e.Type)))
            {
                return false;
            }

            if (e.Type == "sla.withdrawn" && e.Text("what") == "breach")
            {
                announced.Remove((episode, e.Text("metric"), e.Number("instance"), "sla.breached"));
            }
        }

        return true;
    }
}
