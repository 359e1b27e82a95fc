using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

public sealed partial record Conversation
{
    /// <summary>Null until something of it was routed.</summary>
    public ConversationRouting? Routing { get; init; }
}

public sealed partial record ConversationRow
{
    /// <summary>The offer that stands, if any.</summary>
    public LiveOffer? Offer { get; init; }

    public PendingTransfer? Transfer { get; init; }

    public string? RoutingReason { get; init; }
}

/// <summary>
/// Where a conversation stands on its way to somebody: the one truth about offers and about who has it (routing.md 0).
/// Bounded: the last <see cref="OffersKept"/> offers, <see cref="ExclusionsKept"/> exclusions.
/// </summary>
/// <param name="Ticket">Counts visits to queues and direct offers; what names an older one means nothing.</param>
/// <param name="Arrived">Since when somebody is needed; kept through transfers and requeues.</param>
/// <param name="Excluded">Who declined or missed it lately.</param>
/// <param name="Failed">Offers in a row that came to nothing.</param>
/// <param name="RetryAt">Not to be offered before: exclusions were cleared because nobody else was left.</param>
/// <param name="Extra">Boosts that are not read off the conversation itself.</param>
/// <param name="Told">What the agents' ledgers have been told.</param>
/// <param name="Refused">Why the queue did not let it in; the customer's next message tries again.</param>
/// <param name="DormantAfter">Seconds of quiet after which it weighs less.</param>
/// <param name="Replied">The closing of the queue for which the customer has been told.</param>
public sealed record ConversationRouting(
    long Ticket = 0,
    Place? Place = null,
    LiveOffer? Offer = null,
    PendingTransfer? Transfer = null,
    Instant? Arrived = null,
    IReadOnlyList<Exclusion>? Excluded = null,
    int Failed = 0,
    bool Escalated = false,
    Instant? RetryAt = null,
    IReadOnlyList<Boost>? Extra = null,
    IReadOnlyList<PastOffer>? Offers = null,
    WrapUp? Wrap = null,
    bool Dormant = false,
    bool ReassignOnReply = false,
    IReadOnlyList<Told>? Told = null,
    IReadOnlyList<AgentId>? Participants = null,
    IReadOnlyList<Hop>? Hops = null,
    int HopCount = 0,
    GroupClock? Group = null,
    Instant? AssignedAt = null,
    Instant? LastOwned = null,
    int DormantAfter = 0,
    string? Refused = null,
    Instant? Replied = null)
{
    public const int OffersKept = 20;
    public const int ExclusionsKept = 50;
    public const int HopsKept = 12;

    /// <summary>An accept counts until so long after the offer ran out; the expiry fires at that same instant (routing.md 2).</summary>
    public static readonly Duration Lateness = Duration.FromMilliseconds(250);

    public bool Excludes(AgentId agent, Instant now) => (Excluded ?? []).Any(e => e.Agent == agent && e.Until > now);

    /// <summary>The earliest instant at which a tick would do something about the routing.</summary>
    public static Instant? NextDue(Conversation state)
    {
        if (state is not { Routing: { } routing, IsOver: false })
        {
            return null;
        }

        return Instants.Earliest(
            Instants.Earliest(routing.Offer?.ExpiresAt + Lateness, routing.Offer is null ? routing.Transfer?.Deadline : null),
            Instants.Earliest(Instants.Earliest(routing.Wrap?.Until, DormantAt(state)), WindowBoostAt(state)));
    }

    /// <summary>When the conversation goes dormant; null if it is not awake in somebody's hands.</summary>
    public static Instant? DormantAt(Conversation state) =>
        state is { Assignee: not null, Status: not ConversationStatus.Snoozed, IsOver: false, Routing: { Dormant: false, Wrap: null, DormantAfter: > 0, AssignedAt: { } at } routing }
            ? Instant.Max(at, state.LastActivityAt) + Duration.FromSeconds(routing.DormantAfter)
            : null;

    /// <summary>When the platform's reply window begins to press; null if it does not or has been counted already.</summary>
    public static Instant? WindowBoostAt(Conversation state) =>
        state is { ReplyWindow.ClosesAt: var closes, Routing.Place.Item: { } item, IsOver: false }
        && closes > item.Entered && (item.Boosts ?? []).All(b => b.Source != Boosts.ReplyWindow)
            ? Instant.Max(closes - Duration.FromSeconds(RoutingTerms.ReplyWindowLeft), item.Entered)
            : null;
}

/// <summary>A place in a queue.</summary>
/// <param name="State">Waiting, held or unroutable.</param>
public sealed record Place(QueueId Queue, WaitingItem Item, EntryKind Kind, RoutingState State = RoutingState.Waiting, string? Reason = null, Instant? Until = null);

/// <param name="Agents">Who may still accept it.</param>
/// <param name="Auto">The agent's tools accept by themselves.</param>
public sealed record LiveOffer(OfferId Id, long Ticket, IReadOnlyList<AgentId> Agents, Instant MadeAt, Instant ExpiresAt, QueueId? Queue = null, bool Auto = false);

public sealed record Exclusion(AgentId Agent, Instant Until);

public sealed record PastOffer(OfferId Offer, AgentId Agent, Instant MadeAt, Instant EndedAt, OfferOutcome Outcome, string? Reason = null);

/// <summary>Somebody is handing it on; until it is accepted the source stays its owner (routing.md 5).</summary>
/// <param name="From">Null: nobody had it.</param>
public sealed record PendingTransfer(
    TransferMode Mode, AgentId? From, QueueId? Queue, AgentId? Agent, string? Skill, long Ticket, Instant At, Instant? Deadline = null,
    ChannelClass Class = ChannelClass.Live);

/// <param name="Until">When it ends by itself; null: never.</param>
public sealed record WrapUp(WrapUpMode Mode, Instant Since, Instant? Until = null);

/// <summary>What an agent's ledger was told of this conversation.</summary>
public sealed record Told(AgentId Agent, long Epoch, WorkKind As);

public sealed record Hop(AgentId? From, AgentId? To, QueueId? Queue, Instant At);

/// <summary>How long a group has had it (routing.md 5).</summary>
public sealed record GroupClock(QueueId Queue, Instant Since);

/// <summary>Hand: ownership moves. Consult: a colleague joins, the owner stays. Warm: both are there, ownership moves.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TransferMode>))]
public enum TransferMode { Hand, Consult, Warm }

[JsonConverter(typeof(CamelCaseEnumConverter<TransferOutcome>))]
public enum TransferOutcome { Accepted, Returned, Canceled }

[JsonConverter(typeof(CamelCaseEnumConverter<GroupEnd>))]
public enum GroupEnd { Reassigned, Solved }
