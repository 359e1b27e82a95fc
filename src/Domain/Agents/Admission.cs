using System.Globalization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Why an agent takes no work of a class now; with when that ends by itself, if it does.</summary>
public readonly record struct NotNow(string Code, string Detail, Instant? Until = null);

/// <summary>Whether an agent may get one more piece of work (routing.md 1). The agent's own decision and the router ask the same question.</summary>
public static class Admission
{
    /// <returns>Null when it may.</returns>
    /// <param name="now">Null: whatever the pace, which is the only part that time alone changes.</param>
    /// <param name="manual">Given or taken by hand: presence and pace do not count, capacity does.</param>
    public static NotNow? Refuses(Agent agent, ChannelClass channels, RoutingTerms terms, Instant? now, bool manual = false)
    {
        if (!manual && !agent.Routable)
        {
            return new(WhyNotRoutable(agent), "The agent takes no new work now.");
        }

        var (of, live) = (terms.Of(channels), IsLive(channels));
        var (same, underWay) = (0, 0);
        foreach (var entry in agent.Ledger)
        {
            same += entry.Class == channels && entry.Kind is (WorkKind.Offered or WorkKind.Assigned or WorkKind.Wrapping) ? 1 : 0;
            underWay += entry.Kind == WorkKind.Offered && IsLive(entry.Class) ? 1 : 0;
        }

        if (same >= of.MostAtOnce)
        {
            return new("class_full", $"The agent has {same} conversations of this kind, and takes no more.");
        }

        if (!Fits(agent, of.Weight, of.Interruptible, terms))
        {
            return new("no_capacity", $"The agent has {agent.Load.ToString(CultureInfo.InvariantCulture)} of {agent.CapacityBy(terms)} units in use; this takes {of.Weight}.");
        }

        if (manual)
        {
            return null;
        }

        if (live && underWay > 0)
        {
            return new("offer_under_way", "The agent is being offered something live already.");
        }

        return now is { } at && PacedUntil(agent, terms, at) is { } until ? new("paced", "The agent has had as many as fit into a minute.", until) : null;
    }

    /// <summary>
    /// Primary work fits into the capacity by itself, and together with everything else into the hard limit. Interruptible
    /// work fits only if everything does. Beyond capacity (something woke, or was forced on the agent) nothing new fits.
    /// </summary>
    public static bool Fits(Agent agent, int weight, bool interruptible, RoutingTerms terms)
    {
        var (all, primary) = (0, 0);
        foreach (var entry in agent.Ledger)
        {
            all += entry.Weight;
            primary += entry.Interruptible ? 0 : entry.Weight;
        }

        var capacity = agent.CapacityBy(terms);
        return interruptible
            ? all + weight <= capacity
            : all <= capacity && primary + weight <= capacity && all + weight <= Hard(capacity, terms);
    }

    public static int Hard(int capacity, RoutingTerms terms) => capacity * terms.HardPercent / 100;

    private static bool IsLive(ChannelClass channels) => channels is ChannelClass.Live or ChannelClass.Voice;

    /// <summary>When the pace lets the next one in; null: now. Offers under way count as if they were accepted.</summary>
    public static Instant? PacedUntil(Agent agent, RoutingTerms terms, Instant now)
    {
        var pace = agent.RampUntil > now ? terms.RampPerMinute : terms.PerMinute;
        var offered = 0;
        foreach (var entry in agent.Ledger)
        {
            offered += entry.Kind == WorkKind.Offered ? 1 : 0;
        }

        var from = now - Duration.FromMinutes(1);
        List<Instant> recent = [.. agent.Assigned.Where(at => at > from)];
        var over = recent.Count + offered - pace;
        return over < 0 ? null
            : over < recent.Count ? recent[over] + Duration.FromMinutes(1)
            : now + Duration.FromSeconds(1);
    }

    private static string WhyNotRoutable(Agent agent) => agent switch
    {
        { Profile: null } => "undefined",
        { Reach: Reach.Unreachable } => "unreachable",
        { NotResponding: true } => "not_responding",
        { Drain: not DrainMode.None } => "draining",
        { Next: not null } => "leaving",
        _ => "status",
    };
}
