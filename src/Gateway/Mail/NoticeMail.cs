using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Engine;
using MimeKit;
using NodaTime;
using NodaTime.Text;

namespace Conversations.Gateway.Mail;

/// <summary>
/// What is written to people when a promise is at risk or broken: the only template. It says nothing a customer has written or
/// is called: mail passes through hands and stays in places that the conversation's readers do not know.
/// </summary>
internal static class NoticeMail
{
    private static readonly InstantPattern Shown = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss 'UTC'");

    /// <summary>The same message for every delivery of the same outbox message, so that a mailbox can tell a repeat.</summary>
    /// <exception cref="ParseException">The recipient is no address.</exception>
    public static MimeMessage Of(OutboxEntry entry, SlaNotification notice, MailOptions options)
    {
        var mail = new MimeMessage
        {
            MessageId = $"notice.{StableHash.Hex(entry.Account.Value, entry.Message.Id)}@{options.From.Domain}",
            Subject = Subject(notice),
            Date = notice.At.ToDateTimeOffset(),
            Body = new TextPart("plain") { Text = Text(notice, options.PublicUrl) },
        };
        mail.From.Add(options.From);
        mail.To.Add(MailboxAddress.Parse(notice.To));
        mail.References.Add($"conversation.{StableHash.Hex(entry.Account.Value, notice.Conversation.Value)}@{options.From.Domain}"); // one thread for each conversation
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated"); // RFC 3834: no out-of-office answers
        return mail;
    }

    private static string Subject(SlaNotification notice)
    {
        var due = notice.Due is { } at ? Shown.Format(at) : "an unknown time";
        var what = notice.Type switch
        {
            "sla.warning" => $"at risk, due {due}",
            "sla.escalated" => $"still owed, was due {due}",
            _ => $"late, was due {due}",
        };
        return $"{NameOf(notice.Metric)} {what} ({Word(notice.Priority)}{(notice.Queue is { } queue ? $", {queue}" : "")})";
    }

    private static string Text(SlaNotification notice, Uri? publicUrl)
    {
        List<(string Name, string? Value)> facts =
        [
            ("Conversation", notice.Conversation.Value),
            ("Due", notice.Due is { } due ? Shown.Format(due) : null),
            ("Broken at", notice.BreachedAt is { } broken ? Shown.Format(broken) : null),
            ("Reached", string.Join("; ", notice.Levels.Select(LevelOf))),
            ("Priority", Word(notice.Priority)),
            ("Queue", notice.Queue?.Value),
            ("Assignee", notice.Assignee?.Value ?? "nobody"),
            ("Policy", notice.Policy),
        ];
        var lines = facts.Where(f => f.Value is { Length: > 0 }).Select(f => $"{f.Name + ":",-14}{f.Value}");
        var link = publicUrl is null ? "" : $"\n\n{new Uri(publicUrl, $"console/desk/open/{Uri.EscapeDataString(notice.Conversation.Value)}")}";
        return $"{Opening(notice)}\n\n{string.Join('\n', lines)}{link}\n";
    }

    private static string Opening(SlaNotification notice) => notice.Type switch
    {
        "sla.warning" => $"A {NameOf(notice.Metric).ToLowerInvariant()} is about to be late.",
        "sla.escalated" => $"A {NameOf(notice.Metric).ToLowerInvariant()} is late and still owed.",
        _ => $"A {NameOf(notice.Metric).ToLowerInvariant()} is late.",
    };

    private static string NameOf(Metric metric) => metric switch
    {
        Metric.FirstResponse => "First response",
        Metric.NextResponse => "Next response",
        Metric.Resolution => "Resolution",
    };

    /// <summary>A level's key in words: <c>-1800s</c>, <c>+600s</c>, <c>0.8</c>, <c>breach</c>.</summary>
    private static string LevelOf(string key) =>
        key.Length > 2 && key[^1] == 's' && long.TryParse(key[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? $"{SpanOf(Duration.FromSeconds(seconds))} {(key[0] == '-' ? "before" : "after")} it is due"
        : double.TryParse(key, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction)
            ? $"{(100 * fraction).ToString("0.##", CultureInfo.InvariantCulture)} % of its time"
        : key == "breach" ? "the due time has passed"
        : key;

    private static string SpanOf(Duration span)
    {
        (long Count, string Unit)[] parts = [((long)span.TotalHours, "h"), (span.Minutes, "min"), (span.Seconds, "s")];
        return string.Join(' ', parts.Where(p => p.Count > 0).Select(p => $"{p.Count} {p.Unit}"));
    }

    private static string Word(Priority priority) => JsonNamingPolicy.CamelCase.ConvertName(priority.ToString());
}
