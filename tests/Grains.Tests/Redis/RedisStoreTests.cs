using Conversations.Grains.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Grains.Tests.Redis;

/// <summary>Everything a store must do, on one Redis and on a Redis Cluster of three.</summary>
public abstract class RedisConformance(string? configuration) : StoreConformance
{
    private RedisOptions? _options;

    private protected override async Task<Store> Open()
    {
        _options ??= Journals.New(configuration);
        var store = await RedisStore.Open(_options, TimeProvider.System, NullLogger.Instance);
        return new(store, store.Whole, store, store, store.DisposeAsync);
    }

    protected override ValueTask Remove() => ValueTask.CompletedTask; // the server goes, and everything with it
}

public sealed class RedisStoreTests(OneRedis redis) : RedisConformance(redis.Configuration);

public sealed class RedisClusterTests(ThreeRedis redis) : RedisConformance(redis.Configuration);
