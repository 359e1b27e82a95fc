using System.Collections.Concurrent;
using Conversations.Replaying;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Conversations.Peaks.Tests;

public sealed class WatcherTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What was skipped is still kept, so a slow watcher goes on from its own cursor; what is no longer kept is not passed over in silence.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_slow_watcher_misses_nothing_and_one_who_came_too_late_says_so()
    {
        var streams = new Queue<string>([
            Frame("1", "conversation.started", """{"address":{}}""") + Frame("2", "work.changed", """{"agent":"a"}""") + "id: 9\nevent: reset\ndata: {\"reason\":\"slow\"}\n\n",
            Frame("3", "offer.made", """{"offer":"o"}"""),
            "event: ping\nid: 4\ndata: {}\n\n",
            "id: 9\nevent: reset\ndata: {\"reason\":\"expired\"}\n\n",
        ]);
        var cursors = new ConcurrentQueue<string>();
        await using var app = await Serve(async context =>
        {
            cursors.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(streams.Dequeue(), Cancellation);
        });
        using var gateway = new Gateway(new(app.Urls.Single()), "key", 4, new() { Arrivals = Arrivals.Steady(1, TimeSpan.FromHours(1)) }, TimeProvider.System);
        var watcher = new Watcher(gateway, TimeProvider.System);
        List<Change> seen = [];

        var failure = await Assert.ThrowsAsync<ReplayFailedException>(() => watcher.Run("0", seen.Add, Cancellation));

        Assert.Contains("expired", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new[] { "0", "2", "3", "4" }, cursors);
        Assert.Equal(new[] { "conversation.started", "work.changed", "offer.made" }, seen.Select(c => c.Type));
        Assert.Equal(("conversation/c-1", 3, "o"), (seen[2].Entity, seen[2].Seq, seen[2].Data.GetProperty("offer").GetString()));
        Assert.Equal((2, 3), (watcher.Resets, watcher.Reconnects));
    }

    private static string Frame(string seq, string type, string data) =>
        $"id: {seq}\nevent: change\ndata: {{\"entity\":\"conversation/c-1\",\"seq\":{seq},\"type\":\"{type}\",\"at\":\"2026-11-27T12:00:00.000Z\",\"actor\":{{\"kind\":\"system\"}},\"data\":{data}}}\n\n";

    private static async Task<WebApplication> Serve(RequestDelegate feed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/v1/feed", feed);
        await app.StartAsync(Cancellation);
        return app;
    }
}
