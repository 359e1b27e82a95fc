using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

// What supervisors do inside a conversation (routing.md 10). Who may ask is the gateway's rule: supervisors and admins.

[JsonDerivedType(typeof(StartMonitoring), "monitor")]
[JsonDerivedType(typeof(StopMonitoring), "stopMonitoring")]
[JsonDerivedType(typeof(Whisper), "whisper")]
[JsonDerivedType(typeof(Barge), "barge")]
[JsonDerivedType(typeof(TakeOver), "takeOver")]
public abstract partial record ConversationCommand;

/// <summary>The author looks on. Reads nothing, in the sense of read receipts and the read horizon. Asked again, it goes on.</summary>
public sealed record StartMonitoring : ConversationCommand;

/// <summary>The author looks on no longer.</summary>
public sealed record StopMonitoring : ConversationCommand;

/// <summary>A word to whoever has the conversation, which the customer never sees: an internal note with an addressee.</summary>
public sealed record Whisper(string Text, IReadOnlyList<Attachment>? Attachments = null) : ConversationCommand;

/// <summary>The supervisor joins; the owner stays.</summary>
public sealed record Barge(AgentId Supervisor) : ConversationCommand;

/// <summary>The conversation is the supervisor's from now on, whatever fits into a capacity. What the old owner asks under the old epoch is refused.</summary>
public sealed record TakeOver(AgentId Supervisor) : ConversationCommand;

[JsonDerivedType(typeof(MonitorStarted), "monitor.started")]
[JsonDerivedType(typeof(MonitorEnded), "monitor.ended")]
public abstract partial record ConversationEvent;

/// <param name="Until">It ends then, unless it is asked for again: a browser that dies must not take one of the few places for ever.</param>
public sealed record MonitorStarted(string By, Instant Until) : ConversationEvent;

/// <param name="Reason">stopped, lapsed, over, barged or takenOver.</param>
public sealed record MonitorEnded(string By, string Reason) : ConversationEvent;
