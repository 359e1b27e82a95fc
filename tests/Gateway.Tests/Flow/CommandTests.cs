using System.Text.Json;

namespace Conversations.Gateway.Tests.Flow;

/// <summary>Every command of api.md 3: what it answers, what it refuses.</summary>
public sealed class CommandTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("assign", """{"agent":"ann"}""", "open", "support", "ann")]
    [InlineData("assign", """{"queue":"vip"}""", "open", "vip", null)]
    [InlineData("assign", "{}", "open", "support", null)]
    [InlineData("transfer", """{"toQueue":"vip","note":"please"}""", "open", "vip", null)]
    [InlineData("transfer", """{"toAgent":"bob"}""", "open", "support", "bob")]
    [InlineData("transfer", """{"toSkill":"french"}""", "open", "support", null)]
    [InlineData("close", """{"disposition":"solved","note":"all good"}""", "closed", "support", null)]
    [InlineData("reopen", null, "open", "support", null)]
    [InlineData("pending", "{}", "pending", "support", null)]
    [InlineData("pending", """{"until":"2026-11-22T21:00:00+01:00"}""", "pending", "support", null)]
    [InlineData("hold", null, "onHold", "support", null)]
    [InlineData("snooze", """{"until":"2026-11-22T21:00:00Z"}""", "snoozed", "support", null)]
    [InlineData("priority", """{"priority":"urgent","reason":"angry"}""", "open", "support", null)]
    [InlineData("labels", """{"add":["vip"],"remove":["none"]}""", "open", "support", null)]
    [InlineData("spam", null, "spam", "support", null)]
    [InlineData("read", """{"upTo":1}""", "open", "support", null)]
    [InlineData("handoff", """{"toQueue":"people"}""", "open", "people", null)]
    [InlineData("block", """{"blocked":true}""", "open", "support", null)]
    public async Task A_command_answers_where_the_conversation_is_now(string command, string? body, string status, string? queue, string? assignee)
    {
        var id = await fixture.Open();
        var seen = await fixture.SeqOf(id);

        var answer = (await fixture.Supervisor.Post($"/v1/conversations/{id}/{command}", body, seen)).Is(200);

        var view = (await fixture.Supervisor.Get($"/v1/conversations/{id}")).Is(200);
        Assert.Equal(["seq", "epoch", "status", "queue", "assignee"], answer.Json.EnumerateObject().Select(m => m.Name));
        Assert.Equal(view["seq"].GetInt64(), answer["seq"].GetInt64());
        Assert.Equal(view["seq"].GetInt64(), answer.Version);
        Assert.Equal(view.ETag, answer.ETag);
        Assert.True(answer["seq"].GetInt64() >= seen);
        Assert.Equal(status, answer.Of("status"));
        Assert.Equal(status, view.Of("status"));
        Assert.Equal(queue, answer["queue"].GetString());
        Assert.Equal(assignee, answer["assignee"].GetString());
    }

    [Fact]
    public async Task Asking_for_the_state_it_is_in_succeeds_and_records_nothing()
    {
        var id = await fixture.Open();
        (await fixture.Agent.Post($"/v1/conversations/{id}/hold", null)).Is(200);
        var before = await fixture.Admin.Head();

        (await fixture.Agent.Post($"/v1/conversations/{id}/hold", null)).Is(200);
        (await fixture.Agent.Post($"/v1/conversations/{id}/priority", new { priority = "normal" })).Is(200);
        (await fixture.Agent.Post($"/v1/conversations/{id}/block", new { blocked = false })).Is(200);

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Theory]
    [InlineData("close", "hold", "{}")]
    [InlineData("close", "pending", "{}")]
    [InlineData("close", "snooze", """{"until":"2027-01-01T00:00:00Z"}""")]
    [InlineData("snooze", "hold", "{}")]
    [InlineData("spam", "reopen", "{}")]
    public async Task A_transition_there_is_none_for_is_refused_with_the_current_status(string first, string then, string body)
    {
        var id = await fixture.Open();
        (await fixture.Agent.Post($"/v1/conversations/{id}/{first}", first == "snooze" ? new { until = "2027-01-01T00:00:00Z" } : new { }, await fixture.SeqOf(id))).Is(200);
        var status = (await fixture.Agent.Get($"/v1/conversations/{id}")).Of("status");
        var before = await fixture.Admin.Head();

        var answer = (await fixture.Agent.Post($"/v1/conversations/{id}/{then}", body)).IsProblem(409, "invalid_transition");

        Assert.Equal(status, answer["current"].GetProperty("status").GetString());
        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task What_is_over_takes_no_reply_and_no_owner()
    {
        var id = await fixture.Open();
        (await fixture.Agent.Post($"/v1/conversations/{id}/close", new { }, await fixture.SeqOf(id))).Is(200);
        var seen = await fixture.SeqOf(id);

        (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "one more thing" })).IsProblem(409, "conversation_closed");
        (await fixture.Agent.Post($"/v1/conversations/{id}/assign", new { agent = "ann" }, seen)).IsProblem(409, "conversation_closed");
        (await fixture.Agent.Post($"/v1/conversations/{id}/transfer", new { toQueue = "vip" }, seen)).IsProblem(409, "conversation_closed");
        (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { kind = "note", text = "for the record" })).Is(201);
    }

    [Fact]
    public async Task A_reply_is_created_and_found_where_it_says()
    {
        var id = await fixture.Open();

        var answer = (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { kind = "reply", text = "Good evening." })).Is(201);

        Assert.Equal("sent", answer.Of("delivery"));
        Assert.Equal(2, answer["messageIndex"].GetInt64());
        Assert.Equal(await fixture.SeqOf(id), answer.Version);
        var posted = Assert.Single((await fixture.Agent.Get(answer.Headers.Location!.ToString())).Is(200)["items"].EnumerateArray());
        Assert.Equal(answer["seq"].GetInt64(), posted.GetProperty("seq").GetInt64());
        Assert.Equal("message.posted", posted.GetProperty("type").GetString());
        Assert.Equal("agent", posted.GetProperty("actor").GetProperty("kind").GetString());
        Assert.Equal("ann", posted.GetProperty("actor").GetProperty("id").GetString());
        Assert.Equal(answer.Of("messageId"), posted.GetProperty("data").GetProperty("message").GetString());
        Assert.Equal("Good evening.", posted.GetProperty("data").GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_note_is_internal_has_no_index_and_no_delivery()
    {
        var id = await fixture.Open();

        var answer = (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { kind = "note", text = "Careful." })).Is(201);

        Assert.Equal(JsonValueKind.Null, answer["messageIndex"].ValueKind);
        Assert.Equal(JsonValueKind.Null, answer["delivery"].ValueKind);
        Assert.Equal(1, (await fixture.Agent.Get($"/v1/conversations/{id}"))["messageCount"].GetInt64());
    }

    [Fact]
    public async Task An_integrators_reply_is_a_bots()
    {
        var id = await fixture.Open();

        var answer = (await fixture.Integrator.Post($"/v1/conversations/{id}/messages", new { text = "beep" })).Is(201);

        var posted = (await fixture.Agent.Get(answer.Headers.Location!.ToString())).Is(200)["items"][0];
        Assert.Equal("botReply", posted.GetProperty("data").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_stale_reply_is_refused_with_what_was_missed_unless_it_is_forced()
    {
        var thread = fixture.NewThread();
        var id = await fixture.Open(thread: thread);
        var seen = await fixture.SeqOf(id);
        await fixture.Open(thread: thread, text: "wait, I found it");
        var before = await fixture.Admin.Head();

        var stale = (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "Where?", basedOnSeq = seen })).IsProblem(409, "stale_reply");

        Assert.Equal(id, stale["current"].GetProperty("id").GetString());
        Assert.Contains("wait, I found it", Assert.Single(stale["events"].EnumerateArray()).ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await fixture.Admin.Head());
        (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "Where?", basedOnSeq = seen, force = true })).Is(201);
    }

    [Fact]
    public async Task An_owner_of_an_older_epoch_is_refused()
    {
        var id = await fixture.Open();
        var epoch = (await fixture.Agent.Post($"/v1/conversations/{id}/assign", new { agent = "ann" }, await fixture.SeqOf(id))).Is(200)["epoch"].GetInt64();
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/assign", new { agent = "bob" }, await fixture.SeqOf(id))).Is(200);

        var stale = (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "mine", epoch })).IsProblem(409, "stale_epoch");

        Assert.Equal("bob", stale["current"].GetProperty("assignee").GetString());
        (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "not mine", epoch = epoch + 1 })).Is(201);
    }

    [Fact]
    public async Task The_conversation_shows_everything_that_is_promised()
    {
        var id = await fixture.Open(text: "hello");
        string[] promised =
        [
            "id", "seq", "epoch", "channel", "channelAccount", "thread", "visibility", "status", "episode", "priority", "labels", "queue", "assignee", "customer",
            "createdAt", "lastActivityAt", "waitingSince", "firstRespondedAt", "closedAt", "snoozedUntil", "messageCount", "lastMessage", "routing", "sla", "replyWindow",
        ];

        var view = (await fixture.Agent.Get($"/v1/conversations/{id}")).Is(200);

        Assert.Empty(promised.Except(view.Json.EnumerateObject().Select(m => m.Name)));
        Assert.Equal($"\"{view["seq"]}\"", view.ETag);
        Assert.Equal(("webchat", "acme", "open", 1), (view.Of("channel"), view.Of("channelAccount"), view.Of("status"), view["episode"].GetInt32()));
        Assert.Equal(["kind", "text", "sentAt", "author"], view["lastMessage"].EnumerateObject().Select(m => m.Name).Except(["id"]));
        Assert.Equal(("customer", "hello"), (view["lastMessage"].GetProperty("kind").GetString(), view["lastMessage"].GetProperty("text").GetString()));
        Assert.Equal("waiting", view["routing"].GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, view["routing"].GetProperty("offer").ValueKind);
        var clock = view["sla"].GetProperty("firstResponse");
        Assert.Equal(["status", "start", "due", "breachedAt", "fulfilledAt", "remainingSeconds"], clock.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("running", 3_600), (clock.GetProperty("status").GetString(), clock.GetProperty("remainingSeconds").GetInt64()));
        Assert.Equal("u-7", view["customer"].GetProperty("id").GetString());
        Assert.Equal("2026-11-21T21:00:00.000Z", view.Of("createdAt"));
    }

    [Fact]
    public async Task A_half_emoji_at_the_end_of_a_preview_does_not_spoil_the_view()
    {
        var id = await fixture.Open(text: new string('x', 279) + "😀 and more");

        var preview = (await fixture.Agent.Get($"/v1/conversations/{id}")).Is(200)["lastMessage"].GetProperty("text").GetString()!;

        Assert.StartsWith(new('x', 279), preview, StringComparison.Ordinal);
        Assert.DoesNotContain('\ufffd', preview);
    }
}
