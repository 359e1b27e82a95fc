using System.Diagnostics;
using Conversations.Grains.Tests.Redis;

namespace Conversations.Silo.Tests;

/// <summary>All tests of this project share one cluster, one after the other: each of its processes is heavy.</summary>
[CollectionDefinition(nameof(OneCluster))]
public sealed class OneCluster : ICollectionFixture<Cluster>;

/// <summary>Silos and gateways as processes of their own on this machine, over one real Redis.</summary>
public sealed class Cluster : IAsyncLifetime
{
    internal const string MasterKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private readonly List<SiloProcess> _processes = [];
    private readonly Queue<SiloProcess> _silos = [];
    private RedisServer? _redis;
    private int _ids;

    internal RedisServer Redis => _redis!;

    internal SiloProcess First { get; private set; } = null!;

    internal SiloProcess Second { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (RedisServer.Missing is not null)
        {
            return;
        }

        _redis = await RedisServer.Start();
        foreach (var silo in await Task.WhenAll(Start("silo"), Start("silo")))
        {
            _silos.Enqueue(silo);
        }

        var gateways = await Task.WhenAll(Start("gateway"), Start("gateway"));
        (First, Second) = (gateways[0], gateways[1]);
        (await First.Admin.Put("/v1/channels/webchat/acme", new { queue = "support", sla = new { firstResponse = 4, nextResponse = 3_600, resolution = 86_400 } })).Is(200);
        (await First.Admin.Put("/v1/channels/webchat/calm", new { queue = "support" })).Is(200);
    }

    /// <summary>Skips the test where Redis is not installed.</summary>
    internal void Needed() => Assert.SkipWhen(_redis is null, RedisServer.Missing ?? "");

    internal async Task<SiloProcess> Start(string role)
    {
        var process = await SiloProcess.Start(role, Redis.Endpoint);
        lock (_processes)
        {
            _processes.Add(process);
        }

        return process;
    }

    /// <summary>The silo that has served longest, and so has its share of all entities and workers; another one has been started in its place.</summary>
    internal async Task<SiloProcess> Oldest()
    {
        _silos.Enqueue(await Start("silo"));
        return _silos.Dequeue();
    }

    /// <summary>A message that is sent until it is taken, always with the same id; how long that took.</summary>
    internal static async Task<(Answer Answer, TimeSpan Took)> Send(SiloProcess gateway, object message)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await gateway.Admin.Post("/v1/inbound", message);
            if (answer.Status is not (429 or 503 or 504))
            {
                return (answer.Is(200), Stopwatch.GetElapsedTime(since));
            }
        }
    }

    internal object Message(string thread, string text = "hello", string account = "calm") => new
    {
        channel = "webchat",
        channelAccount = account,
        thread,
        externalId = $"m-{Interlocked.Increment(ref _ids)}",
        author = new { id = "u-7" },
        text,
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await (_redis?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
