namespace Conversations.Engine;

/// <summary>Wakes one waiting loop: by a signal, or when a time has come. Signals while nobody waits are kept, and merge.</summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose, and late signals may come.
internal sealed class Pulse(TimeProvider time)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _signal = new(0, 1);

    public void Set()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // already signalled
        }
    }

    /// <param name="until">Null: until signalled.</param>
    public async ValueTask Wait(DateTimeOffset? until, CancellationToken cancellation)
    {
        if (until is not { } at)
        {
            await _signal.WaitAsync(cancellation);
            return;
        }

        var left = at - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            return;
        }

        using var timer = time.CreateTimer(static pulse => ((Pulse)pulse!).Set(), this, left < MaxWait ? left : MaxWait, Timeout.InfiniteTimeSpan);
        if (time.GetUtcNow() >= at)
        {
            return; // it passed, or the clock was set, before the timer was there
        }

        // Timers run on a clock that knows nothing of a wall clock set forward or of a machine that slept: look now and then.
        await _signal.WaitAsync(Look, cancellation);
    }

    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1), Look = TimeSpan.FromSeconds(30);
}
