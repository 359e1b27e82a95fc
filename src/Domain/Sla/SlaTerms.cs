using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;

namespace Conversations.Domain;

/// <summary>One version of a calendar. Null wherever it may stand means every second counts (24×7).</summary>
public sealed record CalendarRef(CalendarId Id, int Version);

/// <summary>
/// What a policy promises one conversation at its priority: targets in whole seconds and the calendars they run on (sla.md
/// R-PO3). Written into the events where it takes effect, so later edits never rewrite the past. A null target means the
/// metric is not tracked.
/// </summary>
/// <param name="Policy">The policy's id; empty: no policy matches.</param>
/// <param name="WarnAt">Of a channel's own targets: one warning at this fraction. A policy's levels are read from its version.</param>
/// <param name="Priority">Which of the policy's targets these are.</param>
/// <param name="FirstResponseIn">The calendar the first response is counted in; null: 24×7. Likewise the others.</param>
/// <param name="BotRepliesQualify">sla.md R-BT2.</param>
/// <param name="HoldPauses">Waiting for a third party pauses the resolution (sla.md 3).</param>
public sealed record SlaTerms(
    string Policy,
    long Version,
    int? FirstResponse,
    int? NextResponse,
    int? Resolution,
    double? WarnAt = null,
    Priority? Priority = null,
    CalendarRef? FirstResponseIn = null,
    CalendarRef? NextResponseIn = null,
    CalendarRef? ResolutionIn = null,
    bool BotRepliesQualify = false,
    bool HoldPauses = false)
{
    /// <summary>Nothing is promised.</summary>
    public static readonly SlaTerms None = new("", 0, null, null, null);

    /// <summary>Other pauses than a conversation has: only a simulation asks for them (sla.md 10, <c>rules.pause</c>).</summary>
    [JsonIgnore]
    public PauseRules? Pauses { get; init; }

    public int? For(Metric metric) => metric switch
    {
        Metric.FirstResponse => FirstResponse,
        Metric.NextResponse => NextResponse,
        Metric.Resolution => Resolution,
    };

    public CalendarRef? CalendarOf(Metric metric) => metric switch
    {
        Metric.FirstResponse => FirstResponseIn,
        Metric.NextResponse => NextResponseIn,
        Metric.Resolution => ResolutionIn,
    };

    /// <summary>The same with another version of a calendar.</summary>
    public SlaTerms On(CalendarRef calendar)
    {
        CalendarRef? Newer(CalendarRef? old) => old?.Id == calendar.Id ? calendar : old;
        return this with { FirstResponseIn = Newer(FirstResponseIn), NextResponseIn = Newer(NextResponseIn), ResolutionIn = Newer(ResolutionIn) };
    }

    /// <summary>They promise the same things, whatever they are called.</summary>
    internal bool PromiseAs(SlaTerms other) =>
        this with { Policy = other.Policy, Version = other.Version, Priority = other.Priority } == other;

    internal bool Pausing(Metric metric, Phase phase) => Pauses is { } rules
        ? rules.Pausing(metric, phase)
        : phase switch
        {
            Phase.Open => false,
            Phase.Closed or Phase.Spam => true,
            Phase.Pending => metric == Metric.Resolution,
            Phase.OnHold => metric == Metric.Resolution && HoldPauses,
        };
}

/// <summary>What a conversation's status is to its clocks. Snoozed is open: it only leaves the working list.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Phase>))]
public enum Phase { Open, Pending, OnHold, Closed, Spam }

/// <summary>The phases in which each metric stands still.</summary>
public sealed record PauseRules(IReadOnlySet<Phase> FirstResponse, IReadOnlySet<Phase> NextResponse, IReadOnlySet<Phase> Resolution)
{
    public bool Pausing(Metric metric, Phase phase) => metric switch
    {
        Metric.FirstResponse => FirstResponse,
        Metric.NextResponse => NextResponse,
        Metric.Resolution => Resolution,
    } is var phases && phases.Contains(phase);
}
