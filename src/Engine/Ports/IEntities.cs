using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>Talks to the live entities, wherever they live. Never throws for a refusal, an overload or a failed write: the reply says so.</summary>
public interface IEntities
{
    ValueTask<Reply<ConversationAnswer>> Send(AccountId account, ConversationId id, Envelope<ConversationCommand> envelope, CancellationToken cancellation);

    ValueTask<Reply<ReferenceAnswer>> Send(AccountId account, Envelope<ReferenceCommand> envelope, CancellationToken cancellation);

    ValueTask<Reply<AccountAnswer>> Send(AccountId account, Envelope<AccountCommand> envelope, CancellationToken cancellation);

    ValueTask<Reply<JobAnswer>> Send(AccountId account, JobId id, Envelope<JobCommand> envelope, CancellationToken cancellation);

    ValueTask<Reply<AgentAnswer>> Send(AccountId account, AgentId id, Envelope<AgentCommand> envelope, CancellationToken cancellation);

    ValueTask<Reply<QueueAnswer>> Send(AccountId account, QueueId id, Envelope<QueueCommand> envelope, CancellationToken cancellation);

    /// <summary>Has an entity of any kind look at its deadlines now. False if that failed or there was nothing to do.</summary>
    ValueTask<bool> Tick(EntityKey entity, CancellationToken cancellation);
}
