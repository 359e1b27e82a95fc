using System.Globalization;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Conversations.Grains.Tests.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

[assembly: AssemblyFixture(typeof(OneRedis))]
[assembly: AssemblyFixture(typeof(ThreeRedis))]

namespace Conversations.Grains.Tests.Redis;

/// <summary>One Redis for all tests; each has a journal of its own in it.</summary>
public sealed class OneRedis : IAsyncLifetime
{
    private RedisServer? _server;

    /// <summary>Null where Redis is not installed.</summary>
    internal string? Configuration => _server?.Endpoint;

    internal RedisServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = RedisServer.Missing is null ? await RedisServer.Start() : null;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>A Redis Cluster of three masters for all tests.</summary>
public sealed class ThreeRedis : IAsyncLifetime
{
    private const int Slots = 16_384;

    private readonly List<RedisServer> _servers = [];

    internal IReadOnlyList<RedisServer> Servers => _servers;

    internal string? Configuration => _servers.Count == 0 ? null : string.Join(',', _servers.Select(s => s.Endpoint));

    public async ValueTask InitializeAsync()
    {
        if (RedisServer.Missing is not null)
        {
            return;
        }

        List<int> buses = [];
        for (var i = 0; i < 3; i++)
        {
            buses.Add(RedisServer.FreePort());
            _servers.Add(await RedisServer.Start(
                "--cluster-enabled", "yes", "--cluster-port", buses[i].ToString(CultureInfo.InvariantCulture), "--cluster-node-timeout", "5000"));
            await _servers[i].Execute("CLUSTER", "ADDSLOTSRANGE", i * Slots / 3, ((i + 1) * Slots / 3) - 1);
        }

        for (var i = 1; i < 3; i++)
        {
            await _servers[0].Execute("CLUSTER", "MEET", "127.0.0.1", _servers[i].Port, buses[i]);
        }

        foreach (var server in _servers)
        {
            while (!((string)(await server.Execute("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal))
            {
                await Task.Yield(); // the nodes get to know each other
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}

internal static class Journals
{
    /// <summary>A journal nobody else has.</summary>
    public static RedisOptions New(string? configuration)
    {
        Assert.SkipWhen(configuration is null, RedisServer.Missing ?? "");
        return new() { Configuration = configuration!, Prefix = $"t{Guid.NewGuid():n}"[..12], SafetyPoll = TimeSpan.FromMinutes(5) };
    }

    public static Task<RedisStore> Open(RedisOptions options) => RedisStore.Open(options, TimeProvider.System, NullLogger.Instance);

    /// <summary>For what other processes do in their own time.</summary>
    public static async Task Until(Func<Task<bool>> holds)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (await holds())
                {
                    return;
                }
            }
            catch (Exception e) when (e is RedisException or RedisTimeoutException or StoreOverloadedException)
            {
                // not yet
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task Until(Func<bool> holds) => Until(() => Task.FromResult(holds()));
}
