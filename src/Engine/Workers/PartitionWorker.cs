using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Engine;

/// <summary>
/// The loop of a partition's workers: look, start what can be started, sleep until something may have come up. An embedded
/// process hosts it as a service; in a cluster the partition's grain runs it (<see cref="Run"/>), on the grain's own scheduler.
/// </summary>
public abstract partial class PartitionWorker(IPartition partition, TimeProvider time, ILogger logger) : BackgroundService
{
    private readonly Pulse _pulse = new(time);
    private long _idleSince;

    /// <summary>
    /// The least time between two looks of which the first found nothing to do. Default none. Where a look is a call over the
    /// network and every commit wakes the workers, they would otherwise read as often as everybody else writes.
    /// </summary>
    public TimeSpan Pace { get; init; }

    /// <summary>What is looked through, for the log.</summary>
    private protected abstract string Looks { get; }

    private protected IPartition Partition => partition;

    private protected TimeProvider Time => time;

    /// <summary>Runs until it is told to stop, and ends when what was under way has ended.</summary>
    public async Task Run(CancellationToken stopping)
    {
        await Task.Yield();
        partition.Changed += Wake;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await Round(stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        finally
        {
            partition.Changed -= Wake;
            await Drain();
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Run(stoppingToken);

    /// <summary>Starts what can be started now.</summary>
    private protected abstract ValueTask<NextLook> Look(CancellationToken cancellation);

    /// <summary>After the last look: waits for what must not be cut off.</summary>
    private protected virtual ValueTask Drain() => ValueTask.CompletedTask;

    private protected void Wake() => _pulse.Set();

    private protected ValueTask Woken() => _pulse.Wait(until: null, CancellationToken.None);

    private async ValueTask Round(CancellationToken cancellation)
    {
        NextLook next;
        try
        {
            await KeepPace(cancellation);
            next = await Look(cancellation);
        }
#pragma warning disable CA1031 // The store is not answering; the loop goes on and tries again.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogReadFailed(logger, Looks, failure);
            next = NextLook.At(time.GetUtcNow() + TimeSpan.FromSeconds(1));
        }

        if (!next.AtOnce)
        {
            _idleSince = TimeProvider.System.GetTimestamp();
            await _pulse.Wait(next.Until, cancellation);
        }
    }

    /// <remarks>By the machine's clock, whichever one tells what is due: it is about load.</remarks>
    private async ValueTask KeepPace(CancellationToken cancellation)
    {
        if (Pace > TimeSpan.Zero && Pace - TimeProvider.System.GetElapsedTime(_idleSince) is { Ticks: > 0 } left)
        {
            await Task.Delay(left, TimeProvider.System, cancellation);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The {Looks} could not be read.")]
    private static partial void LogReadFailed(ILogger logger, string looks, Exception failure);
}

/// <param name="AtOnce">There may be more: do not sleep.</param>
/// <param name="Until">When to look again unless woken before; null: when woken.</param>
internal readonly record struct NextLook(bool AtOnce, DateTimeOffset? Until)
{
    public static readonly NextLook Now = new(true, null);

    public static NextLook At(DateTimeOffset? until) => new(false, until);
}
