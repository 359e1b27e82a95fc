namespace Conversations.Domain;

/// <summary>Looking on, whispering, joining, taking over (routing.md 10). All of it is in the history, and so in the audit.</summary>
public static partial class ConversationDecider
{
    private static Refusal? HandleSupervision(Turn turn, ConversationCommand command) => command switch
    {
        StartMonitoring => Monitor(turn),
        StopMonitoring => EndMonitoring(turn, turn.Context.Actor.Id, "stopped"),
        Whisper c => WhisperIt(turn, c),
        Barge c => BargeIn(turn, c),
        TakeOver c => TakeIt(turn, c),
        _ => HandleRouting(turn, command),
    };

    private static Refusal? Monitor(Turn turn)
    {
        var (state, by) = (turn.State, turn.Context.Actor.Id);
        if (state.IsOver)
        {
            return Over(state);
        }

        var monitors = state.Monitors ?? [];
        var known = monitors.FirstOrDefault(m => m.By == by);
        if (known is null && monitors.Count(m => m.Until > turn.Now) >= Monitoring.Most)
        {
            return No("too_many_monitors", $"{Monitoring.Most} look on already.", RefusalKind.Conflict);
        }

        // Each renewal is an event: not before half of the time is gone.
        if (known is null || known.Until - turn.Now < Monitoring.Stands / 2)
        {
            turn.Emit(new MonitorStarted(by, turn.Now + Monitoring.Stands));
        }

        return null;
    }

    private static Refusal? EndMonitoring(Turn turn, string by, string reason)
    {
        if (turn.State.Monitors?.Any(m => m.By == by) == true)
        {
            turn.Emit(new MonitorEnded(by, reason));
        }

        return null;
    }

    private static Refusal? WhisperIt(Turn turn, Whisper command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        if (turn.State.Assignee is not { } agent)
        {
            return NobodyHasIt();
        }

        if (CheckContent(command.Text, command.Attachments) is { } refusal)
        {
            return refusal;
        }

        turn.Emit(new MessagePosted(
            turn.NextMessage, Index: null, MessageKind.Note, Visibility.Internal, command.Text, command.Attachments, WhisperTo: agent));
        return null;
    }

    private static Refusal? BargeIn(Turn turn, Barge command)
    {
        var state = turn.State;
        if (state.IsOver)
        {
            return Over(state);
        }

        if (state.Assignee is null)
        {
            return NobodyHasIt();
        }

        if (!Has(state, command.Supervisor))
        {
            turn.Emit(new ParticipantsChanged([.. state.Routing?.Participants ?? [], command.Supervisor], command.Supervisor));
            EndMonitoring(turn, turn.Context.Actor.Id, "barged");
        }

        return null;
    }

    private static Refusal? TakeIt(Turn turn, TakeOver command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        Drop(turn, "superseded");
        Own(turn, turn.State.Queue, command.Supervisor, turn.State.Skill, "takeOver", @override: true);
        LeaveIt(turn, new(command.Supervisor)); // who owns it is not beside its owner
        return EndMonitoring(turn, turn.Context.Actor.Id, "takenOver");
    }

    /// <summary>Nobody looks on at what is over, nor for ever.</summary>
    private static void LookAtMonitors(Turn turn)
    {
        foreach (var monitor in turn.State.Monitors ?? [])
        {
            if (turn.State.IsOver || monitor.Until <= turn.Now)
            {
                turn.Emit(new MonitorEnded(monitor.By, turn.State.IsOver ? "over" : "lapsed"));
            }
        }
    }

    private static Refusal NobodyHasIt() => No("nobody_has_it", "Nobody has the conversation: take it over instead.", RefusalKind.Conflict);
}
