using System.Text.Json;

namespace Conversations.Gateway.Tests.Feed;

/// <summary>Who is at a conversation, by topic typing/{conversation} (routing.md 11, api.md 4).</summary>
public sealed class TypingTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Watchers_hear_who_looks_who_writes_and_who_has_gone()
    {
        await using var gateway = await TestGateway.Start(_time);
        var id = await Open(gateway, "acme");
        var (ann, ben) = (await gateway.New("agent", "ann"), await gateway.New("agent", "ben"));
        await using var watcher = await Watcher.Start(ben, $"topic=typing/{id}");
        Assert.Equal("", await People(watcher)); // told at once

        await Say(ann, id, "viewing");
        Assert.Equal("ann viewing", await People(watcher));
        await Say(ann, id, "viewing"); // nothing new, nothing told
        await Say(ben, id, "viewing");
        Assert.Equal("ann viewing, ben viewing", await People(watcher));
        await Say(ann, id, "typing");
        Assert.Equal("ann typing, ben viewing", await People(watcher));
        await Say(ben, id, "gone");
        Assert.Equal("ann typing", await People(watcher));

        await using var late = await Watcher.Start(ben, $"topic=typing/{id}");
        Assert.Equal("ann typing", await People(late));
    }

    [Fact]
    public async Task Who_is_not_heard_of_for_ten_seconds_has_gone()
    {
        await using var gateway = await TestGateway.Start(_time);
        var id = await Open(gateway, "acme");
        var ann = await gateway.New("agent", "ann");
        await using var watcher = await Watcher.Start(ann, $"topic=typing/{id}");
        await People(watcher);
        await Say(ann, id, "typing");
        Assert.Equal("ann typing", await People(watcher));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("", await People(watcher));
    }

    [Fact]
    public async Task It_stays_in_the_account_and_in_no_history()
    {
        await using var gateway = await TestGateway.Start(_time);
        var id = await Open(gateway, "acme");
        var (ann, rival) = (await gateway.New("agent", "ann"), await gateway.New("agent", "rita", "rival"));
        await using var theirs = await Watcher.Start(rival, $"topic=typing/{id}");
        await using var ours = await Watcher.Start(ann, $"topic=typing/{id}");
        Assert.Equal(("", ""), (await People(theirs), await People(ours)));
        var before = (await gateway.Admin.Get($"/v1/conversations/{id}")).Is(200).Version;

        await Say(ann, id, "typing");
        Assert.Equal("ann typing", await People(ours));
        (await rival.Post($"/v1/conversations/{id}/typing", new { state = "viewing" })).IsProblem(404, "not_found");
        _time.Advance(TimeSpan.FromSeconds(30)); // by now everybody has been told what there is, once more

        Assert.Equal("", await People(ours));
        Assert.Equal(before, (await gateway.Admin.Get($"/v1/conversations/{id}")).Is(200).Version);
    }

    [Fact]
    public async Task Strange_states_and_ids_are_refused()
    {
        await using var gateway = await TestGateway.Start(_time);
        var id = await Open(gateway, "acme");
        (await gateway.Admin.Post($"/v1/conversations/{id}/typing", new { state = "asleep" })).Is(400);
        (await gateway.Admin.Get("/v1/feed?topic=typing/c%221")).IsProblem(400, "invalid_topic");
    }

    private static async Task<string> Open(TestGateway gateway, string account)
    {
        (await gateway.Admin.Put($"/v1/channels/webchat/{account}", new { })).Is(200);
        return (await gateway.Admin.Post("/v1/inbound", Some.Inbound("visitor"))).Is(200).Of("conversationId");
    }

    private static async Task Say(Api who, string id, string state) => (await who.Post($"/v1/conversations/{id}/typing", new { state })).Is(204);

    /// <summary>The next value; pings may come between.</summary>
    private static async Task<string> People(Watcher watcher)
    {
        while (true)
        {
            var heard = await watcher.Next() ?? throw new InvalidOperationException("The stream ended.");
            if (heard.Event == "state")
            {
                var data = JsonElement.Parse(heard.Data);
                Assert.StartsWith("typing/", data.GetProperty("topic").GetString(), StringComparison.Ordinal);
                return string.Join(", ", data.GetProperty("data").GetProperty("people").EnumerateArray()
                    .Select(p => $"{p.GetProperty("who").GetProperty("id").GetString()} {p.GetProperty("state").GetString()}"));
            }
        }
    }
}
