using System.Collections.Concurrent;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;

namespace Conversations.Grains;

/// <summary>
/// The processes of the cluster: each says every few seconds how it is, and all hear it. Which silo works on a partition, Orleans
/// knows; how far behind the partition is, Redis.
/// </summary>
internal sealed class ClusterNodes(
    ThisProcess process, RedisStore store, IGrainFactory grains, TimeProvider time, IServiceProvider services) : BackgroundService, INodes
{
    private const string Topic = "nodes";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Not heard of for so long, a process has gone, or is as good as gone.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(15);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new InstantConverter() } };

    private readonly ConcurrentDictionary<string, (Said Said, long At)> _heard = new();

    public ValueTask<IReadOnlyList<Node>> Processes(CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<Node>>([.. Alive().Select(s => s.Node).OrderBy(n => n.Name, StringComparer.Ordinal)]);

    public async ValueTask<IReadOnlyList<PartitionState>> Partitions(CancellationToken cancellation)
    {
        var silos = Alive().Where(s => s.Silo is not null).ToDictionary(s => s.Silo!, s => s.Node.Name);
        var management = grains.GetGrain<IManagementGrain>(0);
        return await Task.WhenAll(store.Partitions.Select(async (partition, id) =>
        {
            var silo = await Worker(management, id);
            return await PartitionState.Of(id, silo is null ? null : silos.GetValueOrDefault(silo, silo), partition, Now(), cancellation);
        }));
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        store.Signals.Heard += Hear;
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        store.Signals.Heard -= Hear;
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var silo = services.GetService<ILocalSiloDetails>()?.SiloAddress.ToParsableString();
        using var timer = new PeriodicTimer(Every, TimeProvider.System); // processes live by the machine's clock, whichever tells what is due
        try
        {
            do
            {
                store.Signals.Send(new(AccountId.Default, Topic, JsonSerializer.Serialize(new Said(process.Look(), silo), Json)));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    /// <returns>The silo; null: nobody works on it, or nobody says who.</returns>
    private async Task<string?> Worker(IManagementGrain management, int partition)
    {
        try
        {
            return (await management.GetActivationAddress(grains.GetGrain<IPartitionGrain>(partition)))?.ToParsableString();
        }
#pragma warning disable CA1031 // The cluster is changing: what is asked is a picture for a person, who looks again in a moment.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private void Hear(Signal signal)
    {
        if (signal.Topic == Topic && JsonSerializer.Deserialize<Said>(signal.Body, Json) is { } said)
        {
            _heard[said.Node.Name] = (said, TimeProvider.System.GetTimestamp());
        }
    }

    private IEnumerable<Said> Alive()
    {
        foreach (var (name, (said, at)) in _heard)
        {
            if (TimeProvider.System.GetElapsedTime(at) <= Lasting)
            {
                yield return said;
            }
            else
            {
                _heard.TryRemove(name, out _);
            }
        }
    }

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow());

    /// <param name="Silo">Null: no silo.</param>
    private sealed record Said(Node Node, string? Silo);
}
