namespace Conversations.Domain;

/// <summary>
/// An agent's ledger has something reserved for longer than it should take: what does the conversation say? (routing.md 0, 5)
/// </summary>
public static class Doubts
{
    /// <param name="row">The conversation as committed; null: there is none.</param>
    /// <returns>What the ledger is to be told; null: the offer stands, ask again later.</returns>
    public static AgentCommand? Answer(ConversationRow? row, AgentId agent, WorkAsked doubt, RoutingTerms terms)
    {
        if (doubt.Offer is not { } offer)
        {
            return null;
        }

        if (row?.Offer is { } live && live.Id == offer && live.Agents.Contains(agent))
        {
            return null;
        }

        // Its own message may still be on its way; this one says the same, and either may come first.
        return row is not null && row.Assignee == agent && row.Status is not (ConversationStatus.Closed or ConversationStatus.Spam)
            ? new ConfirmWork(row.Id, offer, row.Epoch, terms.ClassOf(row.Address.Channel))
            : new ReleaseOffer(doubt.Conversation, offer, OfferOutcome.Canceled, "lost");
    }
}
