using System.Globalization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// What an agent does when asked. Presence is here; the ledger has a file of its own, <c>AgentDecider.Ledger.cs</c>. Pure.
/// </summary>
public static partial class AgentDecider
{
    /// <summary>A journaled sign of life is believed for so long without another, should the process that listens be gone.</summary>
    private static readonly Duration Backstop = Duration.FromMinutes(15);

    /// <summary>Signs of life are journaled again once half of <see cref="Backstop"/> has gone: 8 events an hour for each agent at work.</summary>
    private static readonly Duration Renewal = Duration.FromMinutes(7);

    public static Decision<AgentEvent> Decide(Agent state, AgentCommand command, Context context)
    {
        var turn = new AgentTurn(state, context);
        var wasRoutable = state.Routable;
        if (Handle(turn, command) is { } refusal)
        {
            return refusal;
        }

        if (wasRoutable && !turn.State.Routable)
        {
            Rescind(turn, command);
        }

        EnterNext(turn);
        return new Decision<AgentEvent>.Accepted(turn.Events);
    }

    public static AgentAnswer Answer(Agent state, bool changed) => new(
        state.Id, state.Seq, state.Declared.Version, state.Declared.Status, state.Routable, state.Load, changed);

    private static Refusal? Handle(AgentTurn turn, AgentCommand command) => command switch
    {
        PutAgent c => Put(turn, c),
        RemoveAgent => Remove(turn),
        DeclarePresence c => Declare(turn, c),
        Connect c => ConnectIt(turn, c),
        LoseLease c => Lose(turn, c),
        SetTerms c => Set(turn, c),
        TryReserve c => Reserve(turn, c),
        ConfirmWork c => Confirm(turn, c),
        ReleaseOffer c => Release(turn, c),
        HoldWork c => HoldIt(turn, c),
        DropWork c => Drop(turn, c),
        DrainAgent c => DrainIt(turn, c),
        AgentTick => Look(turn),
        _ => Refusals.UnknownCommand(command),
    };

    private static Refusal? Put(AgentTurn turn, PutAgent command)
    {
        var (before, after) = (turn.State.Queues, command.Profile.Queues ?? []);
        if (command.Profile.Capacity is < 0 or > 10_000)
        {
            return new("invalid_capacity", "A capacity lies between 0 and 10,000 units.", RefusalKind.Invalid);
        }

        if (Same(turn.State.Profile, command.Profile))
        {
            return null;
        }

        QueueId[] joined = [.. after.Except(before).Distinct()], parted = [.. before.Except(after).Distinct()];
        turn.Emit(new AgentDefined(command.Profile, joined.Length > 0 ? joined : null, parted.Length > 0 ? parted : null));
        return null;
    }

    private static bool Same(AgentProfile? a, AgentProfile b) =>
        a is not null && a with { Queues = null, Skills = null } == b with { Queues = null, Skills = null }
        && (a.Queues ?? []).SequenceEqual(b.Queues ?? []) && (a.Skills ?? []).SequenceEqual(b.Skills ?? []);

    private static Refusal? Remove(AgentTurn turn)
    {
        if (turn.State.Profile is null)
        {
            return Refusals.NotFound("agent");
        }

        turn.Emit(new AgentRemoved(turn.State.Queues.Count > 0 ? turn.State.Queues : null));
        return null;
    }

    private static SetBy Rank(Actor actor) => actor.Kind switch
    {
        ActorKind.Supervisor or ActorKind.Admin => SetBy.Supervisor,
        ActorKind.Agent => SetBy.Agent,
        _ => SetBy.System,
    };

    private static Refusal? Declare(AgentTurn turn, DeclarePresence command)
    {
        var state = turn.State;
        if (state.Profile is null)
        {
            return Refusals.NotFound("agent");
        }

        var (by, declared) = (Rank(turn.Context.Actor), state.Declared);
        if (command.Until <= turn.Now)
        {
            return new("invalid_time", "'until' must be in the future.", RefusalKind.Invalid);
        }

        if (by < declared.SetBy && (declared.Until > turn.Now || (command.Seen is { } seen && seen < declared.Version)))
        {
            return by == SetBy.System ? null : new( // the system never overwrites a person, and has nobody to tell
                "presence_held", $"A supervisor has set '{declared.Status}'{(declared.Until is { } until ? $" until {until}" : "")}.", RefusalKind.Conflict,
                new Dictionary<string, string> { ["status"] = declared.Status, ["version"] = declared.Version.ToString(CultureInfo.InvariantCulture) });
        }

        Respond(turn);
        if (command.Status is { } status)
        {
            var until = by == SetBy.Supervisor ? command.Until?.ToUnixTimeMilliseconds() is { } ms ? Instant.FromUnixTimeMilliseconds(ms) : (Instant?)null : null;
            var signsOut = status == "offline" && declared.Status != "offline";
            if ((status, command.Reason, until, by) != (declared.Status, declared.Reason, declared.Until, declared.SetBy))
            {
                turn.Emit(new PresenceDeclared(
                    status, turn.Terms.RoutableStatuses.Contains(status), by, command.Reason, until,
                    until is null ? null : declared.Until is null ? declared.Status : declared.Before ?? declared.Status,
                    until is not null && (declared.Until is null ? declared.Routable : declared.BeforeRoutable)));
            }

            if (signsOut)
            {
                Ask(turn, e => e.Kind == WorkKind.Wrapping, e => new(e.Conversation, WorkAsk.CompleteWrap, e.Epoch, Reason: "system:signout"));
            }
        }

        if (command.Next != state.Next && (command.Next is not null || command.Status is not null))
        {
            turn.Emit(new NextStatusSet(command.Next));
        }

        return null;
    }

    /// <summary>Whatever an agent does shows that the agent responds.</summary>
    private static void Respond(AgentTurn turn)
    {
        if (turn.State.NotResponding && Rank(turn.Context.Actor) != SetBy.System)
        {
            turn.Emit(new RespondingChanged(true));
        }
    }

    /// <summary>The status to enter when nothing is left (as in Connect), and the end of a drain.</summary>
    private static void EnterNext(AgentTurn turn)
    {
        if (turn.State.Ledger.Any(e => e.Kind is not (WorkKind.Parked or WorkKind.Dormant)))
        {
            return;
        }

        if (turn.State.Next is { } next)
        {
            var by = turn.State.Declared.SetBy;
            turn.Emit(new PresenceDeclared(next, turn.Terms.RoutableStatuses.Contains(next), by, "next"));
            turn.Emit(new NextStatusSet(null));
        }

        if (turn.State is { Drain: not DrainMode.None, Ledger.Count: 0 })
        {
            turn.Emit(new DrainChanged(DrainMode.None));
            if (turn.State.Declared.Status != "offline")
            {
                turn.Emit(new PresenceDeclared("offline", false, SetBy.System, "drained"));
            }
        }
    }

    private static Refusal? ConnectIt(AgentTurn turn, Connect command)
    {
        var state = turn.State;
        if (state.Profile is null)
        {
            return Refusals.NotFound("agent");
        }

        if (state.Reach == Reach.Connected && state.HeardBy == command.By && state.Lease - turn.Now > Renewal)
        {
            return null;
        }

        var away = state.Reach == Reach.Unreachable && turn.Now - state.ReachSince >= Duration.FromSeconds(turn.Terms.RampAfter);
        turn.Emit(new ReachChanged(Reach.Connected, turn.Now + Backstop, null, away ? turn.Now + Duration.FromSeconds(turn.Terms.RampFor) : null, command.By));
        if (state.Reach == Reach.Unreachable)
        {
            Ask(turn, e => e is { Leaving: true, Kind: WorkKind.Assigned or WorkKind.Dormant }, e => new(e.Conversation, WorkAsk.Keep, e.Epoch));
        }

        return null;
    }

    private static Refusal? Lose(AgentTurn turn, LoseLease command)
    {
        var state = turn.State;
        if (state.Reach == Reach.Connected && state.HeardBy == command.By && command.Since >= state.ReachSince)
        {
            GoUnreachable(turn, command.Since);
        }

        return null;
    }

    private static void GoUnreachable(AgentTurn turn, Instant since) => turn.Emit(new ReachChanged(
        Reach.Unreachable, turn.State.Ledger.Count == 0 ? null : turn.Now + Duration.FromSeconds(turn.Terms.GraceLive), since));

    private static Refusal? Set(AgentTurn turn, SetTerms command)
    {
        if (turn.State.Profile is null)
        {
            return Refusals.NotFound("agent");
        }

        if (command.Until <= turn.Now)
        {
            return new("invalid_time", "'until' must be in the future.", RefusalKind.Invalid);
        }

        if (command.Capacity is < 0 or > 10_000)
        {
            return new("invalid_capacity", "A capacity lies between 0 and 10,000 units.", RefusalKind.Invalid);
        }

        if (command is { Capacity: null, Skills: null } ? turn.State.Terms is not null : turn.State.Terms is not { } known
            || known.Capacity != command.Capacity || known.Until != command.Until || !(known.Skills ?? []).SequenceEqual(command.Skills ?? []))
        {
            turn.Emit(new TermsSet(command.Capacity, command.Skills, command.Until));
        }

        return null;
    }

    private static Refusal? DrainIt(AgentTurn turn, DrainAgent command)
    {
        if (turn.State.Profile is null)
        {
            return Refusals.NotFound("agent");
        }

        if (command.Mode == DrainMode.Handover && !(command.Deadline > turn.Now))
        {
            return new("invalid_time", "A hand-over has a 'deadline' in the future.", RefusalKind.Invalid);
        }

        if ((command.Mode, command.Deadline) != (turn.State.Drain, turn.State.DrainDeadline))
        {
            turn.Emit(new DrainChanged(command.Mode, command.Deadline));
        }

        if (command.Mode == DrainMode.Immediate)
        {
            GiveBack(turn, "drain", boost: 0);
        }

        return null;
    }

    /// <summary>Live work goes to others now, the rest once the customer writes (routing.md 1, 9).</summary>
    private static void GiveBack(AgentTurn turn, string reason, int boost) => Ask(
        turn,
        e => e.Kind is not (WorkKind.Offered or WorkKind.Wrapping) && !e.Leaving,
        e => e.Class is ChannelClass.Live or ChannelClass.Voice && e.Kind != WorkKind.Parked
            ? new(e.Conversation, WorkAsk.Requeue, e.Epoch, Reason: reason, Boost: boost)
            : new(e.Conversation, WorkAsk.ReassignOnReply, e.Epoch, Reason: reason));

    /// <summary>Offers of who takes no more work end at once; that is no rejection (routing.md 1).</summary>
    private static void Rescind(AgentTurn turn, AgentCommand command)
    {
        var reason = command switch
        {
            LoseLease or AgentTick when turn.State.Reach == Reach.Unreachable => "lease",
            DrainAgent => "drain",
            RemoveAgent => "removed",
            _ => "status",
        };
        Ask(turn, e => e.Kind == WorkKind.Offered, e => new(e.Conversation, WorkAsk.Rescind, 0, e.Offer, reason));
    }

    private static void Ask(AgentTurn turn, Func<LedgerEntry, bool> which, Func<LedgerEntry, WorkAsked> ask)
    {
        foreach (var entry in turn.State.Ledger.Where(which).ToArray())
        {
            turn.Emit(ask(entry));
        }
    }

    /// <summary>Looks at every deadline; does only what is due.</summary>
    private static Refusal? Look(AgentTurn turn)
    {
        var (state, now) = (turn.State, turn.Now);
        if (state.Reach == Reach.Connected && state.Lease <= now)
        {
            GoUnreachable(turn, state.ReachSince);
        }
        else if (state.Reach == Reach.Unreachable && state.Grace <= now)
        {
            GiveBack(turn, "lost", turn.Terms.LostBoost);
            if (turn.State.Grace is not null)
            {
                turn.Emit(new ReachChanged(Reach.Unreachable, null, state.ReachSince)); // nothing was left to give back
            }
        }

        if (state.Declared is { Until: { } until, Before: { } before } declared && until <= now)
        {
            turn.Emit(new PresenceDeclared(before, declared.BeforeRoutable, SetBy.System, "reverted"));
        }

        if (state.Terms?.Until <= now)
        {
            turn.Emit(new TermsSet(null, null, null));
        }

        if (state.Drain == DrainMode.Handover && state.DrainDeadline <= now)
        {
            turn.Emit(new DrainChanged(DrainMode.Immediate));
            Ask(turn, e => e.Kind is not (WorkKind.Offered or WorkKind.Wrapping), e => new(e.Conversation, WorkAsk.Requeue, e.Epoch, Reason: "drain"));
        }

        Ask(
            turn,
            e => e.Until <= now,
            e => new(e.Conversation, WorkAsk.Doubt, 0, e.Offer, AskAgain: now + Duration.FromSeconds(turn.Terms.ReserveFor)));
        return null;
    }
}

/// <summary>One decision in the making: each event is applied as it is emitted.</summary>
internal sealed class AgentTurn(Agent before, Context context)
{
    private readonly List<AgentEvent> _events = [];

    public Agent State { get; private set; } = before;
    public Context Context { get; } = context;
    public Instant Now => Context.Now;
    public RoutingTerms Terms { get; } = context.Settings.RoutingTerms;
    public IReadOnlyList<AgentEvent> Events => _events;

    public void Emit(AgentEvent @event)
    {
        _events.Add(@event);
        State = AgentEvolve.Evolve(State, new(State.Seq + 1, Now, Context.Actor, "", @event));
    }
}
