using Conversations.Gateway.Feed;

namespace Conversations.Gateway.Hosting;

/// <summary>
/// Stops in the order clients need: not ready, so that load balancers send no more; <c>goaway</c>, so that watchers move on;
/// then the server takes nothing new and finishes what it has; then the engine ends.
/// </summary>
internal sealed partial class GracefulStop(
    FeedHub hub, GatewayOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<GracefulStop> logger) : IHostedLifecycleService
{
    /// <summary>What watchers are given to hear that they are to go. A client that does not read must not hold up the stop.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private volatile bool _ready;
    private Task? _leaving;

    public bool Ready => _ready;

    /// <remarks>
    /// A signal announces the stop before it begins, and the hub's connections are closed at that announcement. Callbacks run in
    /// reverse order: registered last, after the hub's own, this one still finds them open. It blocks, because they would not wait.
    /// </remarks>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => Leave().GetAwaiter().GetResult());
        _ready = true;
        return Task.CompletedTask;
    }

    /// <summary>Runs before any service is told to stop, while requests are still served.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => Leave().WaitAsync(cancellationToken);

    private Task Leave()
    {
        lock (_gate)
        {
            return _leaving ??= LeaveOnce();
        }
    }

    private async Task LeaveOnce()
    {
        _ready = false;
        LogStopping(logger, hub.Watching);
        if (options.DrainTime > TimeSpan.Zero)
        {
            await Task.Delay(options.DrainTime, time, CancellationToken.None);
        }

        var gone = hub.GoAway();
        using var heard = new CancellationTokenSource();
        if (await Task.WhenAny(gone, Task.Delay(Patience, time, heard.Token)) != gone)
        {
            hub.GiveUp();
        }

        await heard.CancelAsync();
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
