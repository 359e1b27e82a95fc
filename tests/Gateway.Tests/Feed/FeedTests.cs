using System.Text.Json;

namespace Conversations.Gateway.Tests.Feed;

/// <summary>Watching by Server-Sent Events (api.md 4).</summary>
public sealed class FeedTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task A_change_has_everything_that_is_promised_on_one_line()
    {
        await using var watcher = await Watcher.Start(fixture.Supervisor, "topic=account");
        var id = await fixture.Open(text: "two\nlines");

        var heard = await watcher.Until(h => h.Type == "message.received");

        Assert.Equal(Enumerable.Range(1, heard.Count).Select(i => (long)i), heard.Select(h => h.Seq));
        Assert.Equal(heard.Count, heard.Select(h => h.Id).Distinct().Count());
        Assert.All(heard, h => Assert.Equal(["entity", "seq", "type", "at", "actor", "data"], h.Json.EnumerateObject().Select(m => m.Name)));
        Assert.All(heard, h => Assert.Equal($"conversation/{id}", h.Entity));
        Assert.Equal("two\nlines", heard[^1].Json.GetProperty("data").GetProperty("text").GetString());
        Assert.Equal("2026-11-21T21:00:00.000Z", heard[^1].Json.GetProperty("at").GetString());
        Assert.Equal("customer", heard[^1].Json.GetProperty("actor").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Without_a_cursor_it_starts_now()
    {
        await fixture.Open();
        await using var watcher = await Watcher.Start(fixture.Supervisor, "topic=account");
        var id = await fixture.Open();

        var first = await watcher.Next("change");

        Assert.Equal(($"conversation/{id}", 1), (first.Entity, first.Seq));
    }

    [Theory]
    [InlineData("cursor")]
    [InlineData("header")]
    [InlineData("both")]
    public async Task It_resumes_after_any_event_without_gap_or_repeat(string how)
    {
        var id = await fixture.Open();
        for (var i = 0; i < 5; i++)
        {
            (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = $"reply {i}" })).Is(201);
        }

        var head = await fixture.SeqOf(id);
        List<Heard> all;
        await using (var watcher = await Watcher.Start(fixture.Agent, $"topic=conversation/{id}&cursor={fixture.Start}"))
        {
            all = await watcher.Until(h => h.Seq == head);
        }

        Assert.Equal(head, all.Count);
        foreach (var (index, from) in all.Index().SkipLast(1))
        {
            // A browser reconnects to the address it was given, and says how far it got in the header.
            await using var again = how switch
            {
                "cursor" => await Watcher.Start(fixture.Agent, $"topic=conversation/{id}&cursor={from.Id}"),
                "header" => await Watcher.Start(fixture.Agent, $"topic=conversation/{id}", from.Id),
                _ => await Watcher.Start(fixture.Agent, $"topic=conversation/{id}&cursor={fixture.Start}", from.Id),
            };
            Assert.Equal(all.Skip(index + 1), await again.Until(h => h.Seq == head));
        }
    }

    [Fact]
    public async Task What_was_listed_and_what_is_watched_from_there_are_everything_while_eight_write()
    {
        const int Each = 15;
        (await fixture.Admin.Put("/v1/channels/race/acme", new { queue = "race" })).Is(200);
        var written = 0;
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < Each; i++)
            {
                // Two writers share each thread.
                (await fixture.Integrator.Post("/v1/inbound", Some.Inbound($"race-{writer / 2}-{i % 4}", channel: "race"))).Is(200);
                if (Interlocked.Increment(ref written) == 8 * Each / 2)
                {
                    half.SetResult();
                }
            }
        }).ToArray();

        await half.Task;
        var list = (await fixture.Supervisor.Get("/v1/conversations?queue=race&limit=200")).Is(200);
        await using var watcher = await Watcher.Start(fixture.Supervisor, $"topic=queue/race&cursor={list.Of("asOf")}");
        await Task.WhenAll(writers);
        (await fixture.Integrator.Post("/v1/inbound", Some.Inbound("race-marker", channel: "race", text: "the end"))).Is(200);
        var heard = await watcher.Until(h => h.Data.Contains("the end", StringComparison.Ordinal));

        var listed = list["items"].EnumerateArray().ToDictionary(c => $"conversation/{c.GetProperty("id").GetString()}", c => c.GetProperty("seq").GetInt64());
        var now = (await fixture.Supervisor.Get("/v1/conversations?queue=race&limit=200")).Is(200)["items"].EnumerateArray().ToList();
        Assert.Equal(17, now.Count);
        foreach (var conversation in now)
        {
            var entity = $"conversation/{conversation.GetProperty("id").GetString()}";
            var seen = listed.GetValueOrDefault(entity);
            var missing = Enumerable.Range(1, (int)conversation.GetProperty("seq").GetInt64()).Select(i => (long)i).Where(seq => seq > seen);

            // What was committed between the list's place in the feed and its rows is in both: told apart by entity and seq.
            Assert.Equal(missing, heard.Where(h => h.Entity == entity).Select(h => h.Seq).Where(seq => seq > seen));
        }
    }

    [Fact]
    public async Task A_topic_brings_what_belongs_to_it_and_nothing_else()
    {
        var mine = await fixture.Open();
        var other = await fixture.Open();
        await using var conversation = await Watcher.Start(fixture.Agent, $"topic=conversation/{mine}");
        await using var agent = await Watcher.Start(fixture.Agent, "topic=agent/ann");
        await using var queue = await Watcher.Start(fixture.Agent, "topic=queue/topical");
        await using var both = await Watcher.Start(fixture.Agent, $"topic=conversation/{mine}&topic=queue/topical&topic=agent/ann");

        (await fixture.Supervisor.Post($"/v1/conversations/{other}/labels", new { add = new[] { "x" } })).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{other}/assign", new { agent = "bob" }, await fixture.SeqOf(other))).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{mine}/assign", new { agent = "ann", queue = "topical" }, await fixture.SeqOf(mine))).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{mine}/assign", new { agent = "bob", queue = "support" }, await fixture.SeqOf(mine))).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{mine}/labels", new { add = new[] { "last" } })).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{other}/assign", new { agent = "ann", queue = "topical" }, await fixture.SeqOf(other))).Is(200);

        var head = await fixture.SeqOf(mine);
        Assert.Equal([head - 2, head - 1, head], (await conversation.Until(h => h.Seq == head)).Select(h => h.Seq));

        // It comes, it goes (the one who loses it is told), and what happens to it afterwards is no longer of the topic.
        (string, long)[] expected = [($"conversation/{mine}", head - 2), ($"conversation/{mine}", head - 1), ($"conversation/{other}", await fixture.SeqOf(other))];
        Assert.Equal(expected, (await agent.Until(h => h.Entity.EndsWith(other, StringComparison.Ordinal))).Select(h => (h.Entity, h.Seq)));
        Assert.Equal(expected, (await queue.Until(h => h.Entity.EndsWith(other, StringComparison.Ordinal))).Select(h => (h.Entity, h.Seq)));
        Assert.Equal(
            [.. expected[..2], ($"conversation/{mine}", head), expected[2]],
            (await both.Until(h => h.Entity.EndsWith(other, StringComparison.Ordinal))).Select(h => (h.Entity, h.Seq)));
    }

    [Fact]
    public async Task A_caller_watches_only_what_it_may_read()
    {
        (await fixture.Agent.Get("/v1/feed?topic=account")).IsProblem(403, "forbidden_topic");
        (await fixture.Agent.Get("/v1/feed?topic=agent/bob")).IsProblem(403, "forbidden_topic");
        (await fixture.Agent.Get("/v1/feed?topic=queue/support&topic=agent/bob")).IsProblem(403, "forbidden_topic");
        (await fixture.Operator.Get("/v1/feed?topic=account")).IsProblem(403, "forbidden");
        (await fixture.Agent.Get("/v1/changes")).IsProblem(403, "forbidden");
        await using var own = await Watcher.Start(fixture.Agent, "topic=agent/ann&topic=queue/any&topic=conversation/any");
        await using var another = await Watcher.Start(fixture.Supervisor, "topic=agent/bob&topic=account");
        var id = await fixture.Open();

        Assert.Equal($"conversation/{id}", (await another.Next("change")).Entity);
    }

    [Fact]
    public async Task What_was_configured_is_told_to_admins_only_and_never_with_a_secret()
    {
        const string Secret = "s3cret-of-a-channel";
        await using var admin = await Watcher.Start(fixture.Admin, "topic=account");
        await using var supervisor = await Watcher.Start(fixture.Supervisor, "topic=account");
        var before = await fixture.Admin.Head();

        (await fixture.Admin.Put("/v1/channels/secretive/acme", new { secrets = new { token = Secret } })).Is(200);
        var key = (await fixture.Admin.Post("/v1/keys", new { name = "told", role = "integrator" })).Is(201);
        (await fixture.Admin.Delete($"/v1/keys/{key.Of("id")}")).Is(204);
        var id = await fixture.Open();

        var heard = await admin.Until(h => h.Type == "message.received");
        Assert.Equal(["channel.registered", "key.created", "key.revoked"], heard.Take(3).Select(h => h.Type));
        Assert.Equal("set", heard[0].Json.GetProperty("data").GetProperty("secrets").GetProperty("token").GetString());
        Assert.Equal($"conversation/{id}", (await supervisor.Next("change")).Entity);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key.Of("key"))));
        var (changes, _) = await fixture.Admin.Changes(before);
        var everything = string.Concat(heard.Select(h => h.Data)) + string.Concat(changes)
            + (await fixture.Admin.Get("/v1/channels")).Text + (await fixture.Admin.Get("/v1/keys")).Text + (await fixture.Admin.Get($"/v1/conversations/{id}/events")).Text;
        Assert.All([Secret, key.Of("key"), hash, "\"hash\""], secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal));
        Assert.Equal(3, changes.Count(c => c.GetProperty("entity").GetString() == "account/default"));
        Assert.DoesNotContain((await fixture.Supervisor.Changes(before)).Changes, c => c.GetProperty("entity").GetString() == "account/default");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(200)]
    public async Task Asking_by_pull_brings_the_same_as_watching(int page)
    {
        var start = await fixture.Supervisor.Head();
        await using var watcher = await Watcher.Start(fixture.Supervisor, "topic=account");
        for (var i = 0; i < 6; i++)
        {
            await fixture.Open();
            await fixture.Open(fixture.Rival);
        }

        var last = await fixture.Open(text: "the end of pulling");
        var watched = await watcher.Until(h => h.Data.Contains("the end of pulling", StringComparison.Ordinal));

        var (changes, next) = await fixture.Supervisor.Changes(start, page);

        Assert.Equal(watched.Select(h => h.Data), changes.Select(c => c.GetRawText()));
        Assert.Equal($"conversation/{last}", changes[^1].GetProperty("entity").GetString());
        Assert.Empty((await fixture.Supervisor.Changes(next)).Changes);
        Assert.Equal(JsonValueKind.Array, (await fixture.Supervisor.Get("/v1/changes")).Is(200)["items"].ValueKind);
    }
}
