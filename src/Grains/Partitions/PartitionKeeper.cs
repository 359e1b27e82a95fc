using Conversations.Grains.Redis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Grains;

/// <summary>
/// Keeps every partition's worker alive, from every silo: a worker whose silo has died is placed on another one by the next
/// call. One call for each partition and silo every few seconds, which is nothing beside what a partition does.
/// </summary>
internal sealed partial class PartitionKeeper(IGrainFactory grains, RedisStore store, ILogger<PartitionKeeper> logger) : BackgroundService
{
    /// <summary>The longest a partition is without a worker after its silo is known to be dead.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, TimeProvider.System);
        try
        {
            do
            {
                await Task.WhenAll(Enumerable.Range(0, store.Partitions.Count).Select(p => Keep(p, stoppingToken)));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private async Task Keep(int partition, CancellationToken cancellation)
    {
        try
        {
            await grains.GetGrain<IPartitionGrain>(partition).Keep(cancellation);
        }
#pragma warning disable CA1031 // It is called again in a moment, and by every other silo.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(logger, partition, failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker of partition {Partition} does not answer ({Reason}); calling it again.")]
    private static partial void LogFailed(ILogger logger, int partition, string reason);
}
