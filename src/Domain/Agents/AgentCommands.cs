using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

// ids → commands → events → state + Evolve → Decide, as everywhere (DESIGN.md 4).

/// <summary>Everything that can be asked of an agent (routing.md 1, 9, 10).</summary>
[JsonDerivedType(typeof(PutAgent), "putAgent")]
[JsonDerivedType(typeof(RemoveAgent), "removeAgent")]
[JsonDerivedType(typeof(DeclarePresence), "declarePresence")]
[JsonDerivedType(typeof(Connect), "connect")]
[JsonDerivedType(typeof(LoseLease), "loseLease")]
[JsonDerivedType(typeof(SetTerms), "setTerms")]
[JsonDerivedType(typeof(TryReserve), "tryReserve")]
[JsonDerivedType(typeof(ConfirmWork), "confirmWork")]
[JsonDerivedType(typeof(ReleaseOffer), "releaseOffer")]
[JsonDerivedType(typeof(HoldWork), "holdWork")]
[JsonDerivedType(typeof(DropWork), "dropWork")]
[JsonDerivedType(typeof(DrainAgent), "drain")]
[JsonDerivedType(typeof(AgentTick), "tick")]
public abstract record AgentCommand;

/// <summary>Who the agent is: replaces everything but presence and work.</summary>
public sealed record PutAgent(AgentProfile Profile) : AgentCommand;

/// <summary>Takes the agent out of every queue. Work under way stays until it ends.</summary>
public sealed record RemoveAgent : AgentCommand;

/// <param name="Next">Enter this status once nothing is left; until then no new work comes. With <paramref name="Status"/> null the status stays.</param>
/// <param name="Until">A supervisor's: until then the agent cannot change it, and then it goes back by itself.</param>
/// <param name="Seen">The version of the status the author knew: a lower rank's change made on an older one does not count (supervisor &gt; agent &gt; system).</param>
public sealed record DeclarePresence(string? Status, string? Reason = null, string? Next = null, Instant? Until = null, long? Seen = null) : AgentCommand;

/// <summary>A sign of life after silence. Between two of these signs of life are kept in memory only.</summary>
/// <param name="By">The process that listens.</param>
public sealed record Connect(string? By = null) : AgentCommand;

/// <summary>No sign of life for the length of the lease over all connections.</summary>
/// <param name="Since">The last one; a later connection makes this void.</param>
/// <param name="By">The process that listened; void if another has heard the agent since.</param>
public sealed record LoseLease(Instant Since, string? By = null) : AgentCommand;

/// <summary>A supervisor's change of capacity and skills, undone by itself at <paramref name="Until"/>. Both null: undone now.</summary>
public sealed record SetTerms(int? Capacity, IReadOnlyList<SkillLevel>? Skills, Instant? Until) : AgentCommand;

/// <summary>Sets capacity aside for an offer; nothing is offered without it (routing.md 0).</summary>
/// <param name="Manual">Somebody gives the work, or the agent takes it: pacing does not count, nor that offers are under way.</param>
/// <param name="Override">Beyond capacity too. Whoever asks has the permission; the entry says so.</param>
public sealed record TryReserve(OfferId Offer, ConversationId Conversation, ChannelClass Class, bool Manual = false, bool Override = false) : AgentCommand;

/// <summary>The conversation is the agent's. Always taken: it is so already.</summary>
/// <param name="Offer">The offer accepted; null for what was given by hand.</param>
public sealed record ConfirmWork(ConversationId Conversation, OfferId? Offer, long Epoch, ChannelClass Class, bool Override = false) : AgentCommand;

/// <summary>An offer ended without the agent getting it.</summary>
public sealed record ReleaseOffer(ConversationId Conversation, OfferId Offer, OfferOutcome Outcome, string? Reason = null) : AgentCommand;

/// <summary>How a conversation the agent has weighs from now on.</summary>
public sealed record HoldWork(ConversationId Conversation, long Epoch, ChannelClass Class, WorkKind As) : AgentCommand;

/// <summary>The conversation is no longer the agent's.</summary>
/// <param name="Epoch">Ownership up to and including this one has ended.</param>
public sealed record DropWork(ConversationId Conversation, long Epoch, string? Reason = null) : AgentCommand;

/// <param name="Deadline">Of a hand-over: when what is left goes to others.</param>
public sealed record DrainAgent(DrainMode Mode, Instant? Deadline = null) : AgentCommand;

/// <summary>"Look at your deadlines now."</summary>
public sealed record AgentTick : AgentCommand;

/// <param name="Queues">Whose work the agent takes.</param>
/// <param name="Capacity">Units; null: the account's default.</param>
public sealed record AgentProfile(
    string? Name = null, IReadOnlyList<QueueId>? Queues = null, IReadOnlyList<SkillLevel>? Skills = null, int? Capacity = null, string? Email = null);

/// <summary>What a piece of work is to its agent (routing.md 1).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<WorkKind>))]
public enum WorkKind { Offered, Assigned, Wrapping, Dormant, Parked }

/// <summary>How an offer ended (routing.md 2).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<OfferOutcome>))]
public enum OfferOutcome { Accepted, Rejected, Expired, Rescinded, Canceled }

/// <summary>Graceful: ends when empty. Handover: what is left at the deadline goes to others. Immediate: everything goes now.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<DrainMode>))]
public enum DrainMode { None, Graceful, Handover, Immediate }
