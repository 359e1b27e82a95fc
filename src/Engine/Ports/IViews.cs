using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>List rows, written in the same commit as the events they come from.</summary>
public interface IViews
{
    ValueTask<ConversationRow?> Find(AccountId account, ConversationId id, CancellationToken cancellation);

    /// <summary>A page in the asked order (keyset). The feed position was read before the rows: watching from it misses nothing.</summary>
    ValueTask<ConversationPage> List(ConversationQuery query, CancellationToken cancellation);
}

/// <param name="Next">Where the next page starts; null when this was the last.</param>
public sealed record ConversationPage(IReadOnlyList<ConversationRow> Items, ConversationKeyset? Next, FeedPosition AsOf);

/// <summary>All conditions that are set must hold.</summary>
public sealed record ConversationQuery(
    AccountId Account,
    ConversationOrder Order = ConversationOrder.Activity,
    int Limit = 50,
    ConversationKeyset? After = null,
    IReadOnlyList<ConversationStatus>? Status = null,
    QueueId? Queue = null,
    AgentId? Assignee = null,
    bool Unassigned = false,
    string? Channel = null,
    Priority? Priority = null,
    string? Label = null,
    SlaState? Sla = null,
    string? Customer = null);

/// <summary>
/// Due: the promise that runs out first, first (none last are left out). Waiting: longest unanswered first (answered left
/// out). Activity: newest first. Created: newest first.
/// </summary>
public enum ConversationOrder { Due, Waiting, Activity, Created }

/// <summary>The sort value (Unix milliseconds) and id of the last row of a page.</summary>
public readonly record struct ConversationKeyset(long Sort, string Id);
