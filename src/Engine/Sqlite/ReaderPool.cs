using System.Threading.Channels;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// The connections reads share. A read runs on the caller's thread: from the page cache it takes microseconds, less than
/// handing it to another thread would.
/// </summary>
internal sealed class ReaderPool : IAsyncDisposable
{
    private readonly Channel<Connection> _idle = Channel.CreateUnbounded<Connection>();
    private readonly int _size;
    private int _closing;

    public ReaderPool(string path, int size)
    {
        _size = size;
        for (var i = 0; i < size; i++)
        {
            _idle.Writer.TryWrite(Connection.ForReading(path));
        }
    }

    public async ValueTask<T> Read<T>(Func<Connection, T> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closing) != 0, this);
        if (!_idle.Reader.TryRead(out var connection))
        {
            connection = await Rent(cancellation);
        }

        try
        {
            return read(connection);
        }
        finally
        {
            _idle.Writer.TryWrite(connection);
        }
    }

    /// <inheritdoc cref="Connection.Snapshot{T}"/>
    public ValueTask<T> Snapshot<T>(Func<Connection, T> read, CancellationToken cancellation) =>
        Read(connection => connection.Snapshot(read), cancellation);

    private async ValueTask<Connection> Rent(CancellationToken cancellation)
    {
        try
        {
            return await _idle.Reader.ReadAsync(cancellation);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(ReaderPool));
        }
    }

    /// <summary>Waits for the reads that run, then closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            return;
        }

        for (var i = 0; i < _size; i++)
        {
            (await _idle.Reader.ReadAsync(CancellationToken.None)).Dispose();
        }

        _idle.Writer.Complete();
    }
}
