using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using NodaTime;
using SQLitePCL;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// One prepared statement, used straight through the C interface: bind by position, step, read columns. Disposing ends this
/// use and keeps the statement for the next one; an unfinished statement would hold its read transaction open.
/// </summary>
/// <remarks>
/// Not SqliteCommand: it looks every parameter up by name and allocates a reader for every execution, and a commit is about
/// ten executions of a few microseconds each.
/// </remarks>
internal sealed class Statement : IDisposable
{
    private const int OnStack = 512;
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _handle;
    private readonly bool _kept;

    public Statement(sqlite3 database, string sql, bool kept)
    {
        _database = database;
        _kept = kept;
        Check(raw.sqlite3_prepare_v3(database, sql, kept ? raw.SQLITE_PREPARE_PERSISTENT : 0u, out _handle));
    }

    public Statement Bind(int index, long value)
    {
        Check(raw.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    public Statement Bind(int index, long? value) => value is { } number ? Bind(index, number) : BindNull(index);

    public Statement Bind(int index, Instant value) => Bind(index, value.ToUnixTimeMilliseconds());

    public Statement Bind(int index, Instant? value) => value is { } instant ? Bind(index, instant) : BindNull(index);

    public Statement Bind(int index, string? value)
    {
        if (value is null)
        {
            return BindNull(index);
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (most <= OnStack)
        {
            Span<byte> bytes = stackalloc byte[OnStack];
            return BindText(index, bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            return BindText(index, rented.AsSpan(0, Encoding.UTF8.GetBytes(value, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>UTF-8 bytes into a TEXT column. SQLite copies them.</summary>
    public Statement BindText(int index, ReadOnlySpan<byte> utf8)
    {
        // An empty span has a null pointer, which SQLite would take for NULL.
        Check(utf8.IsEmpty ? raw.sqlite3_bind_text(_handle, index, "") : raw.sqlite3_bind_text(_handle, index, utf8));
        return this;
    }

    public Statement BindBlob(int index, byte[]? value)
    {
        Check(value switch
        {
            null => raw.sqlite3_bind_null(_handle, index),
            [] => raw.sqlite3_bind_zeroblob(_handle, index, 0),
            _ => raw.sqlite3_bind_blob(_handle, index, value),
        });
        return this;
    }

    private Statement BindNull(int index)
    {
        Check(raw.sqlite3_bind_null(_handle, index));
        return this;
    }

    /// <returns>True while there is a row.</returns>
    public bool Step()
    {
        var code = raw.sqlite3_step(_handle);
        if (code is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return code == raw.SQLITE_ROW;
        }

        throw Error(code);
    }

    /// <summary>Executes a statement whose rows nobody wants, and makes it ready for the next use.</summary>
    public void Run()
    {
        using (this)
        {
            while (Step())
            {
            }
        }
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(_handle, column);

    public int Int(int column) => raw.sqlite3_column_int(_handle, column);

    public Instant Instant(int column) => NodaTime.Instant.FromUnixTimeMilliseconds(Long(column));

    public string Text(int column) => Encoding.UTF8.GetString(Span(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public byte[] Bytes(int column) => Span(column).ToArray();

    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column);

    /// <summary>The bytes of a TEXT or BLOB column, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <remarks>The result of a reset repeats the error of the last step, which was thrown already.</remarks>
    public void Dispose()
    {
        if (_kept)
        {
            _ = raw.sqlite3_reset(_handle);
        }
        else
        {
            Close();
        }
    }

    public void Close() => _handle.Dispose();

    /// <summary>Steps of SQLite's virtual machine since the last call: the work of a query, counted instead of timed.</summary>
    public int TakeWork() => raw.sqlite3_stmt_status(_handle, raw.SQLITE_STMTSTATUS_VM_STEP, 1);

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Error(code);
        }
    }

    private SqliteException Error(int code) =>
        new($"SQLite error {code}: {raw.sqlite3_errmsg(_database).utf8_to_string()}.", code, raw.sqlite3_extended_errcode(_database));
}
