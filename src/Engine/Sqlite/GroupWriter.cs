using Microsoft.Extensions.Logging;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// The one writer. Everything that waits when it comes round, up to a batch, becomes one transaction, so one disk flush
/// serves many callers; nobody is answered before the flush returned.
/// </summary>
internal sealed partial class GroupWriter
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly Connection _connection;
    private readonly int _maxBatch;
    private readonly int _maxQueued;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Queue<WriteItem> _waiting = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _transactions;
    private bool _stopping;

    /// <summary>Starts the writing thread. The connection is its alone until <see cref="Stop"/> has returned.</summary>
    /// <param name="connection">Not in a transaction.</param>
    public GroupWriter(Connection connection, int maxBatch, int maxQueued, TimeProvider time, ILogger log)
    {
        (_connection, _maxBatch, _maxQueued, _time, _log) = (connection, maxBatch, maxQueued, time, log);
        new Thread(Run) { IsBackground = true, Name = "sqlite-writer" }.Start();
    }

    /// <summary>Called on the writing thread after a transaction committed and its callers were answered.</summary>
    public Action? Committed { get; set; }

    /// <summary>Called on the writing thread after a transaction was undone: what was learnt from it is not true.</summary>
    public Action? RolledBack { get; set; }

    /// <summary>Transactions committed so far.</summary>
    public long Transactions => Volatile.Read(ref _transactions);

    /// <summary>
    /// Has <paramref name="apply"/> executed on the writing thread, inside a transaction that may hold others' writes too.
    /// It must be repeatable: it runs again, alone, when another write of the batch threw.
    /// </summary>
    /// <param name="cancellation">Takes the write back while it waits. Once it has begun, the answer is its outcome.</param>
    /// <exception cref="StoreOverloadedException">The queue is full; not executed.</exception>
    /// <exception cref="ObjectDisposedException">Stopped; not executed.</exception>
    public Task<T> Submit<T>(Func<T> apply, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellation);
        }

        var item = new WriteItem<T>(apply, cancellation);
        if (Refusal(item) is { } refusal)
        {
            item.Forget();
            return Task.FromException<T>(refusal);
        }

        return item.Task;
    }

    /// <summary>Takes no more writes, finishes those that wait, and ends the thread.</summary>
    public Task Stop()
    {
        lock (_waiting)
        {
            _stopping = true;
            Monitor.Pulse(_waiting);
        }

        return _finished.Task;
    }

    /// <returns>Null when the item was queued.</returns>
    private Exception? Refusal(WriteItem item)
    {
        lock (_waiting)
        {
            if (_stopping)
            {
                return new ObjectDisposedException(nameof(SqliteStore));
            }

            if (_waiting.Count >= _maxQueued)
            {
                return new StoreOverloadedException($"{_maxQueued} writes are already waiting for the disk. Nothing was written; try again later.");
            }

            _waiting.Enqueue(item);
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_waiting);
            }

            return null;
        }
    }

    private void Run()
    {
        var batch = new List<WriteItem>(_maxBatch);
        while (Take(batch))
        {
            Execute(batch);
            batch.Clear();
        }

        _finished.SetResult();
    }

    /// <returns>False when stopped and nothing is left.</returns>
    private bool Take(List<WriteItem> batch)
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0)
            {
                if (_stopping)
                {
                    return false;
                }

                Monitor.Wait(_waiting);
            }

            while (batch.Count < _maxBatch && _waiting.TryDequeue(out var item))
            {
                if (item.TryBegin())
                {
                    batch.Add(item);
                }
            }
        }

        return true;
    }

    private void Execute(List<WriteItem> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var started = _time.GetTimestamp();
        if (!Begin(batch) || !Apply(batch) || !Commit(batch))
        {
            return;
        }

        Volatile.Write(ref _transactions, _transactions + 1);
        foreach (var item in batch)
        {
            item.Answer();
        }

        if (_time.GetElapsedTime(started) is var elapsed && elapsed > Slow)
        {
            LogSlow(batch.Count, (long)elapsed.TotalMilliseconds);
        }

        Notify(Committed);
    }

    private bool Begin(List<WriteItem> batch)
    {
        try
        {
            _connection.Query("BEGIN IMMEDIATE").Run();
            return true;
        }
        catch (Exception e)
        {
            FailAll(batch, e);
            return false;
        }
    }

    /// <summary>
    /// A write that throws undoes the whole transaction. The others are not to suffer for it, and a savepoint around each
    /// would cost all of them always; so the batch is tried again one by one, and only the faulty one fails.
    /// </summary>
    private bool Apply(List<WriteItem> batch)
    {
        try
        {
            foreach (var item in batch)
            {
                item.Apply();
            }

            return true;
        }
        catch (Exception e)
        {
            Rollback();
            if (batch.Count == 1)
            {
                FailAll(batch, e);
                return false;
            }
        }

        foreach (var item in batch)
        {
            Execute([item]);
        }

        return false;
    }

    /// <summary>A COMMIT that fails may have reached the disk all the same: for every caller the outcome is unknown.</summary>
    private bool Commit(List<WriteItem> batch)
    {
        try
        {
            _connection.Query("COMMIT").Run();
            return true;
        }
        catch (Exception e)
        {
            Rollback();
            FailAll(batch, e);
            return false;
        }
    }

    private void FailAll(List<WriteItem> batch, Exception e)
    {
        LogFailed(e, batch.Count);
        foreach (var item in batch)
        {
            item.Fail(e);
        }
    }

    private void Rollback()
    {
        try
        {
            if (_connection.InTransaction) // some errors end the transaction by themselves
            {
                _connection.Query("ROLLBACK").Run();
            }
        }
        catch (Exception e)
        {
            LogRollbackFailed(e);
        }

        Notify(RolledBack);
    }

    /// <summary>A listener's failure must not end the writing thread.</summary>
    private void Notify(Action? listener)
    {
        try
        {
            listener?.Invoke();
        }
        catch (Exception e)
        {
            LogListenerFailed(e);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "A transaction of {Count} writes took {Milliseconds} ms")]
    private partial void LogSlow(int count, long milliseconds);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A transaction of {Count} writes failed")]
    private partial void LogFailed(Exception exception, int count);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "A failed transaction could not be rolled back")]
    private partial void LogRollbackFailed(Exception exception);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "A listener to commits failed")]
    private partial void LogListenerFailed(Exception exception);
}
