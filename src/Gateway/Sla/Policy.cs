using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using Conversations.Engine;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Sla;

/// <summary>A policy. A PUT replaces all of it.</summary>
public sealed record PolicyRequest
{
    public string? Name { get; init; }

    /// <summary>Its place in the order, unique; smaller is looked at first, and the first that matches holds.</summary>
    public required int Position { get; init; }

    /// <summary>Which conversations it is for. Without it: any. Only the last policy has none.</summary>
    public PolicyMatch? When { get; init; }

    /// <summary>A priority that is missing has no promises.</summary>
    public required PriorityTargets Targets { get; init; }

    /// <summary>Whose hours the targets are counted in. Without it: every second counts.</summary>
    public string? Calendar { get; init; }

    /// <summary>A bot's answer is an answer.</summary>
    public bool BotRepliesQualify { get; init; }

    /// <summary>Waiting for a third party pauses the resolution.</summary>
    public bool HoldPauses { get; init; }

    /// <summary>Before the due time.</summary>
    public IReadOnlyList<WarningRequest>? Warnings { get; init; }

    /// <summary>At the due time and after it.</summary>
    public IReadOnlyList<EscalationRequest>? Escalations { get; init; }

    internal Refusal? Check() =>
        Input.Text("name", Name, Input.LongestName)
        ?? Input.Name("calendar", Calendar)
        ?? Full("warnings", Warnings)
        ?? Full("escalations", Escalations)
        ?? (Warnings ?? []).Select(w => Full("metrics", w.Metrics) ?? ActionRequest.Check(w.Actions)).OfType<Refusal>().FirstOrDefault()
        ?? (Escalations ?? []).Select(e => Full("metrics", e.Metrics) ?? ActionRequest.Check(e.Actions)).OfType<Refusal>().FirstOrDefault()
        ?? Words("when.queues", When?.Queues?.Select(q => q.Value))
        ?? Words("when.channels", When?.Channels) ?? Words("when.channelAccounts", When?.ChannelAccounts)
        ?? Words("when.labels", When?.Labels) ?? Words("when.allLabels", When?.AllLabels) ?? Words("when.tiers", When?.Tiers);

    internal SlaPolicy ToPolicy() => new()
    {
        Name = Name,
        Position = Position,
        When = When,
        Targets = Targets.ToTargets(),
        Calendar = Calendar is { Length: > 0 } ? CalendarId.Of(Calendar) : null,
        BotRepliesQualify = BotRepliesQualify,
        HoldPauses = HoldPauses,
        Warnings = Warnings is null ? null : [.. Warnings.Select(w => new SlaWarning(w.Before, w.Fraction, w.Metrics, ActionRequest.ToActions(w.Actions)))],
        Escalations = Escalations is null ? null : [.. Escalations.Select(e => new SlaEscalation(e.After, e.Metrics, ActionRequest.ToActions(e.Actions)))],
    };

    internal static Refusal? Full<T>(string field, IReadOnlyList<T>? list) =>
        list?.Any(item => item is null) == true ? Input.Invalid("invalid_value", $"'{field}' has no null in it.") : null;

    private static Refusal? Words(string field, IEnumerable<string?>? words) =>
        (words ?? []).Select(w => Input.Text(field, w, Input.LongestName, required: true)).OfType<Refusal>().FirstOrDefault();
}

public sealed record PriorityTargets
{
    public PolicyTargets? Low { get; init; }
    public PolicyTargets? Normal { get; init; }
    public PolicyTargets? High { get; init; }
    public PolicyTargets? Urgent { get; init; }

    internal Dictionary<Priority, PolicyTargets> ToTargets() =>
        new[] { (Priority.Low, Low), (Priority.Normal, Normal), (Priority.High, High), (Priority.Urgent, Urgent) }
            .Where(t => t.Item2 is not null).ToDictionary(t => t.Item1, t => t.Item2!);

    internal static PriorityTargets Of(IReadOnlyDictionary<Priority, PolicyTargets> targets) => new()
    {
        Low = targets.GetValueOrDefault(Priority.Low),
        Normal = targets.GetValueOrDefault(Priority.Normal),
        High = targets.GetValueOrDefault(Priority.High),
        Urgent = targets.GetValueOrDefault(Priority.Urgent),
    };
}

/// <summary>Either <c>before</c> or <c>fraction</c>.</summary>
public sealed record WarningRequest
{
    /// <summary>Seconds of the target's own time before it is due.</summary>
    public int? Before { get; init; }

    /// <summary>How much of the target has passed, between 0 and 1.</summary>
    public double? Fraction { get; init; }

    /// <summary>Without it: all.</summary>
    public IReadOnlyList<Metric>? Metrics { get; init; }

    /// <summary>Beside the event in the feed, which is always there.</summary>
    public IReadOnlyList<ActionRequest>? Actions { get; init; }
}

public sealed record EscalationRequest
{
    /// <summary>Seconds of the target's own time after it was due; 0: when the promise breaks.</summary>
    public required int After { get; init; }

    public IReadOnlyList<Metric>? Metrics { get; init; }

    public IReadOnlyList<ActionRequest>? Actions { get; init; }
}

[JsonConverter(typeof(CamelCaseEnumConverter<ActionKind>))]
public enum ActionKind { Webhook, Mail, Reassign, RaisePriority, Label, Notify }

/// <summary>What is done at a level; each type has the members that name it.</summary>
public sealed record ActionRequest
{
    public required ActionKind Type { get; init; }

    /// <summary>webhook.</summary>
    public string? Url { get; init; }

    /// <summary>mail: an address.</summary>
    public string? To { get; init; }

    /// <summary>notify: whose feed (<c>agent/{id}</c>) has the event too. Without it: of whoever has the conversation.</summary>
    public string? Agent { get; init; }

    /// <summary>reassign.</summary>
    public string? Queue { get; init; }

    /// <summary>raisePriority: up to this one, never down.</summary>
    public Priority? Priority { get; init; }

    /// <summary>label.</summary>
    public string? Label { get; init; }

    /// <summary>webhook, mail: a calendar; outside its hours the message waits until it opens. notify: the event says from when it may disturb.</summary>
    public string? Hours { get; init; }

    internal static Refusal? Check(IReadOnlyList<ActionRequest>? actions) =>
        PolicyRequest.Full("actions", actions) ?? (actions ?? []).Select(a => a.Check()).OfType<Refusal>().FirstOrDefault();

    internal static IReadOnlyList<SlaAction>? ToActions(IReadOnlyList<ActionRequest>? actions) => actions is null ? null : [.. actions.Select(a => a.ToAction())];

    internal static IReadOnlyList<ActionRequest>? Of(IReadOnlyList<SlaAction>? actions) => actions is null ? null : [.. actions.Select(Of)];

    private Refusal? Check() => (Input.Name("hours", Hours) ?? Input.Text("url", Url, 2_000) ?? Input.Text("to", To, 320) ?? Input.Text("label", Label, 64)) ?? Type switch
    {
        ActionKind.Webhook => Input.Text("url", Url, 2_000, required: true),
        ActionKind.Mail => Input.Text("to", To, 320, required: true),
        ActionKind.Reassign => Input.Name("queue", Queue, required: true),
        ActionKind.RaisePriority => Priority is null ? Input.Invalid("missing_field", "'priority' must not be empty.") : null,
        ActionKind.Label => Input.Text("label", Label, 64, required: true),
        ActionKind.Notify => Input.Name("agent", Agent),
    };

    private SlaAction ToAction() => Type switch
    {
        ActionKind.Webhook => new SlaAction.Webhook(Url!, HoursOf(Hours)),
        ActionKind.Mail => new SlaAction.Mail(To!, HoursOf(Hours)),
        ActionKind.Reassign => new SlaAction.Reassign(QueueId.Of(Queue!)),
        ActionKind.RaisePriority => new SlaAction.RaisePriority(Priority!.Value),
        ActionKind.Label => new SlaAction.Label(Label!),
        ActionKind.Notify => new SlaAction.Notify(Agent is { Length: > 0 } ? AgentId.Of(Agent) : null, HoursOf(Hours)),
    };

    private static CalendarId? HoursOf(string? hours) => hours is { Length: > 0 } ? CalendarId.Of(hours) : null;

    private static ActionRequest Of(SlaAction action) => action switch
    {
        SlaAction.Webhook a => new() { Type = ActionKind.Webhook, Url = a.Url, Hours = a.Hours?.Value },
        SlaAction.Mail a => new() { Type = ActionKind.Mail, To = a.To, Hours = a.Hours?.Value },
        SlaAction.Notify a => new() { Type = ActionKind.Notify, Agent = a.Agent?.Value, Hours = a.Hours?.Value },
        SlaAction.Reassign a => new() { Type = ActionKind.Reassign, Queue = a.Queue.Value },
        SlaAction.RaisePriority a => new() { Type = ActionKind.RaisePriority, Priority = a.To },
        SlaAction.Label a => new() { Type = ActionKind.Label, Label = a.Name },
        _ => throw new InvalidOperationException($"Unknown action {action}."),
    };
}

/// <param name="Version">Of this policy; also its ETag.</param>
/// <param name="Removed">True in the version that took it out.</param>
public sealed record PolicyView(
    PolicyId Id,
    long Version,
    string? Name,
    int Position,
    PolicyMatch? When,
    PriorityTargets Targets,
    CalendarId? Calendar,
    bool BotRepliesQualify,
    bool HoldPauses,
    IReadOnlyList<WarningRequest> Warnings,
    IReadOnlyList<EscalationRequest> Escalations,
    Instant ChangedAt,
    bool Removed)
{
    internal static PolicyView Of(PolicyVersion p) => new(
        p.Id, p.Version, p.Policy.Name, p.Policy.Position, p.Policy.When, PriorityTargets.Of(p.Policy.Targets), p.Policy.Calendar, p.Policy.BotRepliesQualify, p.Policy.HoldPauses,
        [.. (p.Policy.Warnings ?? []).Select(w => new WarningRequest { Before = w.Before, Fraction = w.Fraction, Metrics = w.Metrics, Actions = ActionRequest.Of(w.Actions) })],
        [.. (p.Policy.Escalations ?? []).Select(e => new EscalationRequest { After = e.After, Metrics = e.Metrics, Actions = ActionRequest.Of(e.Actions) })],
        p.At, p.Removed);
}

public sealed record PolicyList(IReadOnlyList<PolicyView> Items);

public sealed record ApplyRequest
{
    /// <summary>Only say what would change.</summary>
    public bool DryRun { get; init; }
}

/// <param name="FinishedAt">Null while it goes on; likewise the counts.</param>
public sealed record PolicyRunView(string Id, Instant StartedAt, Instant? FinishedAt, long? Examined, long? Changed)
{
    internal static PolicyRunView Of(PolicyRun run) => new(run.Id, run.StartedAt, run.FinishedAt, run.Examined, run.Changed);
}

/// <param name="Complete">False if there are more open conversations than were looked at.</param>
/// <param name="Changed">How many would change.</param>
/// <param name="Broken">How many would break a promise at once.</param>
/// <param name="Items">The first 100 of them.</param>
public sealed record PolicyPreview(int Examined, bool Complete, int Changed, int Broken, IReadOnlyList<TrialChange> Items)
{
    internal static PolicyPreview Of(TrialResult result) => new(
        result.Examined, result.Complete, result.Changes.Count, result.Changes.Count(c => c.Breaks.Count > 0), [.. result.Changes.Take(100)]);
}
