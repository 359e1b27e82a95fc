using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("conversation")]
public interface IConversationGrain : IEntityGrain
{
    [Alias("ask")]
    Task<Answered<ConversationAnswer>> Ask(Envelope<ConversationCommand> envelope, CancellationToken cancellation);
}

[GrainType(ConversationType.Name)]
internal sealed class ConversationGrain(EntityEnvironment environment)
    : EntityGrain<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>(Type, environment), IConversationGrain
{
    private static readonly ConversationType Type = new();

    public Task<Answered<ConversationAnswer>> Ask(Envelope<ConversationCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);
}
