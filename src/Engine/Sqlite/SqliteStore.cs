using Conversations.Domain;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// Journal, deadlines, outbox, feed and list rows in one SQLite file: the embedded engine's store. One partition, one process.
/// </summary>
public sealed partial class SqliteStore : IJournal, IPartition, IFeed, IViews, IProjectionStore, IProjections, IAsyncDisposable
{
    private readonly FileStream _lock;
    private readonly Connection _connection;
    /// <summary>Lists may walk far (a filter that matches little); they are not to keep loads, feed and workers waiting.</summary>
    private const int ListReaders = 2;

    private readonly ReaderPool _readers;
    private readonly ReaderPool _lists;
    private readonly GroupWriter _writer;
    private readonly Checkpointer _checkpoints;
    private readonly Effects _effects = new();
    private readonly Accounts _accounts;
    private readonly CommitWriter _commits;
    private readonly OutboxWriter _outbox;
    private readonly SqliteJournal _journal;
    private readonly PartitionReader _due;
    private readonly SqliteViews _views;
    private readonly ProjectionWriter _projecting;
    private readonly ProjectionReader _projections;
    private readonly ILogger _log;
    private int _disposed;

    private SqliteStore(SqliteOptions options, FileStream @lock, Connection connection, string epoch, TimeProvider time, ILogger log)
    {
        (_lock, _connection, _log) = (@lock, connection, log);
        _readers = new(options.Path, options.Readers);
        _accounts = new(connection);
        _commits = new(connection, _accounts, _effects);
        _outbox = new(connection, _accounts, _effects);
        _journal = new(_readers, epoch);
        Epoch = epoch;
        _due = new(_readers);
        _lists = new(options.Path, ListReaders);
        _views = new(_readers, _lists, epoch);
        _projecting = new(connection, _accounts);
        _projections = new(_readers);
        _checkpoints = new(connection, options, log);
        _writer = new(connection, options.MaxBatch, options.MaxQueued, time, log) { Committed = Announce, RolledBack = Undo };
        LogOpened(options.Path, epoch, options.Synchronous);
    }

    /// <summary>Raised on the writing thread, once per transaction, outside its locks. Handlers must not block: every write waits for them.</summary>
    public event Action? Changed;

    /// <inheritdoc cref="Changed"/>
    public event Action? Advanced;

    internal long Transactions => _writer.Transactions;

    /// <summary>Opens the data file, creating it and its folder if need be. What was acknowledged before a crash is there again.</summary>
    /// <exception cref="StoreUnavailableException">Another process has it open, or a newer program wrote it.</exception>
    public static SqliteStore Open(SqliteOptions options, TimeProvider time, ILogger log)
    {
        options.Validate();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Path))!);
        var @lock = Lock(options.Path);
        Connection? connection = null;
        try
        {
            connection = Connection.ForWriting(options.Path, options.Synchronous);
            return new(options, @lock, connection, Schema.Prepare(connection, options.Path, time), time, log);
        }
        catch
        {
            connection?.Dispose();
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>Removes a data file and what lies beside it.</summary>
    /// <exception cref="StoreUnavailableException">A process has it open.</exception>
    public static void Delete(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using (Lock(path))
        {
            foreach (var suffix in (string[])["-wal", "-shm", ""])
            {
                File.Delete(path + suffix);
            }
        }
    }

    public ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation) => _journal.Load(entity, cancellation);

    public ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation)
    {
        var prepared = PreparedCommit.Of(commit);
        return new(_writer.Submit(() => _commits.Apply(prepared), cancellation));
    }

    public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation) =>
        _journal.FindReceipt(account, commandId, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation) =>
        _journal.ReadEvents(entity, after, limit, descending, cancellation);

    public ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation) =>
        Write(() => _commits.SaveSnapshot(entity, snapshot), cancellation);

    public ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation) => _due.ReadDue(now, limit, cancellation);

    public ValueTask<Instant?> NextDeadline(CancellationToken cancellation) => _due.NextDeadline(cancellation);

    public ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation) =>
        _due.ReadOutbox(now, limit, cancellation);

    public ValueTask<Instant?> NextOutbox(CancellationToken cancellation) => _due.NextOutbox(cancellation);

    public ValueTask BeginAttempt(long id, CancellationToken cancellation) => Write(() => _outbox.BeginAttempt(id), cancellation);

    public ValueTask SaveProgress(long id, string progress, CancellationToken cancellation) => Write(() => _outbox.SaveProgress(id, progress), cancellation);

    public ValueTask Complete(long id, CancellationToken cancellation) => Write(() => _outbox.Complete(id), cancellation);

    public ValueTask Retry(long id, Instant due, string error, CancellationToken cancellation) => Write(() => _outbox.Retry(id, due, error), cancellation);

    public ValueTask Bury(long id, Instant at, string error, CancellationToken cancellation) => Write(() => _outbox.Bury(id, at, error), cancellation);

    public ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation) =>
        _due.ReadDeadLetters(account, before, limit, cancellation);

    public ValueTask<bool> Replay(AccountId account, long id, Instant at, CancellationToken cancellation) =>
        new(_writer.Submit(() => _outbox.Replay(account, id, at), cancellation));

    public ValueTask<bool> Discard(AccountId account, long id, CancellationToken cancellation) =>
        new(_writer.Submit(() => _outbox.Discard(account, id), cancellation));

    public ValueTask<IReadOnlyList<StoredEvent>> ReadHistory(EntityKey entity, long after, int limit, CancellationToken cancellation) =>
        _journal.ReadEvents(entity, after, limit, descending: false, cancellation);

    public string Epoch { get; }

    public ValueTask<FeedPosition> Head(CancellationToken cancellation) => _journal.Head(cancellation);

    public ValueTask<IReadOnlyList<FeedEntry>> Read(FeedPosition? after, AccountId? account, int limit, CancellationToken cancellation) =>
        _journal.ReadFeed(after, account, limit, cancellation);

    public ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation) => _journal.PositionAt(at, cancellation);

    public ValueTask<ConversationRow?> Find(AccountId account, ConversationId id, CancellationToken cancellation) => _views.Find(account, id, cancellation);

    public ValueTask<ConversationPage> List(ConversationQuery query, CancellationToken cancellation) => _views.List(query, cancellation);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadEvents(long after, int limit, CancellationToken cancellation) =>
        _journal.ReadFeed(new("", [after]), account: null, limit, cancellation);

    public ValueTask<long?> Checkpoint(string projection, int format, CancellationToken cancellation) => _projections.Checkpoint(projection, format, cancellation);

    public ValueTask Reset(string projection, int format, CancellationToken cancellation) => Write(() => _projecting.Reset(projection, format), cancellation);

    public ValueTask<bool> Advance(ProjectionStep step, CancellationToken cancellation) => new(_writer.Submit(() => _projecting.Advance(step), cancellation));

    public ValueTask<IReadOnlyList<ProjectionRow>> ReadRows(
        string projection, string section, ProjectionRow? after, int limit, CancellationToken cancellation) =>
        _projections.ReadRows(projection, section, after, limit, cancellation);

    public ValueTask<ProjectionRow?> FindRow(string projection, string section, AccountId account, string key, CancellationToken cancellation) =>
        _projections.Find(projection, section, account, key, cancellation);

    public ValueTask<IReadOnlyList<ProjectionRow>> Read(ProjectionQuery query, CancellationToken cancellation) => _projections.Read(query, cancellation);

    /// <summary>Finishes the writes that wait, moves the log into the data file and closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _writer.Stop();
        await _checkpoints.Stop();
        await _readers.DisposeAsync();
        await _lists.DisposeAsync();
        try
        {
            _connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        finally
        {
            _connection.Dispose();
            _checkpoints.Dispose();
            await _lock.DisposeAsync(); // last: another process may open the file now
        }
    }

    /// <summary>
    /// SQLite itself would let a second process in, and each would believe itself the only writer and miss the other's
    /// announcements. The operating system drops the lock with the process, however it dies; the file itself stays.
    /// </summary>
    private static FileStream Lock(string path)
    {
        try
        {
            return new(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new StoreUnavailableException(
                $"The data file {path} is in use by another process. Stop that one first, or choose another data folder.", e);
        }
    }

    private ValueTask Write(Action apply, CancellationToken cancellation) => new(_writer.Submit(
        () =>
        {
            apply();
            return true;
        },
        cancellation));

    private void Announce()
    {
        _checkpoints.Look();
        var (changed, advanced) = (_effects.Changed, _effects.Advanced);
        _effects.Clear();
        Raise(changed ? Changed : null);
        Raise(advanced ? Advanced : null);
    }

    /// <summary>One handler's failure must not keep the news from the others.</summary>
    private void Raise(Action? handlers)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler();
            }
            catch (Exception e)
            {
                LogHandlerFailed(e);
            }
        }
    }

    private void Undo()
    {
        _effects.Clear();
        _accounts.Forget();
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "Opened {Path}, journal {Epoch}, synchronous {Synchronous}")]
    private partial void LogOpened(string path, string epoch, SqliteSynchronous synchronous);

    [LoggerMessage(EventId = 11, Level = LogLevel.Error, Message = "A handler of Changed or Advanced failed")]
    private partial void LogHandlerFailed(Exception exception);
}
