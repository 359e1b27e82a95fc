namespace Conversations.Engine;

/// <param name="AtOnce">Items under way at once. Each shares a flush with live commands; more make every flush longer for them.</param>
/// <param name="PerSecond">
/// Items begun in a second. Default 220: 5,000 take 23 s of the 30 they may (routing.md 9). At 8 at once and 300 a second they took 16 s, and
/// customers' p99 beside them was 2.5 times the quiet one (two cores, debug build).
/// </param>
public sealed record JobOptions(int AtOnce, int PerSecond)
{
    public static readonly JobOptions Default = new(4, 220);
}

/// <summary>
/// The lowest admission class: all bulk jobs of a process share this one lane, which is narrow whatever waits in it. Live
/// commands never queue behind it, only beside it.
/// </summary>
public sealed class JobLane(JobOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _room = new(options.AtOnce, options.AtOnce);
    private readonly Lock _gate = new();
    private long _next = long.MinValue / 2; // long ago: the first second's turns are free

    /// <summary>Runs when it is its turn. What went unused in the last second may be caught up on.</summary>
    public async ValueTask<T> Run<T>(Func<ValueTask<T>> work, CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation);
        try
        {
            if (Turn() is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, cancellation);
            }

            return await work();
        }
        finally
        {
            _room.Release();
        }
    }

    public void Dispose() => _room.Dispose();

    private TimeSpan Turn()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _next = Math.Max(_next, now - time.TimestampFrequency) + (time.TimestampFrequency / options.PerSecond);
            return _next > now ? time.GetElapsedTime(now, _next) : TimeSpan.Zero;
        }
    }
}
