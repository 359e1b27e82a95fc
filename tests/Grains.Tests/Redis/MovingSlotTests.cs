using Conversations.Engine;
using StackExchange.Redis;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>A cluster gives a partition's slot to another node while commits go on.</summary>
public sealed class MovingSlotTests(ThreeRedis redis)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_is_refused_whole_while_its_slot_moves_and_goes_on_where_it_went()
    {
        await using var store = await Journals.Open(Journals.New(redis.Configuration) with { Partitions = 1 });
        var entity = Some.Conversation("c");
        await Commit(Some.Commit(entity, nextDue: Some.Noon, outbox: [Some.Message("m1")], view: Some.Row("c")));
        var commit = Some.Commit(entity, expected: 1, nextDue: Some.At(9), outbox: [Some.Message("m2")], view: Some.Row("c") with { Queue = new("q") });
        var (from, to, slot, due) = await Move(store);

        // The deadline index has gone already, what the script is told of has not.
        await from.Execute("MIGRATE", "127.0.0.1", to.Port, due, 0, 5_000);
        await Assert.ThrowsAsync<StoreOverloadedException>(() => store.Commit(commit, Cancel).AsTask());
        await Assert.ThrowsAsync<StoreOverloadedException>(() => store.Partitions[0].Complete(1_024, Cancel).AsTask());
        Assert.Single((await store.Load(entity, Cancel)).Tail);

        foreach (var key in (RedisKey[])(await from.Execute("CLUSTER", "GETKEYSINSLOT", slot, 1_000))!)
        {
            await from.Execute("MIGRATE", "127.0.0.1", to.Port, key, 0, 5_000);
        }

        foreach (var server in redis.Servers)
        {
            await server.Execute("CLUSTER", "SETSLOT", slot, "NODE", (string)(await to.Execute("CLUSTER", "MYID"))!);
        }

        await Journals.Until(async () => await store.Commit(commit, Cancel) is CommitOutcome.Committed or CommitOutcome.Replayed);
        Assert.Equal([1, 2], (await store.Load(entity, Cancel)).Tail.Select(e => e.Seq));
        Assert.Equal(Some.At(9), await store.Whole.NextDeadline(Cancel));
        Assert.Equal("m1", Assert.Single(await store.Whole.ReadOutbox(Some.At(9), 10, Cancel)).Message.Id);

        async Task Commit(Commit first) => Assert.IsType<CommitOutcome.Committed>(await store.Commit(first, Cancel));
    }

    /// <summary>Begins to move the slot of the journal's partition.</summary>
    private async Task<(RedisServer From, RedisServer To, int Slot, string Due)> Move(Conversations.Grains.Redis.RedisStore store)
    {
        var due = store.SnapshotKeyOf(Some.Conversation("c")).Split(':')[..2] is [var prefix, var partition] ? $"{prefix}:{partition}:due" : "";
        var slot = (int)await redis.Servers[0].Execute("CLUSTER", "KEYSLOT", due);
        var from = redis.Servers[((slot * 3) + 2) / 16_384];
        var to = redis.Servers.First(s => s != from);
        await to.Execute("CLUSTER", "SETSLOT", slot, "IMPORTING", (string)(await from.Execute("CLUSTER", "MYID"))!);
        await from.Execute("CLUSTER", "SETSLOT", slot, "MIGRATING", (string)(await to.Execute("CLUSTER", "MYID"))!);
        return (from, to, slot, due);
    }
}
