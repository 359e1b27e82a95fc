using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("agent")]
public interface IAgentGrain : IEntityGrain
{
    [Alias("ask")]
    Task<Answered<AgentAnswer>> Ask(Envelope<AgentCommand> envelope, CancellationToken cancellation);
}

[GrainType(AgentType.Name)]
internal sealed class AgentGrain(EntityEnvironment environment)
    : EntityGrain<Agent, AgentCommand, AgentEvent, AgentAnswer>(Type, environment), IAgentGrain
{
    private static readonly AgentType Type = new();

    public Task<Answered<AgentAnswer>> Ask(Envelope<AgentCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);
}
