using System.Globalization;
using System.Text.Json;

namespace Conversations.Replaying;

/// <summary>What a replay found. <see cref="Figures"/> and <see cref="Violations"/> come from the gateway's histories, not from the file.</summary>
/// <param name="WallSeconds">From reading the file to the last history read.</param>
internal sealed record Report(double WallSeconds, DeliveryFigures Delivery, ReportFigures Figures, IReadOnlyList<Violation> Violations)
{
    /// <summary>Nothing was refused and the histories are whole.</summary>
    public bool Good => Delivery.Refused.Count == 0 && Violations.Count == 0;
}

/// <param name="Requests">Deliveries answered, refused ones included.</param>
/// <param name="Replayed">Of these, known to the gateway already.</param>
/// <param name="Refused">Deliveries refused, by problem code.</param>
/// <param name="LatencyP50">Milliseconds of the attempt that was answered.</param>
internal sealed record DeliveryFigures(
    int Rows,
    int Requests,
    int Replayed,
    IReadOnlyDictionary<string, int> Refused,
    long Retries,
    double RequestsPerSecond,
    double? LatencyP50,
    double? LatencyP99);

/// <summary>
/// A message as the history has it. Replies written in the gateway itself (<c>message.posted</c>) are no part of a replay
/// and count in no figure.
/// </summary>
internal sealed record Message(string ExternalId, bool Inbound, DateTimeOffset SentAt, string Author, string? ReplyTo)
{
    public static Message? Of(HistoryEvent e) =>
        e.Type is "message.received" || (e.Type is "message.recorded" && e.Data.GetProperty("kind").GetString() == "reply")
            ? new(
                e.Data.GetProperty("externalId").GetString()!,
                e.Type is "message.received",
                e.Data.GetProperty("sentAt").GetDateTimeOffset(),
                e.Data.GetProperty("author").GetProperty("id").GetString()!,
                e.Data.TryGetProperty("replyTo", out var parent) ? parent.GetString() : null)
            : null;
}

/// <summary>
/// What social care is judged by, per conversation: a replay closes nothing, so a conversation is one episode. All times
/// are the messages' own (<c>sentAt</c>), wall clock, so the order of arrival changes nothing.
/// </summary>
/// <param name="Brands">Authors of outbound messages.</param>
/// <param name="WithCustomerMessage">Conversations with a customer message: the denominator of both rates.</param>
/// <param name="Answered">
/// Of these, with a brand's reply at or after the first customer message. However late: an answer is an answer, lateness is
/// what the SLA shows.
/// </param>
/// <param name="ResponseRate">Answered ÷ with a customer message; null if there is none.</param>
/// <param name="Ignored">
/// Never answered, and the oldest unanswered customer message (the first, since nothing answers it) is more than 24 h older
/// than the last message of the whole replay, which is the "now" of a file that has an end.
/// </param>
/// <param name="IgnoredRate">Ignored ÷ with a customer message; null if there is none. It is 1 − response rate but for the undecided.</param>
/// <param name="Undecided">Not answered, but too close to the end to be called ignored.</param>
/// <param name="FirstResponseP50">
/// Seconds from the first customer message to the first brand's reply at or after it, over the answered. Percentiles are
/// nearest-rank; null if there are none.
/// </param>
/// <param name="FirstAnswerP50">
/// Seconds from a tweet to the first brand's message of its conversation if that answers this very tweet, where both are
/// known. Unlike the first response it ignores what the customer wrote earlier: the figure the data is usually described with.
/// </param>
/// <param name="SlaTarget">Seconds.</param>
/// <param name="SlaMet">First response took the target or less.</param>
/// <param name="SlaBreached">It took longer.</param>
/// <param name="Unanswered">Neither: with a customer message, but without a first response.</param>
internal sealed record ReportFigures(
    int Conversations,
    int Messages,
    int Inbound,
    int Outbound,
    int Brands,
    int WithCustomerMessage,
    int Answered,
    double? ResponseRate,
    int Ignored,
    double? IgnoredRate,
    int Undecided,
    long? FirstResponseP50,
    long? FirstResponseP90,
    long? FirstResponseP99,
    long? FirstAnswerP50,
    int SlaTarget,
    int SlaMet,
    int SlaBreached,
    int Unanswered)
{
    public static readonly TimeSpan IgnoreThreshold = TimeSpan.FromHours(24);

    public static ReportFigures Of(IEnumerable<IReadOnlyList<Message>> conversations, int slaTarget)
    {
        var all = conversations.ToList();
        var messages = all.SelectMany(c => c).ToList();
        var end = messages.Select(m => m.SentAt).DefaultIfEmpty().Max();
        var asked = all.Where(c => c.Any(m => m.Inbound)).Select(c => (Since: FirstCustomerMessage(c), Wait: FirstResponse(c))).ToList();
        var waits = asked.Select(a => a.Wait).OfType<long>().Order().ToList();
        var answers = all.Select(FirstAnswer).OfType<long>().Order().ToList();
        var ignored = asked.Count(a => a.Wait is null && end - a.Since > IgnoreThreshold);
        var met = waits.Count(w => w <= slaTarget);
        var unanswered = asked.Count - waits.Count;
        return new(
            all.Count,
            messages.Count,
            messages.Count(m => m.Inbound),
            messages.Count(m => !m.Inbound),
            messages.Where(m => !m.Inbound).Select(m => m.Author).Distinct().Count(),
            asked.Count,
            waits.Count,
            Rate(waits.Count, asked.Count),
            ignored,
            Rate(ignored, asked.Count),
            unanswered - ignored,
            Percentile.Of(waits, 50),
            Percentile.Of(waits, 90),
            Percentile.Of(waits, 99),
            Percentile.Of(answers, 50),
            slaTarget,
            met,
            waits.Count - met,
            unanswered);
    }

    private static DateTimeOffset FirstCustomerMessage(IReadOnlyList<Message> conversation) => conversation.Where(m => m.Inbound).Min(m => m.SentAt);

    private static long? FirstResponse(IReadOnlyList<Message> conversation)
    {
        var since = FirstCustomerMessage(conversation);
        return conversation.Where(m => !m.Inbound && m.SentAt >= since).Select(m => (long?)Seconds(m.SentAt - since)).Min();
    }

    private static long? FirstAnswer(IReadOnlyList<Message> conversation)
    {
        // Ids of the same second are compared as the numbers they are: the shorter is the smaller.
        var first = conversation.Where(m => !m.Inbound)
            .OrderBy(m => m.SentAt).ThenBy(m => m.ExternalId.Length).ThenBy(m => m.ExternalId, StringComparer.Ordinal)
            .FirstOrDefault();
        var question = first?.ReplyTo is { } parent ? conversation.FirstOrDefault(m => m.ExternalId == parent) : null;
        return question is null ? null : Seconds(first!.SentAt - question.SentAt);
    }

    private static long Seconds(TimeSpan span) => (long)span.TotalSeconds;

    private static double? Rate(int part, int whole) => whole == 0 ? null : (double)part / whole;
}

/// <param name="Rule">What does not hold.</param>
internal sealed record Violation(string Conversation, string Rule, string Detail);

/// <summary>Every acknowledged message is in the history exactly once, and histories have no gaps.</summary>
internal static class Integrity
{
    /// <param name="acknowledged">External ids the gateway accepted, with the conversation it named.</param>
    public static IEnumerable<Violation> Check(
        IReadOnlyDictionary<string, IReadOnlyList<HistoryEvent>> histories, IEnumerable<(string ExternalId, string Conversation)> acknowledged)
    {
        Dictionary<string, HashSet<string>> known = [];
        foreach (var (id, events) in histories)
        {
            var ids = events.Select(Message.Of).OfType<Message>().Select(m => m.ExternalId).ToList();
            known[id] = [.. ids];
            foreach (var twice in ids.CountBy(x => x).Where(x => x.Value > 1))
            {
                yield return new(id, "a message is in the history once", $"{twice.Key} is there {twice.Value} times");
            }

            if (Gap(events.Select(e => e.Seq)) is { } seq)
            {
                yield return new(id, "seq is contiguous from 1", seq);
            }

            if (Gap(events.Select(Index).OfType<long>()) is { } index)
            {
                yield return new(id, "messageIndex is contiguous from 1", index);
            }
        }

        foreach (var (externalId, conversation) in acknowledged.Distinct())
        {
            if (!known.TryGetValue(conversation, out var ids))
            {
                yield return new(conversation, "a conversation that took a message is listed", $"it took {externalId}");
            }
            else if (!ids.Contains(externalId))
            {
                yield return new(conversation, "an acknowledged message is in the history", $"{externalId} is missing");
            }
        }
    }

    /// <summary>The place of a message customers see; notes have none.</summary>
    private static long? Index(HistoryEvent e) =>
        e.Type is "message.received" or "message.recorded" or "message.posted"
        && e.Data.TryGetProperty("index", out var index) && index.ValueKind == JsonValueKind.Number
            ? index.GetInt64()
            : null;

    private static string? Gap(IEnumerable<long> numbers)
    {
        var expected = 1L;
        foreach (var number in numbers)
        {
            if (number != expected)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{number} where {expected} was expected");
            }

            expected++;
        }

        return null;
    }
}

internal static class Percentile
{
    /// <summary>Nearest rank: the smallest value with at least this per cent of all values at or below it. Null for none.</summary>
    /// <param name="sorted">Ascending.</param>
    public static T? Of<T>(IReadOnlyList<T> sorted, int percent) where T : struct =>
        sorted.Count == 0 ? null : sorted[(int)((((long)sorted.Count * percent) + 99) / 100) - 1];
}
