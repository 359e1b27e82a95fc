using Conversations.Domain;
using Conversations.Engine;
using Conversations.Engine.Sqlite;
using Conversations.Gateway;
using Conversations.Gateway.Hosting;
using Conversations.Gateway.Http;
using Conversations.Gateway.Inbound;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Conversations.Bench;

/// <summary>
/// (b) <c>POST /v1/inbound</c> through the whole gateway, against a bare endpoint that reads the same body and writes the
/// same rows. Both on Kestrel in this process, by the same load generator.
/// </summary>
internal static class HttpBench
{
    private const double Bar = 0.5, BarP99 = 50;
    private const int Connections = 128, Threads = 2_048, Pace = 1_000;
    private const string Key = "bench-key-of-thirty-two-characters", AnyPort = "http://127.0.0.1:0";

    public static async Task Run(BenchFolder folder, bool quick)
    {
        Console.WriteLine($"(b) POST /v1/inbound through the gateway against a bare endpoint; synchronous=FULL, {Connections} connections, {Threads:N0} conversations");
        await using var gateway = await StartGateway(folder);
        await using var rehearsal = await LiveEngine.Open(folder.Database("rehearsal"), SqliteSynchronous.Off);
        await using var store = BareStore.Open(folder.Database("bare"), SqliteSynchronous.Full);
        var writes = new Dictionary<string, BareWrite>(StringComparer.Ordinal);
        await using var bare = await StartBare(store, writes);
        using var toGateway = new LoadGenerator(gateway.Urls.First(), Connections);
        using var toBare = new LoadGenerator(bare.Urls.First(), Connections);
        var recorder = new Recorder(rehearsal);

        async Task<Rounds> Take(string name, int rounds, int messages, Func<LoadGenerator, byte[][], long[], Task> load)
        {
            byte[][] requests = [];
            return await Rounds.Take(
                "gateway", "bare", rounds,
                async round =>
                {
                    (Address Address, string Id)[] all = [.. Enumerable.Range(0, messages).Select(i => (Talk.Thread($"{i % Threads}"), $"{name}{round}-{i}"))];
                    requests = [.. all.Select(m => LoadGenerator.Inbound(Key, m.Address, m.Id))];
                    writes.Clear();
                    var commands = all.GroupBy(m => m.Address).Select(thread => thread.Select(m => (m.Address, Talk.Receive(m.Address, m.Id))).ToArray()).ToArray();
                    foreach (var (command, write) in commands.SelectMany(c => c).Zip((await recorder.Record(commands)).SelectMany(w => w)))
                    {
                        writes.Add(command.Item2.CommandId, write);
                    }
                },
                () => Round.Measure(messages, latencies => load(toGateway, requests, latencies)),
                () => Round.Measure(messages, latencies => load(toBare, requests, latencies)));
        }

        var most = await Take("most", quick ? 3 : 9, quick ? 4_000 : 12_000, (generator, requests, latencies) => generator.AtOnce(requests, latencies));
        most.Print("as fast as it goes");
        Bars.AtLeast("gateway/bare", most.Ratio.Median, Bar);

        var paced = await Take("paced", quick ? 2 : 5, Pace * (quick ? 3 : 8), (generator, requests, latencies) => generator.AtPace(requests, Pace, latencies));
        paced.Print($"at {Pace:N0} messages a second, from the intended time of sending");
        Bars.AtMost($"p99 ms at {Pace:N0} messages a second", paced.P99OfA.Median, BarP99);
    }

    private static async Task<WebApplication> StartGateway(BenchFolder folder)
    {
        string[] settings =
        [
            $"--Urls={AnyPort}", $"--CONVERSATIONS_DATA={folder.Path("gateway")}", $"--CONVERSATIONS_BOOTSTRAP_KEY={Key}",
            "--Serilog:MinimumLevel:Default=Warning", "--Store:Synchronous=FULL",
        ];
        var app = GatewayApp.Build(settings);
        await app.StartWithFirstKey();
        await LiveEngine.RegisterChannel(app.Services.GetRequiredService<IEntities>());
        return app;
    }

    private static async Task<WebApplication> StartBare(BareStore store, Dictionary<string, BareWrite> writes)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(AnyPort);
        builder.Services.Configure<JsonOptions>(json => ApiJson.Configure(json.SerializerOptions));
        var app = builder.Build();
        app.MapPost("/v1/inbound", async (InboundRequest request) =>
        {
            var id = MessageKey.Of(request.Channel, request.ChannelAccount, request.ExternalId);
            await store.Write(writes[id]);
            return TypedResults.Ok(new InboundResponse(new(id), new(id), 1, 1, 1, Replayed: false));
        });
        await app.StartAsync();
        return app;
    }
}
