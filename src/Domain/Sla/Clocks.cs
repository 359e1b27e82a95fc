using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The three promises of an episode after reading its timeline up to some mark: a pure function of targets and marks.
/// Wall-clock time, one policy; the seam where business calendars enter is <see cref="After"/>.
/// </summary>
/// <param name="WaitingSince">The oldest customer message no qualifying reply has answered; null if none (conversation.md 3).</param>
/// <param name="UnansweredByAnyone">As <paramref name="WaitingSince"/>, but a bot's answer counts too (sla.md R-BT3).</param>
/// <param name="AgentFirst">An agent wrote first: no first-response clock (sla.md R-FR1).</param>
public sealed record Clocks(
    SlaTargets Targets,
    Clock? FirstResponse,
    Clock? NextResponse,
    Clock? Resolution,
    Instant? WaitingSince = null,
    Instant? UnansweredByAnyone = null,
    bool AgentFirst = false,
    bool UnderBot = false,
    Instant? FirstRespondedAt = null)
{
    public static Clocks Start(Instant at, SlaTargets targets) => new(targets, null, null, Begin(targets, Metric.Resolution, 1, at));

    /// <summary>The instances that exist, in the order of the metrics.</summary>
    [JsonIgnore]
    public IEnumerable<Clock> All
    {
        get
        {
            if (FirstResponse is not null) yield return FirstResponse;
            if (NextResponse is not null) yield return NextResponse;
            if (Resolution is not null) yield return Resolution;
        }
    }

    public Clock? Of(Metric metric) => metric switch
    {
        Metric.FirstResponse => FirstResponse,
        Metric.NextResponse => NextResponse,
        Metric.Resolution => Resolution,
    };

    public Clocks After(Mark mark) => NoLaterThan(mark.At).Apply(mark);

    /// <summary>A message that arrived late may be older than the one that opened the episode: the conversation began with it.</summary>
    public Clocks NoLaterThan(Instant at) => Resolution is { } resolution && at < resolution.Start
        ? this with { Resolution = Begin(Targets, Metric.Resolution, 1, at) }
        : this;

    private Clocks Apply(Mark mark) => mark.Kind switch
    {
        MarkKind.Customer => OnCustomer(mark.At),
        MarkKind.Reply => OnReply(mark.At),
        MarkKind.BotReply => this with { UnansweredByAnyone = null },
        MarkKind.BotTookOver => this with { UnderBot = true },
        MarkKind.HandedOff => OnHandedOff(mark.At),
        MarkKind.Pending => this with { Resolution = Resolution?.Stand(mark.At) },
        MarkKind.Resumed => this with { Resolution = Resolution?.Resume(mark.At) },
        MarkKind.Closed => OnClosed(mark.At),
        MarkKind.Reopened => OnReopened(mark.At),
        MarkKind.Spam => OnSpam(mark.At),
    };

    private Clocks OnCustomer(Instant at)
    {
        var waiting = this with { WaitingSince = WaitingSince ?? at, UnansweredByAnyone = UnansweredByAnyone ?? at };
        return UnderBot || Awaited ? waiting : waiting.Await(at);
    }

    private Clocks OnHandedOff(Instant at)
    {
        var released = this with { UnderBot = false };
        return UnderBot && UnansweredByAnyone is not null && !Awaited ? released.Await(at) : released;
    }

    /// <summary>The customer's turn is over: the first response is promised, or the next (sla.md R-FR1, R-NR1).</summary>
    private Clocks Await(Instant at) => FirstResponse is null && !AgentFirst && FirstRespondedAt is null && Targets.FirstResponse is not null
        ? this with { FirstResponse = Begin(Targets, Metric.FirstResponse, 1, at) }
        : this with { NextResponse = Begin(Targets, Metric.NextResponse, (NextResponse?.Number ?? 0) + 1, at) ?? NextResponse };

    [JsonIgnore]
    private bool Awaited => FirstResponse is { IsAwaited: true } || NextResponse is { IsAwaited: true };

    private Clocks OnReply(Instant at) => this with
    {
        AgentFirst = AgentFirst || (WaitingSince is null && FirstResponse is null && FirstRespondedAt is null),
        FirstRespondedAt = FirstRespondedAt ?? (WaitingSince is null ? null : at),
        FirstResponse = FirstResponse?.Fulfil(at),
        NextResponse = NextResponse?.Fulfil(at),
        WaitingSince = null,
        UnansweredByAnyone = null,
    };

    private Clocks OnClosed(Instant at) => this with
    {
        FirstResponse = Cancel(FirstResponse, at),
        NextResponse = Cancel(NextResponse, at),
        Resolution = Resolution is { Cancelled: true } ? Resolution : Resolution?.Resume(at).Fulfil(at),
    };

    /// <summary>Everything that runs is cancelled (sla.md R-EV3).</summary>
    private Clocks OnSpam(Instant at) => this with
    {
        FirstResponse = Cancel(FirstResponse, at),
        NextResponse = Cancel(NextResponse, at),
        Resolution = Cancel(Resolution, at),
    };

    /// <summary>The same instances go on; the closed time was a pause (sla.md R-RO1).</summary>
    private Clocks OnReopened(Instant at) => this with
    {
        FirstResponse = FirstResponse?.Resume(at),
        NextResponse = NextResponse?.Resume(at),
        Resolution = Resolution is { FulfilledAt: { } closed, Due: { } due }
            ? Resolution with { FulfilledAt = null, Due = Resolution.BreachedAt is null ? due + (at - closed) : due }
            : Resolution?.Resume(at),
    };

    /// <summary>Cancelled if not yet due, stays breached otherwise (sla.md R-CL1).</summary>
    private static Clock? Cancel(Clock? clock, Instant at) =>
        clock is { FulfilledAt: null } && clock.Stand(at) is var stood && stood.BreachedAt is null
            ? stood with { Cancelled = true }
            : clock?.Stand(at);

    private static Clock? Begin(SlaTargets targets, Metric metric, int number, Instant at) =>
        targets.For(metric) is { } target ? Clock.Begin(metric, number, at, target, targets.WarnAt) : null;
}
