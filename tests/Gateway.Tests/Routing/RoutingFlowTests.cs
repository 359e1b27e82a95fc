using System.Text.Json;

namespace Conversations.Gateway.Tests.Routing;

/// <summary>api.md 5 over HTTP: agents, queues, offers, and why a conversation is where it is.</summary>
public sealed class RoutingFlowTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private Api _ann = null!, _ben = null!, _sue = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestGateway.Start();
        (_ann, _ben, _sue) = (await _gateway.New("agent", "ann"), await _gateway.New("agent", "ben"), await _gateway.New("supervisor", "sue"));
        (await _gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "care" })).Is(200);
        (await _gateway.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private async Task Hire(string name, Api by, int? capacity = null)
    {
        (await _gateway.Admin.Put($"/v1/agents/{name}", new { name, queues = new[] { "care" }, skills = new[] { new { skill = "french", level = 2 } }, capacity })).Is(200);
        (await by.Post($"/v1/agents/{name}/heartbeat", null)).Is(204);
        (await by.Post($"/v1/agents/{name}/presence", new { status = "available" })).Is(200);
    }

    private async Task<string> Arrive(string thread) => (await _gateway.Admin.Post("/v1/inbound", Some.Inbound(thread))).Is(200).Of("conversationId");

    /// <summary>Asks until it is so; each answer takes its time, and the test's own time-out bounds it.</summary>
    private static async Task<Answer> Until(Api api, string path, Func<JsonElement, bool> holds)
    {
        while (true)
        {
            var answer = (await api.Get(path)).Is(200);
            if (holds(answer.Json))
            {
                return answer;
            }

            await Task.Yield();
        }
    }

    private Task<Answer> Offered(string id) =>
        Until(_gateway.Admin, $"/v1/conversations/{id}", c => c.GetProperty("routing").GetProperty("state").GetString() == "offered");

    [Fact]
    public async Task An_agent_is_offered_what_arrives_accepts_it_and_everybody_sees_why()
    {
        await Hire("ann", _ann);
        var id = await Arrive("v-1");
        var offer = (await Offered(id))["routing"].GetProperty("offer");
        Assert.Equal("ann", offer.GetProperty("agent").GetString());

        (await _ben.Post($"/v1/conversations/{id}/offers/{offer.GetProperty("id").GetString()}/accept", null)).IsProblem(410, "offer_gone");
        var accepted = (await _ann.Post($"/v1/conversations/{id}/offers/{offer.GetProperty("id").GetString()}/accept", null)).Is(200);
        Assert.Equal(("ann", 1), (accepted.Of("assignee"), accepted["epoch"].GetInt64()));
        (await _ann.Post($"/v1/conversations/{id}/offers/{offer.GetProperty("id").GetString()}/accept", null)).Is(200);

        var agent = await Until(_sue, "/v1/agents/ann", a => a.GetProperty("work").GetArrayLength() == 1 && a.GetProperty("work")[0].GetProperty("kind").GetString() == "assigned");
        Assert.Equal(33, agent["capacity"].GetProperty("used").GetInt32());
        var why = (await _sue.Get($"/v1/conversations/{id}/routing")).Is(200);
        Assert.Equal("accepted", why["offers"][0].GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Several_agents_are_had_in_one_request()
    {
        foreach (var name in new[] { "ann", "ben" })
        {
            (await _gateway.Admin.Put($"/v1/agents/{name}", new { name, queues = new[] { "care" } })).Is(200);
        }

        var both = (await _sue.Get("/v1/agents:batchGet?id=ben&id=ann&id=ann&id=nobody")).Is(200)["items"].EnumerateArray();
        Assert.Equal(["ann", "ben"], both.Select(a => a.GetProperty("id").GetString()!).Order());
        (await _sue.Get("/v1/agents:batchGet")).IsProblem(400, "invalid_query");
    }

    [Fact]
    public async Task Why_here_has_an_answer()
    {
        await Hire("ann", _ann);
        (await _sue.Post("/v1/agents/ann/presence", new { status = "training", reason = "coaching" })).Is(200);
        var id = await Arrive("v-2");
        (await _sue.Post($"/v1/conversations/{id}/boost", new { seconds = 600, reason = "journalist" })).Is(200);
        var why = await Until(_sue, $"/v1/conversations/{id}/routing", w =>
            w.GetProperty("why").ValueKind == JsonValueKind.Object && w.GetProperty("why").GetProperty("boost").GetInt32() == 600);
        var place = why["why"];
        Assert.Equal(("care", 0, 0), (place.GetProperty("queue").GetString(), place.GetProperty("position").GetInt32(), place.GetProperty("eligible").GetInt32()));
        Assert.Equal("journalist", place.GetProperty("boosts")[0].GetProperty("reason").GetString());
        Assert.Equal(1, place.GetProperty("notNow").GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task An_agent_speaks_for_itself_only_and_a_supervisor_for_everybody()
    {
        await Hire("ann", _ann);
        (await _ben.Post("/v1/agents/ann/presence", new { status = "break" })).IsProblem(403, "forbidden");
        (await _ben.Post("/v1/agents/ann/heartbeat", null)).IsProblem(403, "forbidden");
        (await _ben.Post("/v1/agents/ben/heartbeat", null)).IsProblem(404, "not_found");
        var until = TimeProvider.System.GetUtcNow().AddHours(1);
        Assert.Equal("training", (await _sue.Post("/v1/agents/ann/presence", new { status = "training", until })).Is(200)["presence"].GetProperty("status").GetString());
        (await _ann.Post("/v1/agents/ann/presence", new { status = "available" })).IsProblem(409, "presence_held");
        Assert.Equal(50, (await _sue.Post("/v1/agents/ann/terms", new { capacity = 50, until })).Is(200)["capacity"].GetProperty("units").GetInt32());
        Assert.Equal("none", (await _sue.Post("/v1/agents/ann/drain", new { mode = "graceful" })).Is(200).Of("drain")); // nothing is left: it is over already
    }

    [Fact]
    public async Task Work_given_by_hand_needs_capacity_unless_a_supervisor_overrides()
    {
        await Hire("ann", _ann, capacity: 40);
        (await _sue.Post("/v1/agents/ann/presence", new { status = "break" })).Is(200);
        var (first, second) = (await Arrive("v-3"), await Arrive("v-4"));
        async Task<long> Seq(string id) => (await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200).Version;
        (await _ann.Post($"/v1/conversations/{first}/assign", new { agent = "ann" }, await Seq(first))).Is(200);
        await Until(_sue, "/v1/agents/ann", a => a.GetProperty("work").GetArrayLength() == 1 && a.GetProperty("work")[0].GetProperty("kind").GetString() == "assigned");
        (await _ann.Post($"/v1/conversations/{second}/assign", new Dictionary<string, object> { ["agent"] = "ann", ["override"] = true }, await Seq(second))).IsProblem(409, "no_capacity");
        (await _sue.Post($"/v1/conversations/{second}/assign", new Dictionary<string, object> { ["agent"] = "ann", ["override"] = true }, await Seq(second))).Is(200);
        var agent = await Until(_sue, "/v1/agents/ann", a => a.GetProperty("work").EnumerateArray().Count(w => w.GetProperty("kind").GetString() == "assigned") == 2);
        Assert.True(agent["capacity"].GetProperty("over").GetBoolean());
        Assert.Single(agent["work"].EnumerateArray(), w => w.GetProperty("override").GetBoolean());
    }

    [Fact]
    public async Task Supervisors_see_who_is_there_page_by_page_and_how_many_stand_how()
    {
        await Hire("ann", _ann);
        await Hire("ben", _ben);
        (await _ben.Post("/v1/agents/ben/presence", new { status = "break" })).Is(200);
        var all = await Until(_sue, "/v1/agents?queue=care&limit=1", a =>
            a.GetProperty("states").TryGetProperty("available", out var available) && available.GetInt32() == 1
            && a.GetProperty("states").TryGetProperty("away", out var away) && away.GetInt32() == 1);
        Assert.Equal((2, "ann", "ann"), (all["total"].GetInt32(), all["items"][0].GetProperty("agent").GetProperty("id").GetString(), all.Of("nextCursor")));
        Assert.Equal("available", all["items"][0].GetProperty("state").GetString());
        var next = (await _sue.Get("/v1/agents?queue=care&limit=1&cursor=ann")).Is(200);
        Assert.Equal(("ben", JsonValueKind.Null), (next["items"][0].GetProperty("agent").GetProperty("id").GetString(), next["nextCursor"].ValueKind));
        Assert.Equal("ben", Assert.Single((await _sue.Get("/v1/agents?state=away")).Is(200)["items"].EnumerateArray()).GetProperty("agent").GetProperty("id").GetString());
        Assert.Equal(0, (await _sue.Get("/v1/agents?queue=elsewhere")).Is(200)["total"].GetInt32());
        (await _sue.Get("/v1/agents?state=asleep")).IsProblem(400, "invalid_query");
        (await _ann.Get("/v1/agents")).IsProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_queue_is_kept_shown_and_removed()
    {
        var queue = (await _gateway.Admin.Put("/v1/queues/vip", new
        {
            name = "VIP", priority = 10, strategy = "longestIdle", skillPlan = new[] { new { after = 30, drop = "french" } }, wrapUp = new { mode = "timed", seconds = 60 },
            overflow = new[] { new { when = "maxWaiting", limit = 100, actions = new[] { new Dictionary<string, object> { ["do"] = "redirect", ["queue"] = "care" } } } },
            offer = new { seconds = 15, fanOut = 2 },
        })).Is(200);
        Assert.Equal(("vip", 10, true), (queue.Of("id"), queue["priority"].GetInt32(), queue["open"].GetBoolean()));
        Assert.Equal(2, (await _sue.Get("/v1/queues")).Is(200)["items"].GetArrayLength());
        (await _gateway.Admin.Put("/v1/queues/vip", new { offer = new { fanOut = 9 } })).IsProblem(400, "invalid_queue");
        (await _gateway.Admin.Delete("/v1/queues/vip")).Is(204);
        (await _sue.Get("/v1/queues/vip")).IsProblem(404, "not_found");
    }
}
