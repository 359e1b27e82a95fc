using System.Text.Json;

namespace Conversations.Gateway.Tests.Supervision;

/// <summary><c>GET /v1/wallboard</c> and the feed's state topic (reports.md 1).</summary>
public sealed class WallboardTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task A_queues_tile_follows_its_conversations_and_the_total_adds_the_queues_up()
    {
        var a = await InQueue("tiles-a");
        await InQueue("tiles-a");
        await InQueue("tiles-b");
        (await fixture.Supervisor.Post($"/v1/conversations/{a}/assign", new { agent = "ann" }, await fixture.SeqOf(a))).Is(200);

        var board = await Until(b => Tile(b, "tiles-a") is { } t && t.GetProperty("assigned").GetInt32() == 1 && Tile(b, "tiles-b") is not null);

        var tile = Tile(board, "tiles-a")!.Value;
        Assert.Equal(1, tile.GetProperty("backlog").GetInt32());
        Assert.Equal(2, tile.GetProperty("today").GetProperty("offered").GetInt32());
        Assert.Equal(1, tile.GetProperty("today").GetProperty("answered").GetInt32());
        Assert.Equal(2, tile.GetProperty("unanswered").GetProperty("under5Minutes").GetInt32());
        Assert.True(tile.GetProperty("longestWait").GetDouble() >= 0);
        Assert.True(tile.GetProperty("freshness").GetDouble() >= 0);
        Assert.Equal(JsonValueKind.Null, tile.GetProperty("today").GetProperty("firstResponse").GetProperty("p90").ValueKind);
        Assert.Equal(
            board.GetProperty("queues").EnumerateArray().Sum(q => q.GetProperty("backlog").GetInt32()),
            board.GetProperty("total").GetProperty("backlog").GetInt32());

        var one = (await fixture.Agent.Get("/v1/wallboard?queue=tiles-a")).Is(200);
        Assert.Equal("tiles-a", Assert.Single(one["queues"].EnumerateArray()).GetProperty("queue").GetString());
        Assert.Equal(1, one["total"].GetProperty("backlog").GetInt32());
    }

    [Fact]
    public async Task A_queue_nothing_happened_in_has_nulls_and_not_zeros_where_there_is_nothing_to_divide_by()
    {
        var board = (await fixture.Supervisor.Get("/v1/wallboard?queue=never")).Is(200);

        Assert.Empty(board["queues"].EnumerateArray());
        var total = board["total"];
        Assert.Equal(0, total.GetProperty("backlog").GetInt32());
        Assert.Equal(JsonValueKind.Null, total.GetProperty("today").GetProperty("serviceLevel").ValueKind);
        Assert.Equal(JsonValueKind.Null, total.GetProperty("longestWait").ValueKind);
        Assert.Equal(JsonValueKind.Null, total.GetProperty("freshness").ValueKind);
        (await fixture.Supervisor.Get("/v1/wallboard?queue=a%20b")).IsProblem(400, "invalid_id");
    }

    [Fact]
    public async Task Watchers_of_the_topic_get_the_newest_value_and_nothing_of_other_accounts()
    {
        await InQueue("watched");
        await Until(b => Tile(b, "watched") is not null);
        await using var watcher = await Watcher.Start(fixture.Agent, "topic=wallboard");
        await using var rival = await Watcher.Start(fixture.Rival, "topic=wallboard");
        var heard = await State(watcher);

        Assert.Equal("wallboard", heard.Json.GetProperty("topic").GetString());
        Assert.NotNull(Tile(heard.Json.GetProperty("data"), "watched"));
        var theirs = await State(rival);
        Assert.Null(Tile(theirs.Json.GetProperty("data"), "watched"));
    }

    /// <summary>The next value, while the test's clock goes on.</summary>
    private async Task<Heard> State(Watcher watcher)
    {
        while (true)
        {
            var next = watcher.Next();
            while (!next.IsCompleted)
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Yield();
            }

            if (await next is { Event: "state" } heard)
            {
                return heard;
            }
        }
    }

    private async Task<string> InQueue(string queue)
    {
        (await fixture.Admin.Put($"/v1/channels/mail/{queue}", new { queue })).Is(200);
        return (await fixture.Admin.Post("/v1/inbound", Some.Inbound(fixture.NewThread(), channel: "mail", account: queue))).Is(200).Of("conversationId");
    }

    private static JsonElement? Tile(JsonElement board, string queue) =>
        board.GetProperty("queues").EnumerateArray().Cast<JsonElement?>().FirstOrDefault(q => q!.Value.GetProperty("queue").GetString() == queue);

    /// <summary>The wallboard follows the events by a moment of the gateway's clock, which the test moves.</summary>
    private async Task<JsonElement> Until(Func<JsonElement, bool> holds)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var board = (await fixture.Supervisor.Get("/v1/wallboard")).Is(200).Json;
            if (holds(board))
            {
                return board;
            }

            fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }
}
