using System.Text.Json;

namespace Conversations.Domain;

/// <summary>Who is there to answer (reports.md 1). In a total each agent counts once, however many queues it serves.</summary>
/// <param name="SignedIn">Has come to work, busy or not.</param>
/// <param name="Routable">Takes new work.</param>
/// <param name="States">How many stand how; states nobody is in are left out.</param>
/// <param name="Used">Units of capacity in use by those who are routable.</param>
/// <param name="Units">Units they have.</param>
/// <param name="Occupancy">Percent: used of units (slots). Null when nobody is routable.</param>
/// <param name="FreeSlots">Conversations of each class that would fit now.</param>
public sealed record StaffFigures(
    int SignedIn, int Routable, IReadOnlyDictionary<string, int> States, int Used, int Units, double? Occupancy, IReadOnlyDictionary<string, int> FreeSlots)
{
    public static StaffFigures Of(IEnumerable<Agent> agents, RoutingTerms terms)
    {
        var (signedIn, routable, used, units) = (0, 0, 0, 0);
        Dictionary<string, int> states = new(StringComparer.Ordinal);
        var slots = Enum.GetValues<ChannelClass>().ToDictionary(c => c, _ => 0);
        foreach (var agent in agents)
        {
            var state = Name(AgentStates.Of(agent, terms));
            states[state] = states.GetValueOrDefault(state) + 1;
            signedIn += agent.SignedIn ? 1 : 0;
            if (!agent.Routable)
            {
                continue;
            }

            var (capacity, load) = (agent.CapacityBy(terms), agent.Load);
            (routable, used, units) = (routable + 1, used + load, units + capacity);
            foreach (var channels in slots.Keys)
            {
                var of = terms.Of(channels);
                var has = agent.Ledger.Count(e => e.Class == channels && e.Kind is (WorkKind.Offered or WorkKind.Assigned or WorkKind.Wrapping));
                slots[channels] += Math.Max(0, Math.Min(of.MostAtOnce - has, of.Weight == 0 ? of.MostAtOnce : (capacity - load) / of.Weight));
            }
        }

        return new(signedIn, routable, states, used, units, units == 0 ? null : Math.Round(100.0 * used / units, 1), slots.ToDictionary(s => Name(s.Key), s => s.Value));

        static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
    }
}
