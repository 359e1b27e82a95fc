using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

// ids → commands → events → state + Evolve → Decide, as everywhere (DESIGN.md 4).

/// <summary>Everything that can be asked of a queue (routing.md 0, 3, 7, 8).</summary>
[JsonDerivedType(typeof(EnterQueue), "enter")]
[JsonDerivedType(typeof(LeaveQueue), "leave")]
[JsonDerivedType(typeof(Reprioritise), "reprioritise")]
[JsonDerivedType(typeof(JoinQueue), "join")]
[JsonDerivedType(typeof(PartQueue), "part")]
[JsonDerivedType(typeof(ReleaseHeld), "releaseHeld")]
[JsonDerivedType(typeof(QueueTick), "tick")]
public abstract record QueueCommand;

public sealed record EnterQueue(WaitingItem Item, EntryKind Kind) : QueueCommand;

public sealed record LeaveQueue(ConversationId Conversation, long Ticket, LeaveReason Reason) : QueueCommand;

/// <summary>Its boosts or needs have changed; it is moved, and nothing else is.</summary>
public sealed record Reprioritise(WaitingItem Item) : QueueCommand;

public sealed record JoinQueue(AgentId Agent) : QueueCommand;

public sealed record PartQueue(AgentId Agent) : QueueCommand;

/// <summary>After opening: lets so many held ones in, by key (routing.md 8).</summary>
public sealed record ReleaseHeld(int Count) : QueueCommand;

/// <summary>"Look at your deadlines now."</summary>
public sealed record QueueTick : QueueCommand;

/// <summary>Transfers and requeues get 20 % headroom over the limits (routing.md 7).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<EntryKind>))]
public enum EntryKind { New, Reopened, Transferred, Requeued, Diverted }

[JsonConverter(typeof(CamelCaseEnumConverter<LeaveReason>))]
public enum LeaveReason { Assigned, Moved, Closed, Parked, Diverted }

[JsonDerivedType(typeof(ItemEntered), "item.entered")]
[JsonDerivedType(typeof(ItemLeft), "item.left")]
[JsonDerivedType(typeof(ItemMoved), "item.moved")]
[JsonDerivedType(typeof(ItemDiverted), "item.diverted")]
[JsonDerivedType(typeof(ItemsReleased), "items.released")]
[JsonDerivedType(typeof(MemberJoined), "member.joined")]
[JsonDerivedType(typeof(MemberParted), "member.parted")]
[JsonDerivedType(typeof(OverflowChanged), "overflow.changed")]
public abstract record QueueEvent;

/// <param name="HeldUntil">The queue is closed until then; null: it waits to be matched.</param>
/// <param name="Reply">What to tell the customer, once for each time it is closed.</param>
public sealed record ItemEntered(WaitingItem Item, EntryKind Kind, Instant? HeldUntil = null, string? Reply = null) : QueueEvent;

public sealed record ItemLeft(ConversationId Conversation, long Ticket, LeaveReason Reason) : QueueEvent;

public sealed record ItemMoved(WaitingItem Item) : QueueEvent;

/// <summary>It was not let in.</summary>
/// <param name="To">Where it is to go instead; null: it was refused.</param>
public sealed record ItemDiverted(ConversationId Conversation, long Ticket, string Reason, QueueId? To = null, string? Reply = null, bool Callback = false) : QueueEvent;

public sealed record ItemsReleased(IReadOnlyList<Released> Items) : QueueEvent;

public sealed record Released(ConversationId Conversation, long Ticket);

public sealed record MemberJoined(AgentId Agent) : QueueEvent;

public sealed record MemberParted(AgentId Agent) : QueueEvent;

/// <param name="Value">What was measured. Null: there were no statistics to go by.</param>
/// <param name="Groups">Queues whose agents help while it is on.</param>
/// <param name="Boost">Seconds everything in the queue moves ahead of other queues while it is on.</param>
public sealed record OverflowChanged(OverflowLimit Limit, bool On, long? Value = null, IReadOnlyList<QueueId>? Groups = null, int Boost = 0, string? Reply = null) : QueueEvent;

/// <param name="Refused">Why what was to enter was not let in, and is nowhere else either.</param>
public sealed record QueueAnswer(QueueId Queue, long Seq, int Waiting, int Held, bool Changed, string? Refused = null);
