using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// What makes one kind of aggregate an entity: its pure functions and its JSON. A new kind is one more of these; host, mailbox
/// and journal stay as they are.
/// </summary>
public abstract class EntityType<TState, TCommand, TEvent, TAnswer>
    where TState : class
    where TCommand : class
{
    /// <summary>Part of every key of this kind. Stable.</summary>
    public abstract string Kind { get; }

    public abstract EventCodec<TEvent> Events { get; }
    public abstract JsonTypeInfo<TState> StateJson { get; }
    public abstract JsonTypeInfo<TCommand> CommandJson { get; }
    public abstract JsonTypeInfo<TAnswer> AnswerJson { get; }

    /// <summary>Format of snapshots; others are ignored.</summary>
    public abstract int Format { get; }

    /// <summary>Events between snapshots: bounds what a load has to replay.</summary>
    public virtual int SnapshotEvery(TState state) => 100;

    public abstract TState Empty(EntityKey key);
    public abstract long SeqOf(TState state);
    public abstract Decision<TEvent> Decide(TState state, TCommand command, Context context);
    public abstract TState Evolve(TState state, Recorded<TEvent> recorded);
    public abstract TAnswer Answer(TState before, TState after, TCommand command, IReadOnlyList<Recorded<TEvent>> events);

    /// <summary>
    /// The earliest instant a decision on this state may be dated: another machine's clock may lag, or ours was set back.
    /// </summary>
    public virtual Instant NotBefore(TState state) => Instant.MinValue;

    /// <summary>The command that means "look at your deadlines now".</summary>
    public virtual TCommand? TickOf(TState state) => null;

    public virtual Instant? NextDue(TState state) => null;

    public virtual IEnumerable<OutboxMessage> Outbox(TState after, IReadOnlyList<Recorded<TEvent>> events) => [];

    public virtual IEnumerable<(string Key, TAnswer Answer)> Aliases(TState after, TAnswer answer, IReadOnlyList<Recorded<TEvent>> events) => [];

    public virtual string? Topics(TState before, TState after, IReadOnlyList<Recorded<TEvent>> events) => null;

    /// <summary>What nothing in the system can mend: said in the log too, for whoever runs it.</summary>
    public virtual string? Alarm(TEvent @event) => null;

    public virtual ConversationRow? Row(TState after) => null;

    /// <summary>Called with every state known to be durable: after a commit, and after a load (a commit whose outcome was unknown may have happened).</summary>
    public virtual void Durable(TState state)
    {
    }
}
