using NodaTime;

namespace Conversations.Domain;

/// <summary>What somebody outside is told of a level, through the outbox.</summary>
/// <param name="Key">Conversation / metric / episode.instance / level: the same for every delivery of the same thing (sla.md R-EV5).</param>
/// <param name="To">An address to call, or a mail address.</param>
/// <param name="NotBefore">Their hours begin then; null: at once.</param>
/// <param name="Type">The event's wire name, for example <c>sla.breached</c>.</param>
/// <param name="Seq">Of the event: receivers order by it (realtime.md 5).</param>
/// <param name="Levels">All that were reached at once.</param>
public sealed record SlaNotification(
    string Key,
    NoticeKind Kind,
    string To,
    Instant? NotBefore,
    string Type,
    ConversationId Conversation,
    long Seq,
    Instant At,
    Metric Metric,
    int Instance,
    IReadOnlyList<string> Levels,
    Instant? Due,
    Instant? BreachedAt,
    string? Policy,
    Priority Priority,
    QueueId? Queue,
    AgentId? Assignee);
