using StackExchange.Redis;

namespace Conversations.Grains.Redis;

public sealed partial class RedisStore
{
    /// <summary>Takes a partition over: from now on only this worker begins to deliver what lies in its outbox.</summary>
    /// <returns>The partition under the new lease, and whether the worker before may still have something under way.</returns>
    internal async ValueTask<(RedisPartition Partition, bool Careful)> Take(int partition, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var taken = (RedisValue[])(await _link.Write(Script.Lease, [_keys.Lease(partition)], ["take"]))!;
        return (new(_link, _keys, _news, partition, (long)taken[0]), (int)taken[1] == 1);
    }

    /// <summary>What a partition's projections follow and keep.</summary>
    /// <param name="epoch">Of the lease it is worked under; null: under none.</param>
    internal RedisProjections ProjectionsOf(int partition, long? epoch = null) => new(_link, _keys, _journal, _feed, _heads, _news, _log, partition, epoch);
}
