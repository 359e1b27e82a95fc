namespace Conversations.Gateway.Tests.BadInput;

/// <summary>Queries, paths and methods.</summary>
public sealed class AddressTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("/v1/conversations?limit=0", "invalid_limit")]
    [InlineData("/v1/conversations?limit=201", "invalid_limit")]
    [InlineData("/v1/conversations?limit=-1", "invalid_limit")]
    [InlineData("/v1/conversations?limit=abc", "invalid_query")]
    [InlineData("/v1/conversations?limit=99999999999", "invalid_query")]
    [InlineData("/v1/conversations?limit=1.5", "invalid_query")]
    [InlineData("/v1/conversations?limit=1&limit=2", "invalid_query")]
    [InlineData("/v1/conversations?unassigned=perhaps", "invalid_query")]
    [InlineData("/v1/conversations?status=ajar", "invalid_query")]
    [InlineData("/v1/conversations?status=open,ajar", "invalid_query")]
    [InlineData("/v1/conversations?status=Open", "invalid_query")]
    [InlineData("/v1/conversations?priority=7", "invalid_query")]
    [InlineData("/v1/conversations?sla=fine", "invalid_query")]
    [InlineData("/v1/conversations?order=random", "invalid_query")]
    [InlineData("/v1/conversations?order=due&order=waiting", "invalid_query")]
    [InlineData("/v1/conversations?cursor=wrong", "invalid_cursor")]
    [InlineData("/v1/conversations?cursor=%00", "invalid_cursor")]
    [InlineData("/v1/conversations?cursor=QWN0aXZpdHl8eHw", "invalid_cursor")]
    [InlineData("/v1/changes?limit=0", "invalid_limit")]
    [InlineData("/v1/changes?limit=201", "invalid_limit")]
    [InlineData("/v1/changes?limit=abc", "invalid_query")]
    [InlineData("/v1/changes?cursor=wrong", "invalid_cursor")]
    [InlineData("/v1/changes?cursor=%F0%9F%98%80", "invalid_cursor")]
    [InlineData("/v1/feed", "invalid_topic")]
    [InlineData("/v1/feed?topic=", "invalid_topic")]
    [InlineData("/v1/feed?topic=weather", "invalid_topic")]
    [InlineData("/v1/feed?topic=account/default", "invalid_topic")]
    [InlineData("/v1/feed?topic=agent/", "invalid_topic")]
    [InlineData("/v1/feed?topic=conversation", "invalid_topic")]
    [InlineData("/v1/feed?topic=account&topic=weather/x", "invalid_topic")]
    [InlineData("/v1/feed?topic=account&cursor=wrong", "invalid_cursor")]
    [InlineData("/v1/dead-letters?limit=0", "invalid_limit")]
    [InlineData("/v1/dead-letters?limit=abc", "invalid_query")]
    [InlineData("/v1/dead-letters?cursor=wrong", "invalid_cursor")]
    [InlineData("/v1/conversations?queu=care", "unknown_parameter")]
    [InlineData("/v1/conversations?status=open&asignee=ann", "unknown_parameter")]
    [InlineData("/v1/changes?since=x", "unknown_parameter")]
    [InlineData("/v1/feed?topic=account&topics=account", "unknown_parameter")]
    [InlineData("/v1/keys?limit=1", "unknown_parameter")]
    public async Task A_query_that_makes_no_sense_is_a_clear_problem(string path, string code) =>
        (await fixture.Admin.Get(path)).IsProblem(400, code);

    [Theory]
    [InlineData("limit=0", "invalid_limit")]
    [InlineData("limit=201", "invalid_limit")]
    [InlineData("limit=abc", "invalid_query")]
    [InlineData("limit=1&limit=2", "invalid_query")]
    [InlineData("after=-1", "invalid_query")]
    [InlineData("after=abc", "invalid_query")]
    [InlineData("after=99999999999999999999", "invalid_query")]
    [InlineData("order=up", "invalid_query")]
    public async Task A_query_of_a_history_that_makes_no_sense_is_a_clear_problem(string query, string code) =>
        (await fixture.Admin.Get($"/v1/conversations/{await fixture.Open()}/events?{query}")).IsProblem(400, code);

    [Fact]
    public async Task More_topics_than_two_hundred_are_refused()
    {
        var topics = string.Join('&', Enumerable.Range(0, 201).Select(i => $"topic=queue/q{i}"));

        (await fixture.Admin.Get($"/v1/feed?{topics}")).IsProblem(400, "invalid_topic");
    }

    [Fact]
    public async Task A_cursor_of_another_account_is_none()
    {
        var theirs = await fixture.Rival.Head();

        (await fixture.Admin.Get($"/v1/changes?cursor={theirs}")).IsProblem(400, "invalid_cursor");
        (await fixture.Admin.Get($"/v1/feed?topic=account&cursor={theirs}")).IsProblem(400, "invalid_cursor");
    }

    [Fact]
    public async Task A_cursor_changed_in_one_place_is_none()
    {
        var cursor = await fixture.Admin.Head();
        for (var i = 0; i < cursor.Length; i++)
        {
            var changed = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            var answer = await fixture.Admin.Get($"/v1/changes?cursor={changed}");
            answer.IsProblem(400, "invalid_cursor");
        }
    }

    [Fact]
    public async Task A_lists_cursor_belongs_to_its_order()
    {
        await fixture.Open();
        await fixture.Open();
        var cursor = (await fixture.Admin.Get("/v1/conversations?order=created&limit=1")).Is(200).Of("nextCursor");

        (await fixture.Admin.Get($"/v1/conversations?order=created&limit=1&cursor={cursor}")).Is(200);
        (await fixture.Admin.Get($"/v1/conversations?order=activity&limit=1&cursor={cursor}")).IsProblem(400, "invalid_cursor");
    }

    [Theory]
    [InlineData("GET", "/v1/inbound")]
    [InlineData("DELETE", "/v1/conversations")]
    [InlineData("PUT", "/v1/keys")]
    [InlineData("PATCH", "/v1/channels/webchat/acme")]
    [InlineData("POST", "/v1/feed")]
    [InlineData("POST", "/healthz")]
    public async Task Another_method_is_405_and_told_which(string method, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        var answer = (await fixture.Admin.Send(request)).IsProblem(405, "method_not_allowed");

        Assert.Equal("application/problem+json", answer.ContentType);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v2/conversations")]
    [InlineData("/v1/conversations/a/b/c")]
    [InlineData("/v1/../../etc/passwd")]
    public async Task Where_there_is_nothing_it_is_404(string path) => (await fixture.Admin.Get(path)).IsProblem(404, "not_found");

    [Fact]
    public async Task What_is_not_there_is_404()
    {
        (await fixture.Admin.Get("/v1/conversations/nothing")).IsProblem(404, "not_found");
        (await fixture.Admin.Get($"/v1/conversations/{new string('c', 4_000)}/events")).IsProblem(404, "not_found");
        (await fixture.Admin.Get("/v1/conversations/%F0%9F%98%80%FF")).IsProblem(404, "not_found");
        (await fixture.Admin.Delete("/v1/keys/nothing")).IsProblem(404, "not_found");
        (await fixture.Admin.Post("/v1/dead-letters/9223372036854775807/discard", null)).IsProblem(404, "not_found");
        (await fixture.Admin.Post("/v1/dead-letters/abc/replay", null)).IsProblem(404, "not_found");
        (await fixture.Admin.Post("/v1/dead-letters/1/replay", null)).IsProblem(404, "not_found");
        (await fixture.Admin.Get("/v1/channels/webchat/nobody")).IsProblem(404, "unknown_channel_account");
        (await fixture.Admin.Post("/v1/webhooks/webchat/acme", "{}")).IsProblem(404, "unknown_channel_account");
        (await fixture.Admin.Post("/v1/webhooks/webchat/acme?account=rival", "{}")).IsProblem(404, "unknown_channel_account");
    }

    [Fact]
    public async Task A_message_for_a_channel_account_nobody_registered_is_refused_and_leaves_nothing()
    {
        var before = await fixture.Admin.Head();

        (await fixture.Admin.Post("/v1/inbound", Some.Inbound("t", account: "nobody"))).IsProblem(404, "unknown_channel_account");
        (await fixture.Admin.Post("/v1/inbound", Some.Inbound("t", channel: "pigeon"))).IsProblem(404, "unknown_channel_account");

        Assert.Equal(before, await fixture.Admin.Head());
    }
}
