using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("queue")]
public interface IQueueGrain : IEntityGrain
{
    [Alias("ask")]
    Task<Answered<QueueAnswer>> Ask(Envelope<QueueCommand> envelope, CancellationToken cancellation);
}

[GrainType(QueueType.Name)]
internal sealed class QueueGrain(EntityEnvironment environment)
    : EntityGrain<Queue, QueueCommand, QueueEvent, QueueAnswer>(Type, environment), IQueueGrain
{
    private static readonly QueueType Type = new();

    public Task<Answered<QueueAnswer>> Ask(Envelope<QueueCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);
}
