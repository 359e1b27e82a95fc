using System.Collections.Concurrent;
using System.Threading.Channels;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Xunit;

namespace Conversations.Engine.Tests.Workers;

/// <summary>A worker on a real store, with a target whose every answer the test gives.</summary>
public abstract class OutboxWorld : IAsyncLifetime
{
    private readonly DataFolder _folder = new();
    private readonly Asked _target = new();
    private OutboxWorker _worker = null!;
    private int _commits;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected ManualTime Time { get; } = new(Some.Noon.ToDateTimeOffset());
    private protected SqliteStore Store { get; private set; } = null!;
    private protected WatchedPartition Partition { get; private set; } = null!;
    private protected Instant Now => Instant.FromDateTimeOffset(Time.GetUtcNow());

    /// <summary>The messages of all calls so far.</summary>
    private protected string[] Calls => [.. _target.All];

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Close();
        _folder.Dispose();
    }

    private protected Task Start() => _worker.StartAsync(Cancel);

    /// <summary>Asks the worker to stop, and does not wait for it.</summary>
    private protected void Stop() => _ = _worker.StopAsync(CancellationToken.None);

    /// <summary>Ends the process, as it were, and starts another.</summary>
    private protected async Task Restart()
    {
        await Close();
        Open();
        await Start();
    }

    private protected Task Enqueue(params (string Id, string Key)[] messages) => Commit([.. messages.Select(m => Some.Message(m.Id, m.Key))]);

    private protected async Task Commit(OutboxMessage[] messages) => Assert.IsType<CommitOutcome.Committed>(await Store.Commit(
        Some.Commit(Some.Conversation($"c{_commits++}"), at: Now, outbox: messages), Cancel));

    private protected ValueTask<OutboxCall> Call() => _target.Calls.Reader.ReadAsync(Cancel);

    private protected async Task<OutboxCall> Call(string message)
    {
        var call = await Call();
        Assert.Equal(message, call.Entry.Message.Id);
        return call;
    }

    /// <summary>One try that began and failed, and is kept as such.</summary>
    private protected async Task Fail(OutboxCall call)
    {
        await call.Begin();
        call.Answer(new Delivery.Again("no answer"));
        await Settled("BeginAttempt", "Retry");
    }

    /// <summary>The next writes are these, of whichever message.</summary>
    private protected async Task Settled(params string[] writes)
    {
        foreach (var write in writes)
        {
            Assert.StartsWith(write, await Partition.Done(Cancel), StringComparison.Ordinal);
        }
    }

    /// <summary>The first messages of all keys.</summary>
    private protected ValueTask<IReadOnlyList<OutboxEntry>> Left() => Store.ReadOutbox(Instant.MaxValue, 100, Cancel);

    /// <summary>To the earliest retry, once the worker sleeps until it.</summary>
    private protected async Task AdvanceToNext()
    {
        var due = (await Left()).Where(e => e.Due > Now).Min(e => e.Due).ToDateTimeOffset();
        await Time.SleepsUntil(due, Cancel);
        Time.Advance(due - Time.GetUtcNow());
    }

    private void Open()
    {
        Store = SqliteStore.Open(_folder.Options(), Time, NullLogger.Instance);
        Partition = new(Store);
        _worker = new(Partition, [_target], Time, NullLogger<OutboxWorker>.Instance);
    }

    private async Task Close()
    {
        await _worker.StopAsync(CancellationToken.None);
        _worker.Dispose();
        await Store.DisposeAsync();
    }

    private sealed class Asked : IOutboxTarget
    {
        public Channel<OutboxCall> Calls { get; } = Channel.CreateUnbounded<OutboxCall>();
        public ConcurrentQueue<string> All { get; } = new();
        public string Serves => "channel/";

        public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
        {
            All.Enqueue(entry.Message.Id);
            var call = new OutboxCall(entry, beginAttempt);
            await Calls.Writer.WriteAsync(call, cancellation);
            return await call.Result.WaitAsync(cancellation);
        }
    }
}

/// <summary>A delivery under way, which ends as the test says.</summary>
internal sealed class OutboxCall(OutboxEntry entry, Func<ValueTask> begin)
{
    private readonly TaskCompletionSource<Delivery> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OutboxEntry Entry => entry;
    public Task<Delivery> Result => _result.Task;

    public ValueTask Begin() => begin();
    public void Answer(Delivery delivery) => _result.SetResult(delivery);
    public void Throw(Exception failure) => _result.SetException(failure);
}
