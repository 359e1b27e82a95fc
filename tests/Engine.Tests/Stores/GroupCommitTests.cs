using Conversations.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Engine.Tests.Stores;

/// <summary>Many writes, one transaction. The writing thread is held inside a Changed handler while the queue is filled.</summary>
public sealed class GroupCommitTests : IAsyncLifetime
{
    private readonly DataFolder _folder = new();
    private SqliteStore _store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _store = Open(_folder.Options(maxBatch: 100, maxQueued: 250));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_waits_together_becomes_transactions_of_at_most_a_batch()
    {
        List<Task<CommitOutcome>> commits = [];
        var before = 0L;
        using (await HoldWriter())
        {
            before = _store.Transactions;
            commits.AddRange(Enumerable.Range(0, 250).Select(i => Commit(Some.Commit(Some.Conversation($"c{i}")))));
            Assert.All(commits, c => Assert.False(c.IsCompleted));
        }

        Assert.All(await Task.WhenAll(commits), o => Assert.IsType<CommitOutcome.Committed>(o));
        Assert.Equal(3, _store.Transactions - before);
    }

    [Fact]
    public async Task Commits_of_one_entity_may_follow_each_other_in_one_batch()
    {
        List<Task<CommitOutcome>> commits = [];
        using (await HoldWriter())
        {
            commits.AddRange(Enumerable.Range(0, 100).Select(i => Commit(Some.Commit(Some.Conversation("c"), expected: i))));
        }

        Assert.All(await Task.WhenAll(commits), o => Assert.IsType<CommitOutcome.Committed>(o));
        Assert.Equal(100, (await _store.Load(Some.Conversation("c"), Cancel)).Tail.Count);
    }

    [Fact]
    public async Task Refused_commits_do_not_disturb_the_others_of_their_batch()
    {
        await Commit(Some.Commit(Some.Conversation("old"), command: "used", hash: [1]));
        Task<CommitOutcome> conflict, replay, reused, good;
        using (await HoldWriter())
        {
            conflict = Commit(Some.Commit(Some.Conversation("new"), expected: 4));
            replay = Commit(Some.Commit(Some.Conversation("old"), command: "used", hash: [1]));
            reused = Commit(Some.Commit(Some.Conversation("old"), command: "used", hash: [2]));
            good = Commit(Some.Commit(Some.Conversation("new")));
        }

        Assert.Equal(new CommitOutcome.Conflict(0), await conflict);
        Assert.IsType<CommitOutcome.Replayed>(await replay);
        Assert.IsType<CommitOutcome.KeyReused>(await reused);
        Assert.IsType<CommitOutcome.Committed>(await good);
    }

    [Fact]
    public async Task A_commit_the_database_throws_at_fails_alone()
    {
        await Execute("CREATE TRIGGER poison BEFORE INSERT ON receipt WHEN NEW.command = 'poison' BEGIN SELECT RAISE(ABORT, 'poisoned'); END");
        List<Task<CommitOutcome>> good = [];
        Task<CommitOutcome> poison;
        using (await HoldWriter())
        {
            // A new account: its number is learnt in the transaction that will be undone.
            good.Add(Commit(Some.Commit(Some.Conversation(Some.Other, "before"))));
            poison = Commit(Some.Commit(Some.Conversation(Some.Other, "poison"), events: 3, command: "poison"));
            good.Add(Commit(Some.Commit(Some.Conversation(Some.Other, "after"))));
        }

        Assert.All(await Task.WhenAll(good), o => Assert.IsType<CommitOutcome.Committed>(o));
        Assert.Contains("poisoned", (await Assert.ThrowsAsync<SqliteException>(() => poison)).Message, StringComparison.Ordinal);
        Assert.Empty((await _store.Load(Some.Conversation(Some.Other, "poison"), Cancel)).Tail);
        Assert.Equal(["before", "after"], (await _store.Read(null, Some.Other, 10, Cancel)).Select(e => e.Entity.Id));
    }

    [Fact]
    public async Task A_full_queue_refuses_without_executing()
    {
        List<Task<CommitOutcome>> commits = [];
        using (await HoldWriter())
        {
            commits.AddRange(Enumerable.Range(0, 250).Select(i => Commit(Some.Commit(Some.Conversation($"c{i}")))));
            await Assert.ThrowsAsync<StoreOverloadedException>(() => Commit(Some.Commit(Some.Conversation("too many"))));
        }

        await Task.WhenAll(commits);
        Assert.Empty((await _store.Load(Some.Conversation("too many"), Cancel)).Tail);
        Assert.IsType<CommitOutcome.Committed>(await Commit(Some.Commit(Some.Conversation("too many"))));
    }

    [Fact]
    public async Task A_write_cancelled_while_it_waits_is_not_executed()
    {
        using var cancellation = new CancellationTokenSource();
        using (await HoldWriter())
        {
            var commit = _store.Commit(Some.Commit(Some.Conversation("c")), cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => commit); // at once, not when its turn comes
        }

        Assert.IsType<CommitOutcome.Committed>(await Commit(Some.Commit(Some.Conversation("d"))));
        Assert.Empty((await _store.Load(Some.Conversation("c"), Cancel)).Tail);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _store.Commit(Some.Commit(Some.Conversation("c")), cancellation.Token).AsTask());
    }

    [Fact]
    public async Task A_batch_is_announced_once()
    {
        var announced = 0;
        List<Task<CommitOutcome>> commits = [];
        using (await HoldWriter())
        {
            _store.Advanced += () => Interlocked.Increment(ref announced);
            commits.AddRange(Enumerable.Range(0, 100).Select(i => Commit(Some.Commit(Some.Conversation($"c{i}")))));
        }

        await Task.WhenAll(commits);
        await _store.DisposeAsync(); // after the announcements
        Assert.Equal(2, announced); // the held transaction's own, and the batch's
    }

    [Fact]
    public async Task A_handler_that_throws_stops_neither_the_writer_nor_the_other_handlers()
    {
        var heard = new TaskCompletionSource();
        _store.Advanced += () => throw new InvalidOperationException("handler");
        _store.Advanced += () => heard.TrySetResult();

        await Commit(Some.Commit(Some.Conversation("c")));
        await heard.Task.WaitAsync(Cancel);

        Assert.IsType<CommitOutcome.Committed>(await Commit(Some.Commit(Some.Conversation("d"))));
    }

    [Fact]
    public async Task Events_that_do_not_follow_the_version_are_refused_before_they_wait()
    {
        var commit = Some.Commit(Some.Conversation("c")) with { Events = [Some.Event(1), Some.Event(3)] };

        await Assert.ThrowsAsync<ArgumentException>(() => Commit(commit));
    }

    [Fact]
    public async Task A_commit_that_fails_at_the_end_fails_every_caller_and_the_writer_goes_on()
    {
        using var folder = new DataFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Database)!);
        using var connection = Connection.ForWriting(folder.Database, SqliteSynchronous.Off);
        // A deferred constraint is found out by COMMIT itself, like a full disk.
        connection.Execute(
            "PRAGMA foreign_keys = ON; CREATE TABLE parent (id INTEGER PRIMARY KEY); "
            + "CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)");
        var writer = new GroupWriter(connection, 10, 10, TimeProvider.System, NullLogger.Instance);
        var rolledBack = 0;
        writer.RolledBack = () => rolledBack++;

        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var gate = new ManualResetEventSlim();
        var held = writer.Submit(Hold, Cancel);
        await holding.Task.WaitAsync(Cancel); // from here on the next two wait together
        var orphan = writer.Submit(() => Insert("INSERT INTO child VALUES (7)"), Cancel);
        var innocent = writer.Submit(() => Insert("INSERT INTO parent VALUES (1)"), Cancel);
        gate.Set();

        await held;
        await Assert.ThrowsAsync<SqliteException>(() => orphan);
        await Assert.ThrowsAsync<SqliteException>(() => innocent); // same transaction: unknown for both
        Assert.True(await writer.Submit(() => Insert("INSERT INTO parent VALUES (2)"), Cancel));
        await writer.Stop();
        Assert.Equal(1, rolledBack);

        bool Insert(string sql)
        {
            connection.Query(sql).Run();
            return true;
        }

        bool Hold()
        {
            holding.SetResult();
            gate.Wait(CancellationToken.None);
            return true;
        }
    }

    private static SqliteStore Open(SqliteOptions options) => SqliteStore.Open(options, TimeProvider.System, NullLogger.Instance);

    private Task<CommitOutcome> Commit(Commit commit) => _store.Commit(commit, Cancel).AsTask();

    /// <summary>Keeps the writing thread busy with one commit's announcement until disposed.</summary>
    private async Task<IDisposable> HoldWriter()
    {
        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new Gate();
        _store.Changed += Hold;
        var commit = Some.Commit(Some.Conversation(Guid.NewGuid().ToString("n")), nextDue: Some.Noon);
        Assert.IsType<CommitOutcome.Committed>(await Commit(commit));
        await holding.Task.WaitAsync(Cancel);
        return gate;

        void Hold()
        {
            _store.Changed -= Hold;
            holding.SetResult();
            gate.Wait();
        }
    }

    private async Task Execute(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder.Database};Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _open = new();

        public void Wait() => _open.Wait(CancellationToken.None);

        public void Dispose() => _open.Set();
    }
}
