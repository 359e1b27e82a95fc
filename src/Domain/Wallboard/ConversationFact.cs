using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Where a conversation counts on the wallboard. Exactly one at any time.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<BoardPlace>))]
public enum BoardPlace { Waiting, Assigned, Snoozed, Bot, Unroutable, Over }

/// <summary>What the wallboard remembers of one conversation; follows from its events alone.</summary>
/// <param name="Live">A class of channel on which people wait on the line (routing.md 1).</param>
/// <param name="Arrived">When it began to wait for a person; kept when it is passed on (original enqueue).</param>
/// <param name="Entered">When it entered the queue it waits in now.</param>
/// <param name="Answered">Somebody has taken it, or replied, since it entered.</param>
/// <param name="Unanswered">The customer's oldest message without a reply by a person.</param>
/// <param name="FirstAt">The episode's first customer message.</param>
/// <param name="OfferedAt">When the offer that stands was made.</param>
/// <param name="OnTheirWay">Replies whose fate is not known yet: they count once the channel took them.</param>
public sealed record ConversationFact(
    QueueId? Queue = null,
    AgentId? Assignee = null,
    string? Bot = null,
    ConversationStatus Status = ConversationStatus.Closed,
    bool Live = false,
    bool Public = false,
    bool Blocked = false,
    long Reach = 0,
    Instant? Arrived = null,
    Instant? Entered = null,
    bool Answered = false,
    Instant? Unanswered = null,
    Instant? FirstAt = null,
    bool Responded = false,
    IReadOnlyList<MessageId>? OnTheirWay = null,
    IReadOnlyList<Metric>? Warned = null,
    IReadOnlyList<Metric>? Breached = null,
    Instant? OfferedAt = null)
{
    [JsonIgnore]
    public BoardPlace Place => Status is ConversationStatus.Closed or ConversationStatus.Spam ? BoardPlace.Over
        : Status == ConversationStatus.Snoozed ? BoardPlace.Snoozed
        : Bot is not null ? BoardPlace.Bot
        : Assignee is not null ? BoardPlace.Assigned
        : Queue is not null ? BoardPlace.Waiting
        : BoardPlace.Unroutable;

    /// <summary>Waits for somebody to take it.</summary>
    [JsonIgnore]
    public bool Waits => Place == BoardPlace.Waiting && !Answered;

    /// <summary>How long the first reply took, if this event was it.</summary>
    public Duration? FirstResponse(ConversationFact after, Recorded<ConversationEvent> recorded) =>
        !Responded && after is { Responded: true, FirstAt: { } first } ? Duration.Max(Duration.Zero, RepliedAt(recorded) - first) : null;

    public static ConversationFact Evolve(ConversationFact fact, Recorded<ConversationEvent> recorded)
    {
        var next = recorded.Event switch
        {
            ConversationStarted e => fact with
            {
                Live = RoutingClassIsLive(e.Address.Channel),
                Public = e.Visibility == Visibility.Public,
                Reach = e.Customer.Reach ?? 0,
            },
            EpisodeStarted e => fact with
            {
                Queue = e.Queue ?? fact.Queue,
                Bot = e.Bot,
                Status = ConversationStatus.Open,
                FirstAt = null,
                Responded = false,
                Unanswered = null,
                Warned = null,
                Breached = null,
            },
            MessageReceived { Auto: false, Blocked: false } e => fact with
            {
                Unanswered = Earliest(fact.Unanswered, Instant.Min(e.SentAt, recorded.At)),
                FirstAt = Earliest(fact.FirstAt, Instant.Min(e.SentAt, recorded.At)),
            },
            MessagePosted { Kind: MessageKind.Reply, Delivery: DeliveryState.Queued } e => fact with { OnTheirWay = [.. fact.OnTheirWay ?? [], e.Message] },
            MessagePosted { Kind: MessageKind.Reply } => Replied(fact),
            MessageRecorded { Kind: MessageKind.Reply, Auto: false } => Replied(fact),
            MessageDelivery e when fact.OnTheirWay?.Contains(e.Message) == true => Left(e.State == DeliveryState.Failed ? fact : Replied(fact), e.Message),
            StatusChanged e => fact with
            {
                Status = e.To,
                Warned = e.To is ConversationStatus.Closed or ConversationStatus.Spam ? null : fact.Warned,
                Breached = e.To is ConversationStatus.Closed or ConversationStatus.Spam ? null : fact.Breached,
            },
            AssignmentChanged e => fact with { Queue = e.Queue, Assignee = e.Assignee },
            ControlChanged e => fact with { Bot = e.Bot },
            CustomerUpdated e => fact with { Reach = e.Customer.Reach ?? fact.Reach },
            CustomerBlocked e => fact with { Blocked = e.Blocked },
            SlaWarned e => fact with { Warned = With(fact.Warned, e.Metric) },
            SlaBreached e => fact with { Warned = Without(fact.Warned, e.Metric), Breached = With(fact.Breached, e.Metric) },
            SlaFulfilled e => fact with { Warned = Without(fact.Warned, e.Metric), Breached = Without(fact.Breached, e.Metric) },
            SlaWithdrawn { What: Withdrawn.Breach } e => fact with { Breached = Without(fact.Breached, e.Metric) },
            OfferMade => fact with { OfferedAt = recorded.At },
            _ => fact,
        };
        return Queued(fact, next, recorded.At);
    }

    /// <summary>When it began to wait, and in which queue: waiting again after having been over or parked is a new wait.</summary>
    private static ConversationFact Queued(ConversationFact before, ConversationFact after, Instant at) => after.Place switch
    {
        BoardPlace.Waiting when before.Place != BoardPlace.Waiting || before.Queue != after.Queue =>
            after with { Arrived = before.Place is BoardPlace.Waiting or BoardPlace.Assigned ? after.Arrived ?? at : at, Entered = at, Answered = false },
        BoardPlace.Assigned => after with { Arrived = after.Arrived ?? at, Answered = true },
        _ => after,
    };

    private static ConversationFact Replied(ConversationFact fact) => fact with { Unanswered = null, Answered = true, Responded = fact.FirstAt is not null };

    private static ConversationFact Left(ConversationFact fact, MessageId message) =>
        fact with { OnTheirWay = fact.OnTheirWay?.Where(m => m != message).ToArray() is { Length: > 0 } left ? left : null };

    private static Instant RepliedAt(Recorded<ConversationEvent> recorded) => recorded.Event switch
    {
        MessageRecorded e => Instant.Min(e.SentAt, recorded.At),
        _ => recorded.At,
    };

    private static bool RoutingClassIsLive(string channel) => channel is "webchat" or "voice" or "phone";

    private static Instant Earliest(Instant? known, Instant at) => known is { } earlier ? Instant.Min(earlier, at) : at;

    private static IReadOnlyList<Metric>? With(IReadOnlyList<Metric>? metrics, Metric metric) =>
        metrics?.Contains(metric) == true ? metrics : [.. metrics ?? [], metric];

    private static IReadOnlyList<Metric>? Without(IReadOnlyList<Metric>? metrics, Metric metric) =>
        metrics?.Contains(metric) == true ? metrics.Where(m => m != metric).ToArray() is { Length: > 0 } left ? left : null : metrics;
}
