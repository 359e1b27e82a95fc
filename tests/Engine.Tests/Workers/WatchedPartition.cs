using System.Threading.Channels;
using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine.Tests.Workers;

/// <summary>A partition that tells what was done to it, and fails where a test wants it to.</summary>
internal sealed class WatchedPartition(IPartition inner) : IPartition
{
    private readonly Channel<string> _done = Channel.CreateUnbounded<string>();
    private int _reads;

    public event Action? Changed
    {
        add => inner.Changed += value;
        remove => inner.Changed -= value;
    }

    /// <summary>Given the name of the method; what it returns is thrown before anything happens.</summary>
    public Func<string, Exception?> Fails { get; set; } = static _ => null;

    /// <summary>After <see cref="ReadOutbox"/> has read, before it returns.</summary>
    public Func<ValueTask> AfterReading { get; set; } = static () => ValueTask.CompletedTask;

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>The next write that was done, for example <c>Retry 1</c>.</summary>
    public ValueTask<string> Done(CancellationToken cancellation) => _done.Reader.ReadAsync(cancellation);

    public ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation) =>
        Read(nameof(ReadDue), () => inner.ReadDue(now, limit, cancellation));

    public ValueTask<Instant?> NextDeadline(CancellationToken cancellation) => Read(nameof(NextDeadline), () => inner.NextDeadline(cancellation));

    public async ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation)
    {
        var read = await Read(nameof(ReadOutbox), () => inner.ReadOutbox(now, limit, cancellation));
        await AfterReading();
        return read;
    }

    public ValueTask<Instant?> NextOutbox(CancellationToken cancellation) => Read(nameof(NextOutbox), () => inner.NextOutbox(cancellation));

    public ValueTask BeginAttempt(long id, CancellationToken cancellation) => Write(nameof(BeginAttempt), id, () => inner.BeginAttempt(id, cancellation));

    public ValueTask SaveProgress(long id, string progress, CancellationToken cancellation) =>
        Write(nameof(SaveProgress), id, () => inner.SaveProgress(id, progress, cancellation));

    public ValueTask Complete(long id, CancellationToken cancellation) => Write(nameof(Complete), id, () => inner.Complete(id, cancellation));

    public ValueTask Retry(long id, Instant due, string error, CancellationToken cancellation) =>
        Write(nameof(Retry), id, () => inner.Retry(id, due, error, cancellation));

    public ValueTask Bury(long id, Instant at, string error, CancellationToken cancellation) =>
        Write(nameof(Bury), id, () => inner.Bury(id, at, error, cancellation));

    public ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation) =>
        inner.ReadDeadLetters(account, before, limit, cancellation);

    public ValueTask<bool> Replay(AccountId account, long id, Instant at, CancellationToken cancellation) => inner.Replay(account, id, at, cancellation);

    public ValueTask<bool> Discard(AccountId account, long id, CancellationToken cancellation) => inner.Discard(account, id, cancellation);

    private ValueTask<T> Read<T>(string name, Func<ValueTask<T>> read)
    {
        Interlocked.Increment(ref _reads);
        return Fails(name) is { } failure ? throw failure : read();
    }

    private async ValueTask Write(string name, long id, Func<ValueTask> write)
    {
        if (Fails(name) is { } failure)
        {
            throw failure;
        }

        await write();
        await _done.Writer.WriteAsync($"{name} {id}");
    }
}
