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
    public const int Format = 2;

    public const int RecentKept = 50;
    public const int DeferredKept = 50;

    /// <summary>Next responses whose clocks are remembered; evidence for older ones no longer announces anything.</summary>
    public const int NextResponsesKept = 12;

    /// <summary>Before the first event.</summary>
    public static Conversation Empty(AccountId account, ConversationId id) => new(
        id, account, Seq: 0, Epoch: 0, new Address("", "", ""), Visibility.Private, ConversationStatus.Closed, new Customer(""),
        default, default, Priority.Normal, [], Episode: null, 0, 0, [], [], default);

    [JsonIgnore]
    public bool Exists => Seq > 0;

    [JsonIgnore]
    public bool IsOver => Status is ConversationStatus.Closed or ConversationStatus.Spam;

    /// <summary>What its messages and changes of status mean for its promises. The timeline is read at most 64 marks deep, once.</summary>
    public Course? Course() => Episode?.Timeline.Read();

    /// <summary>The audience of the customer and of the post, where known (conversation.md 5).</summary>
    [JsonIgnore]
    public long? Reach => Customer.Reach is null && Engagement is null ? null : (Customer.Reach ?? 0) + (Engagement ?? 0);

    /// <summary>Replies handed to a channel's sender whose fate is not known yet.</summary>
    [JsonIgnore]
    public IEnumerable<MessageHead> OnTheirWay => Recent.Where(m => m.Delivery == DeliveryState.Queued);

    public MessageHead? Head(MessageId message) => Recent.FirstOrDefault(m => m.Message == message);
}

/// <summary>One open→closed cycle (conversation.md 1).</summary>
/// <param name="Clocks">Its promises as they were last read with their calendars: first response, resolution, and the newest next responses.</param>
public sealed record Episode(
    int Number,
    Instant StartedAt,
    EpisodeTerms Terms,
    Timeline Timeline,
    IReadOnlyList<Clock> Clocks,
    Instant? ClosedAt = null,
    string? Disposition = null)
{
    /// <summary>The clock of the metric's current instance; null if there is none.</summary>
    public Clock? Clock(Metric metric) => Timeline.Read().Of(metric) is { } instance ? Clock(metric, instance.Number) : null;

    public Clock? Clock(Metric metric, int number)
    {
        for (var i = Clocks.Count - 1; i >= 0; i--)
        {
            if (Clocks[i].Metric == metric && Clocks[i].Number == number)
            {
                return Clocks[i];
            }
        }

        return null;
    }
}

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
