namespace Conversations.Gateway.Tests.Flow;

/// <summary>The same request twice is one effect and one answer (api.md 1).</summary>
public sealed class IdempotencyTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    public static TheoryData<string, string> Commands => new()
    {
        { "messages", """{"text":"hi"}""" },
        { "messages", """{"kind":"note","text":"hi"}""" },
        { "assign", """{"agent":"ann"}""" },
        { "transfer", """{"toQueue":"vip"}""" },
        { "close", """{"disposition":"solved"}""" },
        { "reopen", "{}" },
        { "pending", "{}" },
        { "hold", "{}" },
        { "snooze", """{"until":"2027-01-01T00:00:00Z"}""" },
        { "priority", """{"priority":"high"}""" },
        { "labels", """{"add":["a"]}""" },
        { "spam", "{}" },
        { "read", """{"upTo":1}""" },
        { "handoff", """{"toQueue":"vip"}""" },
        { "block", """{"blocked":true}""" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task The_same_key_with_the_same_body_gets_the_first_answer_again(string command, string body)
    {
        var id = await fixture.Open();
        var (key, seen) = (Guid.NewGuid().ToString(), await fixture.SeqOf(id));
        var first = await fixture.Supervisor.Post($"/v1/conversations/{id}/{command}", body, seen, key);
        Assert.True(first.Status is 200 or 201, first.Text);
        Assert.False(first.Replayed);
        (await fixture.Agent.Post($"/v1/conversations/{id}/labels", new { add = new[] { "between" } })).Is(200);
        var before = await fixture.Admin.Head();

        var again = await fixture.Supervisor.Post($"/v1/conversations/{id}/{command}", body, seen, key);

        Assert.Equal((first.Status, first.Text, first.ETag), (again.Status, again.Text, again.ETag));
        Assert.True(again.Replayed);
        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task The_same_key_for_something_else_is_refused(string command, string body)
    {
        var (id, other, key) = (await fixture.Open(), await fixture.Open(), Guid.NewGuid().ToString());
        var first = await fixture.Supervisor.Post($"/v1/conversations/{id}/{command}", body, await fixture.SeqOf(id), key);
        Assert.True(first.Status is 200 or 201, first.Text);
        var before = await fixture.Admin.Head();
        var seen = await fixture.SeqOf(id);

        (await fixture.Supervisor.Post($"/v1/conversations/{id}/priority", new { priority = "low", reason = "other" }, seen, key)).IsProblem(422, "idempotency_key_reused");
        (await fixture.Supervisor.Post($"/v1/conversations/{other}/{command}", body, 3, key)).IsProblem(422, "idempotency_key_reused");
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/messages", new { text = "hi!" }, idempotencyKey: key)).IsProblem(422, "idempotency_key_reused");

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_key_belongs_to_its_caller()
    {
        var (id, key) = (await fixture.Open(), Guid.NewGuid().ToString());

        var first = (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "one" }, idempotencyKey: key)).Is(201);
        var second = (await fixture.Supervisor.Post($"/v1/conversations/{id}/messages", new { text = "two" }, idempotencyKey: key)).Is(201);

        Assert.NotEqual(first.Of("messageId"), second.Of("messageId"));
        Assert.False(second.Replayed);
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        var (id, key) = (await fixture.Open(), Guid.NewGuid().ToString());
        (await fixture.Agent.Post($"/v1/conversations/{id}/close", new { }, ifMatch: 1, idempotencyKey: key)).IsProblem(412, "version_conflict");

        var answer = (await fixture.Agent.Post($"/v1/conversations/{id}/close", new { }, await fixture.SeqOf(id), key)).Is(200);

        Assert.False(answer.Replayed);
        Assert.Equal("closed", answer.Of("status"));
    }

    [Fact]
    public async Task Fifty_at_once_with_one_key_are_one_effect_and_one_answer()
    {
        var (id, key) = (await fixture.Open(), Guid.NewGuid().ToString());

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ =>
            fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "once" }, idempotencyKey: key)));

        Assert.Single(answers.Select(a => a.Is(201).Text).Distinct());
        Assert.Single(answers, a => !a.Replayed);
        var events = (await fixture.Agent.Get($"/v1/conversations/{id}/events")).Is(200)["items"].EnumerateArray();
        Assert.Single(events, e => e.GetProperty("type").GetString() == "message.posted");
    }

    [Fact]
    public async Task Of_twenty_who_assign_with_the_same_version_one_wins()
    {
        var id = await fixture.Open();
        var seen = await fixture.SeqOf(id);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => fixture.Supervisor.Post($"/v1/conversations/{id}/assign", new { agent = $"agent-{i}" }, seen)));

        var winner = Assert.Single(answers, a => a.Status == 200);
        Assert.All(answers.Where(a => a != winner), a => a.IsProblem(412, "version_conflict"));
        Assert.All(answers.Where(a => a != winner), a => Assert.Equal(winner.Of("assignee"), a["current"].GetProperty("assignee").GetString()));
        Assert.Equal(winner.Of("assignee"), (await fixture.Agent.Get($"/v1/conversations/{id}")).Of("assignee"));
    }
}
