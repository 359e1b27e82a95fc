using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Where snapshots are kept: a cache of the journal, which may be lost but must not be of other events than the journal's. So it
/// belongs beside them, on the same Redis node, and nothing in it runs out by itself.
/// </summary>
public interface ISnapshots
{
    ValueTask<Snapshot?> Read(EntityKey entity, CancellationToken cancellation);

    /// <summary>Keeps it, unless a newer one is there.</summary>
    ValueTask Save(EntityKey entity, Snapshot snapshot, CancellationToken cancellation);
}

/// <summary>Snapshots beside the events, in the same partition.</summary>
internal sealed class RedisSnapshots(RedisLink link, Keys keys) : ISnapshots
{
    private static readonly RedisValue[] Fields = ["s", "f", "b"];

    public async ValueTask<Snapshot?> Read(EntityKey entity, CancellationToken cancellation)
    {
        var found = await link.Reads.HashGetAsync(keys.Of(EntityText.Of(entity)).Snapshot, Fields).WaitAsync(cancellation);
        return found[0].IsNull ? null : new((long)found[0], (int)found[1], (byte[])found[2]!);
    }

    public async ValueTask Save(EntityKey entity, Snapshot snapshot, CancellationToken cancellation)
    {
        var of = keys.Of(EntityText.Of(entity));
        await link.Write(Script.SaveSnapshot, [of.Snapshot, of.Events], [snapshot.Seq, snapshot.Format, snapshot.State]).WaitAsync(cancellation);
    }
}
