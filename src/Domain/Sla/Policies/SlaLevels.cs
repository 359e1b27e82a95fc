using System.Globalization;
using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>A level before the due time: exactly one of the two (sla.md R-AL1).</summary>
/// <param name="Before">Seconds of the target's own time that are left.</param>
/// <param name="Fraction">How much of the target has passed, between 0 and 1.</param>
/// <param name="Metrics">Null: all.</param>
/// <param name="Actions">Beside the event in the feed, which is always there.</param>
public sealed record SlaWarning(
    int? Before = null, double? Fraction = null, IReadOnlyList<Metric>? Metrics = null, IReadOnlyList<SlaAction>? Actions = null);

/// <param name="After">Seconds of the target's own time since the due time; 0: when the promise breaks.</param>
public sealed record SlaEscalation(int After, IReadOnlyList<Metric>? Metrics = null, IReadOnlyList<SlaAction>? Actions = null);

/// <summary>What happens at a level.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Webhook), "webhook")]
[JsonDerivedType(typeof(Mail), "mail")]
[JsonDerivedType(typeof(Notify), "notify")]
[JsonDerivedType(typeof(Reassign), "reassign")]
[JsonDerivedType(typeof(RaisePriority), "raisePriority")]
[JsonDerivedType(typeof(Label), "label")]
public abstract record SlaAction
{
    private SlaAction() { }

    /// <summary>What is wrong with it; null if nothing is.</summary>
    internal abstract string? Wrong();

    /// <summary>Calls an address with a signed message (realtime.md 5).</summary>
    /// <param name="Hours">The recipient's hours; outside of them the call waits until they open (R-AL4). Null: at once.</param>
    public sealed record Webhook(string Url, CalendarId? Hours = null) : SlaAction
    {
        internal override string? Wrong() =>
            Url.Length <= 2_000 && Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" ? null : "'url' is an http or https address.";
    }

    /// <param name="To">An address.</param>
    public sealed record Mail(string To, CalendarId? Hours = null) : SlaAction
    {
        internal override string? Wrong() =>
            To.Length is > 2 and <= 320 && To.IndexOf('@') is > 0 and var at && at < To.Length - 1 && !To.Any(c => char.IsControl(c) || c is ' ' or ',' or ';' or '<' or '>')
                ? null
                : "'to' is one mail address.";
    }

    /// <summary>Tells an agent's own tool: the event is in the feed under <c>agent/{id}</c> too, and names the agent.</summary>
    /// <param name="Agent">A team lead, say. Null: whoever has the conversation; if nobody has it, nobody is told.</param>
    /// <param name="Hours">The agent's hours; the event is at once, and says from when it may disturb (R-AL4). Null: at once.</param>
    public sealed record Notify(AgentId? Agent = null, CalendarId? Hours = null) : SlaAction
    {
        internal override string? Wrong() => Agent is not { } agent || (agent.Value.Length is > 0 and <= 128 && !agent.Value.Contains(' ')) ? null : "'agent' is the id of an agent.";
    }

    /// <summary>To another queue, without an assignee.</summary>
    public sealed record Reassign(QueueId Queue) : SlaAction
    {
        internal override string? Wrong() => Queue.Value.Length is > 0 and <= 200 ? null : "'queue' is the id of a queue.";
    }

    /// <summary>Up to a priority; never down.</summary>
    public sealed record RaisePriority(Priority To) : SlaAction
    {
        internal override string? Wrong() => null;
    }

    public sealed record Label(string Name) : SlaAction
    {
        internal override string? Wrong() => Name.Length is > 0 and <= 64 ? null : "A label has 1 to 64 characters.";
    }
}

/// <summary>A warning or an escalation as clocks use it.</summary>
/// <param name="Key">Names it within an instance: each fires once (R-AL2), also under a policy that has the same level.</param>
internal sealed record SlaLevel(string Key, LevelKind Kind, int Seconds, double Fraction, IReadOnlyList<Metric>? Metrics, IReadOnlyList<SlaAction> Actions)
{
    public const string Breach = "breach";

    public static IReadOnlyList<SlaLevel> WarningAt(double fraction) => [Of(new SlaWarning(Fraction: fraction))];

    public static SlaLevel Before(int seconds) => Of(new SlaWarning(seconds));

    public static SlaLevel Escalation(int seconds) => new($"+{seconds}s", LevelKind.After, seconds, 0, null, []);

    public static IEnumerable<SlaLevel> Of(SlaPolicy policy) => (policy.Warnings ?? []).Select(Of).Concat((policy.Escalations ?? []).Select(Of));

    public bool Concerns(Metric metric) => Metrics is null || Metrics.Contains(metric);

    /// <summary>How much of the target has passed when a warning is due; a lead longer than the target warns at the start.</summary>
    public Duration After(Duration target) => Kind == LevelKind.Before
        ? Duration.Max(Duration.Zero, target - Duration.FromSeconds(Seconds))
        : Duration.FromMilliseconds((long)Math.Round(target.TotalMilliseconds * Fraction));

    private static SlaLevel Of(SlaWarning warning) => warning.Before is { } before
        ? new($"-{before}s", LevelKind.Before, before, 0, warning.Metrics, warning.Actions ?? [])
        : new(
            (warning.Fraction ?? 0).ToString("0.######", CultureInfo.InvariantCulture), LevelKind.Fraction, 0, warning.Fraction ?? 0,
            warning.Metrics, warning.Actions ?? []);

    private static SlaLevel Of(SlaEscalation escalation) => escalation.After == 0
        ? new(Breach, LevelKind.AtBreach, 0, 0, escalation.Metrics, escalation.Actions ?? [])
        : new($"+{escalation.After}s", LevelKind.After, escalation.After, 0, escalation.Metrics, escalation.Actions ?? []);
}

internal enum LevelKind { Before, Fraction, AtBreach, After }
