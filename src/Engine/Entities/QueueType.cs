using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

public sealed class QueueType : EntityType<Queue, QueueCommand, QueueEvent, QueueAnswer>
{
    public const string Name = "queue";

    public override string Kind => Name;
    public override EventCodec<QueueEvent> Events { get; } = new(DomainJson.Contract);
    public override JsonTypeInfo<Queue> StateJson => DomainJson.Contract.Queue;
    public override JsonTypeInfo<QueueCommand> CommandJson => DomainJson.Contract.QueueCommand;
    public override JsonTypeInfo<QueueAnswer> AnswerJson => DomainJson.Contract.QueueAnswer;
    public override int Format => Queue.Format;

    public static EntityKey Key(AccountId account, QueueId id) => new(account, Name, id.Value);

    public override Queue Empty(EntityKey key) => Queue.Empty(key.Account, QueueId.Of(key.Id));
    public override long SeqOf(Queue state) => state.Seq;
    public override Decision<QueueEvent> Decide(Queue state, QueueCommand command, Context context) => QueueDecider.Decide(state, command, context);
    public override Queue Evolve(Queue state, Recorded<QueueEvent> recorded) => QueueDecider.Evolve(state, recorded);

    public override QueueAnswer Answer(Queue before, Queue after, QueueCommand command, IReadOnlyList<Recorded<QueueEvent>> events) =>
        QueueDecider.Answer(after, events);

    public override QueueCommand? TickOf(Queue state) => new QueueTick();
    public override Instant? NextDue(Queue state) => Queue.NextDue(state);

    /// <summary>A snapshot holds all that waits: the longer the queue, the rarer.</summary>
    public override int SnapshotEvery(Queue state) => state.SnapshotEvery;

    public override IEnumerable<OutboxMessage> Outbox(Queue after, IReadOnlyList<Recorded<QueueEvent>> events)
    {
        foreach (var recorded in events)
        {
            var n = 0;
            foreach (var (conversation, command) in QueueMessages.ToConversations(recorded.Event))
            {
                var id = $"{Name}/{after.Id}-{recorded.Seq}-{n++}";
                yield return new(id, EntityTarget.Conversation, $"{Name}/{after.Id}>{conversation}", EntityTarget.Body(conversation, id, command));
            }
        }
    }
}
