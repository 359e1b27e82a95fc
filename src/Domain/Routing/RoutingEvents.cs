using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

[JsonDerivedType(typeof(QueueJoined), "queue.joined")]
[JsonDerivedType(typeof(QueueLeft), "queue.left")]
[JsonDerivedType(typeof(PlaceChanged), "queue.changed")]
[JsonDerivedType(typeof(QueueRefused), "queue.refused")]
[JsonDerivedType(typeof(OfferMade), "offer.made")]
[JsonDerivedType(typeof(OfferEnded), "offer.ended")]
[JsonDerivedType(typeof(OfferAccepted), "offer.accepted")]
[JsonDerivedType(typeof(ExclusionsCleared), "offer.exclusionsCleared")]
[JsonDerivedType(typeof(Escalated), "offer.escalated")]
[JsonDerivedType(typeof(Boosted), "queue.boosted")]
[JsonDerivedType(typeof(TransferRequested), "transfer.requested")]
[JsonDerivedType(typeof(TransferEnded), "transfer.ended")]
[JsonDerivedType(typeof(WrapUpStarted), "wrapUp.started")]
[JsonDerivedType(typeof(WrapUpEnded), "wrapUp.ended")]
[JsonDerivedType(typeof(DormancyChanged), "dormancy.changed")]
[JsonDerivedType(typeof(ReassignFlagged), "reassign.flagged")]
[JsonDerivedType(typeof(ParticipantsChanged), "participants.changed")]
[JsonDerivedType(typeof(WorkChanged), "work.changed")]
[JsonDerivedType(typeof(GroupChanged), "group.changed")]
public abstract partial record ConversationEvent;

/// <summary>It waits in a queue from now on; the queue has the last word on whether it is let in.</summary>
public sealed record QueueJoined(QueueId Queue, WaitingItem Item, EntryKind Kind) : ConversationEvent;

public sealed record QueueLeft(QueueId Queue, long Ticket, LeaveReason Reason) : ConversationEvent;

/// <summary>Its place is another: held, let in, unroutable, or further ahead.</summary>
/// <param name="Item">With what it waits now.</param>
/// <param name="Reordered">The queue is to move it.</param>
/// <param name="Replied">The closing of the queue for which the customer has now been told.</param>
public sealed record PlaceChanged(
    QueueId Queue, RoutingState State, WaitingItem Item, string? Reason = null, Instant? Until = null, bool Reordered = false, Instant? Replied = null) : ConversationEvent;

/// <param name="Callback">To be offered a call back, or another channel.</param>
public sealed record QueueRefused(QueueId Queue, long Ticket, string Reason, QueueId? To = null, bool Callback = false) : ConversationEvent;

public sealed record OfferMade(OfferId Offer, long Ticket, IReadOnlyList<AgentId> Agents, Instant ExpiresAt, QueueId? Queue = null, bool Auto = false) : ConversationEvent;

/// <summary>An offer ended for one of those it went to.</summary>
/// <param name="ExcludedUntil">Until when it does not come back to the agent.</param>
public sealed record OfferEnded(OfferId Offer, AgentId Agent, OfferOutcome Outcome, string? Reason = null, Instant? ExcludedUntil = null) : ConversationEvent;

/// <param name="Waited">Since somebody was first needed.</param>
public sealed record OfferAccepted(OfferId Offer, AgentId Agent, Duration Waited) : ConversationEvent;

public sealed record ExclusionsCleared(Instant RetryAt) : ConversationEvent;

public sealed record Escalated(int Failed, int Boost) : ConversationEvent;

/// <summary>A reason to be further ahead that cannot be read off the conversation itself.</summary>
public sealed record Boosted(Boost Boost) : ConversationEvent;

public sealed record TransferRequested(PendingTransfer Transfer) : ConversationEvent;

/// <param name="PingPong">It came back to whom it came from within minutes.</param>
public sealed record TransferEnded(TransferOutcome Outcome, AgentId? To = null, string? Reason = null, bool PingPong = false) : ConversationEvent;

public sealed record WrapUpStarted(WrapUpMode Mode, Instant? Until) : ConversationEvent;

public sealed record WrapUpEnded(string Reason) : ConversationEvent;

public sealed record DormancyChanged(bool Dormant) : ConversationEvent;

public sealed record ReassignFlagged(bool On) : ConversationEvent;

/// <summary>Who is in it beside its owner.</summary>
/// <param name="Barged">Who joined unasked, whatever fits into a capacity.</param>
public sealed record ParticipantsChanged(IReadOnlyList<AgentId> Agents, AgentId? Barged = null) : ConversationEvent;

/// <summary>What an agent's ledger is to know.</summary>
/// <param name="As">Null: no longer the agent's.</param>
/// <param name="Offer">The offer by which it became the agent's.</param>
public sealed record WorkChanged(
    AgentId Agent, long Epoch, ChannelClass Class, WorkKind? As, OfferId? Offer = null, bool Override = false, int DormantAfter = 0, bool New = false) : ConversationEvent;

/// <summary>Another group has it, or none (routing.md 5).</summary>
public sealed record GroupChanged(QueueId? From, Instant? Since, QueueId? To, GroupEnd How) : ConversationEvent;
