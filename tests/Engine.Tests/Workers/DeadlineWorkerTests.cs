using System.Collections.Concurrent;
using System.Threading.Channels;
using Conversations.Domain;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Xunit;

namespace Conversations.Engine.Tests.Workers;

/// <summary>Deadlines fire at their time, whatever other deadlines do (DESIGN.md 6).</summary>
public sealed class DeadlineWorkerTests : IAsyncLifetime
{
    private readonly DataFolder _folder = new();
    private readonly ManualTime _time = new(Some.Noon.ToDateTimeOffset());
    private readonly Ticked _entities = new();
    private SqliteStore _store = null!;
    private WatchedPartition _partition = null!;
    private DeadlineWorker _worker = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_due_fires_at_its_time_and_not_before()
    {
        await Due("a", 10);
        await Due("b", 20);
        await Start();

        await Sleeps(10);
        _time.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Empty(_entities.All);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("a", await Tick());

        await Sleeps(20);
        Assert.Equal(["a"], _entities.All);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("b", await Tick());
    }

    [Fact]
    public async Task An_earlier_deadline_that_comes_later_wakes_it()
    {
        await Due("late", 3_600);
        await Start();
        await Sleeps(3_600);

        await Due("early", 5);
        await Sleeps(5);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("early", await Tick());
        await Sleeps(3_600);
        Assert.Equal(["early"], _entities.All);
    }

    [Fact]
    public async Task A_deadline_already_past_fires_at_once_and_so_do_those_of_before_a_restart()
    {
        await Due("a", -5);
        await Start();
        Assert.Equal("a", await Tick());

        await Due("b", 60);
        await Close();
        _time.Advance(TimeSpan.FromHours(1));
        Open();
        await Start();

        Assert.Equal("b", await Tick());
    }

    [Fact]
    public async Task Many_due_at_once_all_fire_and_each_once()
    {
        foreach (var i in Enumerable.Range(0, 700))
        {
            await Due($"c{i}", 10);
        }

        await Due("after", 30);
        await Start();
        await Sleeps(10);
        _time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 700; i++)
        {
            await Tick();
        }

        await Sleeps(30);
        Assert.Equal(700, _entities.All.Distinct().Count());
        Assert.Equal(700, _entities.All.Count);
    }

    [Fact]
    public async Task One_that_does_not_move_rests_longer_and_longer_and_does_not_spin()
    {
        _entities.Moves["stuck"] = false;
        await Due("stuck", 0);
        await Start();

        var at = Duration.Zero;
        foreach (var pause in (double[])[0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 300, 300])
        {
            Assert.Equal("stuck", await Tick());
            var reads = _partition.Reads;
            at += Duration.FromSeconds(pause);
            await Sleeps(at.TotalSeconds);
            Assert.InRange(_partition.Reads - reads, 0, 6); // it sleeps instead of looking again and again
            _time.Advance(TimeSpan.FromSeconds(pause));
        }

        Assert.Equal("stuck", await Tick());
        _entities.Moves["stuck"] = true;
        await Sleeps(at.TotalSeconds + 300);
        _time.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal("stuck", await Tick());
        Assert.Equal(16, _entities.All.Count);
    }

    [Fact]
    public async Task One_that_rests_for_minutes_does_not_delay_the_others()
    {
        _entities.Moves["stuck"] = false;
        await Due("stuck", 0);
        await Due("a", 30);
        await Due("b", 40);
        await Start();
        foreach (var pause in (double[])[0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8])
        {
            Assert.Equal("stuck", await Tick());
            await _time.SleepsUntil(_time.GetUtcNow() + TimeSpan.FromSeconds(pause), Cancel); // its rest, not the breath before it
            _time.Advance(TimeSpan.FromSeconds(pause)); // 25.5 s in all
        }

        Assert.Equal("stuck", await Tick()); // rests until 51.1
        await Sleeps(30);
        _time.Advance(TimeSpan.FromSeconds(4.5));
        Assert.Equal("a", await Tick());
        await Sleeps(40);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("b", await Tick());
        await Sleeps(51.1);
    }

    [Fact]
    public async Task A_tick_that_takes_long_holds_back_no_other_and_causes_no_spinning()
    {
        var slow = _entities.Held["slow"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await Due("slow", 0);
        await Due("a", 10);
        await Start();
        Assert.Equal("slow", await Tick());

        await Sleeps(0.01); // it waits a breath for the slow one, no longer
        _time.Advance(TimeSpan.FromSeconds(0.01));
        await Sleeps(10);
        _time.Advance(TimeSpan.FromSeconds(9.99));
        Assert.Equal("a", await Tick());

        slow.SetResult(false);
        await Sleeps(10.1);
        await Due("later", 100);
        _entities.Held["slow"] = slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("slow", await Tick()); // tried again: under way, and its rest is over
        await Sleeps(10.11);
        _time.Advance(TimeSpan.FromSeconds(0.01));
        await Sleeps(100);
        slow.SetResult(true);
    }

    [Fact]
    public async Task One_that_was_moved_by_somebody_else_while_it_rested_is_forgotten()
    {
        _entities.Moves["a"] = false;
        _entities.Moves["b"] = false;
        await Due("a", 0);
        await Start();
        Assert.Equal("a", await Tick());
        await Sleeps(0.1);
        await Due("a", 500); // by a command of its own

        await Due("b", 1);
        _time.Advance(TimeSpan.FromSeconds(0.1)); // a's rest is over
        await Sleeps(1);
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Equal("b", await Tick());
        await Sleeps(1.1);
        var reads = _partition.Reads;
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("b", await Tick());
        await Sleeps(1.3);
        Assert.InRange(_partition.Reads - reads, 0, 6);
    }

    [Fact]
    public async Task A_tick_that_throws_rests_like_one_that_did_not_move()
    {
        _entities.Throws["a"] = new InvalidOperationException("a fault");
        await Due("a", 0);
        await Start();
        Assert.Equal("a", await Tick());

        await Sleeps(0.1);
        _entities.Throws.Clear();
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("a", await Tick());
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_asked_again_every_second_until_it_does()
    {
        _partition.Fails = _ => new IOException("unplugged");
        await Due("a", 0);
        await Start();
        for (var i = 1; i <= 3; i++)
        {
            await Sleeps(i);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Sleeps(4);
        Assert.Empty(_entities.All);
        _partition.Fails = static _ => null;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("a", await Tick());
        Assert.False(_worker.ExecuteTask!.IsCompleted);
    }

    private void Open()
    {
        _store = SqliteStore.Open(_folder.Options(), _time, NullLogger.Instance);
        _entities.Journal = _store;
        _partition = new(_store);
        _worker = new(_partition, _entities, _time, NullLogger<DeadlineWorker>.Instance);
    }

    private async Task Close()
    {
        await _worker.StopAsync(CancellationToken.None);
        _worker.Dispose();
        await _store.DisposeAsync();
    }

    private Task Start() => _worker.StartAsync(Cancel);

    private ValueTask<string> Tick() => _entities.Ticks.Reader.ReadAsync(Cancel);

    /// <param name="until">Seconds after the start.</param>
    private Task Sleeps(double until) => _time.SleepsUntil((Some.Noon + Duration.FromSeconds(until)).ToDateTimeOffset(), Cancel);

    private async Task Due(string id, int seconds) => await _entities.Set(Some.Conversation(id), Some.At(seconds));

    /// <summary>Entities whose one deadline is gone when they looked at it, unless they are told not to move.</summary>
    private sealed class Ticked : IEntities
    {
        private readonly ConcurrentDictionary<EntityKey, int> _seq = new();

        public SqliteStore? Journal { get; set; }
        public ConcurrentDictionary<string, bool> Moves { get; } = new();
        public ConcurrentDictionary<string, Exception> Throws { get; } = new();
        public ConcurrentDictionary<string, TaskCompletionSource<bool>> Held { get; } = new();
        public ConcurrentQueue<string> All { get; } = new();
        public Channel<string> Ticks { get; } = Channel.CreateUnbounded<string>();

        public async Task Set(EntityKey entity, Instant? due)
        {
            var seq = _seq.AddOrUpdate(entity, 1, static (_, s) => s + 1);
            Assert.IsType<CommitOutcome.Committed>(await Journal!.Commit(Some.Commit(entity, seq - 1, nextDue: due), Cancel));
        }

        public async ValueTask<bool> Tick(EntityKey entity, CancellationToken cancellation)
        {
            All.Enqueue(entity.Id);
            var held = Held.TryRemove(entity.Id, out var hold) ? hold : null;
            var failure = Throws.GetValueOrDefault(entity.Id);
            var moves = Moves.GetValueOrDefault(entity.Id, true);
            if (failure is null && held is null && moves)
            {
                await Set(entity, null);
                await Ticks.Writer.WriteAsync(entity.Id, cancellation); // told when it is done
                return true;
            }

            await Ticks.Writer.WriteAsync(entity.Id, cancellation);
            if (failure is not null)
            {
                throw failure;
            }

            if (held is not null)
            {
                moves = await held.Task.WaitAsync(cancellation);
            }

            if (moves)
            {
                await Set(entity, null);
            }

            return moves;
        }

        public ValueTask<Reply<ConversationAnswer>> Send(AccountId account, ConversationId id, Envelope<ConversationCommand> envelope, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<Reply<ReferenceAnswer>> Send(AccountId account, Envelope<ReferenceCommand> envelope, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<Reply<JobAnswer>> Send(AccountId account, JobId id, Envelope<JobCommand> envelope, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<Reply<AccountAnswer>> Send(AccountId account, Envelope<AccountCommand> envelope, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<Reply<AgentAnswer>> Send(AccountId account, AgentId id, Envelope<AgentCommand> envelope, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<Reply<QueueAnswer>> Send(AccountId account, QueueId id, Envelope<QueueCommand> envelope, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}
