using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// Everything that can have happened to a conversation. The wire names are stored for ever: add members and types, never
/// rename or remove (tests/Domain.Tests/Golden holds one of each).
/// </summary>
[JsonDerivedType(typeof(ConversationStarted), "conversation.started")]
[JsonDerivedType(typeof(EpisodeStarted), "episode.started")]
[JsonDerivedType(typeof(MessageReceived), "message.received")]
[JsonDerivedType(typeof(MessagePosted), "message.posted")]
[JsonDerivedType(typeof(MessageRecorded), "message.recorded")]
[JsonDerivedType(typeof(EchoDeferred), "echo.deferred")]
[JsonDerivedType(typeof(EchoMerged), "echo.merged")]
[JsonDerivedType(typeof(MessageDelivery), "message.delivery")]
[JsonDerivedType(typeof(MessageEdited), "message.edited")]
[JsonDerivedType(typeof(MessageDeleted), "message.deleted")]
[JsonDerivedType(typeof(MessageReaction), "message.reaction")]
[JsonDerivedType(typeof(StatusChanged), "status.changed")]
[JsonDerivedType(typeof(AssignmentChanged), "assignment.changed")]
[JsonDerivedType(typeof(PriorityChanged), "priority.changed")]
[JsonDerivedType(typeof(LabelsChanged), "labels.changed")]
[JsonDerivedType(typeof(ReadAdvanced), "read.advanced")]
[JsonDerivedType(typeof(ControlChanged), "control.changed")]
[JsonDerivedType(typeof(CustomerUpdated), "customer.updated")]
[JsonDerivedType(typeof(CustomerBlocked), "customer.blocked")]
[JsonDerivedType(typeof(SlaWarned), "sla.warning")]
[JsonDerivedType(typeof(SlaBreached), "sla.breached")]
[JsonDerivedType(typeof(SlaFulfilled), "sla.fulfilled")]
[JsonDerivedType(typeof(SlaWithdrawn), "sla.withdrawn")]
[JsonDerivedType(typeof(SlaEscalated), "sla.escalated")]
[JsonDerivedType(typeof(SlaChanged), "sla.changed")]
[JsonDerivedType(typeof(SlaUnreachable), "sla.unreachable")]
[JsonDerivedType(typeof(SlaPolicyChanged), "sla.policy_changed")]
[JsonDerivedType(typeof(SlaCalendarChanged), "sla.calendar_changed")]
[JsonDerivedType(typeof(SlaOverridden), "sla.overridden")]
public abstract partial record ConversationEvent
{
    /// <summary>
    /// How clocks stand after it, where it or what follows from it changed them: told with the last event of a decision, so that
    /// a message costs no event more. Alone (<see cref="SlaChanged"/>) only where nothing else happened.
    /// </summary>
    public SlaChanged? Sla { get; init; }
}

public sealed record ConversationStarted(Address Address, Visibility Visibility, Customer Customer) : ConversationEvent;

/// <summary>An open→closed cycle begins, with the terms it will be judged by (conversation.md 1).</summary>
/// <param name="At">The first message's own time: the resolution clock counts from here.</param>
public sealed record EpisodeStarted(int Number, Instant At, EpisodeTerms Terms, QueueId? Queue, string? Bot) : ConversationEvent;

/// <summary>The configuration an episode was opened under. Replays need nothing else.</summary>
/// <param name="Settings">Version of the account's configuration.</param>
/// <param name="ReopenWindow">Seconds after closing in which a customer's message reopens the same episode.</param>
/// <param name="AutoCloseAfter">Seconds of quiet, with nobody waiting for an answer, after which it closes itself. Null: never.</param>
public sealed record EpisodeTerms(long Settings, SlaTerms Sla, int ReopenWindow, int? AutoCloseAfter);

/// <summary>A customer's message.</summary>
/// <param name="Index">Its place among the customer-visible messages, contiguous from 1.</param>
/// <param name="Flood">Over the limit per minute: kept, but moves nothing.</param>
/// <param name="Blocked">From a blocked customer: kept, opens nothing.</param>
/// <param name="Clamped">The platform's time was too far ahead and was cut to ours.</param>
public sealed record MessageReceived(
    MessageId Message,
    long Index,
    string ExternalId,
    Visibility Visibility,
    Instant SentAt,
    Author Author,
    string Text,
    IReadOnlyList<Attachment>? Attachments = null,
    string? ReplyTo = null,
    string? EditOf = null,
    long? Engagement = null,
    bool Auto = false,
    bool Flood = false,
    bool Blocked = false,
    bool Clamped = false,
    ReplyWindow? ReplyWindow = null) : ConversationEvent;

/// <summary>A reply or note written here.</summary>
/// <param name="Index">Null for internal notes: customers do not see them.</param>
/// <param name="Delivery">Queued when a channel adapter must send it; sent when the commit itself delivers it (no adapter). Null for notes.</param>
public sealed record MessagePosted(
    MessageId Message,
    long? Index,
    MessageKind Kind,
    Visibility Visibility,
    string Text,
    IReadOnlyList<Attachment>? Attachments = null,
    DeliveryState? Delivery = null,
    string? ReplyTo = null) : ConversationEvent;

/// <summary>A reply our side wrote elsewhere, seen on the channel. It counts as a reply and is not sent again.</summary>
public sealed record MessageRecorded(
    MessageId Message,
    long Index,
    string ExternalId,
    MessageKind Kind,
    Visibility Visibility,
    Instant SentAt,
    Author Author,
    string Text,
    IReadOnlyList<Attachment>? Attachments = null,
    string? ReplyTo = null,
    bool Auto = false,
    bool Clamped = false) : ConversationEvent;

/// <summary>
/// Our side's message came back from the channel while replies of ours were still on their way: it waits until they are
/// known, so that it is neither shown twice nor lost.
/// </summary>
public sealed record EchoDeferred(InboundMessage Echo, Instant Until) : ConversationEvent;

/// <summary>A deferred echo was one of our own replies.</summary>
public sealed record EchoMerged(string ExternalId, MessageId Message) : ConversationEvent;

/// <summary>A reply moved forward on its way: sent, delivered, read or failed.</summary>
/// <param name="UpTo">Holds for earlier replies too (a watermark).</param>
public sealed record MessageDelivery(
    MessageId Message,
    DeliveryState State,
    Instant At,
    IReadOnlyList<string>? ExternalIds = null,
    bool UpTo = false,
    string? Code = null,
    string? Detail = null) : ConversationEvent;

public sealed record MessageEdited(MessageId Message, string Text, Instant At, IReadOnlyList<Attachment>? Attachments = null, string? ExternalId = null) : ConversationEvent;

public sealed record MessageDeleted(MessageId Message, Instant At) : ConversationEvent;

public sealed record MessageReaction(MessageId Message, Author By, string Emoji) : ConversationEvent;

/// <param name="Until">When it opens by itself: set for snoozed, optional for pending.</param>
/// <param name="Reason">Why, when nobody asked: <c>customerMessage</c>, <c>wakeUp</c>, <c>quiet</c>.</param>
public sealed record StatusChanged(
    ConversationStatus From,
    ConversationStatus To,
    Instant At,
    Instant? Until = null,
    string? Disposition = null,
    string? Reason = null) : ConversationEvent;

/// <param name="Epoch">Raised by one whenever the assignee changes; fences off earlier owners.</param>
public sealed record AssignmentChanged(QueueId? Queue, AgentId? Assignee, long Epoch, string? Skill = null, string? Reason = null, bool Override = false) : ConversationEvent;

public sealed record PriorityChanged(Priority Priority, string? Reason) : ConversationEvent;

public sealed record LabelsChanged(IReadOnlyList<string>? Added, IReadOnlyList<string>? Removed) : ConversationEvent;

public sealed record ReadAdvanced(long UpTo) : ConversationEvent;

/// <summary>Who talks to the customer: a bot, or (null) people.</summary>
public sealed record ControlChanged(string? Bot, Instant At) : ConversationEvent;

public sealed record CustomerUpdated(Customer Customer) : ConversationEvent;

public sealed record CustomerBlocked(bool Blocked) : ConversationEvent;

/// <summary>Levels before the due time have been reached: all that were, at once (sla.md R-AL2).</summary>
/// <param name="Levels">For example <c>-1800s</c> or <c>0.8</c>; each fires once in an instance. Null in old histories: the channel's one.</param>
/// <param name="Notices">Who is told, beside those who watch.</param>
/// <param name="Next">When the clock wants to be looked at again.</param>
public sealed record SlaWarned(
    Metric Metric, int Instance, Instant Due, IReadOnlyList<string>? Levels = null, IReadOnlyList<SlaNotice>? Notices = null, Instant? Next = null)
    : ConversationEvent;

/// <param name="At">The due instant, even if it was found later (sla.md R-AL3); or that of the change that left too little time.</param>
/// <param name="Levels">With the breach those after it that have been reached by now, for example <c>+600s</c>.</param>
public sealed record SlaBreached(
    Metric Metric,
    int Instance,
    Instant At,
    BreachCause Cause = BreachCause.Time,
    IReadOnlyList<string>? Levels = null,
    IReadOnlyList<SlaNotice>? Notices = null,
    Instant? Next = null) : ConversationEvent;

/// <summary>A broken promise is still not kept: levels after the due time have been reached.</summary>
/// <param name="At">When it broke.</param>
public sealed record SlaEscalated(
    Metric Metric, int Instance, Instant At, IReadOnlyList<string> Levels, IReadOnlyList<SlaNotice>? Notices = null, Instant? Next = null)
    : ConversationEvent;

/// <param name="Elapsed">Seconds of the clock's own time.</param>
/// <param name="Overrun">Seconds of the clock's own time beyond the target.</param>
/// <param name="OverrunWall">Seconds of wall-clock time beyond the due instant.</param>
public sealed record SlaFulfilled(
    Metric Metric, int Instance, Instant At, bool Met, long? Elapsed = null, long? Overrun = null, long? OverrunWall = null) : ConversationEvent;

/// <summary>Later evidence took back what was announced: a reply that failed after all, or an on-time reply that arrived late.</summary>
public sealed record SlaWithdrawn(Metric Metric, int Instance, Withdrawn What) : ConversationEvent;

/// <summary>How clocks stand now, where no other event of the same decision says so: started, standing, running again, moved, cut short.</summary>
/// <param name="Gone">Instances that turned out never to have been.</param>
/// <param name="Settled">What is counted for good, so that the state stays small.</param>
/// <param name="Tzdata">The version of the time-zone rules, where a calendar was used (sla.md R-TZ4).</param>
public sealed record SlaChanged(
    IReadOnlyList<Clock>? Clocks, IReadOnlyList<ClockName>? Gone = null, IReadOnlyList<SettledClock>? Settled = null, string? Tzdata = null) : ConversationEvent;

public sealed record ClockName(Metric Metric, int Instance);

public sealed record SettledClock(Metric Metric, int Instance, SettledPart Part);

/// <summary>
/// A promise that no opening hours can keep: its calendar does not open long enough within 400 days. It never runs out, so
/// somebody has to mend the calendar (sla.md R-CA5). Told once for each version of a calendar that cannot keep it.
/// </summary>
/// <param name="Target">Seconds of the calendar's time.</param>
public sealed record SlaUnreachable(Metric Metric, int Instance, int Target, CalendarRef? Calendar) : ConversationEvent;

/// <summary>Other terms are in force.</summary>
public sealed record SlaPolicyChanged(SlaTerms Terms, Instant At, PolicyChange Why) : ConversationEvent;

/// <summary>
/// Matched: an attribute changed, and with it the policy or its targets (sla.md R-PO4). Edited: the policy has a newer version, for
/// what begins from now on (R-PO5). Applied: an administrator had the policies of today applied to what runs.
/// </summary>
[JsonConverter(typeof(CamelCaseEnumConverter<PolicyChange>))]
public enum PolicyChange { Matched, Edited, Applied }

/// <summary>A calendar that clocks run on has a new version, from the edit on (sla.md R-PO7).</summary>
public sealed record SlaCalendarChanged(CalendarRef Calendar, Instant At) : ConversationEvent;

/// <summary>A due time was set by hand (sla.md R-PO8).</summary>
public sealed record SlaOverridden(Metric Metric, int Instance, Instant Due, Instant At, string Reason) : ConversationEvent;

/// <summary>Somebody who is told: outside through the outbox, an agent by this very event, which its feed has too.</summary>
/// <param name="To">An address to call, a mail address, or an agent.</param>
/// <param name="NotBefore">When their hours begin; null: at once (sla.md R-AL4).</param>
public sealed record SlaNotice(NoticeKind Kind, string To, Instant? NotBefore = null);

[JsonConverter(typeof(CamelCaseEnumConverter<NoticeKind>))]
public enum NoticeKind { Webhook, Mail, Agent }

[JsonConverter(typeof(CamelCaseEnumConverter<Withdrawn>))]
public enum Withdrawn { Fulfilment, Breach }

/// <summary>Until when the platform lets us answer; after <see cref="ClosesAt"/> only people may, until <see cref="HumanUntil"/>.</summary>
public sealed record ReplyWindow(Instant ClosesAt, Instant? HumanUntil);

/// <summary>The person on the other side, by the channel's own id.</summary>
/// <param name="Reach">Audience: followers when last seen (conversation.md 5).</param>
/// <param name="Tier">How much was promised to them, in the account's own words, for example <c>gold</c>.</param>
public sealed record Customer(string Id, string? Name = null, string? Handle = null, long? Reach = null, string? Tier = null);
