using Conversations.Clusters;

namespace Conversations.EndToEnd.Tests;

internal enum FaultKind
{
    KillSilo,
    FreezeSilo,
    DrainSilo,
    RollingUpgrade,
    KillGateway,
    FreezeGateway,
    KillRedis,
    BreakConnections,
    CutSiloFromRedis,
}

/// <summary>Does to a running cluster what machines, networks and operators do, and puts it right again.</summary>
internal sealed class Faults(Cluster cluster, IReadOnlyDictionary<string, Proxy> wires, Random random)
{
    /// <summary>Long enough to be declared dead, or not: both must be survived.</summary>
    private TimeSpan Frozen() => TimeSpan.FromMilliseconds(random.Next(500, 25_000));

    public async Task Inject(FaultKind kind, CancellationToken cancellation)
    {
        switch (kind)
        {
            case FaultKind.KillSilo:
                await KillAndReplace(Any(NodeKind.Silo), cancellation);
                break;
            case FaultKind.KillGateway:
                await KillAndReplace(Any(NodeKind.Gateway), cancellation);
                break;
            case FaultKind.KillRedis:
                await KillAndReplace(Any(NodeKind.Redis), cancellation);
                break;
            case FaultKind.FreezeSilo:
                await Freeze(Any(NodeKind.Silo), cancellation);
                break;
            case FaultKind.FreezeGateway:
                await Freeze(Any(NodeKind.Gateway), cancellation);
                break;
            case FaultKind.DrainSilo:
                await DrainAndReplace(Any(NodeKind.Silo), cancellation);
                break;
            case FaultKind.RollingUpgrade:
                foreach (var silo in cluster.State.Of(NodeKind.Silo).Select(n => n.Name).ToList())
                {
                    await DrainAndReplace(silo, cancellation);
                }

                break;
            case FaultKind.BreakConnections:
                foreach (var wire in wires.Values)
                {
                    wire.Break();
                }

                break;
            case FaultKind.CutSiloFromRedis:
                var (name, cut) = wires.Where(w => w.Key.StartsWith("silo", StringComparison.Ordinal)).ElementAt(random.Next(cluster.State.Of(NodeKind.Silo).Count()));
                cut.Cut();
                await Wait(TimeSpan.FromMilliseconds(random.Next(500, 15_000)), cancellation);
                cut.Mend();
                await ReplaceIfEnded(name, cancellation);
                break;
        }
    }

    private string Any(NodeKind kind)
    {
        var nodes = cluster.State.Of(kind).ToList();
        return nodes[random.Next(nodes.Count)].Name;
    }

    private async Task KillAndReplace(string name, CancellationToken cancellation)
    {
        await cluster.Kill(name, cancellation);
        await Wait(TimeSpan.FromMilliseconds(random.Next(3_000)), cancellation);
        await cluster.Restart(name, cancellation);
    }

    private async Task DrainAndReplace(string name, CancellationToken cancellation)
    {
        if (!await cluster.Drain(name, cancellation))
        {
            throw new InvalidOperationException($"{name} did not end by itself when it was drained.");
        }

        await cluster.Restart(name, cancellation);
    }

    private async Task Freeze(string name, CancellationToken cancellation)
    {
        cluster.Freeze(name);
        await Wait(Frozen(), cancellation);
        cluster.Thaw(name);
        await ReplaceIfEnded(name, cancellation);
    }

    /// <summary>A silo that the others declared dead meanwhile ends itself; whoever operates it starts it again.</summary>
    private async Task ReplaceIfEnded(string name, CancellationToken cancellation)
    {
        var patience = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(patience) < TimeSpan.FromSeconds(30))
        {
            var node = cluster.State.Nodes.First(n => n.Name == name);
            if (!node.Alive)
            {
                await cluster.Restart(name, cancellation);
                return;
            }

            if (await cluster.IsReady(node, cancellation))
            {
                return;
            }

            await Wait(TimeSpan.FromMilliseconds(200), cancellation);
        }

        throw new InvalidOperationException($"{name} neither ended nor became ready again.");
    }

    private static Task Wait(TimeSpan time, CancellationToken cancellation) => Task.Delay(time, TimeProvider.System, cancellation);
}
