using System.Threading.Channels;
using Conversations.Domain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Engine;

/// <summary>
/// Conversations that wait in a queue that was only a name until now: has each look where it should be. Asking again does
/// nothing, so after a crash the queue is simply put again.
/// </summary>
public sealed partial class QueueAdoption(IEntities entities, IViews views, ILogger<QueueAdoption> logger) : BackgroundService
{
    private const int Page = 200;

    private readonly Channel<(AccountId Account, QueueId Queue)> _queues = Channel.CreateUnbounded<(AccountId, QueueId)>();

    public void Adopt(AccountId account, QueueId queue) => _queues.Writer.TryWrite((account, queue));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (account, queue) in _queues.Reader.ReadAllAsync(stoppingToken))
            {
                await Reroute(account, queue, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private async ValueTask Reroute(AccountId account, QueueId queue, CancellationToken cancellation)
    {
        try
        {
            ConversationKeyset? after = null;
            do
            {
                var page = await views.List(
                    new(account, ConversationOrder.Created, Page, after, [ConversationStatus.Open, ConversationStatus.Pending, ConversationStatus.OnHold], queue, Unassigned: true), cancellation);
                foreach (var row in page.Items)
                {
                    await entities.Send(account, row.Id, new($"reroute/{Guid.NewGuid():N}", Actor.System, new Reroute(), Strict: false), cancellation);
                }

                after = page.Next;
            }
            while (after is not null);
        }
#pragma warning disable CA1031 // The store is not answering; putting the queue again tries again.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(logger, queue, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What waits in queue {Queue} could not all be looked at; put the queue again.")]
    private static partial void LogFailed(ILogger logger, QueueId queue, Exception failure);
}
