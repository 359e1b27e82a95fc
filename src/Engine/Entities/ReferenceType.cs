using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

public sealed class ReferenceType : EntityType<Reference, ReferenceCommand, ReferenceEvent, ReferenceAnswer>
{
    public const string Name = "reference";

    public override string Kind => Name;
    public override EventCodec<ReferenceEvent> Events { get; } = new(DomainJson.Contract);
    public override JsonTypeInfo<Reference> StateJson => DomainJson.Contract.Reference;
    public override JsonTypeInfo<ReferenceCommand> CommandJson => DomainJson.Contract.ReferenceCommand;
    public override JsonTypeInfo<ReferenceAnswer> AnswerJson => DomainJson.Contract.ReferenceAnswer;
    public override int Format => Reference.Format;

    public static EntityKey Key(AccountId account, string messageKey) => new(account, Name, Reference.IdOf(messageKey));

    /// <summary>The receipt that says: changes wait for this message.</summary>
    public static string Receipt(string messageKey) => $"ref/{messageKey}";

    public override Reference Empty(EntityKey key) => Reference.Empty(key.Account);
    public override long SeqOf(Reference state) => state.Seq;
    public override Decision<ReferenceEvent> Decide(Reference state, ReferenceCommand command, Context context) => ReferenceDecider.Decide(state, command, context);
    public override Reference Evolve(Reference state, Recorded<ReferenceEvent> recorded) => ReferenceDecider.Evolve(state, recorded);

    public override ReferenceAnswer Answer(Reference before, Reference after, ReferenceCommand command, IReadOnlyList<Recorded<ReferenceEvent>> events) =>
        ReferenceDecider.Answer(after);

    public override ReferenceCommand? TickOf(Reference state) => new LookAgain(state.Key);
    public override Instant? NextDue(Reference state) => state.NextLook;

    public override IEnumerable<(string Key, ReferenceAnswer Answer)> Aliases(
        Reference after, ReferenceAnswer answer, IReadOnlyList<Recorded<ReferenceEvent>> events) =>
        events.Any(e => e.Event is ChangeAwaited) ? [(Receipt(after.Key), answer)] : [];

    public override IEnumerable<OutboxMessage> Outbox(Reference after, IReadOnlyList<Recorded<ReferenceEvent>> events) =>
        from recorded in events
        let resolved = recorded.Event as ReferenceResolved
        where resolved is not null
        from change in resolved.Changes
        select new OutboxMessage(
            change.EventId,
            EntityTarget.Conversation,
            $"{Name}/{Reference.IdOf(after.Key)}",
            EntityTarget.Body(resolved.Message.Conversation, change.EventId, new ChangeMessage(after.Key, change.Change)));
}
