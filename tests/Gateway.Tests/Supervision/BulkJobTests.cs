using System.Text.Json;

namespace Conversations.Gateway.Tests.Supervision;

/// <summary>Bulk jobs over HTTP (routing.md 9, api.md 5).</summary>
public sealed class BulkJobTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task A_filters_conversations_are_moved_and_each_history_says_who_did_it()
    {
        var ids = await Open(5, label: "storm-1");

        var started = (await fixture.Supervisor.Post(
            "/v1/bulk-jobs", new { filter = new { label = "storm-1" }, action = "transfer", target = new { queue = "vip" } })).Is(202);
        Assert.Equal($"/v1/bulk-jobs/{started.Of("id")}", started.Headers.Location!.ToString());
        var job = await Over(started.Of("id"));

        Assert.Equal("finished", job.Of("status"));
        Assert.Equal((5, 5), (job["total"].GetInt32(), job["processed"].GetInt32()));
        Assert.Equal("""{"done":5,"skippedChanged":0,"noCapacity":0,"failed":0}""", job["counts"].GetRawText());
        Assert.Equal("sue", job["by"].GetProperty("id").GetString());
        foreach (var id in ids)
        {
            Assert.Equal("vip", (await fixture.Admin.Get($"/v1/conversations/{id}")).Of("queue"));
            var last = (await fixture.Admin.Get($"/v1/conversations/{id}/events?order=desc&limit=1"))["items"][0];
            Assert.Equal("assignment.changed", last.GetProperty("type").GetString());
            Assert.Equal("""{"kind":"supervisor","id":"sue"}""", last.GetProperty("actor").GetRawText());
        }

        var items = (await fixture.Supervisor.Get($"/v1/bulk-jobs/{started.Of("id")}/items")).Is(200)["items"].EnumerateArray().ToList();
        Assert.Equal(ids.Order(), items.Select(i => i.GetProperty("conversation").GetString()).Order());
        Assert.All(items, i => Assert.Equal("done", i.GetProperty("result").GetString()));
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_happen_and_nothing_happens()
    {
        var ids = await Open(3);
        (await fixture.Admin.Post($"/v1/conversations/{ids[1]}/close", new { }, await fixture.SeqOf(ids[1]))).Is(200);
        (await fixture.Admin.Post($"/v1/conversations/{ids[2]}/assign", new { agent = "ben" }, await fixture.SeqOf(ids[2]))).Is(200);
        var seqs = await Task.WhenAll(ids.Select(fixture.SeqOf));

        var job = await Run(new { ids, action = "assign", target = new { agent = "ben" }, dryRun = true });

        var items = await Items(job.Of("id"));
        Assert.Equal(["done", "failed", "done"], items.Select(i => i.GetProperty("result").GetString()));
        Assert.Equal([true, false, false], items.Select(i => i.GetProperty("changed").GetBoolean()));
        Assert.Equal("conversation_closed", items[1].GetProperty("code").GetString());
        Assert.Equal(seqs, await Task.WhenAll(ids.Select(fixture.SeqOf)));
        (await fixture.Supervisor.Post($"/v1/bulk-jobs/{job.Of("id")}/undo", null)).IsProblem(409, "nothing_to_undo");
    }

    [Fact]
    public async Task Items_that_cannot_be_done_fail_alone_and_say_why()
    {
        var ids = await Open(2);
        (await fixture.Admin.Post($"/v1/conversations/{ids[1]}/close", new { }, await fixture.SeqOf(ids[1]))).Is(200);
        const string Unknown = "c00000000000000000000000000000000";

        var job = await Run(new { ids = ids.Append(Unknown), action = "assign", target = new { agent = "ann" } });

        Assert.Equal("""{"done":1,"skippedChanged":0,"noCapacity":0,"failed":2}""", job["counts"].GetRawText());
        var failed = (await fixture.Supervisor.Get($"/v1/bulk-jobs/{job.Of("id")}/items?result=failed")).Is(200)["items"].EnumerateArray().ToList();
        Assert.Equal(["conversation_closed", "not_found"], failed.Select(i => i.GetProperty("code").GetString()));
        Assert.All(failed, i => Assert.False(i.GetProperty("retryable").GetBoolean()));
    }

    [Fact]
    public async Task What_changed_after_the_job_is_left_alone_by_its_undo()
    {
        var ids = await Open(3);
        var job = await Run(new { ids, action = "assign", target = new { agent = "ben", queue = "vip" } });
        (await fixture.Agent.Post($"/v1/conversations/{ids[1]}/messages", new { kind = "note", text = "I am on it." })).Is(201);

        var undone = (await fixture.Supervisor.Post($"/v1/bulk-jobs/{job.Of("id")}/undo", null)).Is(200);
        Assert.Equal("undoing", undone.Of("status"));
        job = await Over(job.Of("id"));

        Assert.Equal("undone", job.Of("status"));
        Assert.Equal(["done", "skipped_changed", "done"], (await Items(job.Of("id"))).Select(i => i.GetProperty("undone").GetString()));
        Assert.Equal("""{"done":2,"skippedChanged":1,"noCapacity":0,"failed":0}""", job["undo"].GetProperty("counts").GetRawText());
        foreach (var (id, queue, assignee) in new[] { (ids[0], "support", null), (ids[1], "vip", "ben"), (ids[2], "support", null) })
        {
            var view = await fixture.Admin.Get($"/v1/conversations/{id}");
            Assert.Equal(queue, view.Of("queue"));
            Assert.Equal(assignee, view["assignee"].GetString());
        }

        Assert.Equal("undone", (await fixture.Supervisor.Post($"/v1/bulk-jobs/{job.Of("id")}/undo", null)).Is(200).Of("status"));
    }

    [Theory]
    [InlineData("close", """{"disposition":"storm"}""")]
    [InlineData("priority", """{"priority":"urgent","reason":"storm"}""")]
    [InlineData("labels", """{"add":["storm"],"remove":["calm"]}""")]
    public async Task Every_action_is_done_and_taken_back(string action, string target)
    {
        var ids = await Open(2, label: "calm");
        var before = await View(ids[0]);

        var job = await Run(new { ids, action, target = JsonElement.Parse(target) });
        Assert.Equal(2, job["counts"].GetProperty("done").GetInt32());
        Assert.NotEqual(before, await View(ids[0]));
        (await fixture.Supervisor.Post($"/v1/bulk-jobs/{job.Of("id")}/undo", null)).Is(200);
        Assert.Equal("undone", (await Over(job.Of("id"))).Of("status"));

        Assert.Equal(before, await View(ids[0]));

        async Task<string> View(string id)
        {
            var view = await fixture.Admin.Get($"/v1/conversations/{id}");
            return $"{view["status"]} {view["priority"]} {view["labels"]}";
        }
    }

    [Fact]
    public async Task An_undo_comes_too_late_after_ten_minutes()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.Start(time);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        var id = (await gateway.Admin.Post("/v1/inbound", Some.Inbound("visitor"))).Is(200).Of("conversationId");
        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");
        var job = (await gateway.Admin.Post("/v1/bulk-jobs", new { ids = new[] { id }, action = "close" })).Is(202).Of("id");
        await watcher.Until(h => h.Type == "job.finished");

        time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));

        (await gateway.Admin.Post($"/v1/bulk-jobs/{job}/undo", null)).IsProblem(410, "undo_expired");
        Assert.Equal(JsonValueKind.Null, (await gateway.Admin.Get($"/v1/bulk-jobs/{job}"))["undoUntil"].ValueKind);
    }

    [Fact]
    public async Task What_only_turned_late_meanwhile_is_taken_back_all_the_same()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.Start(time);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "support", sla = new { firstResponse = 100, warnAt = 0.5 } })).Is(200);
        var id = (await gateway.Admin.Post("/v1/inbound", Some.Inbound("visitor"))).Is(200).Of("conversationId");
        await using var watcher = await Watcher.Start(gateway.Admin, $"topic=conversation/{id}");
        var job = (await gateway.Admin.Post("/v1/bulk-jobs", new { ids = new[] { id }, action = "assign", target = new { agent = "ben" } })).Is(202).Of("id");
        await Over(gateway.Admin, job, time);
        time.Advance(TimeSpan.FromSeconds(101));
        await watcher.Until(h => h.Type == "sla.breached");

        (await gateway.Admin.Post($"/v1/bulk-jobs/{job}/undo", null)).Is(200);

        Assert.Equal(1, (await Over(gateway.Admin, job, time, "undone"))["undo"].GetProperty("counts").GetProperty("done").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await gateway.Admin.Get($"/v1/conversations/{id}"))["assignee"].ValueKind);
    }

    /// <summary>Beyond the lane's burst a job's items wait for the clock, which the test moves: it stands in the middle.</summary>
    [Fact]
    public async Task What_moved_meanwhile_is_skipped_and_a_cancelled_job_keeps_what_it_did()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.Start(time);
        await OpenMany(gateway.Admin, 700);
        var first = (await gateway.Admin.Post("/v1/bulk-jobs", new { filter = new { channel = "many" }, action = "assign", target = new { agent = "ann" } })).Is(202).Of("id");
        await Listed(gateway.Admin, first);
        var late = (await gateway.Admin.Get($"/v1/bulk-jobs/{first}/items?cursor=650&limit=1")).Is(200)["items"][0].GetProperty("conversation").GetString();
        (await gateway.Admin.Post($"/v1/conversations/{late}/priority", new { priority = "high" })).Is(200);

        var job = await Over(gateway.Admin, first, time);

        Assert.Equal("""{"done":699,"skippedChanged":1,"noCapacity":0,"failed":0}""", job["counts"].GetRawText());
        var skipped = Assert.Single((await gateway.Admin.Get($"/v1/bulk-jobs/{first}/items?result=skipped_changed")).Is(200)["items"].EnumerateArray());
        Assert.Equal(late, skipped.GetProperty("conversation").GetString());
        Assert.Equal(JsonValueKind.Null, (await gateway.Admin.Get($"/v1/conversations/{late}"))["assignee"].ValueKind);

        var second = (await gateway.Admin.Post("/v1/bulk-jobs", new { filter = new { channel = "many" }, action = "assign", target = new { agent = "ben" } })).Is(202).Of("id");
        await Listed(gateway.Admin, second);
        Assert.Equal("cancelling", (await gateway.Admin.Post($"/v1/bulk-jobs/{second}/cancel", null)).Is(200).Of("status"));
        job = await Over(gateway.Admin, second, time);

        Assert.Equal("cancelled", job.Of("status"));
        var processed = job["processed"].GetInt32();
        Assert.True(processed is > 0 and < 700, job.Text);
        Assert.Equal(processed, job["counts"].GetProperty("done").GetInt32());
        var page = (await gateway.Admin.Get($"/v1/bulk-jobs/{second}/items?limit=200&cursor={processed - 1}")).Is(200)["items"];
        Assert.Equal("done", page[0].GetProperty("result").GetString());
        Assert.Equal(JsonValueKind.Null, page[1].GetProperty("result").ValueKind);
        (await gateway.Admin.Post($"/v1/bulk-jobs/{second}/undo", null)).Is(200);
        job = await Over(gateway.Admin, second, time, "undone");
        Assert.Equal(processed, job["undo"].GetProperty("counts").GetProperty("done").GetInt32());
    }

    [Fact]
    public async Task The_same_key_is_the_same_job()
    {
        var ids = await Open(1);
        var body = new { ids, action = "labels", target = new { add = new[] { "once" } } };

        var first = (await fixture.Supervisor.Post("/v1/bulk-jobs", body, idempotencyKey: "bulk-1")).Is(202);
        await Over(first.Of("id"));
        var again = (await fixture.Supervisor.Post("/v1/bulk-jobs", body, idempotencyKey: "bulk-1")).Is(202);

        Assert.Equal(first.Text, again.Text);
        Assert.True(again.Replayed);
        (await fixture.Supervisor.Post("/v1/bulk-jobs", new { ids, action = "close" }, idempotencyKey: "bulk-1")).IsProblem(422, "idempotency_key_reused");
        (await fixture.Admin.Post("/v1/bulk-jobs", new { ids, action = "close" }, idempotencyKey: "bulk-1")).Is(202); // another caller's key is another key
    }

    [Fact]
    public async Task The_feed_shows_a_jobs_progress_without_its_items()
    {
        var ids = await Open(2);
        await using var watcher = await Watcher.Start(fixture.Supervisor, "topic=account");
        var job = (await fixture.Supervisor.Post("/v1/bulk-jobs", new { ids, action = "labels", target = new { add = new[] { "seen" } } })).Is(202).Of("id");

        var heard = (await watcher.Until(h => h.Type == "job.finished" && h.Entity == $"job/{job}")).Where(h => h.Entity == $"job/{job}").ToList();

        Assert.Equal(["job.started", "job.named", "job.frozen", "job.progressed", "job.finished"], heard.Select(h => h.Type));
        Assert.Equal(Enumerable.Range(1, 5).Select(n => (long)n), heard.Select(h => h.Seq));
        var progress = heard[3].Json.GetProperty("data");
        Assert.Equal(2, progress.GetProperty("tally").GetProperty("done").GetInt32());
        Assert.False(progress.TryGetProperty("results", out _));
        Assert.Equal(403, (await fixture.Agent.Get($"/v1/feed?topic=job/{job}")).Status);
    }

    [Theory]
    [InlineData("""{"action":"close"}""", "invalid_selection")]
    [InlineData("""{"action":"close","ids":["c1"],"filter":{"queue":"a"}}""", "invalid_selection")]
    [InlineData("""{"action":"close","ids":[]}""", "invalid_selection")]
    [InlineData("""{"action":"close","ids":[""]}""", "missing_field")]
    [InlineData("""{"action":"close","ids":["a b"]}""", "invalid_id")]
    [InlineData("""{"action":"close","filter":{}}""", "empty_filter")]
    [InlineData("""{"action":"close","filter":{"status":[]}}""", "invalid_value")]
    [InlineData("""{"action":"close","filter":{"queue":"a b"}}""", "invalid_id")]
    [InlineData("""{"action":"close","filter":{"colour":"red"}}""", "unknown_field")]
    [InlineData("""{"action":"close","ids":["c1"],"keepAge":false}""", "invalid_value")]
    [InlineData("""{"action":"explode","ids":["c1"]}""", "invalid_value")]
    [InlineData("""{"ids":["c1"]}""", "missing_field")]
    [InlineData("""{"action":"close","ids":["c1"],"target":{"agent":"ann"}}""", "invalid_target")]
    [InlineData("""{"action":"transfer","ids":["c1"]}""", "invalid_target")]
    [InlineData("""{"action":"transfer","ids":["c1"],"target":{"agent":"ann","queue":"vip"}}""", "invalid_target")]
    [InlineData("""{"action":"priority","ids":["c1"],"target":{}}""", "invalid_target")]
    [InlineData("""{"action":"labels","ids":["c1"],"target":{"add":[]}}""", "invalid_target")]
    [InlineData("""{"action":"labels","ids":["c1"],"target":{"add":[""]}}""", "missing_field")]
    public async Task What_makes_no_sense_is_refused_and_starts_nothing(string body, string code)
    {
        var before = await fixture.Admin.Head();

        (await fixture.Supervisor.Post("/v1/bulk-jobs", body)).IsProblem(400, code);

        // Jobs of other tests may still be at work.
        var since = (await fixture.Admin.Get($"/v1/changes?limit=200&cursor={before}")).Is(200);
        Assert.DoesNotContain(since["items"].EnumerateArray(), change => change.GetProperty("type").GetString() == "job.started");
    }

    [Fact]
    public async Task Another_accounts_job_is_as_if_it_were_not_there()
    {
        var id = (await Run(new { ids = await Open(1), action = "labels", target = new { add = new[] { "ours" } } })).Of("id");

        (await fixture.Rival.Get($"/v1/bulk-jobs/{id}")).IsProblem(404, "not_found");
        (await fixture.Rival.Get($"/v1/bulk-jobs/{id}/items")).IsProblem(404, "not_found");
        (await fixture.Rival.Post($"/v1/bulk-jobs/{id}/cancel", null)).IsProblem(404, "not_found");
        (await fixture.Rival.Post($"/v1/bulk-jobs/{id}/undo", null)).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Items_come_by_page_in_the_order_they_were_frozen()
    {
        var ids = await Open(7);
        var job = (await Run(new { ids, action = "labels", target = new { add = new[] { "paged" } } })).Of("id");
        List<string> all = [];
        string? cursor = null;
        do
        {
            var page = (await fixture.Supervisor.Get($"/v1/bulk-jobs/{job}/items?limit=3{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(200);
            all.AddRange(page["items"].EnumerateArray().Select(i => i.GetProperty("conversation").GetString()!));
            cursor = page["nextCursor"].GetString();
        }
        while (cursor is not null);

        Assert.Equal(ids, all);
        (await fixture.Supervisor.Get($"/v1/bulk-jobs/{job}/items?cursor=x")).IsProblem(400, "invalid_cursor");
        (await fixture.Supervisor.Get($"/v1/bulk-jobs/{job}/items?result=good")).IsProblem(400, "invalid_query");
        (await fixture.Supervisor.Get($"/v1/bulk-jobs/{job}/items?limit=0")).IsProblem(400, "invalid_limit");
    }

    private async Task<string[]> Open(int count, string? label = null)
    {
        List<string> ids = [];
        for (var i = 0; i < count; i++)
        {
            ids.Add(await fixture.Open());
            if (label is not null)
            {
                (await fixture.Admin.Post($"/v1/conversations/{ids[^1]}/labels", new { add = new[] { label } })).Is(200);
            }
        }

        return [.. ids];
    }

    private async Task<Answer> Run(object body) => await Over((await fixture.Supervisor.Post("/v1/bulk-jobs", body)).Is(202).Of("id"));

    /// <summary>The job once it is over; the feed tells when to look again.</summary>
    private async Task<Answer> Over(string id)
    {
        await using var watcher = await Watcher.Start(fixture.Supervisor, $"topic=job/{id}");
        while (true)
        {
            var job = (await fixture.Supervisor.Get($"/v1/bulk-jobs/{id}")).Is(200);
            if (job.Of("status") is "finished" or "cancelled" or "undone")
            {
                return job;
            }

            await watcher.Next();
        }
    }

    private static async Task OpenMany(Api admin, int count)
    {
        (await admin.Put("/v1/channels/many/acme", new { queue = "support" })).Is(200);
        var lines = string.Join('\n', Enumerable.Range(0, count).Select(n => Some.Inbound($"many-{n}", channel: "many").ToJsonString()));
        (await admin.Send(HttpMethod.Post, "/v1/inbound:batch", lines, contentType: "application/x-ndjson")).Is(200);
    }

    private static async Task Listed(Api by, string id)
    {
        while ((await by.Get($"/v1/bulk-jobs/{id}")).Is(200).Of("status") == "listing")
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task<Answer> Over(Api by, string id, ManualTimeProvider time, params string[] ends)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var job = (await by.Get($"/v1/bulk-jobs/{id}")).Is(200);
            if (ends.Length > 0 ? ends.Contains(job.Of("status")) : job.Of("status") is "finished" or "cancelled")
            {
                return job;
            }

            time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    private async Task<List<JsonElement>> Items(string id) =>
        [.. (await fixture.Supervisor.Get($"/v1/bulk-jobs/{id}/items?limit=200")).Is(200)["items"].EnumerateArray()];
}
