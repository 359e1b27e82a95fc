using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>
/// Work given or taken by hand goes through the agent's ledger first, like any other (routing.md 1): no capacity, no assignment,
/// unless it is overridden, and then the ledger says so.
/// </summary>
public sealed class ManualAssignment(IEntities entities, SettingsCache settings)
{
    /// <param name="commandId">The assignment's: a retry sets nothing aside twice.</param>
    /// <returns>What was set aside (null: nothing is kept of this agent), or why it was refused.</returns>
    public async ValueTask<(OfferId? Reserved, Refusal? Refusal)> Reserve(
        AccountId account, AgentId agent, ConversationId conversation, string channel, bool @override, string commandId, CancellationToken cancellation)
    {
        var configuration = await settings.Get(account, cancellation);
        if (!configuration.Routes)
        {
            return default;
        }

        var offer = new OfferId(StableHash.Hex("assign", commandId, agent.Value));
        var reply = await entities.Send(
            account, agent,
            new($"reserve/{offer}", Actor.System, Reservation(offer, conversation, channel, configuration, @override), Strict: false),
            cancellation);
        return reply switch
        {
            Reply<AgentAnswer>.Done => (offer, null),
            Reply<AgentAnswer>.Refused { Refusal: var refusal } => (null, Full(refusal)),
            _ => default,
        };
    }

    internal static TryReserve Reservation(OfferId offer, ConversationId conversation, string channel, AccountSettings settings, bool @override) =>
        new(offer, conversation, settings.RoutingTerms.ClassOf(channel), Manual: true, @override);

    /// <returns>That there is no room; null: not one of ours, or has it already, and the conversation decides.</returns>
    internal static Refusal? Full(Refusal refusal) => refusal is { Code: "agent_unavailable" } && refusal.Current?["reason"] != "has_it"
        ? refusal with { Code = "no_capacity", Detail = $"{refusal.Detail} A supervisor may override." }
        : null;

    public async ValueTask Release(AccountId account, AgentId agent, ConversationId conversation, OfferId offer, string reason, CancellationToken cancellation) =>
        await entities.Send(
            account, agent, new($"release/{offer}", Actor.System, new ReleaseOffer(conversation, offer, OfferOutcome.Canceled, reason), Strict: false), cancellation);
}
