using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

[JsonDerivedType(typeof(AgentDefined), "agent.defined")]
[JsonDerivedType(typeof(AgentRemoved), "agent.removed")]
[JsonDerivedType(typeof(PresenceDeclared), "presence.declared")]
[JsonDerivedType(typeof(NextStatusSet), "presence.next")]
[JsonDerivedType(typeof(ReachChanged), "presence.reach")]
[JsonDerivedType(typeof(RespondingChanged), "presence.responding")]
[JsonDerivedType(typeof(TermsSet), "terms.set")]
[JsonDerivedType(typeof(WorkReserved), "work.reserved")]
[JsonDerivedType(typeof(WorkHeld), "work.held")]
[JsonDerivedType(typeof(WorkReleased), "work.released")]
[JsonDerivedType(typeof(WorkAsked), "work.asked")]
[JsonDerivedType(typeof(RejectsFlagged), "offers.flagged")]
[JsonDerivedType(typeof(DrainChanged), "drain.changed")]
public abstract record AgentEvent;

public sealed record AgentDefined(AgentProfile Profile, IReadOnlyList<QueueId>? Joined = null, IReadOnlyList<QueueId>? Parted = null) : AgentEvent;

public sealed record AgentRemoved(IReadOnlyList<QueueId>? Parted) : AgentEvent;

/// <param name="SetBy">Agent, supervisor or system: in this order of precedence from below.</param>
/// <param name="Until">A supervisor's: when it goes back to <paramref name="Before"/>.</param>
public sealed record PresenceDeclared(
    string Status, bool Routable, SetBy SetBy, string? Reason = null, Instant? Until = null, string? Before = null, bool BeforeRoutable = false) : AgentEvent;

/// <param name="Status">Null: taken back, or entered.</param>
public sealed record NextStatusSet(string? Status) : AgentEvent;

/// <param name="Lease">The longest it is believed without another sign of life, should the process that listens be gone.</param>
/// <param name="Since">Of a loss: the last sign of life.</param>
/// <param name="By">The process that listens.</param>
public sealed record ReachChanged(Reach To, Instant? Lease = null, Instant? Since = null, Instant? RampUntil = null, string? By = null) : AgentEvent;

public sealed record RespondingChanged(bool Responds) : AgentEvent;

public sealed record TermsSet(int? Capacity, IReadOnlyList<SkillLevel>? Skills, Instant? Until) : AgentEvent;

/// <param name="Until">When it is doubted: the offer should be known by then.</param>
public sealed record WorkReserved(
    OfferId Offer, ConversationId Conversation, ChannelClass Class, int Weight, bool Interruptible, Instant Until, bool Override = false) : AgentEvent;

/// <summary>A conversation is the agent's and weighs so much.</summary>
/// <param name="New">It was not before: counts for pacing.</param>
/// <param name="Override">Beyond capacity by somebody's will.</param>
/// <param name="Wake">Beyond capacity because it came back to life.</param>
public sealed record WorkHeld(
    ConversationId Conversation, long Epoch, ChannelClass Class, WorkKind As, int Weight, bool Interruptible,
    OfferId? Offer = null, bool New = false, bool Override = false, bool Wake = false) : AgentEvent;

/// <param name="Outcome">Of an offer; null: work that was the agent's.</param>
public sealed record WorkReleased(ConversationId Conversation, OfferId? Offer = null, OfferOutcome? Outcome = null, string? Reason = null) : AgentEvent;

/// <summary>What the agent's side wants of a conversation. The conversation decides.</summary>
/// <param name="Boost">Of a requeue: seconds it moves forward.</param>
/// <param name="AskAgain">Of a doubt: when to ask again if no answer came.</param>
public sealed record WorkAsked(
    ConversationId Conversation, WorkAsk Ask, long Epoch = 0, OfferId? Offer = null, string? Reason = null, int Boost = 0, Instant? AskAgain = null) : AgentEvent;

/// <summary>More than three rejections in ten minutes: a supervisor may want to know.</summary>
public sealed record RejectsFlagged(int Count) : AgentEvent;

public sealed record DrainChanged(DrainMode Mode, Instant? Deadline = null) : AgentEvent;

[JsonConverter(typeof(CamelCaseEnumConverter<SetBy>))]
public enum SetBy { System, Agent, Supervisor }

[JsonConverter(typeof(CamelCaseEnumConverter<Reach>))]
public enum Reach { Unreachable, Connected }

/// <summary>Rescind an offer; give it back; give it back once the customer writes; keep it after all; end the wrap-up; tell whether it is ours.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<WorkAsk>))]
public enum WorkAsk { Rescind, Requeue, ReassignOnReply, Keep, CompleteWrap, Doubt }
