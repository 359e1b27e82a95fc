using System.Text.Json;

namespace Conversations.Gateway.Tests.Supervision;

/// <summary><c>GET /v1/audit</c>: the events of configuration and supervision, and nothing else.</summary>
public sealed class AuditTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Configuration_and_what_supervisors_did_is_in_it_and_what_agents_and_customers_did_is_not()
    {
        var id = await fixture.Open();
        (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { text = "hi" })).Is(201);
        (await fixture.Agent.Post($"/v1/conversations/{id}/priority", new { priority = "high" })).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/assign", new { agent = "ben" }, await fixture.SeqOf(id))).Is(200);
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/messages", new { kind = "note", text = "mine" })).Is(201);
        (await fixture.Admin.Put("/v1/channels/webchat/audited", new { name = "x" })).Is(200);
        await Until("?kind=account", items => items.Any(i => i.GetProperty("data").ToString().Contains("audited", StringComparison.Ordinal)));

        var mine = (await Items("?kind=conversation")).Where(i => i.GetProperty("entity").GetString() == $"conversation/{id}").ToList();

        Assert.Equal(["assignment.changed"], mine.Select(i => i.GetProperty("type").GetString()));
        Assert.Equal("sue", mine[0].GetProperty("actor").GetProperty("id").GetString());
        var history = (await fixture.Admin.Get($"/v1/conversations/{id}/events?limit=200"))["items"].EnumerateArray();
        Assert.Equal(
            history.Single(e => e.GetProperty("type").GetString() == "assignment.changed").GetProperty("data").GetRawText(), mine[0].GetProperty("data").GetRawText());
        Assert.All(await Items("?actor=sue"), i => Assert.Equal("sue", i.GetProperty("actor").GetProperty("id").GetString()));
        var everything = (await fixture.Admin.Get("/v1/audit?limit=200")).Is(200).Text;
        Assert.DoesNotContain("hash", everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bulk_job_is_one_entry_and_its_items_are_not_repeated()
    {
        var ids = new[] { await fixture.Open(), await fixture.Open() };
        var job = (await fixture.Supervisor.Post("/v1/bulk-jobs", new { ids, action = "assign", target = new { agent = "bulk" } })).Is(202).Of("id");

        var entries = await Until("?kind=job", items => items.Any(i => i.GetProperty("entity").GetString() == $"job/{job}"));

        Assert.Equal(["job.started"], entries.Where(i => i.GetProperty("entity").GetString() == $"job/{job}").Select(i => i.GetProperty("type").GetString()));
        Assert.DoesNotContain(await Items("?kind=conversation"), i => ids.Any(id => i.GetProperty("entity").GetString() == $"conversation/{id}"));
    }

    [Fact]
    public async Task Pages_join_without_gap_or_repeat_newest_first_and_times_bound_them()
    {
        for (var i = 0; i < 5; i++)
        {
            (await fixture.Admin.Put($"/v1/channels/webchat/page-{i}", new { name = "x" })).Is(200);
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var all = await Until("?kind=account", items => items.Count(i => i.GetProperty("data").ToString().Contains("page-", StringComparison.Ordinal)) == 5);
        List<string> paged = [];
        string? cursor = null;
        do
        {
            var page = (await fixture.Admin.Get($"/v1/audit?kind=account&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(200);
            paged.AddRange(page["items"].EnumerateArray().Select(i => i.GetRawText()));
            cursor = page["nextCursor"].GetString();
        }
        while (cursor is not null);

        Assert.Equal(all.Select(i => i.GetRawText()), paged);
        Assert.Equal(all.Select(i => i.GetProperty("at").GetString()).OrderDescending(), all.Select(i => i.GetProperty("at").GetString()));
        var (newest, second) = (all[0].GetProperty("at").GetString(), all[1].GetProperty("at").GetString());
        Assert.Equal(all[0].GetRawText(), Assert.Single(await Items($"?from={newest}")).GetRawText());
        Assert.Equal(all[1].GetRawText(), Assert.Single(await Items($"?from={second}&to={newest}")).GetRawText());
    }

    [Theory]
    [InlineData("kind=colour", "invalid_query")]
    [InlineData("from=yesterday", "invalid_query")]
    [InlineData("limit=0", "invalid_limit")]
    [InlineData("cursor=abc", "invalid_cursor")]
    [InlineData("colour=red", "unknown_parameter")]
    public async Task What_makes_no_sense_is_refused(string query, string code)
    {
        (await fixture.Admin.Get($"/v1/audit?{query}")).IsProblem(400, code);
    }

    [Fact]
    public async Task Another_accounts_audit_is_its_own()
    {
        (await fixture.Rival.Put("/v1/channels/webchat/theirs", new { name = "x" })).Is(200);
        await Until(fixture.Rival, "", items => items.Any(i => i.GetProperty("data").ToString().Contains("theirs", StringComparison.Ordinal)));

        Assert.DoesNotContain(await Items(""), i => i.GetProperty("data").ToString().Contains("theirs", StringComparison.Ordinal));
    }

    private async Task<List<JsonElement>> Items(string query, Api? by = null) =>
        [.. (await (by ?? fixture.Admin).Get($"/v1/audit{query}{(query.Length == 0 ? "?" : "&")}limit=200")).Is(200)["items"].EnumerateArray()];

    private Task<List<JsonElement>> Until(string query, Func<List<JsonElement>, bool> holds) => Until(fixture.Admin, query, holds);

    /// <summary>The audit follows the events by a moment of the gateway's clock, which the test moves.</summary>
    private async Task<List<JsonElement>> Until(Api by, string query, Func<List<JsonElement>, bool> holds)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var items = await Items(query, by);
            if (holds(items))
            {
                return items;
            }

            fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }
}
