using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// What a conversation does when asked (conversation.md). Pure: state, command and context in; events or a refusal out.
/// Messages and ownership have files of their own: <c>Decide.Messages.cs</c>, <c>Decide.Ownership.cs</c>.
/// </summary>
public static partial class ConversationDecider
{
    public static Decision<ConversationEvent> Decide(Conversation state, ConversationCommand command, Context context)
    {
        if (!state.Exists && command is not ReceiveMessage)
        {
            return Refusals.NotFound("conversation");
        }

        if (command is IFromOwner { Epoch: { } epoch } && epoch < state.Epoch)
        {
            return No("stale_epoch", $"Ownership has changed since (epoch {epoch}, now {state.Epoch}).", RefusalKind.Conflict, ("epoch", $"{state.Epoch}"));
        }

        var turn = new Turn(state, context);
        if (Handle(turn, command) is { } refusal)
        {
            return refusal;
        }

        KeepPromises(turn, state);
        Route(turn, state); // late: promises may have moved it
        LookAtMonitors(turn);
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
        PutBack c => Return(turn, c),
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
        OverrideDue c => Override(turn, c),
        ApplyPolicies => Policies.Apply(turn),
        SetCustomerTier c => Tier(turn, c),
        Tick => Wake(turn),
        _ => HandleSupervision(turn, command),
    };

    /// <summary>Labels on one conversation, and characters in one of them.</summary>
    private const int MostLabels = 50, LongestLabel = 64;

    private static Refusal? CloseIt(Turn turn, Close command)
    {
        if (turn.State.Status == ConversationStatus.Closed)
        {
            return null;
        }

        if (Note(turn, command.Note) is { } refusal)
        {
            return refusal;
        }

        if (WrapsUp(turn, command, out refusal))
        {
            return refusal;
        }

        // What ran out before this very moment is a breach, not a cancellation (sla.md R-CL1).
        Promises.Announce(turn, turn.State);
        turn.Emit(new StatusChanged(turn.State.Status, ConversationStatus.Closed, turn.Now, Disposition: command.Disposition));
        return null;
    }

    private static Refusal? ReopenIt(Turn turn)
    {
        switch (turn.State.Status)
        {
            case ConversationStatus.Open:
                return null;
            case ConversationStatus.Spam:
                return InvalidTransition(turn.State, ConversationStatus.Open);
            case ConversationStatus.Closed when !WithinReopenWindow(turn):
                StartEpisode(turn, turn.Now);
                return null;
            default:
                turn.Emit(new StatusChanged(turn.State.Status, ConversationStatus.Open, turn.Now));
                return null;
        }
    }

    private static Refusal? PendIt(Turn turn, Pend command) => command.Until <= turn.Now
        ? NotInTheFuture("until")
        : turn.State.Status switch
        {
            ConversationStatus.Pending when command.Until is null || command.Until == turn.State.Until => null,
            ConversationStatus.Open or ConversationStatus.OnHold or ConversationStatus.Snoozed or ConversationStatus.Pending =>
                Move(turn, ConversationStatus.Pending, command.Until?.ToMilliseconds()),
            _ => InvalidTransition(turn.State, ConversationStatus.Pending),
        };

    private static Refusal? HoldIt(Turn turn) => turn.State.Status switch
    {
        ConversationStatus.OnHold => null,
        ConversationStatus.Open or ConversationStatus.Pending => Move(turn, ConversationStatus.OnHold, until: null),
        _ => InvalidTransition(turn.State, ConversationStatus.OnHold),
    };

    private static Refusal? SnoozeIt(Turn turn, Snooze command) => command.Until <= turn.Now
        ? NotInTheFuture("until")
        : turn.State.Status switch
        {
            ConversationStatus.Snoozed when command.Until == turn.State.Until => null,
            ConversationStatus.Open or ConversationStatus.Pending or ConversationStatus.OnHold or ConversationStatus.Snoozed =>
                Move(turn, ConversationStatus.Snoozed, command.Until.ToMilliseconds()),
            _ => InvalidTransition(turn.State, ConversationStatus.Snoozed),
        };

    private static Refusal? SpamIt(Turn turn)
    {
        if (turn.State.Status != ConversationStatus.Spam)
        {
            Move(turn, ConversationStatus.Spam, until: null);
        }

        return null;
    }

    private static Refusal? Prioritise(Turn turn, SetPriority command)
    {
        if (command.Priority != turn.State.Priority)
        {
            turn.Emit(new PriorityChanged(command.Priority, command.Reason));
        }

        return null;
    }

    private static Refusal? Label(Turn turn, ChangeLabels command)
    {
        string[] removed = [.. (command.Remove ?? []).Intersect(turn.State.Labels, StringComparer.Ordinal)];
        string[] added = [.. (command.Add ?? []).Distinct(StringComparer.Ordinal).Except(turn.State.Labels.Except(removed), StringComparer.Ordinal)];
        if (added.Any(l => l.Length is 0 or > LongestLabel))
        {
            return No("invalid_label", $"A label has 1 to {LongestLabel} characters.", RefusalKind.Invalid);
        }

        if (turn.State.Labels.Count - removed.Length + added.Length > MostLabels)
        {
            return No("too_many_labels", $"A conversation has at most {MostLabels} labels.", RefusalKind.Invalid);
        }

        if (!added.ToHashSet(StringComparer.Ordinal).SetEquals(removed))
        {
            turn.Emit(new LabelsChanged(added.Length > 0 ? added : null, removed.Length > 0 ? removed : null));
        }

        return null;
    }

    private static Refusal? Read(Turn turn, MarkRead command)
    {
        if (command.UpTo < 0 || command.UpTo > turn.State.MessageCount)
        {
            return No("invalid_message_index", $"There are {turn.State.MessageCount} messages.", RefusalKind.Invalid, ("messageCount", $"{turn.State.MessageCount}"));
        }

        if (command.UpTo > turn.State.ReadUpTo)
        {
            turn.Emit(new ReadAdvanced(command.UpTo));
        }

        return null;
    }

    private static Refusal? Block(Turn turn, BlockCustomer command)
    {
        if (command.Blocked != turn.State.Blocked)
        {
            turn.Emit(new CustomerBlocked(command.Blocked));
        }

        return null;
    }

    /// <summary>Looks at every deadline; does only what is due, so a late or repeated tick is harmless.</summary>
    private static Refusal? Wake(Turn turn)
    {
        SettleEchoes(turn, expired: true);
        LookAtRouting(turn);
        var state = turn.State;
        if (state.Until is { } until && until <= turn.Now && state.Status is ConversationStatus.Snoozed or ConversationStatus.Pending)
        {
            turn.Emit(new StatusChanged(state.Status, ConversationStatus.Open, until, Reason: "wakeUp")); // the clock goes on then, however late we look (sla.md R-PA3)
        }
        else if (Promises.QuietUntil(state) <= turn.Now)
        {
            Promises.Announce(turn, state);
            turn.Emit(new StatusChanged(state.Status, ConversationStatus.Closed, turn.Now, Disposition: "quiet", Reason: "quiet"));
        }

        return null;
    }

    private static void StartEpisode(Turn turn, Instant at)
    {
        var state = turn.State;
        var channel = turn.Context.Settings.Channel(state.Address);
        if (state.Assignee is not null)
        {
            turn.Emit(new AssignmentChanged(channel?.Queue ?? state.Queue, null, state.Epoch + 1, Reason: "newEpisode"));
        }

        var terms = turn.Context.Settings.TermsOf(PolicyFacts.Of(turn.State) with { Queue = channel?.Queue ?? state.Queue });
        turn.Emit(new EpisodeStarted((state.Episode?.Number ?? 0) + 1, at, terms, channel?.Queue, channel?.Bot));
    }

    private static bool WithinReopenWindow(Turn turn) =>
        turn.State.Episode is { ClosedAt: { } closed } episode && turn.Now - closed <= Duration.FromSeconds(episode.Terms.ReopenWindow);

    private static Refusal? Move(Turn turn, ConversationStatus to, Instant? until)
    {
        turn.Emit(new StatusChanged(turn.State.Status, to, turn.Now, until));
        return null;
    }

    private static Refusal InvalidTransition(Conversation state, ConversationStatus to) => No(
        "invalid_transition", $"A conversation that is {Wire(state.Status)} cannot become {Wire(to)}.", RefusalKind.Conflict, ("status", Wire(state.Status)));

    private static Refusal Over(Conversation state) => No(
        "conversation_closed", $"The conversation is {Wire(state.Status)}. Reopen it first.", RefusalKind.Conflict, ("status", Wire(state.Status)));

    private static Refusal NotInTheFuture(string field) =>
        No("invalid_time", $"'{field}' must be in the future.", RefusalKind.Invalid);

    private static string Wire(ConversationStatus status) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(status.ToString());

    private static Refusal No(string code, string detail, RefusalKind kind, params (string Key, string Value)[] current) =>
        new(code, detail, kind, current.Length == 0 ? null : current.ToDictionary(c => c.Key, c => c.Value));
}
