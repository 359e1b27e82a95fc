using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Messaging;

namespace Conversations.Grains;

/// <summary>The cluster's entities, from a silo or from a client: a grain each, wherever Orleans has placed it.</summary>
/// <remarks>
/// A call that failed on its way (its silo died, a connection broke) is made again, for three seconds: the command id
/// makes that harmless. One that timed out is not: whoever asked has waited long enough, and is told that the outcome is unknown.
/// </remarks>
internal sealed partial class OrleansEntities(IGrainFactory grains, SettingsCache settings, ILogger<OrleansEntities> logger) : IEntities
{
    /// <summary>As long as it may take until this process knows that a silo has died whose connections broke.</summary>
    private static readonly TimeSpan[] Pauses = [.. ((int[])[50, 200, 500, 1_000, 1_000]).Select(ms => TimeSpan.FromMilliseconds(ms))];

    public ValueTask<Reply<ConversationAnswer>> Send(
        AccountId account, ConversationId id, Envelope<ConversationCommand> envelope, CancellationToken cancellation)
    {
        var key = ConversationType.Key(account, id);
        var grain = grains.GetGrain<IConversationGrain>(GrainKey.Of(key));
        return Ask(key, envelope, grain.Ask, cancellation);
    }

    public ValueTask<Reply<ReferenceAnswer>> Send(AccountId account, Envelope<ReferenceCommand> envelope, CancellationToken cancellation)
    {
        var key = ReferenceType.Key(account, envelope.Command.Key);
        var grain = grains.GetGrain<IReferenceGrain>(GrainKey.Of(key));
        return Ask(key, envelope, grain.Ask, cancellation);
    }

    public async ValueTask<Reply<AccountAnswer>> Send(AccountId account, Envelope<AccountCommand> envelope, CancellationToken cancellation)
    {
        var key = AccountType.Key(account);
        var reply = await Ask(key, envelope, grains.GetGrain<IAccountGrain>(GrainKey.Of(key)).Ask, cancellation);
        if (reply is Reply<AccountAnswer>.Done { Answer.Seq: var seq })
        {
            settings.Heard(account, seq); // should reading it fail now, whoever asks next reads it
            try
            {
                await settings.AtLeast(account, seq, cancellation); // what was written through this process is true here at once
            }
#pragma warning disable CA1031 // The command is done; what it did is known here a moment later.
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(logger, key, envelope.CommandId, failure);
            }
        }

        return reply;
    }

    public ValueTask<Reply<JobAnswer>> Send(AccountId account, JobId id, Envelope<JobCommand> envelope, CancellationToken cancellation)
    {
        var key = JobType.Key(account, id);
        return Ask(key, envelope, grains.GetGrain<IJobGrain>(GrainKey.Of(key)).Ask, cancellation);
    }

    public ValueTask<Reply<AgentAnswer>> Send(AccountId account, AgentId id, Envelope<AgentCommand> envelope, CancellationToken cancellation)
    {
        var key = AgentType.Key(account, id);
        return Ask(key, envelope, grains.GetGrain<IAgentGrain>(GrainKey.Of(key)).Ask, cancellation);
    }

    public ValueTask<Reply<QueueAnswer>> Send(AccountId account, QueueId id, Envelope<QueueCommand> envelope, CancellationToken cancellation)
    {
        var key = QueueType.Key(account, id);
        return Ask(key, envelope, grains.GetGrain<IQueueGrain>(GrainKey.Of(key)).Ask, cancellation);
    }

    public async ValueTask<bool> Tick(EntityKey entity, CancellationToken cancellation)
    {
        try
        {
            return await grains.GetGrain<IEntityGrain>(GrainId.Create(entity.Kind, GrainKey.Of(entity))).Tick(cancellation);
        }
#pragma warning disable CA1031 // Whatever failed: it is still due, and is ticked again.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotTicked(logger, entity, failure.Message);
            return false;
        }
    }

    private async ValueTask<Reply<TAnswer>> Ask<TCommand, TAnswer>(
        EntityKey key, Envelope<TCommand> envelope, Func<Envelope<TCommand>, CancellationToken, Task<Answered<TAnswer>>> ask, CancellationToken cancellation)
        where TAnswer : class
    {
        var known = Math.Max(settings.VersionOf(key.Account), envelope.Settings ?? 0);
        envelope = known > 0 ? envelope with { Settings = known } : envelope;
        for (var tries = 0; ; tries++)
        {
            try
            {
                return (await ask(envelope, cancellation)).ToReply();
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                throw; // whoever asked has gone
            }
            catch (Exception busy) when (busy is LimitExceededException or GatewayTooBusyException)
            {
                return new Reply<TAnswer>.Overloaded(); // turned away before it was begun
            }
            catch (Exception onItsWay) when (IsOnItsWay(onItsWay) && tries < Pauses.Length)
            {
                LogAgain(logger, key, envelope.CommandId, onItsWay.Message);
                await Task.Delay(Pauses[tries], TimeProvider.System, cancellation);
            }
#pragma warning disable CA1031 // Whatever failed, the outcome is unknown and the answer is the same.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogFailed(logger, key, envelope.CommandId, failure);
                return new Reply<TAnswer>.Unknown();
            }
        }
    }

    private static bool IsOnItsWay(Exception failure) =>
        failure is SiloUnavailableException or OrleansMessageRejectionException or ClientNotAvailableException or ConnectionFailedException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Command {CommandId} did not reach {Entity} ({Reason}); sending it again.")]
    private static partial void LogAgain(ILogger logger, EntityKey entity, string commandId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Entity} could not be ticked: {Reason}")]
    private static partial void LogNotTicked(ILogger logger, EntityKey entity, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Command {CommandId} on {Entity} got no answer; its outcome is unknown.")]
    private static partial void LogFailed(ILogger logger, EntityKey entity, string commandId, Exception failure);
}
