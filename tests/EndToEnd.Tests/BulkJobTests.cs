using System.Text;
using System.Text.Json;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>A bulk job whose process is killed again and again goes on where it was, and does nothing twice (routing.md 9).</summary>
public sealed class BulkJobTests
{
    private const int Items = 1_000, Kills = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Killed_in_the_middle_it_goes_on_and_every_item_is_done_once_and_undone_once()
    {
        using var folder = new TemporaryFolder();
        using var line = new Line(GatewayProcess.Key);
        var gateway = GatewayProcess.Start(folder.Path);
        try
        {
            line.Up(await gateway.Listens(Cancellation));
            await Open(line);
            var job = (await line.Ask(Requests.Post("/v1/bulk-jobs", new { filter = new { channel = "bulk" }, action = "assign", target = new { agent = "ann" } }, "move"), Cancellation))
                .Body.GetProperty("id").GetString()!;
            for (var kill = 0; kill < Kills; kill++)
            {
                await Until(line, job, j => Processed(j) >= kill * 150); // the first while it lists
                gateway = await Restart(gateway, line, folder);
            }

            var done = await Until(line, job, j => Status(j) == "finished");
            Assert.Equal((Items, Items), (done.GetProperty("total").GetInt32(), done.GetProperty("counts").GetProperty("done").GetInt32()));
            await line.Ask(Requests.Post($"/v1/bulk-jobs/{job}/undo", new { }, "undo"), Cancellation);
            gateway = await Restart(gateway, line, folder);
            var undone = await Until(line, job, j => Status(j) == "undone");
            Assert.Equal(Items, undone.GetProperty("undo").GetProperty("counts").GetProperty("done").GetInt32());

            foreach (var history in await History.ReadAll(line, Cancellation))
            {
                Assert.Equal(2, history.Events.Count(e => e.Type == "assignment.changed"));
            }
        }
        finally
        {
            await gateway.DisposeAsync();
        }
    }

    private static async Task<GatewayProcess> Restart(GatewayProcess gateway, Line line, TemporaryFolder folder)
    {
        line.Down();
        await gateway.Kill();
        await gateway.DisposeAsync();
        var next = GatewayProcess.Start(folder.Path);
        line.Up(await next.Listens(Cancellation));
        return next;
    }

    private static async Task Open(Line line)
    {
        await line.Ask(Requests.Request(HttpMethod.Put, "/v1/channels/bulk/acme", new { queue = "support" }), Cancellation);
        var lines = string.Join('\n', Enumerable.Range(0, Items).Select(n =>
            JsonSerializer.Serialize(new { channel = "bulk", channelAccount = "acme", thread = $"t-{n}", externalId = $"m-{n}", author = new { id = $"u-{n}" }, text = "hello" })));
        var answer = await (await line.Now(Cancellation)).PostAsync("/v1/inbound:batch", new StringContent(lines, Encoding.UTF8, "application/x-ndjson"), Cancellation);
        Assert.Equal(Items, (await answer.Content.ReadAsStringAsync(Cancellation)).Split('\n').Count(l => l.Contains("\"replayed\":false", StringComparison.Ordinal)));
    }

    private static async Task<JsonElement> Until(Line line, string job, Func<JsonElement, bool> holds)
    {
        while (true)
        {
            var body = (await line.Get($"/v1/bulk-jobs/{job}", Cancellation)).Body;
            if (holds(body))
            {
                return body;
            }
        }
    }

    private static string Status(JsonElement job) => job.GetProperty("status").GetString()!;

    private static int Processed(JsonElement job) => job.GetProperty("processed").GetInt32();
}
