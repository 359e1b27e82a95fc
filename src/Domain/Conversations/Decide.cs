namespace Conversations.Domain;

/// <summary>
/// What a conversation does when asked (conversation.md). Pure: state, command and context in; events or a refusal out.
/// The cases are by concern: <c>Decide.Messages.cs</c>, <c>Decide.Status.cs</c>, <c>Decide.Ownership.cs</c>.
/// </summary>
public static partial class ConversationDecider
{
    public static Decision<ConversationEvent> Decide(Conversation state, ConversationCommand command, Context context)
    {
        if (!state.Exists && command is not ReceiveMessage)
        {
            return Refusals.NotFound("conversation");
        }

        if (EpochOf(command) is { } epoch && epoch < state.Epoch)
        {
            return No("stale_epoch", $"Ownership has changed since (epoch {epoch}, now {state.Epoch}).", RefusalKind.Conflict, ("epoch", $"{state.Epoch}"));
        }

        var turn = new Turn(state, context);
        if (Handle(turn, command) is { } refusal)
        {
            return refusal;
        }

        Promises.Announce(turn, state);
        return new Decision<ConversationEvent>.Accepted(turn.Events);
    }

    private static Refusal? Handle(Turn turn, ConversationCommand command) => command switch
    {
        ReceiveMessage c => Receive(turn, c),
        ChangeMessage c => Change(turn, c),
        PostMessage c => Post(turn, c),
        RecordDelivery c => Deliver(turn, c),
        Assign c => AssignTo(turn, c),
        Transfer c => TransferTo(turn, c),
        HandOff c => HandOffTo(turn, c),
        Close c => CloseIt(turn, c),
        Reopen => ReopenIt(turn),
        Pend c => PendIt(turn, c),
        Hold => HoldIt(turn),
        Snooze c => SnoozeIt(turn, c),
        MarkSpam => SpamIt(turn),
        SetPriority c => Prioritise(turn, c),
        ChangeLabels c => Label(turn, c),
        MarkRead c => Read(turn, c),
        BlockCustomer c => Block(turn, c),
        Tick => Wake(turn),
        _ => Refusals.UnknownCommand(command),
    };

    private static long? EpochOf(ConversationCommand command) => command switch
    {
        PostMessage c => c.Epoch,
        Assign c => c.Epoch,
        Transfer c => c.Epoch,
        Close c => c.Epoch,
        Reopen c => c.Epoch,
        Pend c => c.Epoch,
        Hold c => c.Epoch,
        Snooze c => c.Epoch,
        SetPriority c => c.Epoch,
        ChangeLabels c => c.Epoch,
        MarkSpam c => c.Epoch,
        _ => null,
    };

    private static Refusal No(string code, string detail, RefusalKind kind, params (string Key, string Value)[] current) =>
        new(code, detail, kind, current.Length == 0 ? null : current.ToDictionary(c => c.Key, c => c.Value));
}
