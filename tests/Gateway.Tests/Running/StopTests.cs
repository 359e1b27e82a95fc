namespace Conversations.Gateway.Tests.Running;

public sealed class StopTests
{
    [Fact]
    public async Task A_running_gateway_is_alive_and_ready()
    {
        await using var gateway = await TestGateway.Start();
        var nobody = gateway.As(null);

        Assert.Equal("alive", (await nobody.Get("/healthz")).Is(200).Of("status"));
        Assert.Equal("ready", (await nobody.Get("/readyz")).Is(200).Of("status"));
    }

    [Fact]
    public async Task While_it_drains_it_is_alive_but_not_ready_and_still_answers()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.Start(time, arguments: "--Gateway:DrainSeconds=10");

        var stopped = gateway.Stop();

        (await gateway.As(null).Get("/readyz")).IsProblem(503, "not_ready");
        (await gateway.As(null).Get("/healthz")).Is(200);
        (await gateway.Admin.Get("/v1/conversations")).Is(200);
        Assert.False(stopped.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));
        await stopped;
    }

    [Fact]
    public async Task A_request_under_way_is_answered_and_everything_is_there_afterwards()
    {
        var data = new DataFolder();
        var gateway = await TestGateway.Start(data: data);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { })).Is(200);
        var earlier = (await gateway.Admin.Post("/v1/inbound", Some.Inbound("earlier", text: "before"))).Is(200).Of("conversationId");
        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");
        var body = Some.Inbound("under-way", text: "in the last moment").ToJsonString();
        using var connection = await RawConnection.Open(gateway);
        await connection.SendHead("/v1/inbound", gateway.Admin.Key, $"Content-Length: {body.Length}\r\nExpect: 100-continue");
        Assert.StartsWith("HTTP/1.1 100", await connection.ReadHead(), StringComparison.Ordinal); // it is reading our body now

        var stopped = gateway.Stop();
        await watcher.Next("goaway");
        await connection.Send(body);
        var answer = await connection.ReadToEnd();
        await stopped;
        await gateway.Close();

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        await using var again = await TestGateway.Start(data: data);
        var list = (await again.Admin.Get("/v1/conversations?order=created")).Is(200);
        Assert.Equal(["in the last moment", "before"], list["items"].EnumerateArray().Select(c => c.GetProperty("lastMessage").GetProperty("text").GetString()).OrderDescending());
        Assert.Equal("before", (await again.Admin.Get($"/v1/conversations/{earlier}")).Is(200)["lastMessage"].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_cursor_and_a_key_are_good_across_a_restart()
    {
        var data = new DataFolder();
        var gateway = await TestGateway.Start(data: data);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { })).Is(200);
        var key = (await gateway.Admin.Post("/v1/keys", new { name = "k", role = "supervisor" })).Is(201).Of("key");
        var cursor = await gateway.Admin.Head();
        var first = (await gateway.Admin.Post("/v1/inbound", Some.Inbound("t", "restart-1"))).Is(200);
        await gateway.Close();

        await using var again = await TestGateway.Start(data: data);
        await using var watcher = await Watcher.Start(again.As(key), $"topic=account&cursor={cursor}");

        Assert.Equal(3, (await watcher.Until(h => h.Type == "message.received")).Count);
        var repeated = (await again.Admin.Post("/v1/inbound", Some.Inbound("t", "restart-1"))).Is(200);
        Assert.True(repeated.Replayed);
        Assert.Equal(first.Of("messageId"), repeated.Of("messageId"));
    }
}
