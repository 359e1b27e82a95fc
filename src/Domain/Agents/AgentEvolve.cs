using NodaTime;

namespace Conversations.Domain;

/// <summary>State from events. Pure, total, never fails.</summary>
public static class AgentEvolve
{
    public static Agent Evolve(Agent state, Recorded<AgentEvent> recorded) => Apply(state, recorded, recorded.Event) with { Seq = recorded.Seq };

    private static Agent Apply(Agent s, Recorded<AgentEvent> at, AgentEvent @event) => @event switch
    {
        AgentDefined e => s with { Profile = e.Profile },
        AgentRemoved => s with { Profile = null },
        PresenceDeclared e => s with
        {
            Declared = new(e.Status, e.Routable, e.SetBy, e.Reason, at.At, at.Seq, e.Until, e.Before, e.BeforeRoutable),
        },
        NextStatusSet e => s with { Next = e.Status },
        ReachChanged { To: Reach.Connected } e => s with
        {
            Reach = Reach.Connected,
            ReachSince = s.Reach == Reach.Connected ? s.ReachSince : at.At,
            Lease = e.Lease,
            Grace = null,
            RampUntil = e.RampUntil ?? s.RampUntil,
            HeardBy = e.By,
        },
        ReachChanged e => s with { Reach = Reach.Unreachable, ReachSince = e.Since ?? at.At, Lease = null, Grace = e.Lease },
        RespondingChanged e => s with { NotResponding = !e.Responds, ExpiredInARow = 0 },
        TermsSet e => s with { Terms = e is { Capacity: null, Skills: null } ? null : new(e.Capacity, e.Skills, e.Until) },
        WorkReserved e => With(s, new(
            e.Conversation, e.Offer, WorkKind.Offered, e.Class, e.Weight, e.Interruptible, at.At, Epoch: 0, e.Until, e.Override)),
        WorkHeld e => OnHeld(s, at, e),
        WorkReleased e => OnReleased(s, at, e),
        WorkAsked e => OnAsked(s, e),
        DrainChanged e => s with { Drain = e.Mode, DrainDeadline = e.Deadline },
        _ => s,
    };

    private static Agent OnHeld(Agent s, Recorded<AgentEvent> at, WorkHeld e)
    {
        var since = s.Entry(e.Conversation)?.Since ?? at.At;
        var next = With(s, new(e.Conversation, e.Offer, e.As, e.Class, e.Weight, e.Interruptible, since, e.Epoch, null, e.Override, e.Wake));
        return e.New ? next with { Assigned = Last([.. s.Assigned, at.At]), ExpiredInARow = 0 } : next;
    }

    private static Agent OnReleased(Agent s, Recorded<AgentEvent> at, WorkReleased e)
    {
        var next = s with { Ledger = [.. s.Ledger.Where(l => l.Conversation != e.Conversation)] };
        return e.Outcome switch
        {
            OfferOutcome.Expired => next with { ExpiredInARow = s.ExpiredInARow + 1 },
            OfferOutcome.Rejected => next with { ExpiredInARow = 0, Rejected = Last([.. s.Rejected, at.At]) },
            _ => next,
        };
    }

    private static Agent OnAsked(Agent s, WorkAsked e) => s with
    {
        Grace = e.Ask is WorkAsk.Requeue or WorkAsk.ReassignOnReply && s.Reach == Reach.Unreachable ? null : s.Grace,
        Ledger =
        [
            .. s.Ledger.Select(l => l.Conversation != e.Conversation ? l : e.Ask switch
            {
                WorkAsk.Requeue or WorkAsk.ReassignOnReply => l with { Leaving = true },
                WorkAsk.Keep => l with { Leaving = false },
                WorkAsk.Doubt => l with { Until = e.AskAgain },
                _ => l,
            }),
        ],
    };

    private static Agent With(Agent s, LedgerEntry entry)
    {
        List<LedgerEntry> ledger = new(s.Ledger.Count + 1);
        var found = false;
        foreach (var known in s.Ledger)
        {
            ledger.Add(known.Conversation == entry.Conversation ? entry : known);
            found |= known.Conversation == entry.Conversation;
        }

        if (!found)
        {
            ledger.Add(entry);
        }

        return s with { Ledger = ledger };
    }

    private static Instant[] Last(Instant[] instants) => instants.Length > Agent.InstantsKept ? instants[^Agent.InstantsKept..] : instants;
}
