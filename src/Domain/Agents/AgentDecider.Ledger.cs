using System.Globalization;
using NodaTime;

namespace Conversations.Domain;

public static partial class AgentDecider
{
    /// <summary>Rejections within ten minutes that a supervisor hears of.</summary>
    private const int ManyRejects = 3;

    private static readonly Duration RejectWindow = Duration.FromMinutes(10), PaceWindow = Duration.FromMinutes(1);

    /// <summary>
    /// The only gate to new work: what passes fits (routing.md 0, I2). Reserving again for the same offer succeeds and
    /// changes nothing.
    /// </summary>
    private static Refusal? Reserve(AgentTurn turn, TryReserve command)
    {
        var (state, terms) = (turn.State, turn.Terms);
        if (state.Entry(command.Conversation) is { } known)
        {
            return known.Offer == command.Offer ? null : Unavailable("has_it", $"The agent {(known.Kind == WorkKind.Offered ? "is being offered" : "has")} this conversation already.");
        }

        if (state.Profile is null)
        {
            return Refusals.NotFound("agent");
        }

        if (!command.Override && Admission.Refuses(state, command.Class, terms, turn.Now, command.Manual) is { } why)
        {
            return Unavailable(why.Code, why.Detail, why.Until);
        }

        var of = terms.Of(command.Class);
        turn.Emit(new WorkReserved(
            command.Offer, command.Conversation, command.Class, of.Weight, of.Interruptible, turn.Now + Duration.FromSeconds(terms.ReserveFor),
            command.Override && !Admission.Fits(state, of.Weight, of.Interruptible, terms)));
        return null;
    }

    /// <summary>The conversation says that it is ours, so it is: an entry swept too early comes back, flagged if it does not fit.</summary>
    private static Refusal? Confirm(AgentTurn turn, ConfirmWork command)
    {
        Respond(turn);
        var known = turn.State.Entry(command.Conversation);
        if (known is not null && known.Kind != WorkKind.Offered && known.Epoch >= command.Epoch)
        {
            return null;
        }

        var of = turn.Terms.Of(command.Class);
        var without = turn.State with { Ledger = [.. turn.State.Ledger.Where(e => e.Conversation != command.Conversation)] };
        var reserved = known is { Kind: WorkKind.Offered };
        var over = known?.Override == true || (!reserved && !Admission.Fits(without, of.Weight, of.Interruptible, turn.Terms)) || (command.Override && !reserved);
        turn.Emit(new WorkHeld(
            command.Conversation, command.Epoch, command.Class, WorkKind.Assigned, known is { Kind: WorkKind.Offered } ? known.Weight : of.Weight, of.Interruptible,
            command.Offer, New: true, Override: over));
        return null;
    }

    private static Refusal? Release(AgentTurn turn, ReleaseOffer command)
    {
        if (turn.State.Entry(command.Conversation) is not { Kind: WorkKind.Offered } entry || entry.Offer != command.Offer)
        {
            return null;
        }

        turn.Emit(new WorkReleased(command.Conversation, command.Offer, command.Outcome, command.Reason));
        if (turn.State.ExpiredInARow >= turn.Terms.ExpiriesInARow && !turn.State.NotResponding)
        {
            turn.Emit(new RespondingChanged(false));
        }

        if (command.Outcome == OfferOutcome.Rejected)
        {
            var recent = turn.State.Rejected.Count(at => turn.Now - at <= RejectWindow);
            if (recent == ManyRejects + 1)
            {
                turn.Emit(new RejectsFlagged(recent));
            }

            if (turn.State.NotResponding)
            {
                turn.Emit(new RespondingChanged(true)); // to decline is to respond
            }
        }

        return null;
    }

    private static Refusal? HoldIt(AgentTurn turn, HoldWork command)
    {
        var (state, terms) = (turn.State, turn.Terms);
        var known = state.Entry(command.Conversation);
        if (known is not null && known.Epoch > command.Epoch)
        {
            return null;
        }

        var of = terms.Of(command.Class);
        var as_ = command.As == WorkKind.Dormant && known?.Kind != WorkKind.Dormant && state.Ledger.Count(e => e.Kind == WorkKind.Dormant) >= terms.MostDormant
            ? WorkKind.Assigned // so many sleep already that this one counts in full
            : command.As;
        var weight = Weight(as_, of);
        if (known is not null && known.Kind == as_ && known.Weight == weight && known.Epoch == command.Epoch)
        {
            return null;
        }

        var without = state with { Ledger = [.. state.Ledger.Where(e => e.Conversation != command.Conversation)] };
        var fits = Admission.Fits(without, weight, of.Interruptible, terms);
        var grows = weight > (known?.Weight ?? 0);
        turn.Emit(new WorkHeld(
            command.Conversation, command.Epoch, command.Class, as_, weight, of.Interruptible, known?.Offer, New: known is null,
            Override: known?.Override == true && weight > 0, Wake: weight > 0 && !fits && (grows || known?.Wake == true) && known?.Override != true));
        return null;
    }

    private static int Weight(WorkKind kind, ClassTerms of) => kind switch
    {
        WorkKind.Wrapping => of.Wraps ? of.Weight : 0,
        WorkKind.Dormant => (of.Weight + 3) / 4,
        WorkKind.Parked => 0,
        _ => of.Weight,
    };

    private static Refusal? Drop(AgentTurn turn, DropWork command)
    {
        if (turn.State.Entry(command.Conversation) is { } entry && entry.Kind != WorkKind.Offered && entry.Epoch <= command.Epoch)
        {
            turn.Emit(new WorkReleased(command.Conversation, Reason: command.Reason));
        }

        return null;
    }

    private static Refusal Unavailable(string why, string detail, Instant? until = null) => new(
        "agent_unavailable", detail, RefusalKind.Conflict,
        until is { } at
            ? new Dictionary<string, string> { ["reason"] = why, ["until"] = at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) }
            : new Dictionary<string, string> { ["reason"] = why });
}
