using System.Text.RegularExpressions;
using Conversations.Grains.Tests.Redis;

namespace Conversations.Silo.Tests;

/// <summary>What the program does at its start, and what it refuses to start with.</summary>
[Collection(nameof(OneCluster))]
public sealed partial class StartTests(Cluster cluster)
{
    [Fact]
    public async Task A_process_with_both_roles_serves_alone()
    {
        cluster.Needed();
        await using var redis = await RedisServer.Start();
        await using var alone = await SiloProcess.Start(role: null, redis.Endpoint);

        Assert.Equal("ready", (await new Api(alone.Http, null).Get("/readyz")).Is(200).Of("status"));
        (await alone.Admin.Put("/v1/channels/webchat/calm", new { })).Is(200);
        await Cluster.Send(alone, cluster.Message("alone"));
        await alone.Terminate();
        Assert.Equal(0, alone.ExitCode);
    }

    [Fact]
    public async Task A_silo_tells_its_health_and_has_no_api()
    {
        cluster.Needed();
        await using var silo = await SiloProcess.Start("silo", cluster.Redis.Endpoint);
        var nobody = new Api(silo.Http, null);

        Assert.Equal("alive", (await nobody.Get("/healthz")).Is(200).Of("status"));
        Assert.Equal("ready", (await nobody.Get("/readyz")).Is(200).Of("status"));
        (await silo.Admin.Get("/v1/conversations")).Is(404);
        await silo.Terminate();
    }

    [Fact]
    public async Task An_operator_is_told_of_every_process_and_who_works_on_which_partition()
    {
        cluster.Needed();
        while (true)
        {
            var nodes = (await cluster.First.Admin.Get("/v1/nodes")).Is(200);
            var roles = nodes["nodes"].EnumerateArray().Select(n => n.GetProperty("role").GetString()).ToList();
            var workers = nodes["partitions"].EnumerateArray().Select(p => p.GetProperty("node").GetString()).ToList();
            var silos = nodes["nodes"].EnumerateArray().Where(n => n.GetProperty("role").GetString() == "silo").Select(n => n.GetProperty("name").GetString()).ToList();
            if (roles.Count(r => r == "silo") >= 2 && roles.Count(r => r == "gateway") >= 2 && workers.All(silos.Contains)) // each says it every five seconds
            {
                Assert.Equal(64, workers.Count);
                return;
            }

            await Task.Yield();
        }
    }

    [Fact]
    public async Task Gateways_that_start_at_once_make_one_first_key()
    {
        cluster.Needed();
        await using var redis = await RedisServer.Start();
        await using var silo = await SiloProcess.Start("silo", redis.Endpoint);

        var gateways = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SiloProcess.Start("gateway", redis.Endpoint, bootstrapKey: null)));
        foreach (var gateway in gateways)
        {
            await gateway.Terminate();
        }

        var key = Assert.Single(gateways.SelectMany(g => FirstKey().Matches(g.Printed)).Select(m => m.Value));
        await using var later = await SiloProcess.Start("gateway", redis.Endpoint, bootstrapKey: null);
        (await new Api(later.Http, key).Get("/v1/keys")).Is(200);
        await later.Terminate();
        Assert.DoesNotMatch(FirstKey(), later.Printed);
        foreach (var gateway in gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_made_at_one_gateway_is_good_at_another_at_once_and_a_revoked_one_stops_there_within_seconds()
    {
        cluster.Needed();
        await cluster.Second.Admin.Head(); // it knows the account as it was
        var made = (await cluster.First.Admin.Post("/v1/keys", new { name = "k", role = "supervisor" })).Is(201);
        var there = new Api(cluster.Second.Http, made.Of("key"));
        (await there.Get("/v1/conversations")).Is(200);

        (await cluster.First.Admin.Delete($"/v1/keys/{made.Of("id")}")).Is(204);
        (await new Api(cluster.First.Http, made.Of("key")).Get("/v1/conversations")).IsProblem(401, "unauthorized");
        var since = TimeProvider.System.GetTimestamp();
        while ((await there.Get("/v1/conversations")).Status != 401)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(5), "A revoked key is still good at the other gateway.");
        }
    }

    [Fact]
    public async Task A_channel_registered_at_one_gateway_takes_messages_at_another_at_once()
    {
        cluster.Needed();
        (await cluster.Second.Admin.Post("/v1/inbound", cluster.Message("t", account: "new-one"))).IsProblem(404, "unknown_channel_account");
        (await cluster.First.Admin.Put("/v1/channels/webchat/new-one", new { queue = "care" })).Is(200);

        var opened = (await cluster.Second.Admin.Post("/v1/inbound", cluster.Message("t", account: "new-one"))).Is(200).Of("conversationId");

        Assert.Equal("care", (await cluster.Second.Admin.Get($"/v1/conversations/{opened}")).Is(200).Of("queue"));
    }

    [Fact]
    public async Task Without_a_master_key_it_says_what_to_do()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SiloProcess.Start("gateway", "127.0.0.1:1", masterKey: null));
        Assert.Contains("CONVERSATIONS_MASTER_KEY is not set", refused.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand -base64 32", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    [InlineData("both")]
    public async Task Without_a_Redis_it_says_where_it_looked(string role)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SiloProcess.Start(role, $"127.0.0.1:{RedisServer.FreePort()}"));
        Assert.Contains("No connection to Redis at 127.0.0.1:", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("king", "There is no role 'king'. Choose silo, gateway or both")]
    public async Task An_unknown_role_is_refused(string role, string told)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SiloProcess.Start(role, "127.0.0.1:1"));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Cluster:ProbeTimeoutSeconds=0", "Cluster:ProbeTimeoutSeconds is 0. Choose 1 or 2.")]
    [InlineData("--Cluster:Address=nowhere", "Cluster:Address is 'nowhere'.")]
    [InlineData("--Cluster:CollectAfterSeconds:conversation=1", "Cluster:CollectAfterSeconds:conversation is 1. Choose 10 or more.")]
    [InlineData("--Redis:Durability=maybe", "Redis:Durability is refuse or warn, not 'maybe'.")]
    [InlineData("--Redis:Partitions=0", "Redis:Partitions is 0. Choose 1 to 1024.")]
    public async Task A_setting_out_of_range_is_refused_with_what_is_allowed(string setting, string told)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SiloProcess.Start("both", "127.0.0.1:1", arguments: setting));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex("ck-first-[0-9a-f]{48}")]
    private static partial Regex FirstKey();
}
