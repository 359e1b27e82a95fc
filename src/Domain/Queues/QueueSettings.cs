using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>How a queue works: configuration, part of its account (DESIGN.md 4). A queue without settings is only a name; its work is taken by hand.</summary>
/// <param name="Priority">Smaller is served first by who serves several queues.</param>
/// <param name="Order">What comes first within the queue.</param>
/// <param name="Plan">How skills asked for give way with waiting (routing.md 3).</param>
/// <param name="Calendar">When it is open; null: always.</param>
/// <param name="AfterHours">Hold, or another queue.</param>
/// <param name="FanOut">Agents an offer goes to at once, 1 to 5; the first to accept gets it.</param>
public sealed partial record QueueSettings(
    QueueId Id,
    string? Name = null,
    int Priority = 100,
    QueueStrategy Strategy = QueueStrategy.LeastLoad,
    QueueOrder Order = QueueOrder.Fifo,
    IReadOnlyList<SkillNeed>? Skills = null,
    IReadOnlyList<PlanStep>? Plan = null,
    IReadOnlyList<OverflowRule>? Overflow = null,
    CalendarId? Calendar = null,
    QueueId? AfterHours = null,
    string? AfterHoursReply = null,
    WrapUpTerms? WrapUp = null,
    StickyMode Sticky = StickyMode.Preferred,
    bool StickyMembersOnly = true,
    int FanOut = 1,
    int? OfferSeconds = null,
    bool AutoAccept = false)
{
    /// <summary>An auto-accepted offer still needs a sign from the agent's tools within this (routing.md 2).</summary>
    public const int AutoAcceptSeconds = 3;

    public Duration OfferFor(ChannelClass channels, RoutingTerms terms) =>
        Duration.FromSeconds(AutoAccept ? AutoAcceptSeconds : OfferSeconds ?? terms.Of(channels).OfferSeconds);

    /// <summary>What no queue could keep; null if there is nothing wrong.</summary>
    public Refusal? Check()
    {
        Refusal? Bad(string detail) => new("invalid_queue", detail, RefusalKind.Invalid);
        return FanOut is < 1 or > 5 ? Bad("'fanOut' is between 1 and 5.")
            : OfferSeconds is < 1 or > 3_600 ? Bad("An offer stands between 1 second and 1 hour.")
            : WrapUp is { Seconds: < 1 or > 3_600 } ? Bad("Wrap-up takes between 1 second and 60 minutes.")
            : (Plan ?? []).Any(s => s.After < 0) ? Bad("A plan's steps come after 0 seconds or more.")
            : (Overflow ?? []).Any(r => r.Limit < 1) ? Bad("A limit is 1 or more.")
            : (Overflow ?? []).SelectMany(r => r.Actions).Any(a => a.Do == OverflowDo.Redirect && a.Queue is null) ? Bad("A redirect names its queue.")
            : AfterHours == Id ? Bad("A queue cannot divert to itself.")
            : null;
    }
}

/// <summary>After so many seconds in the queue, one thing is asked for less.</summary>
/// <param name="Drop">A skill no longer needed.</param>
/// <param name="Lower">A skill of which less will do.</param>
/// <param name="Add">A queue whose agents help.</param>
/// <param name="SkipIfNobody">Move on at once to the next step while no agent that fits this one is signed in (busy ones count).</param>
public sealed record PlanStep(int After, string? Drop = null, SkillNeed? Lower = null, QueueId? Add = null, bool SkipIfNobody = false);

/// <param name="Seconds">How long; null: without end.</param>
public sealed record WrapUpTerms(WrapUpMode Mode, int? Seconds = null);

/// <summary>One limit and what happens when it is reached, in order (routing.md 7).</summary>
public sealed record OverflowRule(OverflowLimit When, int Limit, IReadOnlyList<OverflowAction> Actions);

public sealed record OverflowAction(OverflowDo Do, QueueId? Queue = null, int Boost = 0, string? Text = null);

[JsonConverter(typeof(CamelCaseEnumConverter<QueueStrategy>))]
public enum QueueStrategy { LeastLoad, LongestIdle, BestSkill, RoundRobin }

/// <summary>First come first, or the promise that runs out first.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<QueueOrder>))]
public enum QueueOrder { Fifo, Due }

[JsonConverter(typeof(CamelCaseEnumConverter<StickyMode>))]
public enum StickyMode { Off, Preferred, OwnerOnly }

[JsonConverter(typeof(CamelCaseEnumConverter<WrapUpMode>))]
public enum WrapUpMode { None, Optional, Timed, Mandatory, MandatoryTimed }

[JsonConverter(typeof(CamelCaseEnumConverter<OverflowLimit>))]
public enum OverflowLimit { MaxWaiting, MaxOldestSeconds, MaxEwtSeconds }

[JsonConverter(typeof(CamelCaseEnumConverter<OverflowDo>))]
public enum OverflowDo { AddGroup, Boost, Redirect, OfferCallback, AutoReply, Refuse }

/// <summary>An account's routing configuration.</summary>
public sealed partial record AccountSettings
{
    public IReadOnlyDictionary<QueueId, QueueSettings>? Queues { get; init; }

    public RoutingTerms? Routing { get; init; }

    [JsonIgnore]
    public RoutingTerms RoutingTerms => Routing ?? RoutingTerms.Default;

    /// <summary>Whether anything is routed here at all. If not, work is taken by hand and no ledger is kept.</summary>
    [JsonIgnore]
    public bool Routes => Queues is { Count: > 0 };

    /// <summary>Whether a queue is open (routing.md 8), by its calendar as it is now.</summary>
    public bool IsOpen(QueueSettings queue, Instant at) => HoursOf(queue) is not { } hours || hours.IsOpen(at);

    /// <summary>The hours of a queue; null: always open.</summary>
    public BusinessCalendar? HoursOf(QueueSettings queue) => queue.Calendar is { } id ? Calendar(id)?.Calendar : null;

    public QueueSettings? Queue(QueueId? id) => id is { } known ? Queues?.GetValueOrDefault(known) : null;
}

/// <summary>Defines a queue, or changes how it works.</summary>
public sealed record PutQueue(QueueSettings Queue) : AccountCommand;

public sealed record RemoveQueue(QueueId Queue) : AccountCommand;

public sealed record PutRouting(RoutingTerms Terms) : AccountCommand;

public sealed record QueueDefined(QueueSettings Queue) : AccountEvent;

public sealed record QueueRemoved(QueueId Queue) : AccountEvent;

public sealed record RoutingDefined(RoutingTerms Terms) : AccountEvent;

/// <summary>The routing part of an account's configuration.</summary>
internal static partial class AccountRouting
{
    public static AccountSettings Evolve(AccountSettings state, AccountEvent @event) => @event switch
    {
        QueueDefined e => state with
        {
            Queues = new Dictionary<QueueId, QueueSettings>(state.Queues ?? new Dictionary<QueueId, QueueSettings>()) { [e.Queue.Id] = e.Queue with { Drain = state.Queue(e.Queue.Id)?.Drain } },
        },
        QueueDrainChanged e => state.Queue(e.Queue) is { } drained
            ? state with { Queues = new Dictionary<QueueId, QueueSettings>(state.Queues!) { [e.Queue] = drained with { Drain = e.Drain } } }
            : state,
        QueueRemoved e => state with { Queues = state.Queues?.Where(q => q.Key != e.Queue).ToDictionary() },
        RoutingDefined e => state with { Routing = e.Terms },
        _ => state,
    };

    public static Decision<AccountEvent> Decide(AccountSettings state, AccountCommand command, Context context) => command switch
    {
        PutQueue c when c.Queue.Check() is { } refusal => refusal,
        PutQueue { Queue.Calendar: { } calendar } when state.Calendar(calendar) is null => Refusals.NotFound("calendar"),
        PutQueue c => Accept(new QueueDefined(c.Queue)),
        RemoveQueue c => state.Queue(c.Queue) is null ? Refusals.NotFound("queue") : Accept(new QueueRemoved(c.Queue)),
        DrainQueue c => Drain(state, c, context),
        PutRouting c when c.Terms.Check() is { } refusal => refusal,
        PutRouting c => Accept(new RoutingDefined(c.Terms)),
        _ => Refusals.UnknownCommand(command),
    };
}
