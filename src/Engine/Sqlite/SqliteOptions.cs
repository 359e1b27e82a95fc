namespace Conversations.Engine.Sqlite;

/// <summary>How the embedded engine keeps its data.</summary>
public sealed class SqliteOptions
{
    public const int DefaultMaxBatch = 512;
    public const int DefaultMaxQueued = 16_384;
    public const int DefaultReaders = 4;

    /// <summary>The data file. <c>-wal</c>, <c>-shm</c> and <c>.lock</c> live beside it; a backup needs the first two as well.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// What an acknowledged write survives. Default <see cref="SqliteSynchronous.Full"/>: loss of power. Each weaker level is
    /// faster and gives up what its own comment says.
    /// </summary>
    public SqliteSynchronous Synchronous { get; init; } = SqliteSynchronous.Full;

    /// <summary>
    /// The most writes in one transaction. Default 512. Larger spreads one disk flush over more writes; smaller bounds how
    /// long the first write of a batch waits for the last (about 20 ms at 512 with three events each).
    /// </summary>
    public int MaxBatch { get; init; } = DefaultMaxBatch;

    /// <summary>
    /// The most writes waiting. Default 16,384. Beyond it a write is refused with <see cref="StoreOverloadedException"/>;
    /// larger takes longer bursts but lets callers wait longer for an answer they may have given up on.
    /// </summary>
    public int MaxQueued { get; init; } = DefaultMaxQueued;

    /// <summary>
    /// Connections for reading. Default 4. Reads run on the caller's thread, so more than the number of cores only helps
    /// while the disk is being waited for; each may use up to 8 MB of page cache.
    /// </summary>
    public int Readers { get; init; } = DefaultReaders;

    /// <summary>Pages of log from which on it is moved into the data file.</summary>
    internal int LogPages { get; init; } = Checkpointer.EveryPages;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueued, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Readers, 1);
    }
}

/// <summary>SQLite's <c>synchronous</c> pragma (https://sqlite.org/pragma.html#pragma_synchronous), in WAL mode.</summary>
public enum SqliteSynchronous
{
    /// <summary>Never flushes: survives the death of the process, not of the machine, after which the file may be damaged. For tests and benches.</summary>
    Off,

    /// <summary>Flushes at checkpoints only: survives the death of the process; loss of power can undo the newest acknowledged writes, but damages nothing.</summary>
    Normal,

    /// <summary>Flushes before every acknowledgement: survives loss of power.</summary>
    Full,
}
