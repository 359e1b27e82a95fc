using System.Text.Json;

namespace Conversations.Gateway.Tests.Supervision;

/// <summary>routing.md 10 over HTTP: looking on, whispering, joining, taking over, and who may.</summary>
public sealed class InsideConversationTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private async Task<string> Taken()
    {
        var id = await fixture.Open();
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/assign", new { agent = "ann" }, await fixture.SeqOf(id))).Is(200);
        return id;
    }

    private async Task<List<JsonElement>> History(string id) => [.. (await fixture.Admin.Get($"/v1/conversations/{id}/events?limit=200")).Is(200)["items"].EnumerateArray()];

    private async Task<string[]> Monitors(string id) =>
        (await fixture.Admin.Get($"/v1/conversations/{id}")).Is(200)["supervision"] is { ValueKind: JsonValueKind.Object } supervision
            ? [.. supervision.GetProperty("monitors").EnumerateArray().Select(m => m.GetProperty("by").GetString()!)]
            : [];

    [Fact]
    public async Task Looking_on_reads_nothing_is_seen_and_ends()
    {
        var id = await Taken();
        var unread = (await fixture.Admin.Get($"/v1/conversations/{id}")).Is(200)["unread"].GetInt64();

        (await fixture.Supervisor.Post($"/v1/conversations/{id}/monitor", null)).Is(200);
        var again = (await fixture.Supervisor.Post($"/v1/conversations/{id}/monitor", null)).Is(200);

        Assert.Equal(["sue"], await Monitors(id));
        Assert.Equal(unread, (await fixture.Agent.Get($"/v1/conversations/{id}")).Is(200)["unread"].GetInt64());
        Assert.Equal(again.Version, await fixture.SeqOf(id)); // asked twice is one event
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/stop-monitoring", null)).Is(200);
        Assert.Empty(await Monitors(id));
        Assert.Equal(
            ["monitor.started", "monitor.ended"],
            (await History(id)).Select(e => e.GetProperty("type").GetString()).Where(t => t!.StartsWith("monitor.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Five_look_on_and_a_sixth_does_not()
    {
        var id = await Taken();
        for (var i = 0; i < 5; i++)
        {
            (await (await fixture.Gateway.New("supervisor", $"watcher-{i}")).Post($"/v1/conversations/{id}/monitor", null)).Is(200);
        }

        (await fixture.Supervisor.Post($"/v1/conversations/{id}/monitor", null)).IsProblem(409, "too_many_monitors");
    }

    [Fact]
    public async Task A_whisper_reaches_the_agent_s_side_and_is_never_sent()
    {
        var id = await Taken();
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/whisper", new { text = "Offer a refund." })).Is(201);

        var whisper = (await History(id)).Last(e => e.GetProperty("type").GetString() == "message.posted").GetProperty("data");
        Assert.Equal(
            ("note", "internal", "ann", "Offer a refund."),
            (whisper.GetProperty("kind").GetString(), whisper.GetProperty("visibility").GetString(), whisper.GetProperty("whisperTo").GetString(), whisper.GetProperty("text").GetString()));
        Assert.False(whisper.TryGetProperty("delivery", out _));
        Assert.NotEqual("Offer a refund.", (await fixture.Admin.Get($"/v1/conversations/{id}")).Is(200)["lastMessage"].GetProperty("text").GetString());
        (await fixture.Supervisor.Post($"/v1/conversations/{await fixture.Open()}/whisper", new { text = "Anybody?" })).IsProblem(409, "nobody_has_it");
    }

    [Fact]
    public async Task Who_barges_in_takes_part_beside_the_owner_until_leaving()
    {
        var id = await Taken();
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/monitor", null)).Is(200);
        Assert.Equal("ann", (await fixture.Supervisor.Post($"/v1/conversations/{id}/barge", null)).Is(200).Of("assignee"));

        var conversation = (await fixture.Admin.Get($"/v1/conversations/{id}")).Is(200);
        Assert.Equal(["sue"], conversation["supervision"].GetProperty("participants").EnumerateArray().Select(p => p.GetString()));
        Assert.Empty(await Monitors(id));
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/messages", new { text = "This is Sue." })).Is(201);
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/leave", null)).Is(200);
        Assert.Equal(JsonValueKind.Null, (await fixture.Admin.Get($"/v1/conversations/{id}")).Is(200)["supervision"].ValueKind);
    }

    [Fact]
    public async Task What_the_old_owner_asks_after_a_take_over_is_refused()
    {
        var id = await Taken();
        var seen = (await fixture.Agent.Get($"/v1/conversations/{id}")).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/take-over", null)).IsProblem(428, "precondition_required");
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/take-over", null, seen.Version - 1)).IsProblem(412, "version_conflict");

        var taken = (await fixture.Supervisor.Post($"/v1/conversations/{id}/take-over", null, seen.Version)).Is(200);

        Assert.Equal(("sue", seen["epoch"].GetInt64() + 1), (taken.Of("assignee"), taken["epoch"].GetInt64()));
        (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "Mine!", epoch = seen["epoch"].GetInt64() })).IsProblem(409, "stale_epoch");
        (await fixture.Agent.Post($"/v1/conversations/{id}/close", new { epoch = seen["epoch"].GetInt64() }, taken.Version)).IsProblem(409, "stale_epoch");
    }

    [Theory]
    [InlineData("monitor")]
    [InlineData("stop-monitoring")]
    [InlineData("whisper")]
    [InlineData("barge")]
    [InlineData("take-over")]
    public async Task Agents_do_none_of_it(string what)
    {
        var id = await Taken();
        (await fixture.Agent.Post($"/v1/conversations/{id}/{what}", what == "whisper" ? new { text = "x" } : null, await fixture.SeqOf(id))).IsProblem(403, "forbidden");
    }

    [Fact]
    public async Task Nobody_looks_on_at_what_is_over()
    {
        var id = await Taken();
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/monitor", null)).Is(200);
        (await fixture.Agent.Post($"/v1/conversations/{id}/close", new { }, await fixture.SeqOf(id))).Is(200);

        var ended = (await History(id)).Single(e => e.GetProperty("type").GetString() == "monitor.ended").GetProperty("data");
        Assert.Equal("over", ended.GetProperty("reason").GetString());
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/monitor", null)).IsProblem(409, "conversation_closed");
    }
}
