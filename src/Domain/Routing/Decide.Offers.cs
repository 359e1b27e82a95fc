using System.Globalization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Offers: made, accepted, declined, lapsed and taken back (routing.md 2).</summary>
public static partial class ConversationDecider
{
    private static Refusal? OfferIt(Turn turn, OfferWork command)
    {
        var (state, routing) = (turn.State, turn.State.Routing);
        if (routing?.Offer is { } live)
        {
            return live.Id == command.Offer ? null : No(
                "offer_under_way", "Another offer stands.", RefusalKind.Conflict, ("until", Milliseconds(live.ExpiresAt + ConversationRouting.Lateness)));
        }

        if (turn.Now > command.ReservedUntil)
        {
            return No("reservation_expired", "What was set aside for it is no longer.", RefusalKind.Conflict);
        }

        var place = routing?.Place;
        if (routing is null || command.Ticket != routing.Ticket || (place is null && routing.Transfer is null) || place is { State: RoutingState.Held })
        {
            return No("not_waiting", "It does not wait any more.", RefusalKind.Conflict);
        }

        if (routing.RetryAt > turn.Now)
        {
            return No("not_yet", "Exclusions were cleared a moment ago.", RefusalKind.Conflict, ("until", Milliseconds(routing.RetryAt.Value)));
        }

        foreach (var agent in command.Agents)
        {
            if (agent == state.Assignee || routing.Participants?.Contains(agent) == true)
            {
                return No("agent_excluded", $"'{agent}' is in it already.", RefusalKind.Conflict, ("agent", agent.Value));
            }

            // A transfer to one agent is meant for that agent, who may think better of it.
            if (routing.Transfer?.Agent != agent && routing.Excluded?.FirstOrDefault(e => e.Agent == agent && e.Until > turn.Now) is { } excluded)
            {
                return No(
                    "agent_excluded", $"'{agent}' declined or missed it a moment ago.", RefusalKind.Conflict, ("agent", agent.Value), ("until", Milliseconds(excluded.Until)));
            }
        }

        var settings = turn.Context.Settings.Queue(place?.Queue ?? state.Queue);
        var terms = turn.Context.Settings.RoutingTerms;
        var channels = terms.ClassOf(state.Address.Channel);
        var stands = settings?.OfferFor(channels, terms) ?? Duration.FromSeconds(terms.Of(channels).OfferSeconds);
        turn.Emit(new OfferMade(command.Offer, command.Ticket, command.Agents, turn.Now + stands, place?.Queue ?? state.Queue, settings?.AutoAccept ?? false));
        return null;
    }

    private static string Milliseconds(Instant at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static Refusal? AcceptIt(Turn turn, AcceptOffer command)
    {
        var (state, routing) = (turn.State, turn.State.Routing);
        if (routing?.Offer is not { } offer || offer.Id != command.Offer || !offer.Agents.Contains(command.Agent) || turn.Now > offer.ExpiresAt + ConversationRouting.Lateness)
        {
            var past = PastOf(routing, command.Offer, command.Agent);
            return past is { Outcome: OfferOutcome.Accepted } && Has(state, command.Agent) ? null : Gone(state, past);
        }

        foreach (var other in offer.Agents.Where(a => a != command.Agent))
        {
            turn.Emit(new OfferEnded(offer.Id, other, OfferOutcome.Rescinded, "accepted"));
        }

        turn.Emit(new OfferAccepted(command.Offer, command.Agent, Duration.Max(Duration.Zero, turn.Now - (routing.Arrived ?? offer.MadeAt))));
        if (routing.Transfer is not { } transfer)
        {
            Own(turn, state.Queue, command.Agent, state.Skill, "offer");
            return null;
        }

        var pingPong = routing.Hops is [.., { } last] && last.From == command.Agent && last.To == transfer.From
            && turn.Now - last.At <= Duration.FromSeconds(turn.Context.Settings.RoutingTerms.PingPongWithin);
        turn.Emit(new TransferEnded(TransferOutcome.Accepted, command.Agent, PingPong: pingPong));
        var others = (routing.Participants ?? []).Where(p => p != command.Agent);
        if (transfer.Mode == TransferMode.Consult)
        {
            turn.Emit(new ParticipantsChanged([.. others, command.Agent]));
            return null;
        }

        Own(turn, transfer.Queue ?? state.Queue, command.Agent, transfer.Skill ?? state.Skill, "transfer");
        if (transfer is { Mode: TransferMode.Warm, From: { } source })
        {
            turn.Emit(new ParticipantsChanged([.. others.Where(p => p != source), source]));
        }

        return null;
    }

    private static bool Has(Conversation state, AgentId agent) => state.Assignee == agent || state.Routing?.Participants?.Contains(agent) == true;

    private static PastOffer? PastOf(ConversationRouting? routing, OfferId offer, AgentId agent) =>
        routing?.Offers?.LastOrDefault(o => o.Offer == offer && o.Agent == agent);

    private static Refusal Gone(Conversation state, PastOffer? past)
    {
        var reason = past is { Outcome: var outcome } ? System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString()) : "unknown";
        return No(
            "offer_gone", past is null ? "There is no such offer, or no longer." : $"The offer has ended: {reason}{(past.Reason is { } why ? $", {why}" : "")}.", RefusalKind.Gone,
            ("reason", reason), ("seq", state.Seq.ToString(CultureInfo.InvariantCulture)));
    }

    private static Refusal? RejectIt(Turn turn, RejectOffer command)
    {
        if (turn.State.Routing?.Offer is not { } offer || offer.Id != command.Offer || !offer.Agents.Contains(command.Agent))
        {
            var past = PastOf(turn.State.Routing, command.Offer, command.Agent);
            return past is { Outcome: OfferOutcome.Rejected } ? null : Gone(turn.State, past);
        }

        turn.Emit(new OfferEnded(command.Offer, command.Agent, OfferOutcome.Rejected, command.Reason, ExclusionFrom(turn)));
        return null;
    }

    private static Instant ExclusionFrom(Turn turn) => turn.Now + Duration.FromSeconds(turn.Context.Settings.RoutingTerms.Exclusion);

    private static Refusal? RescindIt(Turn turn, RescindOffer command)
    {
        if (turn.State.Routing?.Offer is { } offer && (command.Offer is null || offer.Id == command.Offer))
        {
            foreach (var agent in offer.Agents.Where(a => command.Agent is null || a == command.Agent))
            {
                turn.Emit(new OfferEnded(offer.Id, agent, OfferOutcome.Rescinded, command.Reason));
            }
        }

        return null;
    }

    /// <summary>Nobody answered. Due at the very instant from which an accept no longer counts.</summary>
    private static void Expire(Turn turn)
    {
        if (turn.State.Routing?.Offer is { } offer && offer.ExpiresAt + ConversationRouting.Lateness <= turn.Now)
        {
            foreach (var agent in offer.Agents)
            {
                turn.Emit(new OfferEnded(offer.Id, agent, OfferOutcome.Expired, ExcludedUntil: ExclusionFrom(turn)));
            }
        }
    }

    private static Refusal? Clear(Turn turn, ClearExclusions command)
    {
        if (turn.State.Routing is { Offer: null, Excluded.Count: > 0 } routing && routing.Ticket == command.Ticket)
        {
            turn.Emit(new ExclusionsCleared(turn.Now + Duration.FromSeconds(turn.Context.Settings.RoutingTerms.RetryAfterClearing)));
        }

        return null;
    }
}
