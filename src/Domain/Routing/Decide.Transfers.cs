using NodaTime;

namespace Conversations.Domain;

/// <summary>Handing on, wrapping up, giving back (routing.md 5, 6).</summary>
public static partial class ConversationDecider
{
    /// <summary>Where work is routed a transfer is an offer like any other, and the source keeps the conversation until it is accepted.</summary>
    /// <returns>False when nothing is routed there: then it changes hands at once.</returns>
    private static bool RequestTransfer(Turn turn, Transfer command)
    {
        var (state, settings) = (turn.State, turn.Context.Settings);
        var queue = command.ToQueue ?? (command.ToSkill is not null ? state.Queue : null);
        if (!settings.Routes || (command.ToAgent is null && settings.Queue(queue) is null) || (command.ToAgent is not null && settings.Queue(state.Queue) is null)
            || (state.Assignee is null && command.ToAgent is null) || command.ToAgent == state.Assignee)
        {
            return false;
        }

        var terms = settings.RoutingTerms;
        var target = command.ToAgent;
        if ((state.Routing?.HopCount ?? 0) >= terms.MostHops && terms.SupervisorQueue is { } supervisors && settings.Queue(supervisors) is not null)
        {
            (queue, target) = (supervisors, null); // passed on too often: now somebody decides
        }

        Drop(turn, "superseded");
        turn.Emit(new TransferRequested(new(
            command.Mode ?? TransferMode.Hand, state.Assignee, queue, target, command.ToSkill, (turn.State.Routing?.Ticket ?? 0) + 1, turn.Now,
            target is null ? null : turn.Now + Duration.FromSeconds(terms.TransferSeconds), terms.ClassOf(state.Address.Channel))));
        return true;
    }

    private static Refusal? CancelIt(Turn turn)
    {
        if (turn.State.Routing?.Transfer is null)
        {
            return null;
        }

        turn.Emit(new TransferEnded(TransferOutcome.Canceled));
        return null;
    }

    private static void Drop(Turn turn, string reason)
    {
        if (turn.State.Routing?.Transfer is not null)
        {
            turn.Emit(new TransferEnded(TransferOutcome.Canceled, Reason: reason));
        }
    }

    /// <summary>A closing agent first wraps up, where the queue wants it (routing.md 6).</summary>
    /// <returns>True when the closing became a wrap-up.</returns>
    private static bool WrapsUp(Turn turn, Close command, out Refusal? refusal)
    {
        refusal = null;
        var state = turn.State;
        if (turn.Context.Actor.Kind != ActorKind.Agent || state.Assignee?.Value != turn.Context.Actor.Id
            || turn.Context.Settings.Queue(state.Queue)?.WrapUp is not { Mode: not (WrapUpMode.None or WrapUpMode.Optional) } terms || command.Disposition is not null)
        {
            return false;
        }

        var mandatory = terms.Mode is WrapUpMode.Mandatory or WrapUpMode.MandatoryTimed;
        if (state.Routing?.Wrap is not null)
        {
            refusal = mandatory ? No("disposition_required", "Say how it ended: the queue asks for a 'disposition'.", RefusalKind.Conflict) : null;
            return mandatory;
        }

        var timed = terms.Mode is WrapUpMode.Timed or WrapUpMode.MandatoryTimed;
        turn.Emit(new WrapUpStarted(terms.Mode, timed ? turn.Now + Duration.FromSeconds(terms.Seconds ?? 60) : null));
        return true;
    }

    private static Refusal? EndWrap(Turn turn, CompleteWrap command)
    {
        if (turn.State is { Routing.Wrap: not null, IsOver: false } && (command.Agent is null || command.Agent == turn.State.Assignee))
        {
            Promises.Announce(turn, turn.State);
            turn.Emit(new WrapUpEnded(command.Disposition));
            turn.Emit(new StatusChanged(turn.State.Status, ConversationStatus.Closed, turn.Now, Disposition: command.Disposition));
        }

        return null;
    }

    private static Refusal? GiveBack(Turn turn, HandBack command)
    {
        var state = turn.State;
        if (state.Routing?.Participants?.Contains(command.Agent) == true)
        {
            turn.Emit(new ParticipantsChanged([.. state.Routing.Participants.Where(p => p != command.Agent)]));
        }

        if (state.IsOver || state.Assignee != command.Agent || state.Epoch > command.Epoch)
        {
            return null;
        }

        Own(turn, state.Routing?.Transfer?.Queue ?? state.Queue, null, state.Skill, command.Reason);
        if (command.Boost > 0)
        {
            turn.Emit(new Boosted(new(Boosts.Lost, command.Boost)));
        }

        return null;
    }

    private static Refusal? BoostIt(Turn turn, AddBoost command)
    {
        if (turn.State.IsOver)
        {
            return Over(turn.State);
        }

        if (command.Seconds is < 1 or > 86_400)
        {
            return No("invalid_boost", "A boost is 1 second to a day.", RefusalKind.Invalid);
        }

        turn.Emit(new Boosted(new("supervisor", command.Seconds, command.Reason)));
        return null;
    }

    private static Refusal? Flag(Turn turn, FlagReassign command)
    {
        if (turn.State is { IsOver: false, Routing: { } routing } state && state.Assignee == command.Agent && state.Epoch <= command.Epoch && routing.ReassignOnReply != command.On)
        {
            turn.Emit(new ReassignFlagged(command.On));
        }

        return null;
    }

    private static Refusal? LeaveIt(Turn turn, LeaveConversation command)
    {
        if (turn.State.Routing?.Participants is { } participants && participants.Contains(command.Agent))
        {
            turn.Emit(new ParticipantsChanged([.. participants.Where(p => p != command.Agent)]));
        }

        return null;
    }
}
