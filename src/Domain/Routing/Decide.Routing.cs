using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// After whatever was decided: is the conversation where it should be, and does everybody know? One place for all of it, so
/// that no command can forget a queue, an offer or a ledger (I1, I3).
/// </summary>
public static partial class ConversationDecider
{
    private static Refusal? HandleRouting(Turn turn, ConversationCommand command) => command switch
    {
        OfferWork c => OfferIt(turn, c),
        AcceptOffer c => AcceptIt(turn, c),
        RejectOffer c => RejectIt(turn, c),
        RescindOffer c => RescindIt(turn, c),
        ClearExclusions c => Clear(turn, c),
        MarkRoutable c => Mark(turn, c),
        HeldByQueue c => Held(turn, c),
        ReleasedByQueue c => LetIn(turn, c),
        DivertedByQueue c => Divert(turn, c),
        HandBack c => GiveBack(turn, c),
        FlagReassign c => Flag(turn, c),
        CancelTransfer => CancelIt(turn),
        LeaveConversation c => LeaveIt(turn, c),
        CompleteWrap c => EndWrap(turn, c),
        AddBoost c => BoostIt(turn, c),
        Reroute => null,
        _ => Refusals.UnknownCommand(command),
    };

    private static void Route(Turn turn, Conversation before)
    {
        if (!turn.State.Exists || (turn.State.Routing is null && !turn.Context.Settings.Routes))
        {
            return;
        }

        Spoken(turn, before);
        Group(turn, before);
        EndTransfer(turn);
        PlaceIt(turn, before);
        EndOffer(turn);
        Escalate(turn);
        Reorder(turn);
        Tell(turn);
    }

    /// <summary>What the customer's or an agent's message means for whoever has it.</summary>
    private static void Spoken(Turn turn, Conversation before)
    {
        var customer = turn.Events.Any(e => e is MessageReceived { Auto: false, Blocked: false });
        if ((customer || turn.Events.Any(e => e is MessagePosted { Kind: not MessageKind.Note } or MessageRecorded)) && turn.State.Routing is { Dormant: true })
        {
            turn.Emit(new DormancyChanged(false));
        }

        if (!customer)
        {
            return;
        }

        if (turn.State.Routing?.Wrap is not null)
        {
            turn.Emit(new WrapUpEnded("customerMessage")); // back to the same agent, same epoch, no new offer (routing.md 6)
        }

        if (turn.State is { Assignee: not null, IsOver: false } state && turn.Context.Settings.Queue(state.Queue) is not null
            && (state.Routing?.ReassignOnReply == true || before is { Exists: true, IsOver: true }))
        {
            // Whoever had it is asked first (sticky), but nobody is left waiting for somebody who is gone.
            Own(turn, state.Queue, null, state.Skill, before.IsOver ? "reopened" : "reassignOnReply");
        }
    }

    private static void Group(Turn turn, Conversation before)
    {
        var state = turn.State;
        var has = state.IsOver ? null : state.Queue;
        if (state.Routing?.Group is not { } group ? has is null : group.Queue == has)
        {
            return;
        }

        var known = state.Routing?.Group;
        turn.Emit(new GroupChanged(known?.Queue, known?.Since, has, state.IsOver ? GroupEnd.Solved : GroupEnd.Reassigned));
    }

    private static void EndTransfer(Turn turn)
    {
        if (turn.State.Routing?.Transfer is not { } transfer)
        {
            return;
        }

        var state = turn.State;
        if (state.IsOver || state.Status == ConversationStatus.Snoozed || state.Bot is not null)
        {
            turn.Emit(new TransferEnded(TransferOutcome.Canceled, Reason: "over"));
        }
        else if (transfer.From is not null && state.Assignee is null && transfer.Queue is not null)
        {
            turn.Emit(new TransferEnded(TransferOutcome.Canceled, Reason: "sourceGone")); // it simply waits in the target queue now
        }
        else if (state.Assignee != transfer.From && !(transfer.From is not null && state.Assignee is null))
        {
            turn.Emit(new TransferEnded(TransferOutcome.Canceled, Reason: "assigned"));
        }
        else if (transfer.Agent is not null && turn.Events.LastOrDefault(e => e is OfferEnded) is OfferEnded { Outcome: not OfferOutcome.Canceled } ended && ended.Agent == transfer.Agent)
        {
            turn.Emit(new TransferEnded(TransferOutcome.Returned, transfer.From, ended.Outcome.ToString().ToLowerInvariant()));
        }
    }

    private static QueueId? Wanted(Turn turn)
    {
        var (state, settings) = (turn.State, turn.Context.Settings);
        if (state.IsOver || state.Status == ConversationStatus.Snoozed || state.Bot is not null)
        {
            return null;
        }

        var queue = state.Routing?.Transfer is { } transfer ? transfer.Queue
            : state.Assignee is null && state.Routing?.Refused is null ? state.Queue
            : null;
        return settings.Queue(queue) is null ? null : queue;
    }

    private static void PlaceIt(Turn turn, Conversation before)
    {
        var (routing, wanted) = (turn.State.Routing, Wanted(turn));
        var place = routing?.Place;
        var another = place is not null && routing!.Transfer is { Queue: not null } transfer && place.Item.Ticket < transfer.Ticket;
        if (place is not null && (wanted != place.Queue || another))
        {
            turn.Emit(new QueueLeft(place.Queue, place.Item.Ticket, turn.State switch
            {
                { IsOver: true } => LeaveReason.Closed,
                { Status: ConversationStatus.Snoozed } or { Bot: not null } => LeaveReason.Parked,
                { Assignee: not null, Routing.Transfer: null } => LeaveReason.Assigned,
                _ => LeaveReason.Moved,
            }));
            place = null;
        }

        if (place is null && wanted is { } queue)
        {
            Join(turn, before, queue);
        }
    }

    private static void Join(Turn turn, Conversation before, QueueId queue)
    {
        var (state, routing) = (turn.State, turn.State.Routing ?? new());
        var (settings, terms) = (turn.Context.Settings.Queue(queue)!, turn.Context.Settings.RoutingTerms);
        var diverted = turn.Events.Any(e => e is QueueRefused);
        var kind = diverted ? EntryKind.Diverted
            : before.Episode?.Number != state.Episode?.Number ? EntryKind.New
            : before.IsOver ? EntryKind.Reopened
            : routing.Transfer is not null || before.Queue != queue ? EntryKind.Transferred
            : EntryKind.Requeued;
        if (kind == EntryKind.Reopened)
        {
            turn.Emit(new Boosted(new(Boosts.Reopened, terms.ReopenedBoost)));
        }

        var since = kind is EntryKind.New or EntryKind.Reopened || routing.Arrived is null ? Instant.Min(turn.Now, state.Course()?.WaitingSince ?? turn.Now) : routing.Arrived.Value;
        var due = settings.Order == QueueOrder.Due ? Enum.GetValues<Metric>().Select(m => state.Episode?.Clock(m)).OfType<Clock>().Where(c => c.Runs).Min(c => c.Due) : null;
        var channels = terms.ClassOf(state.Address.Channel);
        var skill = routing.Transfer?.Skill ?? state.Skill;
        AgentId[] barred = [.. routing.Participants ?? [], .. state.Assignee is { } owner ? [owner] : Array.Empty<AgentId>()];
        var item = new WaitingItem(
            state.Id, routing.Transfer is { Queue: not null } transfer && transfer.Ticket > (routing.Place?.Item.Ticket ?? 0) && transfer.Ticket == routing.Ticket ? transfer.Ticket : routing.Ticket + 1,
            due ?? since, turn.Now, channels, Skills: skill is null ? null : [new(skill)],
            Sticky: Sticky(turn, settings, terms.Of(channels)), Barred: barred.Length > 0 ? barred : null);
        turn.Emit(new QueueJoined(queue, Boosts.Refreshed(item, turn.State, terms, turn.Now), kind));
    }

    /// <summary>The last agent, if that was not too long ago (routing.md 4). A transfer is meant for somebody else.</summary>
    private static AgentId? Sticky(Turn turn, QueueSettings settings, ClassTerms of) =>
        settings.Sticky != StickyMode.Off && turn.State is { Assignee: null, LastAssignee: { } last, Routing: { Transfer: null, LastOwned: { } at } }
        && turn.Now - at <= Duration.FromSeconds(of.StickyWindow) && turn.Events.All(e => e is not AssignmentChanged { Reason: "transfer" or "drain" or "lost" })
            ? last
            : null;

    /// <summary>An offer stands only for the place it was made for.</summary>
    private static void EndOffer(Turn turn)
    {
        if (turn.State.Routing is not { Offer: { } offer } routing)
        {
            return;
        }

        var current = routing.Place?.Item.Ticket ?? routing.Transfer?.Ticket;
        if (current == offer.Ticket && routing.Place is not { State: RoutingState.Held })
        {
            return;
        }

        var (outcome, reason) = turn.State switch
        {
            { IsOver: true } => (OfferOutcome.Canceled, "closed"),
            { Status: ConversationStatus.Snoozed } or { Bot: not null } => (OfferOutcome.Canceled, "parked"),
            { Assignee: not null, Routing.Transfer: null } when turn.Events.Any(e => e is AssignmentChanged) => (OfferOutcome.Rescinded, "takeover"),
            _ => (OfferOutcome.Canceled, "routedElsewhere"),
        };
        foreach (var agent in offer.Agents)
        {
            turn.Emit(new OfferEnded(offer.Id, agent, outcome, reason));
        }
    }

    private static void Escalate(Turn turn)
    {
        var terms = turn.Context.Settings.RoutingTerms;
        if (turn.State.Routing is { Escalated: false } routing && routing.Failed >= terms.EscalateAfter)
        {
            turn.Emit(new Escalated(routing.Failed, terms.EscalatedBoost));
        }
    }

    private static void Reorder(Turn turn)
    {
        if (turn.State.Routing?.Place is { } place
            && Boosts.Refreshed(place.Item, turn.State, turn.Context.Settings.RoutingTerms, turn.Now) is var item && !Boosts.Same(item, place.Item))
        {
            turn.Emit(new PlaceChanged(place.Queue, place.State, item, place.Reason, place.Until, Reordered: true));
        }
    }

    /// <summary>Ledgers hear of every change of who has it and how it weighs, and of nothing else.</summary>
    private static void Tell(Turn turn)
    {
        var (state, terms) = (turn.State, turn.Context.Settings.RoutingTerms);
        var channels = terms.ClassOf(state.Address.Channel);
        List<Told> now = [];
        if (state is { IsOver: false, Assignee: { } owner })
        {
            now.Add(new(owner, state.Epoch, state.Routing?.Wrap is not null ? WorkKind.Wrapping
                : state.Status == ConversationStatus.Snoozed ? WorkKind.Parked
                : state.Routing?.Dormant == true ? WorkKind.Dormant
                : WorkKind.Assigned));
        }

        foreach (var participant in state.IsOver ? [] : state.Routing?.Participants ?? [])
        {
            if (participant != state.Assignee)
            {
                now.Add(new(participant, state.Epoch, WorkKind.Assigned));
            }
        }

        var told = state.Routing?.Told ?? [];
        foreach (var (agent, epoch, _) in told.Where(t => now.All(n => n.Agent != t.Agent)).ToArray())
        {
            turn.Emit(new WorkChanged(agent, Math.Max(epoch, state.Epoch), channels, null));
        }

        foreach (var (agent, epoch, kind) in now)
        {
            var known = told.FirstOrDefault(t => t.Agent == agent);
            if (known is null || known.As != kind || (agent == state.Assignee && known.Epoch != epoch))
            {
                var accepted = turn.Events.OfType<OfferAccepted>().LastOrDefault(e => e.Agent == agent);
                var overridden = turn.Events.OfType<AssignmentChanged>().LastOrDefault() is { Override: true } change && change.Assignee == agent
                    || turn.Events.OfType<ParticipantsChanged>().Any(e => e.Barged == agent);
                turn.Emit(new WorkChanged(agent, epoch, channels, kind, accepted?.Offer, overridden, terms.Of(channels).DormantAfter, New: known is null));
            }
        }
    }

    private static Refusal? Mark(Turn turn, MarkRoutable command)
    {
        var to = command.Routable ? RoutingState.Waiting : RoutingState.Unroutable;
        if (turn.State.Routing?.Place is { State: not RoutingState.Held } place && place.Item.Ticket == command.Ticket && place.State != to)
        {
            turn.Emit(new PlaceChanged(place.Queue, to, place.Item, command.Reason));
        }

        return null;
    }

    private static Refusal? Held(Turn turn, HeldByQueue command)
    {
        if (turn.State.Routing is { Place: { } place } routing && place.Item.Ticket == command.Ticket && place.State != RoutingState.Held)
        {
            var tell = command.Reply is not null && routing.Replied != command.Until; // once for each time it is closed (routing.md 8)
            turn.Emit(new PlaceChanged(place.Queue, RoutingState.Held, place.Item, "afterHours", command.Until, Replied: tell ? command.Until : null));
            SayAutomatically(turn, tell ? command.Reply : null);
        }

        return null;
    }

    private static Refusal? LetIn(Turn turn, ReleasedByQueue command)
    {
        if (turn.State.Routing?.Place is { State: RoutingState.Held } place && place.Item.Ticket == command.Ticket)
        {
            turn.Emit(new PlaceChanged(place.Queue, RoutingState.Waiting, place.Item));
        }

        return null;
    }

    private static Refusal? Divert(Turn turn, DivertedByQueue command)
    {
        if (turn.State.Routing?.Place is not { } place || place.Item.Ticket != command.Ticket)
        {
            return null;
        }

        turn.Emit(new QueueRefused(place.Queue, command.Ticket, command.Reason, command.To, command.Callback));
        SayAutomatically(turn, command.Reply);
        if (command.To is { } elsewhere && turn.State.Assignee is null)
        {
            Own(turn, elsewhere, null, turn.State.Skill, "overflow");
        }

        return null;
    }

    /// <summary>An automatic answer: it satisfies no promise to the customer.</summary>
    private static void SayAutomatically(Turn turn, string? text)
    {
        if (string.IsNullOrEmpty(text) || WindowRefuses(turn, PostKind.BotReply) is not null)
        {
            return;
        }

        var sends = turn.Context.Settings.Channel(turn.State.Address)?.Sends ?? false;
        turn.Emit(new MessagePosted(
            turn.NextMessage, turn.NextIndex, MessageKind.BotReply, turn.State.Visibility, text, null, sends ? DeliveryState.Queued : DeliveryState.Sent, turn.State.LastCustomerExternalId));
    }

    /// <summary>The routing's deadlines: an offer nobody took, a transfer nobody took, a wrap-up over its time, quiet.</summary>
    private static void LookAtRouting(Turn turn)
    {
        Expire(turn);
        if (turn.State.Routing?.Transfer is { Deadline: { } deadline } transfer && deadline <= turn.Now && turn.State.Routing.Offer is null)
        {
            turn.Emit(new TransferEnded(TransferOutcome.Returned, transfer.From, "expired"));
        }

        if (turn.State.Routing?.Wrap?.Until <= turn.Now)
        {
            EndWrap(turn, new("system:timeout"));
        }

        if (ConversationRouting.DormantAt(turn.State) <= turn.Now)
        {
            turn.Emit(new DormancyChanged(true));
        }
    }
}
