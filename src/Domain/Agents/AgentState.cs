using System.Text.Json.Serialization;
using Conversations.Domain.Json;

namespace Conversations.Domain;

/// <summary>How an agent stands, in one word; the first that holds (reports.md 1, agent states).</summary>
/// <remarks>Leaving: takes no new work, by a drain or a next status. Over: more than fits. Available: takes one more of the smallest kind.</remarks>
[JsonConverter(typeof(CamelCaseEnumConverter<AgentState>))]
public enum AgentState { Offline, Unreachable, NotResponding, Leaving, Away, Over, Wrapping, Available, Busy }

public static class AgentStates
{
    public static AgentState Of(Agent agent, RoutingTerms terms) => agent switch
    {
        { Profile: null } or { Declared.Status: "offline" } => AgentState.Offline,
        { Reach: Reach.Unreachable } => AgentState.Unreachable,
        { NotResponding: true } => AgentState.NotResponding,
        { Drain: not DrainMode.None } or { Next: not null } => AgentState.Leaving,
        { Declared.Routable: false } => AgentState.Away,
        _ when agent.Load > agent.CapacityBy(terms) => AgentState.Over,
        _ when agent.Ledger.Any(e => e is { Kind: WorkKind.Wrapping, Weight: > 0 }) => AgentState.Wrapping,
        _ when Smallest.Any(c => Admission.Refuses(agent, c, terms, now: null) is null) => AgentState.Available,
        _ => AgentState.Busy,
    };

    private static readonly ChannelClass[] Smallest = Enum.GetValues<ChannelClass>();
}
