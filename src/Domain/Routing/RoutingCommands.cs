using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

[JsonDerivedType(typeof(OfferWork), "offer")]
[JsonDerivedType(typeof(AcceptOffer), "acceptOffer")]
[JsonDerivedType(typeof(RejectOffer), "rejectOffer")]
[JsonDerivedType(typeof(RescindOffer), "rescindOffer")]
[JsonDerivedType(typeof(ClearExclusions), "clearExclusions")]
[JsonDerivedType(typeof(MarkRoutable), "markRoutable")]
[JsonDerivedType(typeof(HeldByQueue), "heldByQueue")]
[JsonDerivedType(typeof(ReleasedByQueue), "releasedByQueue")]
[JsonDerivedType(typeof(DivertedByQueue), "divertedByQueue")]
[JsonDerivedType(typeof(HandBack), "handBack")]
[JsonDerivedType(typeof(FlagReassign), "flagReassign")]
[JsonDerivedType(typeof(CancelTransfer), "cancelTransfer")]
[JsonDerivedType(typeof(LeaveConversation), "leave")]
[JsonDerivedType(typeof(CompleteWrap), "completeWrap")]
[JsonDerivedType(typeof(AddBoost), "boost")]
[JsonDerivedType(typeof(Reroute), "reroute")]
public abstract partial record ConversationCommand;

/// <summary>Offers the conversation to agents who have set capacity aside for it (routing.md 0, step 3).</summary>
/// <param name="ReservedUntil">What was set aside may be gone after this: then the offer is refused.</param>
public sealed record OfferWork(OfferId Offer, IReadOnlyList<AgentId> Agents, long Ticket, Instant ReservedUntil) : ConversationCommand;

/// <summary>The single commit point of an assignment.</summary>
public sealed record AcceptOffer(OfferId Offer, AgentId Agent) : ConversationCommand;

public sealed record RejectOffer(OfferId Offer, AgentId Agent, string? Reason = null) : ConversationCommand;

/// <summary>Takes an offer back; no blame on anybody. Null: whichever stands.</summary>
public sealed record RescindOffer(OfferId? Offer, AgentId? Agent, string Reason) : ConversationCommand;

/// <summary>Everybody left has declined or missed it lately: begin again after a pause.</summary>
public sealed record ClearExclusions(long Ticket) : ConversationCommand;

/// <summary>Whether anybody is defined who could ever take it.</summary>
public sealed record MarkRoutable(long Ticket, bool Routable, string? Reason = null) : ConversationCommand;

public sealed record HeldByQueue(long Ticket, Instant Until, string? Reply = null) : ConversationCommand;

public sealed record ReleasedByQueue(long Ticket) : ConversationCommand;

public sealed record DivertedByQueue(long Ticket, string Reason, QueueId? To = null, string? Reply = null, bool Callback = false) : ConversationCommand;

/// <summary>The agent's side gives it back, if the agent still has it.</summary>
public sealed record HandBack(AgentId Agent, long Epoch, string Reason, int Boost = 0) : ConversationCommand;

/// <summary>Its agent is gone: the customer's next message gives it to others. Or the agent is back.</summary>
public sealed record FlagReassign(AgentId Agent, long Epoch, bool On) : ConversationCommand;

public sealed record CancelTransfer(long? Epoch = null) : ConversationCommand, IFromOwner;

/// <summary>Somebody who was asked in leaves.</summary>
public sealed record LeaveConversation(AgentId Agent) : ConversationCommand;

/// <summary>Ends the wrap-up, and the episode with it.</summary>
public sealed record CompleteWrap(string Disposition, AgentId? Agent = null) : ConversationCommand;

/// <summary>"Are you where you should be?" After a change of configuration.</summary>
public sealed record Reroute : ConversationCommand;

/// <summary>A supervisor moves it forward in its queue.</summary>
public sealed record AddBoost(int Seconds, string? Reason = null) : ConversationCommand;
