using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The promises of an episode after reading its timeline up to some mark: which instances there are, when they began, stood
/// still and ended. A pure function of terms and marks; no calendar is needed for it.
/// </summary>
/// <param name="Terms">What new instances are promised.</param>
/// <param name="Began">When the episode began: the resolution counts from here.</param>
/// <param name="WaitingSince">The oldest customer message no qualifying reply has answered; null if none (conversation.md 3).</param>
/// <param name="UnansweredByAnyone">As <paramref name="WaitingSince"/>, but a bot's answer counts too (sla.md R-BT3).</param>
/// <param name="AskedAt">Since when people owe the customer an answer; null if they do not.</param>
/// <param name="FirstAskedAt">As <paramref name="AskedAt"/>, for the first time.</param>
/// <param name="NoFirstResponse">An agent wrote first (R-FR1), or an earlier episode has had its first response (R-RO2).</param>
public sealed record Course(
    SlaTerms Terms,
    Instant Began,
    Instance? FirstResponse = null,
    Instance? NextResponse = null,
    Instance? Resolution = null,
    Phase Phase = Phase.Open,
    Instant? WaitingSince = null,
    Instant? UnansweredByAnyone = null,
    Instant? AskedAt = null,
    Instant? FirstAskedAt = null,
    bool NoFirstResponse = false,
    bool UnderBot = false,
    Instant? FirstRespondedAt = null)
{
    public static Course Start(Instant at, SlaTerms terms, bool underBot = false, bool noFirstResponse = false, Phase phase = Phase.Open)
    {
        var course = new Course(terms, at, Phase: phase, UnderBot: underBot, NoFirstResponse: noFirstResponse);
        return course with { Resolution = course.Begin(Metric.Resolution, 1, at, at) };
    }

    /// <summary>The instances that exist, in the order of the metrics.</summary>
    [JsonIgnore]
    public IEnumerable<Instance> All
    {
        get
        {
            if (FirstResponse is not null) yield return FirstResponse;
            if (NextResponse is not null) yield return NextResponse;
            if (Resolution is not null) yield return Resolution;
        }
    }

    public Instance? Of(Metric metric) => metric switch
    {
        Metric.FirstResponse => FirstResponse,
        Metric.NextResponse => NextResponse,
        Metric.Resolution => Resolution,
    };

    public Course With(Instance instance) => instance.Metric switch
    {
        Metric.FirstResponse => this with { FirstResponse = instance },
        Metric.NextResponse => this with { NextResponse = instance },
        Metric.Resolution => this with { Resolution = instance },
    };

    public Course After(Mark mark) => NoLaterThan(mark.At).Apply(mark);

    /// <summary>A message that arrived late may be older than the one that opened the episode: the conversation began with it.</summary>
    public Course NoLaterThan(Instant at) => at < Began ? this with { Began = at, Resolution = Resolution?.NoLaterThan(at) } : this;

    private Course Apply(Mark mark) => mark.Kind switch
    {
        MarkKind.Customer => OnCustomer(mark.At),
        MarkKind.Created => OnCreated(mark.At),
        MarkKind.Reply => OnReply(mark.At),
        MarkKind.BotReply => Terms.BotRepliesQualify ? OnReply(mark.At) : this with { UnansweredByAnyone = null },
        MarkKind.BotTookOver => this with { UnderBot = true },
        MarkKind.HandedOff => OnHandedOff(mark.At),
        MarkKind.Pending => Entering(Phase.Pending, mark.At),
        MarkKind.Held => Entering(Phase.OnHold, mark.At),
        MarkKind.Resumed => Entering(Phase.Open, mark.At),
        MarkKind.Closed => OnClosed(mark.At),
        MarkKind.Reopened => OnReopened(mark.At),
        MarkKind.Spam => OnSpam(mark.At),
        MarkKind.Matched => OnMatched(mark.At, mark.Terms ?? Terms),
        MarkKind.Edited => this with { Terms = mark.Terms ?? Terms },
        MarkKind.Calendar => mark.Calendar is { } calendar ? OnCalendar(mark.At, calendar) : this,
        MarkKind.Overridden => mark is { Metric: { } metric, Due: { } due } && Of(metric) is { } instance
            ? With(instance.Pledged(instance.Pledges[^1] with { From = mark.At, Due = due }))
            : this,
    };

    private Course OnCustomer(Instant at)
    {
        var waiting = this with { WaitingSince = WaitingSince ?? at, UnansweredByAnyone = UnansweredByAnyone ?? at };
        return UnderBot || AskedAt is not null ? waiting : waiting.Ask(at);
    }

    /// <summary>As the customer's first message, which only a first response answers: the next response waits for one that is told.</summary>
    private Course OnCreated(Instant at)
    {
        var waiting = this with { WaitingSince = WaitingSince ?? at, UnansweredByAnyone = UnansweredByAnyone ?? at, FirstAskedAt = FirstAskedAt ?? at };
        return OwesFirstResponse && FirstResponse is null && Begin(Metric.FirstResponse, 1, at, at) is { } first
            ? waiting with { FirstResponse = first, AskedAt = at }
            : waiting;
    }

    private Course OnHandedOff(Instant at)
    {
        var released = this with { UnderBot = false };
        return UnderBot && UnansweredByAnyone is not null && AskedAt is null ? released.Ask(at) : released;
    }

    [JsonIgnore]
    private bool OwesFirstResponse => !NoFirstResponse && FirstRespondedAt is null;

    /// <summary>It is our turn: the first response is promised, or the next (sla.md R-FR1, R-NR1).</summary>
    private Course Ask(Instant at)
    {
        var asked = this with { AskedAt = at, FirstAskedAt = FirstAskedAt ?? at };
        return OwesFirstResponse && FirstResponse is null && Begin(Metric.FirstResponse, 1, at, at) is { } first
            ? asked with { FirstResponse = first }
            : asked with { NextResponse = Begin(Metric.NextResponse, (NextResponse?.Number ?? 0) + 1, at, at) ?? NextResponse };
    }

    private Course OnReply(Instant at) => this with
    {
        NoFirstResponse = NoFirstResponse || (WaitingSince is null && FirstResponse is null && FirstRespondedAt is null),
        FirstRespondedAt = FirstRespondedAt ?? (WaitingSince is null ? null : at),
        FirstResponse = FirstResponse?.Answer(at),
        NextResponse = NextResponse?.Answer(at),
        WaitingSince = null,
        UnansweredByAnyone = null,
        AskedAt = null,
    };

    private Course OnClosed(Instant at)
    {
        var ended = this with
        {
            FirstResponse = FirstResponse?.End(at, Ending.Closed),
            NextResponse = NextResponse?.End(at, Ending.Closed),
            Resolution = Resolution?.End(at, Ending.Fulfilled),
        };
        return ended.Entering(Phase.Closed, at);
    }

    /// <summary>Everything that runs is cancelled (sla.md R-EV3).</summary>
    private Course OnSpam(Instant at)
    {
        var ended = this with
        {
            FirstResponse = FirstResponse?.End(at, Ending.Spam),
            NextResponse = NextResponse?.End(at, Ending.Spam),
            Resolution = Resolution?.End(at, Ending.Spam),
        };
        return ended.Entering(Phase.Spam, at);
    }

    /// <summary>The same instances go on; the closed time was a pause (sla.md R-RO1).</summary>
    private Course OnReopened(Instant at)
    {
        var resumed = this with { FirstResponse = FirstResponse?.Resume(), NextResponse = NextResponse?.Resume(), Resolution = Resolution?.Resume() };
        return resumed.Entering(Phase.Open, at);
    }

    private Course Entering(Phase phase, Instant at) => this with
    {
        Phase = phase,
        FirstResponse = FirstResponse?.Pausing(Terms.Pausing(Metric.FirstResponse, phase), at),
        NextResponse = NextResponse?.Pausing(Terms.Pausing(Metric.NextResponse, phase), at),
        Resolution = Resolution?.Pausing(Terms.Pausing(Metric.Resolution, phase), at),
    };

    /// <summary>
    /// Another policy, or another priority of it (sla.md R-PO4): what runs keeps its start, its pauses and the time it has
    /// counted. What was not promised before is promised from its normal start (R-PO6). One wait has one clock: where the first
    /// response is promised, the next is not.
    /// </summary>
    private Course OnMatched(Instant at, SlaTerms terms)
    {
        Instance? Changed(Instance? instance) => instance?.Pledged(PledgeOf(terms, instance.Metric, at));
        var next = this with
        {
            Terms = terms,
            FirstResponse = Changed(FirstResponse),
            NextResponse = Changed(NextResponse),
            Resolution = Changed(Resolution),
        };
        next = next with { Resolution = next.Resolution ?? next.Begin(Metric.Resolution, 1, Began, at) };
        if (OwesFirstResponse && FirstAskedAt is { } asked && terms.FirstResponse is not null)
        {
            next = next with
            {
                AskedAt = AskedAt ?? asked,
                FirstResponse = next.FirstResponse ?? next.Begin(Metric.FirstResponse, 1, asked, at),
                NextResponse = NextResponse?.Pledged(PledgeOf(SlaTerms.None with { Policy = terms.Policy, Version = terms.Version }, Metric.NextResponse, at)),
            };
        }
        else if (AskedAt is { } since && (NextResponse is null || NextResponse.IsFinished))
        {
            next = next with { NextResponse = next.Begin(Metric.NextResponse, (NextResponse?.Number ?? 0) + 1, since, at) ?? next.NextResponse };
        }

        return next.Phase is Phase.Closed or Phase.Spam ? next : next.Entering(next.Phase, at); // the new policy may pause otherwise
    }

    private Course OnCalendar(Instant at, CalendarRef calendar)
    {
        Instance? Changed(Instance? instance) => instance?.Pledges[^1] is { Calendar: { } old } last && old.Id == calendar.Id && old != calendar
            ? instance.Pledged(last with { From = at, Calendar = calendar, Change = BreachCause.CalendarChange })
            : instance;
        return this with
        {
            Terms = Terms.On(calendar),
            FirstResponse = Changed(FirstResponse),
            NextResponse = Changed(NextResponse),
            Resolution = Changed(Resolution),
        };
    }

    /// <summary>Null if it is not promised. One that begins while its metric stands still stands from its start; closed is no such state: what begins then opens it.</summary>
    private Instance? Begin(Metric metric, int number, Instant start, Instant from)
    {
        if (Terms.For(metric) is null)
        {
            return null;
        }

        var stands = Phase is not (Phase.Closed or Phase.Spam) && Terms.Pausing(metric, Phase);
        return new(metric, number, start, [PledgeOf(Terms, metric, from)], stands ? [new(from, null)] : []);
    }

    private static Pledge PledgeOf(SlaTerms terms, Metric metric, Instant from) =>
        new(from, terms.For(metric), terms.CalendarOf(metric), terms.Policy, terms.Version, BreachCause.PolicyChange, terms.WarnAt);
}
