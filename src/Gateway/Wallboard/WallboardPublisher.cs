using System.Text.Json;
using Conversations.Engine;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Http;

namespace Conversations.Gateway.Wallboard;

/// <summary>Sends the wallboard, once a second, to those who watch it. Accounts nobody watches cost nothing.</summary>
internal sealed partial class WallboardPublisher(FeedHub hub, Wallboards boards, TimeProvider time, ILogger<WallboardPublisher> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await Publish(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private async ValueTask Publish(CancellationToken cancellation)
    {
        foreach (var account in hub.Watched(Topics.Wallboard))
        {
            try
            {
                hub.Publish(account, Topics.Wallboard, JsonSerializer.Serialize(await boards.Read(account, only: null, cancellation), ApiJson.Options));
            }
#pragma warning disable CA1031 // The store is not answering; watchers see the figures grow old, and new ones once it does.
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(logger, failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The wallboard could not be read.")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
