using System.Text.Json;

namespace Conversations.Gateway.Tests.Supervision;

/// <summary>A bulk assignment goes through the agent's ledger like any other (routing.md 1, 9).</summary>
public sealed class BulkCapacityTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private Api _sue = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestGateway.Start();
        _sue = await _gateway.New("supervisor", "sue");
        (await _gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "care" })).Is(200);
        (await _gateway.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200);
        (await _gateway.Admin.Put("/v1/agents/ann", new { name = "Ann", queues = new[] { "care" }, capacity = 100 })).Is(200);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task What_does_not_fit_is_left_where_it_is_and_says_so_unless_capacity_is_not_to_count()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((await _gateway.Admin.Post("/v1/inbound", Some.Inbound($"v-{i}"))).Is(200).Of("conversationId"));
        }

        // A chat weighs 33 of 100. Whatever the router still notes about one of them makes that one "changed", and it is asked for again.
        var tried = await Try(ids, respectCapacity: true);
        Assert.Equal((0, 3, 2), (await Owned(ids), Of(tried, "done"), Of(tried, "noCapacity")));
        Assert.Equal(5, Of(await Try(ids, respectCapacity: false), "done"));

        do
        {
            await Assign(ids, respectCapacity: true);
        }
        while (await Owned(ids) < 3);

        Assert.Equal((3, 2), (await Owned(ids), Of(await Assign(ids, respectCapacity: true), "noCapacity")));
        while (await Owned(ids) < 5)
        {
            await Assign(ids, respectCapacity: false);
        }
    }

    private static int Of(JsonElement counts, string outcome) => counts.GetProperty(outcome).GetInt32();

    private async Task<int> Owned(List<string> ids)
    {
        var owned = 0;
        foreach (var id in ids)
        {
            owned += (await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200)["assignee"].GetString() == "ann" ? 1 : 0;
        }

        return owned;
    }

    private async Task<JsonElement> Try(List<string> ids, bool respectCapacity)
    {
        JsonElement tried;
        do
        {
            tried = await Assign(ids, respectCapacity, dryRun: true);
        }
        while (Of(tried, "skippedChanged") > 0);

        return tried;
    }

    private async Task<JsonElement> Assign(List<string> ids, bool respectCapacity, bool dryRun = false)
    {
        var job = (await _sue.Post("/v1/bulk-jobs", new { ids, action = "assign", target = new { agent = "ann" }, respectCapacity, dryRun })).Is(202).Of("id");
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var answer = (await _sue.Get($"/v1/bulk-jobs/{job}")).Is(200);
            if (answer.Of("status") == "finished")
            {
                return answer["counts"];
            }
        }
    }
}
