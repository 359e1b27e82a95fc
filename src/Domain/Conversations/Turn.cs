using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// One decision in the making: each event is applied as it is emitted, so the next step of the same decision sees its
/// effect. Local to <see cref="ConversationDecider"/>; from outside the decision is a pure function.
/// </summary>
internal sealed class Turn(Conversation before, Context context)
{
    private readonly List<ConversationEvent> _events = [];

    public Conversation State { get; private set; } = before;
    public Context Context { get; } = context;

    /// <summary>Another machine's clock may lag: nothing is decided before the last change of status.</summary>
    public Instant Now { get; } = Instant.Max(context.Now, before.StatusAt);


    public IReadOnlyList<ConversationEvent> Events => _events;

    /// <summary>The id of the message that the next emitted event would bring.</summary>
    public MessageId NextMessage => MessageId.Of(State.Id, State.Seq + 1);

    public long NextIndex => State.MessageCount + 1;

    public void Emit(ConversationEvent @event)
    {
        _events.Add(@event);
        State = ConversationEvolve.Evolve(State, new(State.Seq + 1, Now, Context.Actor, "", @event));
    }
}
