using NodaTime;

namespace Conversations.Domain;

/// <summary>The routing part of a conversation's state from its events. Pure, total, never fails.</summary>
internal static class RoutingEvolve
{
    public static Conversation Apply(Conversation s, Recorded<ConversationEvent> at)
    {
        var r = s.Routing ?? new();
        ConversationRouting? next = at.Event switch
        {
            QueueJoined e => r with
            {
                Ticket = e.Item.Ticket,
                Place = new(e.Queue, e.Item, e.Kind),
                Arrived = e.Item.Base > at.At ? r.Arrived ?? at.At : e.Kind is EntryKind.New or EntryKind.Reopened ? e.Item.Base : r.Arrived ?? e.Item.Base,
                Refused = null,
            },
            QueueLeft => r with { Place = null },
            PlaceChanged e => r with
            {
                Place = r.Place is null ? null : new(e.Queue, e.Item, r.Place.Kind, e.State, e.Reason, e.Until),
                Replied = e.Replied ?? r.Replied,
            },
            QueueRefused e => r with { Place = null, Refused = e.To is null ? e.Reason : null },
            OfferMade e => r with { Offer = new(e.Offer, e.Ticket, e.Agents, at.At, e.ExpiresAt, e.Queue, e.Auto) },
            OfferEnded e => OnOfferEnded(r, at.At, e),
            OfferAccepted e => OnAccepted(r, at.At, e),
            ExclusionsCleared e => r with { Excluded = null, RetryAt = e.RetryAt },
            Escalated e => r with { Escalated = true, Extra = [.. r.Extra ?? [], new(Boosts.EscalatedSource, e.Boost)] },
            Boosted e => r with { Extra = Last([.. r.Extra ?? [], e.Boost], ConversationRouting.OffersKept) },
            TransferRequested e => r with { Transfer = e.Transfer, Ticket = Math.Max(r.Ticket, e.Transfer.Ticket) },
            TransferEnded e => OnTransferEnded(r, at.At, e),
            WrapUpStarted e => r with { Wrap = new(e.Mode, at.At, e.Until) },
            WrapUpEnded => r with { Wrap = null },
            DormancyChanged e => r with { Dormant = e.Dormant },
            ReassignFlagged e => r with { ReassignOnReply = e.On },
            ParticipantsChanged e => r with { Participants = e.Agents.Count > 0 ? e.Agents : null },
            WorkChanged e => OnWork(r, at.At, e),
            GroupChanged e => r with { Group = e.To is { } queue ? new(queue, at.At) : null },
            _ => s.Routing,
        };
        return ReferenceEquals(next, s.Routing) ? s : s with { Routing = next };
    }

    /// <summary>What events of the other parts mean for the routing.</summary>
    public static Conversation After(Conversation before, Conversation next, Recorded<ConversationEvent> at)
    {
        if (next.Routing is not { } r)
        {
            return next;
        }

        var ended = before.Assignee is not null && (next.Assignee != before.Assignee || (next.IsOver && !before.IsOver));
        return at.Event switch
        {
            AssignmentChanged e when before.Assignee != next.Assignee => next with
            {
                Routing = r with
                {
                    LastOwned = ended ? at.At : r.LastOwned,
                    ReassignOnReply = false,
                    Dormant = false,
                    Wrap = null,
                    Extra = e.Assignee is null ? r.Extra : null,
                },
            },
            StatusChanged when ended => next with { Routing = r with { LastOwned = at.At, Wrap = null, Dormant = false } },
            StatusChanged { To: ConversationStatus.Closed or ConversationStatus.Spam } => next with { Routing = r with { Wrap = null } },
            EpisodeStarted => next with
            {
                Routing = r with { Arrived = null, Failed = 0, Escalated = false, Extra = null, Hops = null, HopCount = 0, Refused = null, Excluded = null, RetryAt = null },
            },
            MessageReceived { Auto: false } when r.Refused is not null => next with { Routing = r with { Refused = null } },
            _ => next,
        };
    }

    private static ConversationRouting OnOfferEnded(ConversationRouting r, Instant at, OfferEnded e)
    {
        if (r.Offer is not { } offer || offer.Id != e.Offer)
        {
            return r;
        }

        AgentId[] left = [.. offer.Agents.Where(a => a != e.Agent)];
        var failed = e.Outcome is OfferOutcome.Rejected or OfferOutcome.Expired;
        return r with
        {
            Offer = left.Length > 0 ? offer with { Agents = left } : null,
            Failed = failed && left.Length == 0 ? r.Failed + 1 : r.Failed,
            Offers = Past(r, new(e.Offer, e.Agent, offer.MadeAt, at, e.Outcome, e.Reason)),
            Excluded = e.ExcludedUntil is { } until ? Last([.. (r.Excluded ?? []).Where(x => x.Until > at && x.Agent != e.Agent), new(e.Agent, until)], ConversationRouting.ExclusionsKept) : r.Excluded,
        };
    }

    private static ConversationRouting OnAccepted(ConversationRouting r, Instant at, OfferAccepted e)
    {
        var made = r.Offer?.MadeAt ?? at;
        return r with
        {
            Offer = null,
            Offers = Past(r, new(e.Offer, e.Agent, made, at, OfferOutcome.Accepted)),
            Failed = 0,
            Escalated = false,
            Excluded = null,
            RetryAt = null,
        };
    }

    private static ConversationRouting OnTransferEnded(ConversationRouting r, Instant at, TransferEnded e)
    {
        if (r.Transfer is not { } transfer || e.Outcome != TransferOutcome.Accepted)
        {
            return r with { Transfer = null };
        }

        return r with
        {
            Transfer = null,
            HopCount = r.HopCount + 1,
            Hops = Last([.. r.Hops ?? [], new(transfer.From, e.To, transfer.Queue, at)], ConversationRouting.HopsKept),
        };
    }

    private static ConversationRouting OnWork(ConversationRouting r, Instant at, WorkChanged e)
    {
        Told[] others = [.. (r.Told ?? []).Where(t => t.Agent != e.Agent)];
        return r with
        {
            Told = e.As is { } kind ? [.. others, new(e.Agent, e.Epoch, kind)] : others.Length > 0 ? others : null,
            AssignedAt = e.New ? at : r.AssignedAt,
            DormantAfter = e.New ? e.DormantAfter : r.DormantAfter,
        };
    }

    private static PastOffer[] Past(ConversationRouting r, PastOffer offer) => Last([.. r.Offers ?? [], offer], ConversationRouting.OffersKept);

    private static T[] Last<T>(T[] items, int count) => items.Length > count ? items[^count..] : items;
}
