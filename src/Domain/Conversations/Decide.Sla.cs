using Conversations.Domain.Json;
using Conversations.Domain.Sla;

namespace Conversations.Domain;

public static partial class ConversationDecider
{
    /// <summary>Rounds of actions in one decision. Each level fires once, so they end by themselves; the bound is for what nobody thought of.</summary>
    private const int MostRounds = 4;

    /// <summary>
    /// What follows from a decision for its promises (sla.md R-PO2): the policy that matches now, what the clocks announce, and
    /// what the policy has done about it. An action that changes the match cannot fire the same level again (R-AL5).
    /// </summary>
    private static void KeepPromises(Turn turn, Conversation before)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            Policies.Rematch(turn, before);
            Promises.Announce(turn, before);
            var actions = turn.TakeActions();
            if (actions.Count == 0 || turn.State.IsOver)
            {
                return;
            }

            before = turn.State;
            foreach (var action in actions)
            {
                Act(turn, action);
            }
        }
    }

    private static void Act(Turn turn, SlaAction action)
    {
        var state = turn.State;
        switch (action)
        {
            case SlaAction.Reassign reassign when reassign.Queue != state.Queue:
                Own(turn, reassign.Queue, null, skill: null, "sla");
                break;
            case SlaAction.RaisePriority raise when raise.To > state.Priority:
                turn.Emit(new PriorityChanged(raise.To, "sla"));
                break;
            case SlaAction.Label label when state.Labels.Count < MostLabels && !state.Labels.Contains(label.Name):
                turn.Emit(new LabelsChanged([label.Name], null));
                break;
        }
    }

    private static Refusal? Override(Turn turn, OverrideDue command)
    {
        if (string.IsNullOrWhiteSpace(command.Reason) || command.Reason.Length > 1_000)
        {
            return No("invalid_reason", "A due time set by hand has a reason of 1 to 1,000 characters.", RefusalKind.Invalid);
        }

        if (command.Due <= turn.Now)
        {
            return NotInTheFuture("due");
        }

        if (turn.State.IsOver || turn.State.Episode?.Clock(command.Metric) is not { StoppedAt: null } clock)
        {
            return No("no_running_clock", "This promise is not running.", RefusalKind.Conflict);
        }

        if (clock.BreachedAt is { } at)
        {
            return No("already_breached", "A broken promise stays broken, whatever is promised later.", RefusalKind.Conflict, ("breachedAt", InstantConverter.Format(at)));
        }

        var due = command.Due.ToMilliseconds();
        if (clock is not { ByHand: true } || clock.Due != due)
        {
            turn.Emit(new SlaOverridden(command.Metric, clock.Number, due, turn.Now, command.Reason));
        }

        return null;
    }

    private static Refusal? Tier(Turn turn, SetCustomerTier command)
    {
        if (command.Tier?.Length is 0 or > 64)
        {
            return No("invalid_tier", "A tier has 1 to 64 characters.", RefusalKind.Invalid);
        }

        if (command.Tier != turn.State.Customer.Tier)
        {
            turn.Emit(new CustomerUpdated(turn.State.Customer with { Tier = command.Tier }));
        }

        return null;
    }
}
