using System.Collections.Concurrent;
using System.Text;
using Conversations.Grains.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Conversations.Silo.Tests;

/// <summary>What a collector gets from a process that is told where one is.</summary>
[Collection(nameof(OneCluster))]
public sealed class TelemetryTests(Cluster cluster)
{
    private static readonly string[] Wanted =
        ["conversations.commit.duration", "conversations.commands", "conversations.feed.lag", "conversations.routing.matching", "Microsoft.Orleans", "http.server.request.duration", "conversations.role"];

    [Fact]
    public async Task Our_instruments_and_those_of_Orleans_and_of_the_server_go_to_the_collector()
    {
        cluster.Needed();
        var missing = new ConcurrentDictionary<string, bool>(Wanted.Select(w => new KeyValuePair<string, bool>(w, true)));
        var complete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var collector = await Collector(body =>
        {
            foreach (var name in missing.Keys.Where(body.Contains))
            {
                missing.TryRemove(name, out _);
            }

            if (missing.IsEmpty)
            {
                complete.TrySetResult();
            }
        });
        await using var redis = await RedisServer.Start();
        await using var watched = await SiloProcess.Start(
            "both", redis.Endpoint,
            arguments: [$"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Urls.Single()}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_METRIC_EXPORT_INTERVAL=500"]);

        (await watched.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200);
        (await watched.Admin.Put("/v1/channels/webchat/calm", new { queue = "care" })).Is(200);
        await Cluster.Send(watched, cluster.Message("measured"));

        var first = await Task.WhenAny(complete.Task, Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.True(first == complete.Task, $"Not heard of: {string.Join(", ", missing.Keys)}");
    }

    private static async Task<WebApplication> Collector(Action<string> heard)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            heard(Encoding.Latin1.GetString(body.ToArray()));
            context.Response.StatusCode = StatusCodes.Status200OK;
        });
        await app.StartAsync();
        return app;
    }
}
