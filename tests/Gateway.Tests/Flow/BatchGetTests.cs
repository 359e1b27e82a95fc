namespace Conversations.Gateway.Tests.Flow;

/// <summary>Several conversations in one request: for clients that watch.</summary>
public sealed class BatchGetTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Those_that_exist_are_answered_once_each_as_they_are_now()
    {
        var (first, second) = (await fixture.Open(), await fixture.Open());
        (await fixture.Agent.Post($"/v1/conversations/{second}/priority", new { priority = "high" })).Is(200);

        var items = (await fixture.Agent.Get($"/v1/conversations:batchGet?id={first}&id={second}&id={first}&id=nowhere")).Is(200)["items"].EnumerateArray().ToList();

        Assert.Equal(new[] { first, second }.Order(), items.Select(i => i.GetProperty("id").GetString()).Order());
        Assert.Equal("high", items.Single(i => i.GetProperty("id").GetString() == second).GetProperty("priority").GetString());
    }

    [Fact]
    public async Task Another_accounts_conversation_is_left_out_like_one_that_does_not_exist()
    {
        var theirs = await fixture.Open(fixture.Rival);

        Assert.Empty((await fixture.Admin.Get($"/v1/conversations:batchGet?id={theirs}")).Is(200)["items"].EnumerateArray());
    }

    [Fact]
    public async Task None_or_more_than_a_hundred_are_refused()
    {
        var many = string.Join('&', Enumerable.Range(0, 101).Select(i => $"id=c{i}"));

        (await fixture.Admin.Get("/v1/conversations:batchGet")).IsProblem(400, "invalid_query");
        (await fixture.Admin.Get($"/v1/conversations:batchGet?{many}")).IsProblem(400, "invalid_query");
    }
}
