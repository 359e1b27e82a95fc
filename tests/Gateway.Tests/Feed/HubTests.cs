namespace Conversations.Gateway.Tests.Feed;

/// <summary>The same feed over the hub, spoken to in its own protocol.</summary>
public sealed class HubTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task It_streams_the_same_frames_as_the_event_stream()
    {
        await using var watcher = await Watcher.Start(fixture.Supervisor, "topic=account");
        using var hub = await HubSocket.Open(fixture.Gateway, fixture.Supervisor.Key);
        await hub.Watch(["account"], await fixture.Supervisor.Head());
        await fixture.Open(text: "déjà vu 😀");

        foreach (var heard in await watcher.Until(h => h.Type == "message.received"))
        {
            var same = await hub.Next("change");
            Assert.Equal(heard.Id, same.Id);
            Assert.True(System.Text.Json.JsonElement.DeepEquals(heard.Json, same.Json), $"{heard} is not {same}");
        }
    }

    [Fact]
    public async Task It_resumes_after_any_frame_without_gap_or_repeat()
    {
        var id = await fixture.Open();
        var head = await fixture.SeqOf(id);
        var all = await Read(id, fixture.Start, head);

        Assert.Equal(head, all.Count);
        foreach (var (index, from) in all.Index().SkipLast(1))
        {
            Assert.Equal(all.Skip(index + 1), await Read(id, from.Id!, head));
        }
    }

    [Fact]
    public async Task Topics_of_others_and_cursors_of_others_are_refused()
    {
        var theirs = await fixture.Rival.Head();
        foreach (var (key, topics, cursor, code) in new (string, string[]?, string?, string)[]
        {
            (fixture.Agent.Key, ["account"], null, "forbidden_topic"),
            (fixture.Agent.Key, ["agent/bob"], null, "forbidden_topic"),
            (fixture.Agent.Key, [], null, "invalid_topic"),
            (fixture.Agent.Key, null, null, "invalid_topic"),
            (fixture.Agent.Key, [null!], null, "invalid_topic"),
            (fixture.Agent.Key, ["weather"], null, "invalid_topic"),
            (fixture.Admin.Key, ["account"], "wrong", "invalid_cursor"),
            (fixture.Admin.Key, ["account"], theirs, "invalid_cursor"),
        })
        {
            using var hub = await HubSocket.Open(fixture.Gateway, key);
            await hub.Watch(topics, cursor);

            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Next());

            Assert.Contains(code, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception:", refused.Message.Replace("HubException:", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_key_or_with_a_role_that_may_not_watch_there_is_no_connection()
    {
        foreach (var key in new[] { "", "wrong", fixture.Operator.Key })
        {
            await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => HubSocket.Open(fixture.Gateway, key));
        }
    }

    private async Task<List<Heard>> Read(string id, string cursor, long last)
    {
        using var hub = await HubSocket.Open(fixture.Gateway, fixture.Agent.Key);
        await hub.Watch([$"conversation/{id}"], cursor);
        var all = new List<Heard>();
        do
        {
            all.Add(await hub.Next("change"));
        }
        while (all[^1].Seq != last);
        return all;
    }
}
