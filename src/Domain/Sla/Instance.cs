using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>What one metric is promised from an instant on.</summary>
/// <param name="From">Later than the instance's start when it was attached or changed later (sla.md R-PO4, R-PO6, R-PO7).</param>
/// <param name="Seconds">Counted from the instance's start. Null: no longer promised.</param>
/// <param name="Calendar">Counts from <paramref name="From"/> on; null: 24×7.</param>
/// <param name="Change">What it is called if it comes too late to be kept.</param>
/// <param name="WarnAt">Of a channel's own targets.</param>
/// <param name="Due">Set by hand, whatever the calendar says (R-PO8).</param>
public sealed record Pledge(Instant From, int? Seconds, CalendarRef? Calendar, string Policy, long Version, BreachCause Change, double? WarnAt = null, Instant? Due = null);

[JsonConverter(typeof(CamelCaseEnumConverter<Ending>))]
public enum Ending { Fulfilled, Closed, Spam, Merged }

/// <summary>What came before an instant, counted for good: evidence older than it can no longer arrive (<see cref="Timeline.From"/>).</summary>
public sealed record SettledPart(Instant At, Duration Elapsed, Instant? Due = null, Instant? BreachedAt = null, BreachCause? Cause = null);

/// <summary>
/// One instance of a promise as the timeline tells it: when it began, when it stood still, what was promised, how it ended.
/// No calendar is looked at here; what that means on the clock is read by <see cref="ClockReader"/>.
/// </summary>
/// <param name="Number">First response and resolution: 1. Next response: 1, 2, … within the episode.</param>
/// <param name="AnsweredAt">Answered after it was cut short by closing: there is nothing left to resume.</param>
public sealed record Instance(
    Metric Metric,
    int Number,
    Instant Start,
    IReadOnlyList<Pledge> Pledges,
    IReadOnlyList<Pause> Pauses,
    Instant? EndedAt = null,
    Ending? Ending = null,
    Instant? AnsweredAt = null,
    SettledPart? Settled = null)
{
    /// <summary>Nothing can start it again but a timeline that reads otherwise.</summary>
    [JsonIgnore]
    public bool IsFinished => Ending switch
    {
        null => false,
        Domain.Ending.Fulfilled => Metric != Metric.Resolution,
        Domain.Ending.Closed or Domain.Ending.Spam => AnsweredAt is not null,
        _ => true,
    };

    [JsonIgnore]
    public bool Stands => Pauses is [.., { To: null }];

    public Instance Answer(Instant at) => Ending switch
    {
        null => this with { EndedAt = at, Ending = Domain.Ending.Fulfilled },
        Domain.Ending.Closed or Domain.Ending.Spam => this with { AnsweredAt = AnsweredAt ?? at },
        _ => this,
    };

    public Instance End(Instant at, Ending how) => Ending is null ? this with { EndedAt = at, Ending = how } : this;

    /// <summary>The conversation goes on: what closing ended goes on with it (sla.md R-RO1).</summary>
    public Instance Resume() => IsFinished || Ending is null ? this : this with { EndedAt = null, Ending = null };

    public Instance Pausing(bool stands, Instant at)
    {
        if (IsFinished || stands == Stands)
        {
            return this;
        }

        if (stands)
        {
            return this with { Pauses = [.. Pauses, new(at, null)] };
        }

        var from = Pauses[^1].From;
        return this with { Pauses = at > from ? [.. Pauses.SkipLast(1), new(from, at)] : [.. Pauses.SkipLast(1)] };
    }

    /// <summary>Promised otherwise from an instant on. A due time set by hand stays until the end (R-PO8).</summary>
    public Instance Pledged(Pledge pledge)
    {
        if (IsFinished)
        {
            return this;
        }

        var last = Pledges[^1];
        pledge = pledge with { Due = pledge.Due ?? last.Due };
        return pledge with { From = last.From, Change = last.Change } == last ? this
            : pledge.From == last.From && Pledges.Count == 1 && pledge.Seconds is not null ? this with { Pledges = [pledge] }
            : this with { Pledges = [.. Pledges, pledge] };
    }

    /// <summary>A late message turned out to be older than what the instance was counted from.</summary>
    public Instance NoLaterThan(Instant at) => at >= Start
        ? this
        : this with { Start = at, Pledges = [.. Pledges.Select((p, i) => i == 0 && p.From == Start ? p with { From = at } : p)] };

    /// <summary>Puts what is settled in the place of what it was counted from.</summary>
    public Instance Settle(SettledPart part)
    {
        var held = 0;
        while (held + 1 < Pledges.Count && Pledges[held + 1].From <= part.At)
        {
            held++;
        }

        return this with
        {
            Settled = part,
            Pledges = [.. Pledges.Skip(held)],
            Pauses = [.. Pauses.Where(p => p.To is not { } to || to > part.At)],
        };
    }
}
