using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

public sealed class AgentType : EntityType<Agent, AgentCommand, AgentEvent, AgentAnswer>
{
    public const string Name = "agent";

    public override string Kind => Name;
    public override EventCodec<AgentEvent> Events { get; } = new(DomainJson.Contract);
    public override JsonTypeInfo<Agent> StateJson => DomainJson.Contract.Agent;
    public override JsonTypeInfo<AgentCommand> CommandJson => DomainJson.Contract.AgentCommand;
    public override JsonTypeInfo<AgentAnswer> AnswerJson => DomainJson.Contract.AgentAnswer;
    public override int Format => Agent.Format;

    public static EntityKey Key(AccountId account, AgentId id) => new(account, Name, id.Value);

    public override Agent Empty(EntityKey key) => Agent.Empty(key.Account, AgentId.Of(key.Id));
    public override long SeqOf(Agent state) => state.Seq;
    public override Decision<AgentEvent> Decide(Agent state, AgentCommand command, Context context) => AgentDecider.Decide(state, command, context);
    public override Agent Evolve(Agent state, Recorded<AgentEvent> recorded) => AgentEvolve.Evolve(state, recorded);

    public override AgentAnswer Answer(Agent before, Agent after, AgentCommand command, IReadOnlyList<Recorded<AgentEvent>> events) =>
        AgentDecider.Answer(after, events.Count > 0);

    public override AgentCommand? TickOf(Agent state) => new AgentTick();
    public override Instant? NextDue(Agent state) => state.NextDue();

    /// <summary>To one conversation in order; doubts go to whoever can read what the conversation says.</summary>
    public override IEnumerable<OutboxMessage> Outbox(Agent after, IReadOnlyList<Recorded<AgentEvent>> events)
    {
        foreach (var recorded in events)
        {
            var n = 0;
            string Id() => $"{Name}/{after.Id}-{recorded.Seq}-{n++}";
            if (recorded.Event is WorkAsked { Ask: WorkAsk.Doubt } doubt)
            {
                var id = Id();
                yield return new(id, LedgerTarget.Target, id, JsonSerializer.Serialize(new(after.Id, doubt), RoutingTargetJson.Default.LedgerMessage));
            }
            else if (recorded.Event is WorkAsked asked && AgentMessages.ToConversation(after, asked) is { } command)
            {
                var id = Id();
                yield return new(id, EntityTarget.Conversation, $"{Name}/{after.Id}>{asked.Conversation}", EntityTarget.Body(asked.Conversation, id, command));
            }

            foreach (var (queue, toQueue) in AgentMessages.ToQueues(after, recorded.Event))
            {
                var id = Id();
                yield return new(id, QueueTarget.Target, $"{Name}/{after.Id}>{queue}", QueueTarget.Body(queue, id, toQueue));
            }
        }
    }
}
