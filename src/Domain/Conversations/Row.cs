using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>A conversation as lists and <c>GET /v1/conversations/{id}</c> show it: the view of its state after one commit.</summary>
/// <param name="LastActivityAt">Moves with every message that is not flood, automatic or blocked.</param>
/// <param name="SlaState">Worst of the promises that are still unfulfilled: breached, warning, unreachable, running.</param>
/// <param name="NextDue">Earliest due of the promises still unfulfilled, also when it has passed.</param>
/// <param name="ReadUpTo">Read horizon: unread = <paramref name="MessageCount"/> − this.</param>
public sealed partial record ConversationRow(
    ConversationId Id,
    AccountId Account,
    long Seq,
    long Epoch,
    Address Address,
    Visibility Visibility,
    ConversationStatus Status,
    int Episode,
    Priority Priority,
    string? PriorityReason,
    IReadOnlyList<string> Labels,
    QueueId? Queue,
    AgentId? Assignee,
    string? Skill,
    string? Bot,
    bool Blocked,
    Customer Customer,
    long? Reach,
    Instant CreatedAt,
    Instant LastActivityAt,
    Instant? WaitingSince,
    Instant? FirstRespondedAt,
    Instant? ClosedAt,
    string? Disposition,
    Instant? SnoozedUntil,
    Instant? PendingUntil,
    long MessageCount,
    long ReadUpTo,
    MessagePreview? LastMessage,
    RoutingState Routing,
    SlaTerms? Sla,
    Clock? FirstResponse,
    Clock? NextResponse,
    Clock? Resolution,
    SlaState SlaState,
    Instant? NextDue,
    ReplyWindow? ReplyWindow);

/// <param name="Text">The first 280 characters.</param>
public sealed record MessagePreview(MessageId Id, MessageKind Kind, string Text, Instant SentAt, string Author);

/// <summary>Exactly one holds at any time (conversation.md P4).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<RoutingState>))]
public enum RoutingState { None, Waiting, Offered, Assigned, Wrapping, Held, Unroutable }

[JsonConverter(typeof(CamelCaseEnumConverter<SlaState>))]
public enum SlaState { None, Running, Warning, Breached, Unreachable }
