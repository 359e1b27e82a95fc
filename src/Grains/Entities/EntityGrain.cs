using Conversations.Engine;
using Microsoft.Extensions.Logging;

namespace Conversations.Grains;

/// <summary>What every entity of a silo needs.</summary>
internal sealed record EntityEnvironment(IJournal Journal, SettingsCache Settings, TimeProvider Time, ILogger<EntityEnvironment> Log);

/// <summary>What can be asked of an entity of whatever kind.</summary>
[Alias("entity")]
public interface IEntityGrain : IGrainWithStringKey
{
    /// <summary>Has it look at its deadlines now.</summary>
    /// <returns>Whether there was something to do.</returns>
    [Alias("tick")]
    Task<bool> Tick(CancellationToken cancellation);
}

/// <summary>
/// A live entity of the cluster: a shell around the <see cref="EntityHost{TState,TCommand,TEvent,TAnswer}"/> that the embedded
/// engine runs too. Orleans gives it its commands one at a time (grains are not reentrant), which is all the host asks for.
/// </summary>
/// <remarks>
/// Nothing is read on activation: the first command loads snapshot and tail through the host, so that a failing journal fails
/// a command, which may be retried, and not the activation. Two activations of one entity may live while the cluster changes;
/// their commits are compared and set, and the one that lags reads again.
/// </remarks>
internal abstract class EntityGrain<TState, TCommand, TEvent, TAnswer>(
    EntityType<TState, TCommand, TEvent, TAnswer> type, EntityEnvironment environment) : Grain, IEntityGrain
    where TState : class
    where TCommand : class
    where TAnswer : class
{
    private EntityHost<TState, TCommand, TEvent, TAnswer>? _host;

    private EntityHost<TState, TCommand, TEvent, TAnswer> Host => _host ??= new(
        GrainKey.Read(type.Kind, this.GetPrimaryKeyString()), type, environment.Journal, environment.Settings, environment.Time, environment.Log);

    public async Task<bool> Tick(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Settled(await Host.Tick()) is Reply<TAnswer>.Done { Replayed: false };
    }

    protected async Task<Answered<TAnswer>> Handle(Envelope<TCommand> envelope, CancellationToken cancellation)
    {
        // Whoever asked may have gone while the command waited its turn: it is not begun. Once begun it runs to its end.
        cancellation.ThrowIfCancellationRequested();
        return Answered.Of(Settled(await Host.Handle(envelope)));
    }

    /// <summary>After a write of unknown outcome this activation goes; the next one, here or elsewhere, reads what is true.</summary>
    private Reply<TAnswer> Settled(Reply<TAnswer> reply)
    {
        if (reply is Reply<TAnswer>.Unknown)
        {
            DeactivateOnIdle();
        }

        return reply;
    }
}
