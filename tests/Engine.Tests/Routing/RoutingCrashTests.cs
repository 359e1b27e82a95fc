using System.Collections.Concurrent;
using System.Globalization;
using Conversations.Domain;
using Xunit;

namespace Conversations.Engine.Tests.Routing;

/// <summary>
/// I1–I5 on the real engine: customers and agents at it all at once, the process ending in the middle again and again; what was
/// set aside and never offered is free again, and every ledger, queue and conversation tells the same story.
/// </summary>
public sealed class RoutingCrashTests
{
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("ROUTING_CRASHES"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 3;

    [Fact]
    public async Task However_often_the_process_ends_nobody_is_over_capacity_and_nothing_is_lost_or_assigned_twice()
    {
        var random = new Random(20_261_127);
        await using var engine = await RoutingEngine.Start(terms: new() { ReserveFor = 5, PerMinute = 16, RampPerMinute = 16 });
        List<AgentId> agents = [];
        for (var n = 0; n < 6; n++)
        {
            agents.Add(await engine.Hire($"agent-{n}"));
        }

        ConcurrentDictionary<ConversationId, bool> conversations = new();
        for (var round = 0; round < Rounds; round++)
        {
            var seeds = Enumerable.Range(0, 8).Select(_ => random.Next()).ToArray();
            await Task.WhenAll(seeds.Select((seed, w) => Act(engine, conversations, new Random(seed), $"{round}-{w}")));
            await engine.Restart(); // in the middle of whatever workers and router were doing
            foreach (var agent in agents)
            {
                await engine.Liveness.Seen(RoutingEngine.Acme, agent, RoutingEngine.By(agent), RoutingEngine.Cancel);
            }
        }

        // I5: every entry of a ledger is backed by its conversation, every assignment by an entry, and every queue by what waits.
        await engine.Until(async () => await Consistent(engine, agents, conversations.Keys) ? "" : null);
        foreach (var id in conversations.Keys)
        {
            var events = await engine.Store.ReadEvents(ConversationType.Key(RoutingEngine.Acme, id), 0, int.MaxValue, descending: false, RoutingEngine.Cancel);
            Assert.Equal(events.Select((_, i) => i + 1L), events.Select(e => e.Seq));
        }
    }

    private static async Task Act(RoutingEngine engine, ConcurrentDictionary<ConversationId, bool> conversations, Random random, string name)
    {
        for (var n = 0; n < 12; n++)
        {
            var id = await engine.Arrive($"v-{name}-{random.Next(6)}", random.Next(2) == 0 ? "webchat" : "x");
            conversations[id] = true;
            var row = await engine.Row(id);
            if (row.Offer is { } offer)
            {
                var agent = offer.Agents[0];
                await engine.Ask(id, random.Next(4) == 0 ? new RejectOffer(offer.Id, agent) : new AcceptOffer(offer.Id, agent), RoutingEngine.By(agent));
            }
            else if (row.Assignee is { } owner && random.Next(3) == 0)
            {
                await engine.Ask(id, new Close("done"), RoutingEngine.By(owner));
            }
        }
    }

    private static async Task<bool> Consistent(RoutingEngine engine, List<AgentId> agents, IEnumerable<ConversationId> conversations)
    {
        var queue = await engine.Reader.Queue(RoutingEngine.Acme, RoutingEngine.Care, RoutingEngine.Cancel);
        Dictionary<AgentId, Agent> states = [];
        foreach (var agent in agents)
        {
            states[agent] = await engine.Reader.Agent(RoutingEngine.Acme, agent, RoutingEngine.Cancel);
            Assert.True(states[agent].Ledger.Where(e => !e.Override && !e.Wake).Sum(e => e.Weight) <= 130); // I2
        }

        var backed = 0;
        foreach (var id in conversations)
        {
            var row = await engine.Row(id);
            Assert.True(row.Offer is null || row.Assignee is null); // I1: no transfers here
            var over = row.Status is ConversationStatus.Closed or ConversationStatus.Spam;
            if ((queue.Waiting.Find(id) is not null) != (!over && row.Assignee is null))
            {
                return false;
            }

            if (!over && row.Assignee is { } owner)
            {
                backed++;
                if (states[owner].Entry(id) is not { Kind: not WorkKind.Offered })
                {
                    return false;
                }
            }

            backed += row.Offer?.Agents.Count ?? 0;
        }

        return states.Values.Sum(s => s.Ledger.Count) == backed;
    }
}
