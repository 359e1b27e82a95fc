using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Conversations.Engine.Sqlite;

/// <summary>One connection and the statements prepared on it. Used by one thread at a time.</summary>
internal sealed class Connection : IDisposable
{
    private const string ForAll = "PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY; ";

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, Statement> _kept = new(StringComparer.Ordinal);

    private Connection(string path, SqliteOpenMode mode)
    {
        _connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        _connection.Open();
    }

    private sqlite3 Database => _connection.Handle!;

    public bool InTransaction => raw.sqlite3_get_autocommit(Database) == 0;

    /// <remarks>
    /// Memory-mapped reading stays off: a disk error would then be a signal that ends the process instead of an error code.
    /// A checkpoint every 8,192 pages (32 MB) instead of 1,000 makes the flushes of the data file eight times rarer, where
    /// no <see cref="Checkpointer"/> moves the log beside the writer.
    /// </remarks>
    public static Connection ForWriting(string path, SqliteSynchronous synchronous)
    {
        var connection = new Connection(path, SqliteOpenMode.ReadWriteCreate);
        connection.Execute(
            ForAll + "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864; "
            + "PRAGMA cache_size = -65536; PRAGMA synchronous = " + synchronous.ToString().ToUpperInvariant());
        return connection;
    }

    public static Connection ForReading(string path)
    {
        var connection = new Connection(path, SqliteOpenMode.ReadWrite);
        connection.Execute(ForAll + "PRAGMA cache_size = -8192; PRAGMA query_only = ON");
        return connection;
    }

    /// <summary>For moving the log into the data file, with the flushes the writer's level asks for.</summary>
    public static Connection ForCheckpoints(string path, SqliteSynchronous synchronous)
    {
        var connection = new Connection(path, SqliteOpenMode.ReadWrite);
        connection.Execute(ForAll + "PRAGMA query_only = ON; PRAGMA synchronous = " + synchronous.ToString().ToUpperInvariant());
        return connection;
    }

    /// <summary>A statement that is prepared once per connection; for texts that are constants.</summary>
    public Statement Query(string sql)
    {
        if (!_kept.TryGetValue(sql, out var statement))
        {
            _kept[sql] = statement = new(Database, sql, kept: true);
        }

        return statement;
    }

    /// <summary>A statement for this one use; for texts put together at run time.</summary>
    public Statement QueryOnce(string sql) => new(Database, sql, kept: false);

    /// <summary>Several statements, without parameters or results.</summary>
    public void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Reads several statements' results from one moment of the database.</summary>
    public T Snapshot<T>(Func<Connection, T> read)
    {
        Query("BEGIN").Run();
        try
        {
            return read(this);
        }
        finally
        {
            Query("COMMIT").Run();
        }
    }

    /// <summary>Rows changed by the statement that ran last.</summary>
    public int Changes => raw.sqlite3_changes(Database);

    /// <summary>Pages written to the log since the last call.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(Database, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        return pages;
    }

    public long LastInsertId => raw.sqlite3_last_insert_rowid(Database);

    public void Dispose()
    {
        foreach (var statement in _kept.Values)
        {
            statement.Close();
        }

        _kept.Clear();
        _connection.Dispose();
    }
}
