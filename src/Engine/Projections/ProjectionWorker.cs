using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Engine;

/// <summary>
/// Has one projection follow one partition. An embedded process hosts it as a service; in a cluster the partition's grain runs
/// it (<see cref="Run"/>). Two at once for a moment do no harm: the one whose checkpoint moved under it starts again.
/// </summary>
public sealed partial class ProjectionWorker(IProjectionStore store, Func<Projection> create, TimeProvider time, ILogger<ProjectionWorker> logger) : BackgroundService
{
    private const int Page = 500;

    /// <summary>
    /// Between writes while it keeps up: what happened meanwhile shares one. At 500 messages a second and a write every half
    /// second a projection adds two transactions to some hundreds; the wall is half a second old at most.
    /// </summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(500);

    private readonly Pulse _pulse = new(time);

    /// <summary>Runs until it is told to stop.</summary>
    public async Task Run(CancellationToken stopping)
    {
        await Task.Yield();
        store.Advanced += _pulse.Set;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await Attempt(stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        finally
        {
            store.Advanced -= _pulse.Set;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Run(stoppingToken);

    /// <summary>Follows until something goes wrong; then what it has in memory is worth nothing, and it starts from what is stored.</summary>
    private async ValueTask Attempt(CancellationToken cancellation)
    {
        var projection = create();
        try
        {
            await Follow(projection, cancellation);
            LogOvertaken(logger, projection.Name);
        }
#pragma warning disable CA1031 // The store is not answering, or an event is not understood; it tries again.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(logger, projection.Name, failure);
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }
    }

    /// <returns>When somebody else has moved the checkpoint.</returns>
    private async ValueTask Follow(Projection projection, CancellationToken cancellation)
    {
        var known = await store.Checkpoint(projection.Name, projection.Format, cancellation);
        if (known is null)
        {
            await store.Reset(projection.Name, projection.Format, cancellation);
        }

        var at = known ?? 0;
        await projection.Load(store, cancellation);
        while (true)
        {
            var entries = await store.ReadEvents(at, Page, cancellation);
            if (entries.Count == 0)
            {
                await _pulse.Wait(until: null, cancellation);
                continue;
            }

            var changes = await projection.Apply(entries, store, cancellation);
            if (!await store.Advance(new(projection.Name, at, entries[^1].Offset, changes), cancellation))
            {
                return;
            }

            at = entries[^1].Offset;
            if (entries.Count < Page)
            {
                await Task.Delay(Breath, time, cancellation);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The projection {Projection} is followed by somebody else too; reading again.")]
    private static partial void LogOvertaken(ILogger logger, string projection);

    [LoggerMessage(Level = LogLevel.Error, Message = "The projection {Projection} could not go on; reading again.")]
    private static partial void LogFailed(ILogger logger, string projection, Exception failure);
}
