using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("reference")]
public interface IReferenceGrain : IEntityGrain
{
    [Alias("ask")]
    Task<Answered<ReferenceAnswer>> Ask(Envelope<ReferenceCommand> envelope, CancellationToken cancellation);
}

[GrainType(ReferenceType.Name)]
internal sealed class ReferenceGrain(EntityEnvironment environment)
    : EntityGrain<Reference, ReferenceCommand, ReferenceEvent, ReferenceAnswer>(Type, environment), IReferenceGrain
{
    private static readonly ReferenceType Type = new();

    public Task<Answered<ReferenceAnswer>> Ask(Envelope<ReferenceCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);
}
