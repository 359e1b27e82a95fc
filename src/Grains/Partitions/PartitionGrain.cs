using System.Diagnostics;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Conversations.Grains;

[Alias("partition")]
public interface IPartitionGrain : IGrainWithIntegerKey
{
    /// <summary>Has the partition's worker live somewhere.</summary>
    [Alias("keep")]
    Task Keep(CancellationToken cancellation);
}

/// <summary>
/// The worker of one partition: the loops that the embedded engine hosts as services, run on this grain's scheduler. There is
/// one in the cluster but for moments while the cluster changes; what must not be done twice is fenced by its lease.
/// </summary>
[GrainType("partition")]
[KeepAlive]
[HashBasedPlacement]
internal sealed partial class PartitionGrain(
    RedisStore store, IEntities entities, IEnumerable<IOutboxTarget> targets, TimeProvider time, ILoggerFactory loggers, ILogger<PartitionGrain> logger)
    : Grain, IPartitionGrain, IDisposable
{
    /// <summary>What deliveries under way are given to end. What takes longer is found out about by the next worker.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>64 partitions with two workers each then read 5,000 times a second at the most, a few percent of what one Redis does.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stopping = new();
    private HeldPartition? _partition;
    private Task _working = Task.CompletedTask;

    private int Partition => (int)this.GetPrimaryKeyLong();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _partition = await HeldPartition.Take(store, Partition, time, Lost, cancellationToken);
        _working = Work(_partition);
        LogWorking(logger, Partition, _partition.Epoch);
    }

    public Task Keep(CancellationToken cancellation)
    {
        if (_working.IsCompleted)
        {
            DeactivateOnIdle(); // the lease was lost, or the loops have failed: the next call makes a new one
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await _working.WaitAsync(Patience, time, cancellationToken);
            await (_partition?.Release() ?? ValueTask.CompletedTask);
        }
#pragma warning disable CA1031 // Not released, the next worker is careful with what was under way here: that is what it costs.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogNotReleased(logger, Partition, failure.Message);
        }

    }

    public void Dispose()
    {
        _partition?.Dispose();
        _stopping.Dispose();
    }

    private async Task Work(HeldPartition partition)
    {
        Activity.Current = null; // the loops are nobody's request
        using var deadlines = new DeadlineWorker(partition, entities, time, loggers.CreateLogger<DeadlineWorker>()) { Pace = Pace };
        using var outbox = new OutboxWorker(partition, targets, time, loggers.CreateLogger<OutboxWorker>()) { Pace = Pace };
        ProjectionWorker[] projections =
            [.. ProjectionSetup.All.Select(create => new ProjectionWorker(partition.Projections, create, time, loggers.CreateLogger<ProjectionWorker>()))];
        try
        {
            await Task.WhenAll([deadlines.Run(_stopping.Token), outbox.Run(_stopping.Token), .. projections.Select(p => p.Run(_stopping.Token))]);
        }
        finally
        {
            Array.ForEach(projections, p => p.Dispose());
        }
    }

    /// <summary>Another worker has taken the partition over: this one only looks away as fast as it can.</summary>
    private void Lost()
    {
        LogLost(logger, Partition, _partition?.Epoch ?? 0);
        _stopping.Cancel();
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Working partition {Partition}, lease {Epoch}.")]
    private static partial void LogWorking(ILogger logger, int partition, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partition {Partition} has been taken over from lease {Epoch}.")]
    private static partial void LogLost(ILogger logger, int partition, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partition {Partition} was left without its lease being released: {Reason}")]
    private static partial void LogNotReleased(ILogger logger, int partition, string reason);
}
