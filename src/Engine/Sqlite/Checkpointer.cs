using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// Moves the log into the data file beside the writer. Left to the writer, as SQLite does by itself, all commands waited until the
/// data file had been written and flushed: 60 ms every 32 MB of log.
/// </summary>
/// <remarks>
/// A log that is written to meanwhile is never emptied, and SQLite flushes the data file only when all of the log has been moved
/// (https://sqlite.org/wal.html#ckpt). So a thread of its own moves what there is and flushes the file, and what was added
/// meanwhile once more; then the writer, between two transactions, moves the little that is left, and the log begins anew.
/// </remarks>
internal sealed partial class Checkpointer : IDisposable
{
    /// <summary>Pages of log from which on it is moved: 4 MB. Few, because what is flushed at once is what others' flushes wait for.</summary>
    public const int EveryPages = 1_024;

    private const int Passes = 2;

    /// <summary>It rests this many times as long as it took, so that under full load it takes no more than a fifth of the disk's time.</summary>
    private const int Rests = 4;

    private const int Resting = 0, Moving = 1, Moved = 2;

    private readonly Connection _writer;
    private readonly Connection _connection;
    private readonly SafeFileHandle? _file;
    private readonly int _everyPages;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _asked = new(0);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private int _step;
    private long _pages, _began, _ended;
    private TimeSpan _rest;

    /// <param name="writer">The writer's connection: touched by the writing thread only.</param>
    public Checkpointer(Connection writer, SqliteOptions options, ILogger log)
    {
        (_writer, _everyPages, _log) = (writer, options.LogPages, log);
        writer.Execute("PRAGMA wal_autocheckpoint = 0");
        _connection = Connection.ForCheckpoints(options.Path, options.Synchronous);
        _file = options.Synchronous == SqliteSynchronous.Off
            ? null
            : File.OpenHandle(options.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        new Thread(Run) { IsBackground = true, Name = "sqlite-checkpoints" }.Start();
    }

    /// <summary>Called on the writing thread, between two transactions.</summary>
    public void Look()
    {
        _pages += _writer.TakePagesWritten();
        switch (Volatile.Read(ref _step))
        {
            case Resting when _pages >= _everyPages && Stopwatch.GetElapsedTime(_ended) >= _rest:
                _began = Stopwatch.GetTimestamp();
                Volatile.Write(ref _step, Moving);
                _asked.Release();
                break;
            case Moved:
                Move(_writer);
                _ended = Stopwatch.GetTimestamp();
                (_pages, _rest) = (0, Stopwatch.GetElapsedTime(_began, _ended) * Rests);
                Volatile.Write(ref _step, Resting);
                break;
        }
    }

    /// <summary>Ends the thread, after the pass it is in. Before the writer's connection is closed.</summary>
    public async Task Stop()
    {
        _stopping = true;
        _asked.Release();
        await _finished.Task;
        _connection.Dispose();
    }

    /// <summary>
    /// After <see cref="Stop"/>, and when every connection is closed: closing a file gives up all locks that the process holds on
    /// it (https://sqlite.org/howtocorrupt.html, 2.2).
    /// </summary>
    public void Dispose()
    {
        _file?.Dispose();
        _asked.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _asked.Wait();
            for (var pass = 0; pass < Passes && !_stopping; pass++)
            {
                Move(_connection);
                Flush();
            }

            if (_stopping)
            {
                _finished.SetResult();
                return;
            }

            Volatile.Write(ref _step, Moved); // if it failed, the writer moves all of it
        }
    }

    private void Move(Connection connection)
    {
        try
        {
            connection.Query("PRAGMA wal_checkpoint(PASSIVE)").Run();
        }
#pragma warning disable CA1031 // What was not moved stays in the log, where it is as safe, and is moved later.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(e);
        }
    }

    /// <summary>So that little is left to flush when SQLite does, which is what makes the log's beginning anew safe.</summary>
    private void Flush()
    {
        try
        {
            if (_file is not null)
            {
                RandomAccess.FlushToDisk(_file);
            }
        }
        catch (IOException e)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Error, Message = "The log could not be moved into the data file; it is tried again")]
    private partial void LogFailed(Exception exception);
}
