using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

[Alias("conversation")]
public interface IConversationGrain : IGrainWithStringKey
{
    [Alias("ask")]
    Task<Answered<ConversationAnswer>> Ask(Envelope<ConversationCommand> envelope, CancellationToken cancellation);

    [Alias("tick")]
    Task<bool> Tick(CancellationToken cancellation);
}

[GrainType(ConversationType.Name)]
internal sealed class ConversationGrain(EntityEnvironment environment)
    : EntityGrain<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>(Type, environment), IConversationGrain
{
    private static readonly ConversationType Type = new();

    public Task<Answered<ConversationAnswer>> Ask(Envelope<ConversationCommand> envelope, CancellationToken cancellation) => Handle(envelope, cancellation);

    public Task<bool> Tick(CancellationToken cancellation) => LookAtDeadlines(cancellation);
}
