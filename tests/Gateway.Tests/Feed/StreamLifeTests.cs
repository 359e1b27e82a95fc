using Conversations.Gateway.Feed;
using Conversations.Gateway.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Conversations.Gateway.Tests.Feed;

/// <summary>What happens to a stream besides changes: pings, endings, clients that are too slow or too late. Each has a gateway of its own.</summary>
public sealed class StreamLifeTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_ping_comes_every_fifteen_seconds_also_when_there_is_much_to_tell()
    {
        await using var gateway = await Start();
        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");
        await Hear(gateway, watcher);

        _time.Advance(TimeSpan.FromSeconds(15));
        var first = await watcher.Next("ping");
        _time.Advance(TimeSpan.FromSeconds(15));
        await watcher.Next("ping");
        foreach (var _ in Enumerable.Range(0, 2))
        {
            _time.Advance(TimeSpan.FromSeconds(7));
            await Hear(gateway, watcher);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        await watcher.Next("ping");

        Assert.Equal("{}", first.Data);
        await using var resumed = await Watcher.Start(gateway.Admin, $"topic=account&cursor={first.Id}"); // it carries the place reached
        Assert.NotEqual(0, (await resumed.Next("change")).Seq);
    }

    [Fact]
    public async Task A_revoked_key_hears_nothing_after_the_next_ping_on_either_transport()
    {
        await using var gateway = await Start();
        var made = (await gateway.Admin.Post("/v1/keys", new { name = "for a while", role = "supervisor" })).Is(201);
        await using var watcher = await Watcher.Start(gateway.As(made.Of("key")), "topic=account");
        using var hub = await HubSocket.Open(gateway, made.Of("key"));
        await hub.Watch(["account"], await gateway.Admin.Head());
        await Hear(gateway, watcher);
        await hub.Next("change");
        await hub.Next("change");
        await hub.Next("change");

        (await gateway.Admin.Delete($"/v1/keys/{made.Of("id")}")).Is(204);
        _time.Advance(TimeSpan.FromSeconds(15));

        await watcher.Next("ping");
        Assert.Null(await watcher.Next());
        await hub.Next("ping");
        Assert.Null(await hub.Next());
    }

    [Fact]
    public async Task A_client_that_does_not_keep_up_is_told_to_list_again_and_then_misses_nothing()
    {
        await using var gateway = await Start(FeedOptions.Default with { BufferedBytes = 2 << 20 });
        await using var fast = await Watcher.Start(gateway.Admin, "topic=queue/marker");
        await using var slow = await Watcher.Start(gateway.Admin, "topic=account", owned: Narrow(gateway));
        (await gateway.Admin.Put("/v1/channels/webchat/marker", new { queue = "marker" })).Is(200);

        // 12 MB: about 6 more than a connection that is not read and the watcher's buffer hold between them.
        var text = new string('x', 100_000);
        for (var i = 0; i < 120; i++)
        {
            (await gateway.Admin.Post("/v1/inbound", Some.Inbound($"t-{i}", text: text))).Is(200);
        }

        (await gateway.Admin.Post("/v1/inbound", Some.Inbound("end", account: "marker"))).Is(200);
        await fast.Until(h => h.Type == "message.received"); // everything has been handed out by now
        var (resets, sinceReset, after) = (new List<Heard>(), new List<Heard>(), (string?)null);
        while (after is null || sinceReset.Count == 0 || sinceReset[^1].Entity != $"conversation/{after}" || sinceReset[^1].Type != "message.received")
        {
            var heard = (await slow.Next())!;
            if (heard.Event == "reset")
            {
                resets.Add(heard);
                sinceReset.Clear();
                after = (await gateway.Admin.Post("/v1/inbound", Some.Inbound($"after-{resets.Count}"))).Is(200).Of("conversationId");
            }
            else
            {
                sinceReset.Add(heard);
            }
        }

        // It was told, and from there on it has heard everything; what it missed it finds in the list.
        Assert.NotEmpty(resets);
        Assert.All(resets, r => Assert.Equal("""{"reason":"slow"}""", r.Data));
        var (changes, _) = await gateway.Admin.Changes(resets[^1].Id!);
        Assert.Equal(changes.Select(c => c.GetRawText()), sinceReset.Select(h => h.Data));
        Assert.Equal(121 + resets.Count, (await gateway.Admin.Get("/v1/conversations?limit=200")).Is(200)["items"].GetArrayLength());
    }

    [Fact]
    public async Task A_cursor_older_than_what_is_kept_is_told_so_on_every_way_in()
    {
        await using var gateway = await Start();
        var old = await gateway.Admin.Head();
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound("old"))).Is(200);
        _time.Advance(TimeSpan.FromDays(8));

        (await gateway.Admin.Get($"/v1/changes?cursor={old}")).IsProblem(410, "cursor_expired");
        await using var watcher = await Watcher.Start(gateway.Admin, $"topic=conversation/new&topic=queue/new&cursor={old}");
        using var hub = await HubSocket.Open(gateway, gateway.Admin.Key);
        await hub.Watch(["queue/new"], old);
        var reset = await watcher.Next("reset");
        var hubReset = await hub.Next("reset");
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "new" })).Is(200);
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound("new"))).Is(200);

        Assert.Equal("""{"reason":"expired"}""", reset.Data);
        Assert.Equal("""{"reason":"expired"}""", hubReset.Data);
        Assert.NotNull(reset.Id);
        Assert.Equal("conversation.started", Assert.Single(await watcher.Until(_ => true)).Type);
        (await gateway.Admin.Get($"/v1/changes?cursor={reset.Id}")).Is(200);
    }

    [Fact]
    public async Task A_cursor_within_what_is_kept_still_works()
    {
        await using var gateway = await Start();
        _time.Advance(TimeSpan.FromDays(30));
        var cursor = await gateway.Admin.Head();
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound("kept"))).Is(200);
        _time.Advance(TimeSpan.FromDays(6));

        await using var watcher = await Watcher.Start(gateway.Admin, $"topic=account&cursor={cursor}");

        Assert.Equal("message.received", (await watcher.Until(h => h.Type == "message.received"))[^1].Type);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Before_a_gateway_stops_every_watcher_is_sent_away(bool bySignal)
    {
        await using var gateway = await Start();
        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");
        using var hub = await HubSocket.Open(gateway, gateway.Admin.Key);
        await hub.Watch(["account"], await gateway.Admin.Head());
        await Hear(gateway, watcher);
        await hub.Next("change");
        await hub.Next("change");
        await hub.Next("change");

        // Announcing the stop blocks until the watchers have gone, so it has a thread of its own as a signal has.
        var stopped = bySignal
            ? Task.Factory.StartNew(gateway.Signal, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()
            : gateway.Stop();

        var goaway = await watcher.Next("goaway");
        Assert.InRange(goaway.Json.GetProperty("retryAfterMs").GetInt32(), 500, 5_000);
        Assert.Null(await watcher.Next());
        Assert.InRange((await hub.Next("goaway")).Json.GetProperty("retryAfterMs").GetInt32(), 500, 5_000);
        hub.Dispose();
        await stopped;
    }

    [Fact]
    public async Task A_watcher_who_comes_while_a_gateway_stops_is_sent_away_not_cut_off()
    {
        await using var gateway = await Start();
        await gateway.Services.GetRequiredService<GracefulStop>().StoppingAsync(TestContext.Current.CancellationToken);

        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");

        Assert.InRange((await watcher.Next("goaway")).Json.GetProperty("retryAfterMs").GetInt32(), 500, 5_000);
        Assert.Null(await watcher.Next());
    }

    private async Task<TestGateway> Start(FeedOptions? options = null)
    {
        var gateway = await TestGateway.Start(_time, configure: builder => builder.Services.AddSingleton(options ?? FeedOptions.Default));
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { })).Is(200);
        return gateway;
    }

    /// <summary>Something happens and is heard: the stream is under way.</summary>
    private static async Task Hear(TestGateway gateway, Watcher watcher)
    {
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound(Some.Id()))).Is(200);
        await watcher.Until(h => h.Type == "message.received");
    }

    /// <summary>A client whose system takes in little before it is read.</summary>
    private static HttpClient Narrow(TestGateway gateway) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = gateway.Url,
    };
}
