namespace Conversations.Gateway.Tests;

/// <summary>A Redis that comes back with less while gateways run: a backup was put back, or what it had acknowledged was lost.</summary>
public sealed class LostHistoryTests
{
    /// <summary>All keys of a journal as they are, kept beside it; and put back, in one step.</summary>
    private const string Keep =
        """
        for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('HSET', KEYS[1], key, redis.call('DUMP', key)) end
        """;

    private const string PutBack =
        """
        for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end
        local kept = redis.call('HGETALL', KEYS[1])
        for i = 1, #kept, 2 do redis.call('RESTORE', kept[i], 0, kept[i + 1]) end
        """;

    [Fact]
    public async Task Watchers_are_told_to_list_again_and_then_hear_what_happens_in_the_history_that_came_back()
    {
        await using var gateway = await TestGateway.Start(arguments: ["--Redis:SafetyPollSeconds=0.1"]);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { })).Is(200);
        var kept = await Open(gateway);
        await Execute(gateway, Keep);
        await using var watcher = await Watcher.Start(gateway.Admin, "topic=account");
        await using var quiet = await Watcher.Start(gateway.Admin, $"topic=conversation/{kept}");
        (await gateway.Admin.Put("/v1/channels/webchat/lost", new { })).Is(200);
        var lost = await Open(gateway);
        var last = (await watcher.Until(h => h.Entity == $"conversation/{lost}"))[^1];

        await Execute(gateway, PutBack);

        var reset = await Reset(watcher);
        await Reset(quiet);
        (await gateway.Admin.Get($"/v1/conversations/{lost}")).IsProblem(404, "not_found");
        (await gateway.Admin.Get("/v1/channels/webchat/lost")).IsProblem(404, "unknown_channel_account");
        var next = await Open(gateway);
        Assert.Equal($"conversation/{next}", (await watcher.Until(h => h.Seq == 1))[^1].Entity);
        await using var resumed = await Watcher.Start(gateway.Admin, "topic=account", reset.Id);
        Assert.Equal($"conversation/{next}", (await resumed.Until(h => h.Seq == 1))[^1].Entity);
        await using var late = await Watcher.Start(gateway.Admin, "topic=account", last.Id);
        await Reset(late);

        (await gateway.Admin.Post($"/v1/conversations/{kept}/messages", new { text = "still here" })).Is(201);
        Assert.Equal("message.posted", (await quiet.Until(h => h.Type.StartsWith("message.", StringComparison.Ordinal)))[^1].Type);
    }

    private static async Task<string> Open(TestGateway gateway) =>
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound(Some.Id()))).Is(200).Of("conversationId");

    /// <summary>The next reset; what was on its way before it is passed over.</summary>
    private static async Task<Heard> Reset(Watcher watcher)
    {
        while (true)
        {
            if (await watcher.Next() is { Event: "reset" } reset)
            {
                Assert.Equal("expired", reset.Json.GetProperty("reason").GetString());
                return reset;
            }
        }
    }

    private static async Task Execute(TestGateway gateway, string script) =>
        await OneRedis.Server!.Execute("EVAL", script, 1, $"kept:{gateway.Data.Journal}", $"{{{gateway.Data.Journal}:*");
}
