using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Conversations.Gateway.Tests.Routing;

/// <summary>
/// I1–I5 of routing.md through the API, on whichever engine serves it: customers, agents and supervisors at it all at once, with
/// repeats. <c>ROUTING_STORIES</c> sets how many stories (2; more in the long run).
/// </summary>
public sealed class RoutingStoryTests
{
    private const int Workers = 4, Steps = 40, Threads = 10, MostLooks = 300;

    private static readonly string[] Agents = ["ann", "ben", "cat"], Queues = ["care", "billing"];

    private static readonly int Stories =
        int.TryParse(Environment.GetEnvironmentVariable("ROUTING_STORIES"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 2;

    [Fact]
    public async Task Whatever_people_do_at_once_everybody_tells_the_same_story_in_the_end()
    {
        await using var gateway = await TestGateway.Start();
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "care" })).Is(200);
        (await gateway.Admin.Put("/v1/routing", new { reserveFor = 5, perMinute = 16, rampPerMinute = 16, retryAfterClearing = 1 })).Is(200);
        foreach (var queue in Queues)
        {
            (await gateway.Admin.Put($"/v1/queues/{queue}", new { name = queue })).Is(200);
        }

        var sue = await gateway.New("supervisor", "sue");
        Dictionary<string, Api> people = [];
        foreach (var agent in Agents)
        {
            people[agent] = await gateway.New("agent", agent);
            (await gateway.Admin.Put($"/v1/agents/{agent}", new { name = agent, queues = Queues })).Is(200);
            (await people[agent].Post($"/v1/agents/{agent}/heartbeat", null)).Is(204);
            (await people[agent].Post($"/v1/agents/{agent}/presence", new { status = "available" })).Is(200);
        }

        ConcurrentDictionary<string, ConcurrentBag<string>> taken = new();
        for (var story = 0; story < Stories; story++)
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(w => Act(gateway, sue, people, taken, new Random((story * 100) + w), $"s{story}")));
            foreach (var agent in Agents)
            {
                (await people[agent].Post($"/v1/agents/{agent}/heartbeat", null)).Is(204);
            }

            for (var looks = 0; await Differs(sue, [.. taken.Keys]) is { } difference; looks++)
            {
                Assert.True(looks < MostLooks, difference);
                await Task.Yield();
            }

            foreach (var (conversation, messages) in taken)
            {
                await IsWhole(sue, conversation, messages);
            }
        }
    }

    private static async Task Act(
        TestGateway gateway, Api sue, Dictionary<string, Api> people, ConcurrentDictionary<string, ConcurrentBag<string>> taken, Random random, string story)
    {
        for (var step = 0; step < Steps; step++)
        {
            var agent = Agents[random.Next(Agents.Length)];
            var known = taken.Keys.ToArray();
            if (known.Length == 0 || random.Next(4) == 0)
            {
                var message = Some.Inbound($"{story}-{random.Next(Threads)}");
                for (var repeats = random.Next(3) == 0 ? 2 : 1; repeats > 0; repeats--)
                {
                    Answer answer;
                    do
                    {
                        answer = await gateway.Admin.Post("/v1/inbound", message);
                    }
                    while (answer.Status is 503 or 504); // whoever brings a message brings it until it is taken

                    taken.GetOrAdd(answer.Is(200).Of("conversationId"), _ => []).Add(message["externalId"]!.GetValue<string>());
                }

                continue;
            }

            var id = known[random.Next(known.Length)];
            var conversation = (await sue.Get($"/v1/conversations/{id}")).Is(200);
            var offer = conversation["routing"].GetProperty("offer");
            if (offer.ValueKind == JsonValueKind.Object)
            {
                var offered = offer.GetProperty("agent").GetString()!;
                var path = $"/v1/conversations/{id}/offers/{offer.GetProperty("id").GetString()}/{(random.Next(4) == 0 ? "reject" : "accept")}";
                var key = $"{story}-{Guid.NewGuid():N}";
                await people[offered].Post(path, null, idempotencyKey: key);
                await people[offered].Post(path, null, idempotencyKey: key);
                continue;
            }

            await (random.Next(9) switch
            {
                0 => sue.Post($"/v1/conversations/{id}/take-over", null, conversation.Version),
                1 => sue.Post($"/v1/conversations/{id}/barge", null),
                2 => sue.Post($"/v1/conversations/{id}/assign", new Dictionary<string, object> { ["agent"] = agent, ["override"] = true }, conversation.Version),
                3 => people[agent].Post($"/v1/conversations/{id}/transfer", new { toQueue = Queues[random.Next(Queues.Length)] }, conversation.Version),
                4 => people[agent].Post($"/v1/conversations/{id}/transfer", new { toAgent = Agents[random.Next(Agents.Length)] }, conversation.Version),
                5 => people[agent].Post($"/v1/agents/{agent}/presence", new { status = random.Next(4) == 0 ? "break" : "available" }),
                6 => people[agent].Post($"/v1/conversations/{id}/messages", new { text = "hi" }),
                7 => sue.Post($"/v1/conversations/{id}/monitor", null),
                _ => people[agent].Post($"/v1/conversations/{id}/close", new { disposition = "done" }, conversation.Version),
            });
        }
    }

    /// <summary>Conversations, ledgers and queues, compared (I1, I2, I3, I5); null when they agree.</summary>
    private static async Task<string?> Differs(Api sue, string[] ids)
    {
        Dictionary<string, JsonElement> conversations = [];
        foreach (var id in ids)
        {
            conversations[id] = (await sue.Get($"/v1/conversations/{id}")).Is(200).Json;
        }

        foreach (var agent in Agents)
        {
            var state = (await sue.Get($"/v1/agents/{agent}")).Is(200);
            var work = state["work"].EnumerateArray().ToDictionary(w => w.GetProperty("conversation").GetString()!);
            var unforced = work.Values.Where(w => !w.GetProperty("override").GetBoolean() && !w.GetProperty("wake").GetBoolean()).Sum(w => w.GetProperty("weight").GetInt32());
            Assert.True(unforced <= state["capacity"].GetProperty("hard").GetInt32(), $"{agent} has {unforced} units of work nobody forced on them");
            foreach (var (id, conversation) in conversations)
            {
                var has = Holds(conversation, agent);
                if (has != work.ContainsKey(id))
                {
                    return $"{agent} and {id} do not agree: {has} {conversation.GetProperty("routing")}";
                }
            }
        }

        foreach (var queue in Queues)
        {
            var waits = (await sue.Get($"/v1/queues/{queue}")).Is(200)["waiting"].GetInt32();
            var should = conversations.Values.Count(c => Waits(c, queue));
            if (waits != should)
            {
                return $"{queue} holds {waits}, and {should} wait in it";
            }
        }

        return null;
    }

    private static bool Holds(JsonElement conversation, string agent) =>
        conversation.GetProperty("status").GetString() is not ("closed" or "spam")
        && (conversation.GetProperty("assignee").GetString() == agent
            || (conversation.GetProperty("routing").GetProperty("offer") is { ValueKind: JsonValueKind.Object } offer
                && offer.GetProperty("agents").EnumerateArray().Any(a => a.GetString() == agent))
            || (conversation.GetProperty("supervision") is { ValueKind: JsonValueKind.Object } supervision
                && supervision.GetProperty("participants").EnumerateArray().Any(a => a.GetString() == agent)));

    private static bool Waits(JsonElement conversation, string queue)
    {
        var routing = conversation.GetProperty("routing");
        var transfer = routing.GetProperty("transfer");
        return conversation.GetProperty("status").GetString() is not ("closed" or "spam")
            && (transfer.ValueKind == JsonValueKind.Object
                ? transfer.GetProperty("queue").GetString() == queue
                : conversation.GetProperty("assignee").ValueKind == JsonValueKind.Null && conversation.GetProperty("queue").GetString() == queue
                    && routing.GetProperty("state").GetString() is "waiting" or "offered");
    }

    /// <summary>The history: no gap, each message once, an epoch exactly for each owner (I1, I4).</summary>
    private static async Task IsWhole(Api sue, string id, IEnumerable<string> messages)
    {
        List<JsonElement> history = [];
        JsonElement page;
        do
        {
            page = (await sue.Get($"/v1/conversations/{id}/events?after={history.Count}&limit=200")).Is(200).Json;
            history.AddRange(page.GetProperty("items").EnumerateArray());
        }
        while (page.GetProperty("hasMore").GetBoolean());

        Assert.Equal(Enumerable.Range(1, history.Count).Select(i => (long)i), history.Select(e => e.GetProperty("seq").GetInt64()));
        Assert.Equal(
            messages.Distinct().Order(StringComparer.Ordinal),
            history.Where(e => e.GetProperty("type").GetString() == "message.received").Select(e => e.GetProperty("data").GetProperty("externalId").GetString()).Order(StringComparer.Ordinal));
        var (epoch, owner) = (0L, (string?)null);
        foreach (var change in history.Where(e => e.GetProperty("type").GetString() == "assignment.changed").Select(e => e.GetProperty("data")))
        {
            var next = change.TryGetProperty("assignee", out var assignee) ? assignee.GetString() : null;
            Assert.Equal(next == owner ? epoch : epoch + 1, change.GetProperty("epoch").GetInt64());
            (epoch, owner) = (change.GetProperty("epoch").GetInt64(), next);
        }
    }
}
