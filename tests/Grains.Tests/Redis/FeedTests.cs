using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;
using NodaTime;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>What several processes see of each other's commits, and what the feed forgets.</summary>
public abstract class FeedTests(string? configuration)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_process_hears_of_a_commit_at_once()
    {
        var options = Journals.New(configuration);
        await using var writer = await Journals.Open(options);
        await using var reader = await Journals.Open(options);
        var (advanced, changed, others) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        var entity = Some.Conversation("c");
        reader.Advanced += () => advanced.TrySetResult();
        reader.Partitions[reader.PartitionOf(entity)].Changed += () => changed.TrySetResult();
        reader.Partitions[(reader.PartitionOf(entity) + 1) % reader.Partitions.Count].Changed += () => others++;

        await writer.Commit(Some.Commit(entity, nextDue: Some.Noon), Cancel);

        await advanced.Task.WaitAsync(Cancel);
        await changed.Task.WaitAsync(Cancel);
        Assert.Equal(0, others);
        Assert.Single(await reader.Read(null, null, 10, Cancel));
        Assert.Equal(entity, Assert.Single(await reader.Partitions[reader.PartitionOf(entity)].ReadDue(Some.Noon, 10, Cancel)).Entity);
    }

    [Fact]
    public async Task What_a_process_committed_last_before_it_stopped_is_announced_too()
    {
        var options = Journals.New(configuration);
        await using var reader = await Journals.Open(options);
        var heard = Enumerable.Range(0, 5).Select(_ => new TaskCompletionSource()).ToArray();
        await using (var writer = await Journals.Open(options))
        {
            for (var i = 0; i < heard.Length; i++)
            {
                var (entity, told) = (Some.Conversation($"c{i}"), heard[i]);
                reader.Partitions[reader.PartitionOf(entity)].Changed += () => told.TrySetResult();
                await writer.Commit(Some.Commit(entity, nextDue: Some.Noon), Cancel);
            }
        }

        await Task.WhenAll(heard.Select(h => h.Task)).WaitAsync(Cancel);
    }

    [Fact]
    public async Task What_was_not_announced_is_found_by_looking()
    {
        var options = Journals.New(configuration) with { SafetyPoll = TimeSpan.FromMilliseconds(50) };
        await using var reader = await Journals.Open(options);
        var heard = new TaskCompletionSource();
        var changed = new TaskCompletionSource();
        reader.Advanced += () => heard.TrySetResult();
        reader.Whole.Changed += () => changed.TrySetResult();

        await Silently(options, Some.Commit(Some.Conversation("c"), nextDue: Some.Noon));

        await heard.Task.WaitAsync(Cancel);
        await changed.Task.WaitAsync(Cancel);
        Assert.Single(await reader.Read(null, null, 10, Cancel));
    }

    [Fact]
    public async Task Reading_overlooks_nothing_that_was_committed_even_if_never_announced()
    {
        var options = Journals.New(configuration);
        await using var reader = await Journals.Open(options);

        await Silently(options, Some.Commit(Some.Conversation("c")));

        Assert.Single(await reader.Read(null, null, 10, Cancel));
    }

    [Fact]
    public async Task The_feed_forgets_what_is_older_than_its_retention_and_the_history_does_not()
    {
        var options = Journals.New(configuration) with { Partitions = 1, FeedRetention = TimeSpan.FromHours(1) };
        await using var store = await Journals.Open(options);
        for (var i = 0; i < 3_000; i += 10)
        {
            await store.Commit(Some.Commit(Some.Conversation("c"), expected: i, events: 10, at: Some.At(i * 4)), Cancel); // 3 h 20 min
        }

        var end = Some.At(2_990 * 4);
        var oldest = await store.PositionAt(end - Duration.FromHours(1), Cancel);
        var kept = await All(store, null);

        Assert.Equal([.. Enumerable.Range((int)oldest.Offsets[0] + 1, 3_000 - (int)oldest.Offsets[0]).Select(o => (long)o)],
            (await All(store, oldest)).Select(e => e.Offset)); // nothing within retention is missing
        Assert.InRange(kept.Count, 3_000 - oldest.Offsets[0], 3_000 - oldest.Offsets[0] + 1_300); // a whole node of entries at a time
        Assert.Equal(kept[0].Offset - 1, (await store.PositionAt(Some.Noon, Cancel)).Offsets[0]);
        Assert.Equal(kept.Count, (await All(store, null, Some.Acme)).Count);
        Assert.Equal(3_000, (await store.Load(Some.Conversation("c"), Cancel)).Tail.Count);
    }

    [Fact]
    public async Task The_feed_is_bounded_in_number_too()
    {
        var options = Journals.New(configuration) with { Partitions = 1, FeedEntries = 1_000 };
        await using var store = await Journals.Open(options);
        await Task.WhenAll(Enumerable.Range(0, 3_000).Select(i => store.Commit(Some.Commit(Some.Conversation($"c{i}")), Cancel).AsTask()));

        var kept = await All(store, null);

        Assert.InRange(kept.Count, 1_000, 1_500);
        Assert.Equal(Enumerable.Range(0, kept.Count).Select(i => kept[0].Offset + i), kept.Select(e => e.Offset));
        Assert.Equal(3_000, kept[^1].Offset);
    }

    [Fact]
    public async Task A_position_inside_a_commit_goes_on_inside_it()
    {
        await using var store = await Journals.Open(Journals.New(configuration));
        await store.Commit(Some.Commit(Some.Conversation("c"), events: 5), Cancel);

        var first = await store.Read(null, Some.Acme, 2, Cancel);
        var rest = await store.Read(first[1].Position, Some.Acme, 10, Cancel);

        Assert.Equal([1, 2], first.Select(e => e.Event.Seq));
        Assert.Equal([3, 4, 5], rest.Select(e => e.Event.Seq));
    }

    [Fact]
    public async Task Positions_in_time_hold_over_partitions_and_commits_of_several_events()
    {
        await using var store = await Journals.Open(Journals.New(configuration) with { Partitions = 4 });
        var random = new Random(11);
        Dictionary<string, long> versions = [];
        List<(int Second, int Events)> written = [];
        for (var second = 0; second < 400; second += random.Next(3))
        {
            var (id, events) = ($"c{random.Next(12)}", random.Next(1, 4));
            versions.TryGetValue(id, out var version);
            Assert.IsType<CommitOutcome.Committed>(
                await store.Commit(Some.Commit(Some.Conversation(id), version, events, at: Some.At(second)), Cancel));
            versions[id] = version + events;
            written.Add((second, events));
        }

        // Upwards, which looks on from the answer before, and in any order.
        foreach (var second in Enumerable.Range(-2, 405).Concat(Enumerable.Range(0, 50).Select(_ => random.Next(400))))
        {
            var after = await All(store, await store.PositionAt(Some.At(second), Cancel));
            Assert.Equal(written.Where(w => w.Second >= second).Sum(w => w.Events), after.Count);
        }
    }

    private static async Task<List<FeedEntry>> All(RedisStore store, FeedPosition? from, AccountId? account = null)
    {
        List<FeedEntry> all = [];
        while (await store.Read(from, account, 500, Cancel) is { Count: > 0 } entries)
        {
            all.AddRange(entries);
            from = entries[^1].Position;
        }

        return all;
    }

    /// <summary>A commit whose process dies before it tells the others.</summary>
    private static async Task Silently(RedisOptions options, Commit commit)
    {
        await using var link = await RedisLink.Connect(options, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Keys keys = new(options.Prefix, RedisOptions.DefaultPartitions);
        Heads heads = new(link, keys, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await using News mute = new(link, new("nobody-listens", keys.Partitions), heads, options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var commits = new RedisCommits(link, keys, new(link, keys, TimeProvider.System), mute, null, options);
        Assert.IsType<CommitOutcome.Committed>(await commits.Commit(commit, Cancel));
    }
}

public sealed class FeedTestsOnOneRedis(OneRedis redis) : FeedTests(redis.Configuration);

public sealed class FeedTestsOnACluster(ThreeRedis redis) : FeedTests(redis.Configuration);
