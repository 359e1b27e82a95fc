using Conversations.Engine;
using Conversations.Grains.Redis;
using StackExchange.Redis;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>Commits while Redis forgets, dies, pauses or is full.</summary>
public sealed class CommitTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private RedisOptions _options = null!;
    private RedisStore _store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        _server = await RedisServer.Start();
        _options = Journals.New(_server.Endpoint) with { CommandTimeout = TimeSpan.FromSeconds(1) };
        _store = await Journals.Open(_options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_Redis_that_forgot_its_scripts_is_told_them_again()
    {
        await Committed(Some.Commit(Some.Conversation("c")));
        await _server.Execute("SCRIPT", "FLUSH");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Committed(Some.Commit(Some.Conversation($"c{i}")))));
        Assert.Single(await _store.Read(null, null, 1, Cancel));
        Assert.Equal(21, (await _store.Read(null, null, 100, Cancel)).Count);
    }

    [Fact]
    public async Task A_Redis_killed_and_started_again_has_everything_acknowledged_and_is_found_again()
    {
        var acknowledged = 0L;
        var entity = Some.Conversation("c");
        using var killed = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                while (!killed.IsCancellationRequested)
                {
                    await Committed(Some.Commit(entity, expected: acknowledged));
                    Interlocked.Increment(ref acknowledged);
                }
            },
            Cancel);
        await Journals.Until(() => Interlocked.Read(ref acknowledged) > 50);
        await _server.Kill();
        await Assert.ThrowsAnyAsync<Exception>(() => writing); // a lost connection: its outcome is unknown

        // While there is none, a commit is refused at once and is certain not to happen later.
        await Assert.ThrowsAsync<StoreOverloadedException>(async () =>
        {
            while (true)
            {
                try
                {
                    await _store.Commit(Some.Commit(Some.Conversation("never")), Cancel);
                }
                catch (Exception e) when (e is RedisConnectionException or RedisTimeoutException)
                {
                    // still finding out that it is gone
                }
            }
        });

        await _server.Start();
        await Journals.Until(async () => (await _store.Load(entity, Cancel)).Tail.Count >= acknowledged);

        var found = (await _store.Load(entity, Cancel)).Tail;
        Assert.InRange(found.Count, acknowledged, acknowledged + 1);
        Assert.Equal(Enumerable.Range(1, found.Count).Select(i => (long)i), found.Select(e => e.Seq));
        Assert.Empty((await _store.Load(Some.Conversation("never"), Cancel)).Tail);
        await Journals.Until(async () =>
            await _store.Commit(Some.Commit(entity, expected: found.Count, command: "after"), Cancel) is CommitOutcome.Committed or CommitOutcome.Replayed);
    }

    [Fact]
    public async Task A_commit_that_timed_out_is_unknown_and_with_its_retry_happens_once()
    {
        await _server.Execute("CLIENT", "PAUSE", 30_000, "WRITE");
        var commit = Some.Commit(Some.Conversation("c"), command: "cmd", answer: "first");

        await Assert.ThrowsAsync<RedisTimeoutException>(() => _store.Commit(commit, Cancel).AsTask());
        await _server.Execute("CLIENT", "UNPAUSE");

        await Journals.Until(async () => await _store.Commit(commit, Cancel) is CommitOutcome.Committed or CommitOutcome.Replayed);
        Assert.Single((await _store.Load(Some.Conversation("c"), Cancel)).Tail);
        Assert.Equal(Some.Json("first"), (await _store.FindReceipt(Some.Acme, "cmd", Cancel))!.Answer.ToArray());
    }

    [Fact]
    public async Task More_commits_than_allowed_at_once_are_refused_before_they_are_sent()
    {
        await using var store = await Journals.Open(_options with { MaxInFlight = 4 });
        await _server.Execute("CLIENT", "PAUSE", 30_000, "WRITE");
        var under = Enumerable.Range(0, 4).Select(i => store.Commit(Some.Commit(Some.Conversation($"c{i}")), Cancel).AsTask()).ToArray();

        await Assert.ThrowsAsync<StoreOverloadedException>(() => store.Commit(Some.Commit(Some.Conversation("too many")), Cancel).AsTask());

        await _server.Execute("CLIENT", "UNPAUSE");
        Assert.All(await Task.WhenAll(under), o => Assert.IsType<CommitOutcome.Committed>(o));
        Assert.Empty((await store.Load(Some.Conversation("too many"), Cancel)).Tail);
        Assert.IsType<CommitOutcome.Committed>(await store.Commit(Some.Commit(Some.Conversation("too many")), Cancel));
    }

    [Fact]
    public async Task A_full_Redis_refuses_the_whole_commit()
    {
        await Committed(Some.Commit(Some.Conversation("c")));
        await _server.Execute("CONFIG", "SET", "maxmemory", 1);
        var commit = Some.Commit(Some.Conversation("c"), expected: 1, outbox: [Some.Message("m")], nextDue: Some.Noon, view: Some.Row("c"));

        await Assert.ThrowsAsync<StoreOverloadedException>(() => _store.Commit(commit, Cancel).AsTask());
        await _server.Execute("CONFIG", "SET", "maxmemory", 0);

        Assert.Null(await _store.FindReceipt(Some.Acme, commit.CommandId, Cancel));
        Assert.Null(await _store.Whole.NextDeadline(Cancel));
        await Committed(commit);
    }

    [Fact]
    public async Task Of_64_writers_on_one_entity_each_gets_in_and_no_seq_is_left_out()
    {
        var entity = Some.Conversation("c");
        await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(
            async () =>
            {
                long expected = 0;
                while (true)
                {
                    switch (await _store.Commit(Some.Commit(entity, expected, events: 2, command: $"writer-{writer}"), Cancel))
                    {
                        case CommitOutcome.Committed:
                            return;
                        case CommitOutcome.Conflict conflict:
                            expected = conflict.CurrentSeq;
                            break;
                        case var other:
                            throw new InvalidOperationException($"{other}");
                    }
                }
            },
            Cancel)));

        var events = (await _store.Load(entity, Cancel)).Tail;
        Assert.Equal(Enumerable.Range(1, 128).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.Equal(128, (await _store.Read(null, null, 1_000, Cancel)).Count);
    }

    [Fact]
    public async Task A_commit_of_very_many_events_is_one_commit()
    {
        var entity = Some.Conversation("c");
        await Committed(Some.Commit(entity, events: 12_345));

        Assert.Equal(12_345, (await _store.Load(entity, Cancel)).Tail.Count);
        Assert.Equal([12_345, 12_344], (await _store.ReadEvents(entity, 0, 2, descending: true, Cancel)).Select(e => e.Seq));
        Assert.Equal([2_001, 2_002], (await _store.ReadEvents(entity, 2_000, 2, descending: false, Cancel)).Select(e => e.Seq));
    }

    [Fact]
    public async Task A_snapshot_ahead_of_the_journal_is_of_a_lost_history_and_is_not_used()
    {
        var entity = Some.Conversation("c");
        await Committed(Some.Commit(entity, events: 3));
        await _server.Execute("HSET", _store.SnapshotKeyOf(entity), "s", 5, "f", 1, "b", "state of a lost history");

        var loaded = await _store.Load(entity, Cancel);

        Assert.Null(loaded.Snapshot);
        Assert.Equal([1, 2, 3], loaded.Tail.Select(e => e.Seq));
    }

    [Fact]
    public async Task A_commit_is_not_acknowledged_before_its_replica_has_it()
    {
        await using var replica = await RedisServer.Start("--replicaof", "127.0.0.1", $"{_server.Port}", "--repl-diskless-sync-delay", "0");
        await Journals.Until(async () => $"{await _server.Execute("INFO", "replication")}".Contains("state=online", StringComparison.Ordinal));
        await using var store = await Journals.Open(_options with { Replicas = 1, ReplicaTimeout = TimeSpan.FromSeconds(5) });

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => store.Commit(Some.Commit(Some.Conversation($"c{i}")), Cancel).AsTask()));
        Assert.All(outcomes, o => Assert.IsType<CommitOutcome.Committed>(o));
        Assert.Equal(100, (int)await replica.Execute("EVAL", "return #redis.call('KEYS', '*events:*')", 0));

        await replica.Kill();
        await using var impatient = await Journals.Open(_options with { Replicas = 1, ReplicaTimeout = TimeSpan.FromMilliseconds(50) });
        await Assert.ThrowsAsync<TimeoutException>(() => impatient.Commit(Some.Commit(Some.Conversation("alone")), Cancel).AsTask());
        Assert.Single((await impatient.Load(Some.Conversation("alone"), Cancel)).Tail); // unknown to the caller, and there
    }

    private async Task Committed(Commit commit) => Assert.IsType<CommitOutcome.Committed>(await _store.Commit(commit, Cancel));
}
