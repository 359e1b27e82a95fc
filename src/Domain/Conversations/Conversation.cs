using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The live state of one conversation. Bounded whatever the length of its history (DESIGN.md 4): counters, the current
/// episode and the heads of the last <see cref="RecentKept"/> messages; everything else is read from the journal.
/// </summary>
/// <param name="StatusAt">When the status last changed. Quiet is counted from here too, and no later decision is dated before it.</param>
public sealed partial record Conversation(
    ConversationId Id,
    AccountId Account,
    long Seq,
    long Epoch,
    Address Address,
    Visibility Visibility,
    ConversationStatus Status,
    Customer Customer,
    Instant CreatedAt,
    Instant LastActivityAt,
    Priority Priority,
    IReadOnlyList<string> Labels,
    Episode? Episode,
    long MessageCount,
    long ReadUpTo,
    IReadOnlyList<MessageHead> Recent,
    IReadOnlyList<DeferredEcho> DeferredEchoes,
    FloodWindow Flood,
    Instant StatusAt = default,
    string? PriorityReason = null,
    QueueId? Queue = null,
    AgentId? Assignee = null,
    AgentId? LastAssignee = null,
    string? Skill = null,
    string? Bot = null,
    bool Blocked = false,
    Instant? Until = null,
    long? Engagement = null,
    MessagePreview? LastMessage = null,
    string? LastCustomerExternalId = null,
    long LastMessageSeq = 0,
    ReplyWindow? ReplyWindow = null)
{
    /// <summary>Format of stored snapshots. Raise it when older snapshots no longer read as this state; the events are then read instead.</summary>
    public const int Format = 1;

    public const int RecentKept = 50;
    public const int DeferredKept = 50;
    public const int AnnouncedKept = 12;

    /// <summary>Before the first event.</summary>
    public static Conversation Empty(AccountId account, ConversationId id) => new(
        id, account, Seq: 0, Epoch: 0, new Address("", "", ""), Visibility.Private, ConversationStatus.Closed, new Customer(""),
        default, default, Priority.Normal, [], Episode: null, 0, 0, [], [], default);

    [JsonIgnore]
    public bool Exists => Seq > 0;

    [JsonIgnore]
    public bool IsOver => Status is ConversationStatus.Closed or ConversationStatus.Spam;

    /// <summary>
    /// The promises as of now. Spam has none (sla.md R-EV3). Computed once per state: the timeline is read at most 64 marks deep.
    /// </summary>
    public Clocks? Clocks() => Status == ConversationStatus.Spam ? null : Episode?.Timeline.Read();

    /// <summary>Replies handed to a channel's sender whose fate is not known yet.</summary>
    [JsonIgnore]
    public IEnumerable<MessageHead> OnTheirWay => Recent.Where(m => m.Delivery == DeliveryState.Queued);

    public MessageHead? Head(MessageId message) => Recent.FirstOrDefault(m => m.Message == message);
}

/// <summary>One open→closed cycle (conversation.md 1).</summary>
/// <param name="Announced">What its clocks have announced, each level once (sla.md R-AL2).</param>
public sealed record Episode(
    int Number,
    Instant StartedAt,
    EpisodeTerms Terms,
    Timeline Timeline,
    IReadOnlyList<Announcement> Announced,
    Instant? ClosedAt = null,
    string? Disposition = null);

public sealed record Announcement(Metric Metric, int Instance, SlaLevel Level, Instant At);

/// <summary>What is remembered of a recent message, without its text.</summary>
/// <param name="Delivery">Null for messages that do not leave (customer's, notes).</param>
public sealed record MessageHead(
    MessageId Message,
    long Seq,
    MessageKind Kind,
    Instant SentAt,
    DeliveryState? Delivery = null,
    bool Deleted = false,
    IReadOnlyList<string>? ExternalIds = null,
    Instant? EditedAt = null);

public sealed record DeferredEcho(InboundMessage Echo, Instant Until);

/// <summary>Customer messages counted in the minute that began at <see cref="From"/>.</summary>
public readonly record struct FloodWindow(Instant From, int Count);
