namespace Conversations.Gateway.Tests.BadInput;

public sealed class PreconditionTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Theory]
    [MemberData(nameof(Endpoint.NeedingIfMatch), MemberType = typeof(Endpoint))]
    public async Task Without_the_version_seen_it_is_428(string name)
    {
        var endpoint = Endpoint.Of(name);
        var conversation = await fixture.Open();
        var before = await fixture.Admin.Head();

        (await endpoint.Ask(fixture.Agent, conversation, endpoint.Body)).IsProblem(428, "precondition_required");

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Theory]
    [MemberData(nameof(Endpoint.NeedingIfMatch), MemberType = typeof(Endpoint))]
    public async Task A_version_that_is_none_is_400(string name)
    {
        var endpoint = Endpoint.Of(name);
        var conversation = await fixture.Open();
        var before = await fixture.Admin.Head();

        foreach (var tag in new[] { "*", "3", "abc", "\"abc\"", "\"-1\"", "\"3\", \"4\"", "\"3", "\"9999999999999999999\"", "\"\"", "\"3.0\"" })
        {
            (await endpoint.Ask(fixture.Agent, conversation, endpoint.Body, tag)).IsProblem(400, "invalid_if_match");
        }

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Theory]
    [MemberData(nameof(Endpoint.NeedingIfMatch), MemberType = typeof(Endpoint))]
    public async Task A_stale_version_is_told_the_conversation_as_it_is_and_what_was_missed(string name)
    {
        var endpoint = Endpoint.Of(name);
        var conversation = await fixture.Open();
        var seen = await fixture.SeqOf(conversation);
        (await fixture.Agent.Post($"/v1/conversations/{conversation}/labels", new { add = new[] { "late" } })).Is(200);
        var before = await fixture.Admin.Head();

        var answer = (await endpoint.Ask(fixture.Agent, conversation, endpoint.Body, seen)).IsProblem(412, "version_conflict");

        Assert.Equal(seen + 1, answer["current"].GetProperty("seq").GetInt64());
        Assert.Equal(conversation, answer["current"].GetProperty("id").GetString());
        var missed = Assert.Single(answer["events"].EnumerateArray());
        Assert.Equal(seen + 1, missed.GetProperty("seq").GetInt64());
        Assert.Equal("labels.changed", missed.GetProperty("type").GetString());
        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_version_from_the_future_is_a_conflict_too()
    {
        var conversation = await fixture.Open();

        var answer = (await fixture.Agent.Post($"/v1/conversations/{conversation}/assign", new { agent = "ann" }, ifMatch: 99)).IsProblem(412, "version_conflict");

        Assert.Equal(await fixture.SeqOf(conversation), answer["current"].GetProperty("seq").GetInt64());
    }

    [Fact]
    public async Task Where_a_version_is_not_needed_it_still_counts_when_given()
    {
        var conversation = await fixture.Open();

        (await fixture.Agent.Post($"/v1/conversations/{conversation}/labels", new { add = new[] { "a" } }, ifMatch: 1)).IsProblem(412, "version_conflict");
        (await fixture.Agent.Post($"/v1/conversations/{conversation}/labels", new { add = new[] { "a" } }, await fixture.SeqOf(conversation))).Is(200);
    }

    [Fact]
    public async Task An_Idempotency_Key_that_is_none_is_refused_everywhere()
    {
        var conversation = await fixture.Open();
        var before = await fixture.Admin.Head();

        foreach (var key in new[] { new string('k', 256), "", "h\u00e9", "tab\there" })
        {
            (await fixture.Admin.Post($"/v1/conversations/{conversation}/labels", new { add = new[] { "a" } }, idempotencyKey: key)).IsProblem(400, "invalid_idempotency_key");
            (await fixture.Admin.Post("/v1/keys", new { name = "k", role = "integrator" }, idempotencyKey: key)).IsProblem(400, "invalid_idempotency_key");
            (await fixture.Admin.Put("/v1/channels/webchat/new", new { }, idempotencyKey: key)).IsProblem(400, "invalid_idempotency_key");
        }

        Assert.Equal(before, await fixture.Admin.Head());
        (await fixture.Admin.Post($"/v1/conversations/{conversation}/labels", new { add = new[] { "a" } }, idempotencyKey: new('k', 255))).Is(200);
    }
}
