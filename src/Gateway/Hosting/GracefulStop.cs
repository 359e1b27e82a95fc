using Conversations.Gateway.Feed;

namespace Conversations.Gateway.Hosting;

/// <summary>
/// Stops in the order clients need: not ready, so that load balancers send no more; <c>goaway</c>, so that watchers move on;
/// then the server takes nothing new and finishes what it has; then the engine ends.
/// </summary>
internal sealed partial class GracefulStop(FeedHub hub, GatewayOptions options, TimeProvider time, ILogger<GracefulStop> logger) : IHostedLifecycleService
{
    private volatile bool _ready;

    public bool Ready => _ready;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _ready = true;
        return Task.CompletedTask;
    }

    /// <summary>Runs before any service is told to stop, while requests are still served.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _ready = false;
        LogStopping(logger, hub.Watching);
        if (options.DrainTime > TimeSpan.Zero)
        {
            await Task.Delay(options.DrainTime, time, cancellationToken);
        }

        hub.GoAway();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: no longer ready, sending {Watchers} watchers away.")]
    private static partial void LogStopping(ILogger logger, int watchers);
}

internal static class GracefulStopSetup
{
    public static void AddGracefulStop(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<GracefulStop>();
        builder.Services.AddHostedService(sp => sp.GetRequiredService<GracefulStop>());
    }
}
