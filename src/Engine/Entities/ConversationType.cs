using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

public sealed class ConversationType : EntityType<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>
{
    public const string Name = "conversation";

    public override string Kind => Name;
    public override EventCodec<ConversationEvent> Events { get; } = new(DomainJson.Contract);
    public override JsonTypeInfo<Conversation> StateJson => DomainJson.Contract.Conversation;
    public override JsonTypeInfo<ConversationCommand> CommandJson => DomainJson.Contract.ConversationCommand;
    public override JsonTypeInfo<ConversationAnswer> AnswerJson => DomainJson.Contract.ConversationAnswer;
    public override int Format => Conversation.Format;

    public static EntityKey Key(AccountId account, ConversationId id) => new(account, Name, id.Value);

    public override Conversation Empty(EntityKey key) => Conversation.Empty(key.Account, ConversationId.Of(key.Id));
    public override long SeqOf(Conversation state) => state.Seq;
    public override Decision<ConversationEvent> Decide(Conversation state, ConversationCommand command, Context context) => ConversationDecider.Decide(state, command, context);
    public override Conversation Evolve(Conversation state, Recorded<ConversationEvent> recorded) => ConversationEvolve.Evolve(state, recorded);

    public override ConversationAnswer Answer(
        Conversation before, Conversation after, ConversationCommand command, IReadOnlyList<Recorded<ConversationEvent>> events) =>
        ConversationView.Answer(before, after, command, events);

    public override ConversationCommand? TickOf(Conversation state) => new Tick();
    public override Instant NotBefore(Conversation state) => state.StatusAt;

    public override Instant? NextDue(Conversation state) =>
        Instants.Earliest(Instants.Earliest(Promises.NextDue(state), ConversationRouting.NextDue(state)), Monitoring.NextDue(state));

    public override string? Topics(Conversation before, Conversation after, IReadOnlyList<Recorded<ConversationEvent>> events) =>
        ConversationView.Topics(before, after, events);

    public override string? Alarm(ConversationEvent @event) => @event is SlaUnreachable { Calendar: var hours } e
        ? $"Calendar {hours?.Id} version {hours?.Version} does not open for the {e.Target} s of its {e.Metric} within 400 days: that promise can never be due. Mend the calendar."
        : null;

    public override ConversationRow Row(Conversation after) => ConversationView.Row(after);

    public override IEnumerable<(string Key, ConversationAnswer Answer)> Aliases(
        Conversation after, ConversationAnswer answer, IReadOnlyList<Recorded<ConversationEvent>> events) =>
        ConversationView.Aliases(after, answer, events);

    /// <summary>
    /// Replies of one conversation leave in the order they were written (channels.md 11). Notices wait for nobody: each has an
    /// order of its own, and says the seq to order by.
    /// </summary>
    public override IEnumerable<OutboxMessage> Outbox(Conversation after, IReadOnlyList<Recorded<ConversationEvent>> events) =>
        ConversationView.Outgoing(after, events).Select(reply => new OutboxMessage(
            reply.Message.Value,
            $"channel/{reply.Address.Channel}",
            after.Id.Value,
            JsonSerializer.Serialize(reply, DomainJson.Contract.OutgoingReply)))
            .Concat(ConversationView.Notices(after, events).Select((notice, i) => new OutboxMessage(
                $"notice/{after.Id}/{notice.Seq}/{i}",
                notice.Kind == NoticeKind.Webhook ? "notify/webhook" : "notify/mail",
                $"notice/{after.Id}/{notice.Seq}/{i}",
                JsonSerializer.Serialize(notice, DomainJson.Contract.SlaNotification))))
            .Concat(RoutingTargets.Of(after, events));
}
