namespace Conversations.Domain;

public static partial class ConversationDecider
{
    private static Refusal? AssignTo(Turn turn, Assign command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        Own(turn, command.Queue ?? turn.State.Queue, command.Agent, turn.State.Skill, reason: null, command.Override);
        return null;
    }

    private static Refusal? TransferTo(Turn turn, Transfer command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        var targets = (command.ToQueue is null ? 0 : 1) + (command.ToAgent is null ? 0 : 1) + (command.ToSkill is null ? 0 : 1);
        if (targets != 1)
        {
            return No("invalid_target", "A transfer has exactly one of toQueue, toAgent and toSkill.", RefusalKind.Invalid);
        }

        if (Note(turn, command.Note) is { } refusal)
        {
            return refusal;
        }

        if (!RequestTransfer(turn, command))
        {
            Drop(turn, "superseded");
            Own(turn, command.ToQueue ?? turn.State.Queue, command.ToAgent, command.ToSkill, "transfer");
        }

        return null;
    }

    private static Refusal? Return(Turn turn, PutBack command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        Own(turn, command.Queue, command.Agent, command.Skill, "undo");
        return null;
    }

    private static Refusal? HandOffTo(Turn turn, HandOff command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        if (Note(turn, command.Note) is { } refusal)
        {
            return refusal;
        }

        if (turn.State.Bot is not null)
        {
            Sla.Policies.Renew(turn);
            turn.Emit(new ControlChanged(null, turn.Now));
        }

        if (command.ToQueue is { } queue)
        {
            Own(turn, queue, turn.State.Assignee, turn.State.Skill, "handOff");
        }

        return null;
    }

    /// <summary>One queue, one assignee; the epoch rises exactly when the assignee changes (conversation.md 4).</summary>
    private static void Own(Turn turn, QueueId? queue, AgentId? agent, string? skill, string? reason, bool @override = false)
    {
        var state = turn.State;
        if (agent is not null && state.Bot is not null)
        {
            turn.Emit(new ControlChanged(null, turn.Now));
        }

        if ((queue, agent, skill) != (state.Queue, state.Assignee, state.Skill))
        {
            turn.Emit(new AssignmentChanged(queue, agent, agent == state.Assignee ? state.Epoch : state.Epoch + 1, skill, reason, @override));
        }
    }
}
