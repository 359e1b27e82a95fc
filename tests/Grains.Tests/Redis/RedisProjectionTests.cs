using System.Text;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>Everything a store must do for projections, on one Redis and on a Redis Cluster of three.</summary>
public abstract class RedisProjectionConformance(string? configuration) : ProjectionConformance
{
    private RedisOptions? _options;

    private protected override async Task<ProjectedStore> Open()
    {
        _options ??= Journals.New(configuration) with { Partitions = 1 };
        var store = await RedisStore.Open(_options, TimeProvider.System, NullLogger.Instance);
        return new(store, store.ProjectionsOf(0), store, store.DisposeAsync);
    }

    protected override ValueTask Remove() => ValueTask.CompletedTask; // the server goes, and everything with it
}

public sealed class RedisProjectionTests(OneRedis redis) : RedisProjectionConformance(redis.Configuration);

public sealed class RedisClusterProjectionTests(ThreeRedis redis) : RedisProjectionConformance(redis.Configuration);

/// <summary>What only a store of many partitions with leases has to do for projections.</summary>
public sealed class PartitionedProjectionTests(OneRedis redis, ThreeRedis cluster)
{
    private const string Name = "test";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_of_all_partitions_are_merged_in_either_order(bool inCluster)
    {
        await using var store = await Journals.Open(Journals.New(inCluster ? cluster.Configuration : redis.Configuration) with { Partitions = 7 });
        List<string> keys = [];
        for (var p = 0; p < 7; p++)
        {
            // Unevenly: the last has most of them.
            string[] mine = [.. Enumerable.Range(0, p == 6 ? 1_300 : p).Select(i => $"{(i * 7919) % 100_000:D5}-{p}")];
            keys.AddRange(mine);
            await store.ProjectionsOf(p).Reset(Name, 1, Cancel);
            Assert.True(await store.ProjectionsOf(p).Advance(new(Name, 0, 1, [.. mine.Select(k => Change(k))]), Cancel));
        }

        keys.Sort(StringComparer.Ordinal);
        Assert.Equal(keys, await Read(new(Name, "s", Some.Acme, Limit: 10_000)));
        Assert.Equal(keys.AsEnumerable().Reverse().Take(40), await Read(new(Name, "s", Some.Acme, Descending: true, Limit: 40)));
        Assert.Equal(keys[100..300], await Read(new(Name, "s", Some.Acme, Above: keys[99], Below: keys[300])));

        async Task<IEnumerable<string>> Read(ProjectionQuery query) => (await store.Read(query, Cancel)).Select(r => r.Key);
    }

    [Fact]
    public async Task A_worker_that_was_taken_over_from_writes_nothing_and_is_told()
    {
        await using var store = await Journals.Open(Journals.New(redis.Configuration) with { Partitions = 1 });
        var lost = 0;
        using var first = await HeldPartition.Take(store, 0, TimeProvider.System, () => lost++, Cancel);
        await first.Projections.Reset(Name, 1, Cancel);
        Assert.True(await first.Projections.Advance(new(Name, 0, 1, [Change("a")]), Cancel));
        using var second = await HeldPartition.Take(store, 0, TimeProvider.System, () => Assert.Fail("Nobody took it from this one."), Cancel);

        await Assert.ThrowsAsync<LeaseLostException>(() => first.Projections.Advance(new(Name, 1, 2, [Change("b")]), Cancel).AsTask());
        await Assert.ThrowsAsync<LeaseLostException>(() => first.Projections.Reset(Name, 1, Cancel).AsTask());

        Assert.Equal(2, lost);
        Assert.Equal(1, await second.Projections.Checkpoint(Name, 1, Cancel));
        Assert.Equal(["a"], (await store.Read(new(Name, "s", Some.Acme), Cancel)).Select(r => r.Key));
        Assert.True(await second.Projections.Advance(new(Name, 1, 2, [Change("b")]), Cancel));
    }

    [Fact]
    public async Task A_partition_that_went_back_is_no_longer_followed_from_where_it_was_read()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var server = await RedisServer.Start();
        await using var store = await Journals.Open(Journals.New(server.Endpoint) with { Partitions = 1 });
        var projections = store.ProjectionsOf(0);
        await store.Commit(Some.Commit(Some.Conversation("c"), events: 5), Cancel);
        await projections.Reset(Name, 1, Cancel);
        await projections.Advance(new(Name, 0, 5, [Change("a")]), Cancel);

        await server.Execute("FLUSHALL");
        await store.Head(Cancel);

        await Assert.ThrowsAsync<InvalidDataException>(() => projections.ReadEvents(5, 10, Cancel).AsTask());
        Assert.False(await projections.Advance(new(Name, 5, 6, [Change("b")]), Cancel));
        Assert.Null(await projections.Checkpoint(Name, 1, Cancel));
    }

    [Fact]
    public async Task Only_its_own_partitions_events_wake_a_follower()
    {
        await using var store = await Journals.Open(Journals.New(redis.Configuration));
        var (mine, others) = (Some.Conversation("c1"), Enumerable.Range(0, 100).Select(i => Some.Conversation($"o{i}")));
        var woken = 0;
        var projections = store.ProjectionsOf(store.PartitionOf(mine));
        projections.Advanced += () => woken++;

        await store.Commit(Some.Commit(others.First(o => store.PartitionOf(o) != store.PartitionOf(mine))), Cancel);
        Assert.Equal(0, woken);
        await store.Commit(Some.Commit(mine), Cancel);

        Assert.Equal(1, woken);
        Assert.Single(await projections.ReadEvents(0, 10, Cancel));
    }

    private static ProjectionChange Change(string key) => new(Some.Acme, "s", key, Encoding.UTF8.GetBytes($"\"{key}\""));
}
