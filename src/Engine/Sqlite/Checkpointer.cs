using Microsoft.Extensions.Logging;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// Moves the log into the data file beside the writer. Left to the writer, as SQLite does by itself, every 32 MB of log made all
/// commands wait until the data file had been written and flushed.
/// </summary>
/// <remarks>
/// In two steps, because a log that is written to meanwhile is never emptied: a thread of its own moves what there is, which SQLite
/// allows while others write; then the writer, between two transactions, moves the little that was added. With nothing left in
/// it, the log begins anew.
/// </remarks>
internal sealed partial class Checkpointer : IAsyncDisposable
{
    /// <summary>Pages of log after which it is moved: 32 MB. It is also the most, but for what one pass takes, that is read back after a crash.</summary>
    public const int EveryPages = 8_192;

    private const int Resting = 0, Moving = 1, Moved = 2;

    private readonly Connection _writer;
    private readonly Connection _connection;
    private readonly int _everyPages;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _asked = new(0);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private int _step;
    private long _pages;

    /// <param name="writer">The writer's connection: touched by the writing thread only.</param>
    public Checkpointer(Connection writer, SqliteOptions options, ILogger log)
    {
        (_writer, _everyPages, _log) = (writer, options.LogPages, log);
        writer.Execute("PRAGMA wal_autocheckpoint = 0");
        _connection = Connection.ForCheckpoints(options.Path, options.Synchronous);
        new Thread(Run) { IsBackground = true, Name = "sqlite-checkpoints" }.Start();
    }

    /// <summary>Called on the writing thread, between two transactions.</summary>
    public void Look()
    {
        _pages += _writer.TakePagesWritten();
        switch (Volatile.Read(ref _step))
        {
            case Resting when _pages >= _everyPages:
                Volatile.Write(ref _step, Moving);
                _asked.Release();
                break;
            case Moved:
                _pages = 0;
                Volatile.Write(ref _step, Resting);
                Move(_writer);
                break;
        }
    }

    /// <summary>Ends the thread, after the pass it is in.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _asked.Release();
        await _finished.Task;
        _asked.Dispose();
        _connection.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _asked.Wait();
            if (_stopping)
            {
                _finished.SetResult();
                return;
            }

            Move(_connection);
            Volatile.Write(ref _step, Moved); // if it failed, the writer moves all of it
        }
    }

    private void Move(Connection connection)
    {
        try
        {
            connection.Execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
#pragma warning disable CA1031 // What was not moved stays in the log, where it is as safe, and is moved later.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Error, Message = "The log could not be moved into the data file; it is tried again")]
    private partial void LogFailed(Exception exception);
}
