using Conversations.Engine;
using Conversations.Grains.Redis;
using Conversations.Grains.Tests.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Xunit;

namespace Conversations.Grains.Tests.Partitions;

/// <summary>Two workers of one partition, as there may be for a moment while the cluster changes: no message is sent by both.</summary>
public sealed class HeldPartitionTests(OneRedis redis) : IAsyncLifetime
{
    private readonly ManualTime _time = new(Some.Noon.ToDateTimeOffset());
    private readonly EntityKey _entity = Some.Conversation("c1");
    private RedisStore _store = null!;
    private bool _firstLost;
    private long _m1, _m2;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Partition => _store.PartitionOf(_entity);

    public async ValueTask InitializeAsync()
    {
        _store = await RedisStore.Open(Journals.New(redis.Configuration), TimeProvider.System, NullLogger.Instance);
        await _store.Commit(Some.Commit(_entity, outbox: [Some.Message("m1", "k1"), Some.Message("m2", "k2")]), Cancel);
        (_m1, _m2) = ((await Entry("m1")).Id, (await Entry("m2")).Id);
    }

    public async ValueTask DisposeAsync() => await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public async Task After_another_worker_took_over_the_first_begins_nothing()
    {
        using var first = await First();
        using var second = await Second();
        Assert.True(second.Epoch > first.Epoch);

        await Assert.ThrowsAsync<LeaseLostException>(() => first.BeginAttempt(_m1, Cancel).AsTask());

        Assert.True(_firstLost);
        Assert.Equal(0, (await Entry("m1")).Attempts);
        await second.BeginAttempt(_m1, Cancel);
        Assert.Equal(1, (await Entry("m1")).Attempts);
    }

    [Fact]
    public async Task What_the_first_had_begun_is_left_alone_for_a_while_and_the_rest_is_not()
    {
        using var first = await First();
        await first.BeginAttempt(_m1, Cancel);
        using var second = await Second();
        var woken = 0;
        second.Changed += () => woken++;

        Assert.Equal(["m2"], await Ready(second));
        _time.Advance(HeldPartition.Handover - TimeSpan.FromMilliseconds(1));
        Assert.Equal(["m2"], await Ready(second));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(["m1", "m2"], await Ready(second));
        Assert.Equal(1, woken);
    }

    [Fact]
    public async Task What_the_platform_told_the_first_is_kept_as_long_as_nobody_tried_again()
    {
        using var first = await First();
        await first.BeginAttempt(_m1, Cancel);
        using var second = await Second();

        await first.SaveProgress(_m1, "half", Cancel);
        Assert.Equal("half", (await Entry("m1")).Progress);

        await second.BeginAttempt(_m1, Cancel);
        await Assert.ThrowsAsync<LeaseLostException>(() => first.SaveProgress(_m1, "old", Cancel).AsTask());
        await Assert.ThrowsAsync<LeaseLostException>(() => first.Complete(_m1, Cancel).AsTask());
        await Assert.ThrowsAsync<LeaseLostException>(() => first.Retry(_m1, Some.Noon, "old", Cancel).AsTask());
        await Assert.ThrowsAsync<LeaseLostException>(() => first.Bury(_m1, Some.Noon, "old", Cancel).AsTask());
        Assert.Equal("half", (await Entry("m1")).Progress);
        await second.Complete(_m1, Cancel);
        Assert.Equal(["m2"], await Ready(second));
    }

    [Fact]
    public async Task After_a_release_nothing_is_left_alone()
    {
        using var first = await First();
        await first.BeginAttempt(_m1, Cancel);
        await first.Retry(_m1, Some.Noon, "no answer", Cancel);
        await first.Release();

        using var second = await Second();

        Assert.Equal(["m1", "m2"], await Ready(second));
        await Assert.ThrowsAsync<LeaseLostException>(() => first.BeginAttempt(_m2, Cancel).AsTask());
    }

    [Fact]
    public async Task A_late_release_does_not_speak_for_the_next_worker()
    {
        using var first = await First();
        using var second = await Second();
        await second.BeginAttempt(_m1, Cancel);
        await first.Release();

        using var third = await Second();

        Assert.Equal(["m2"], await Ready(third));
    }

    private ValueTask<HeldPartition> First() => HeldPartition.Take(_store, Partition, _time, () => _firstLost = true, Cancel);

    private ValueTask<HeldPartition> Second() => HeldPartition.Take(_store, Partition, _time, () => Assert.Fail("Nobody took it from this one."), Cancel);

    private async Task<OutboxEntry> Entry(string message) => (await _store.Partitions[Partition].ReadOutbox(Instant.MaxValue, 10, Cancel)).Single(e => e.Message.Id == message);

    private static async Task<string[]> Ready(HeldPartition partition) =>
        [.. (await partition.ReadOutbox(Some.Noon + Duration.FromHours(1), 10, Cancel)).Select(e => e.Message.Id).Order(StringComparer.Ordinal)];
}
