using Conversations.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Engine;

/// <summary>Agents and queues as they are durable now.</summary>
public sealed class RoutingReader(IJournal journal)
{
    private static readonly AgentType AgentsAre = new();
    private static readonly QueueType QueuesAre = new();

    private static readonly ConversationType ConversationsAre = new();

    public static async ValueTask<Conversation> Conversation(IJournal journal, AccountId account, ConversationId id, CancellationToken cancellation) =>
        (await StoredState.Read(journal, ConversationsAre, ConversationType.Key(account, id), NullLogger.Instance, cancellation)).State;

    public async ValueTask<Agent> Agent(AccountId account, AgentId id, CancellationToken cancellation) =>
        (await StoredState.Read(journal, AgentsAre, AgentType.Key(account, id), NullLogger.Instance, cancellation)).State;

    public async ValueTask<Queue> Queue(AccountId account, QueueId id, CancellationToken cancellation) =>
        (await StoredState.Read(journal, QueuesAre, QueueType.Key(account, id), NullLogger.Instance, cancellation)).State;
}
