namespace Conversations.Domain;

/// <summary>What a conversation tells queues and agents. Commands, delivered through the outbox after the commit.</summary>
public static class ConversationMessages
{
    /// <summary>To queues, in the order of events.</summary>
    public static (QueueId Queue, QueueCommand Command)? ToQueue(Conversation after, ConversationEvent @event) => @event switch
    {
        QueueJoined e => (e.Queue, new EnterQueue(e.Item, e.Kind)),
        QueueLeft e => (e.Queue, new LeaveQueue(after.Id, e.Ticket, e.Reason)),
        PlaceChanged { Reordered: true } e => (e.Queue, new Reprioritise(e.Item)),
        _ => null,
    };

    /// <summary>To agents' ledgers.</summary>
    public static (AgentId Agent, AgentCommand Command)? ToAgent(Conversation after, ConversationEvent @event) => @event switch
    {
        OfferEnded e => (e.Agent, new ReleaseOffer(after.Id, e.Offer, e.Outcome, e.Reason)),
        WorkChanged { As: null } e => (e.Agent, new DropWork(after.Id, e.Epoch)),
        WorkChanged { As: WorkKind.Assigned, New: true } e => (e.Agent, new ConfirmWork(after.Id, e.Offer, e.Epoch, e.Class, e.Override)),
        WorkChanged { As: { } kind } e => (e.Agent, new HoldWork(after.Id, e.Epoch, e.Class, kind)),
        _ => null,
    };

    /// <summary>Topics of those who are offered it or take part.</summary>
    internal static IEnumerable<string> Concerned(ConversationRouting? routing) =>
        (routing?.Offer?.Agents ?? []).Concat(routing?.Participants ?? []).Select(a => $"agent/{a}")
            .Concat(routing?.Transfer?.Queue is { } queue ? [$"queue/{queue}"] : []);
}

/// <summary>What an agent's side tells conversations and queues.</summary>
public static class AgentMessages
{
    public static ConversationCommand? ToConversation(Agent agent, WorkAsked e) => e.Ask switch
    {
        WorkAsk.Rescind => new RescindOffer(e.Offer, agent.Id, e.Reason ?? ""),
        WorkAsk.Requeue => new HandBack(agent.Id, e.Epoch, e.Reason ?? "", e.Boost),
        WorkAsk.ReassignOnReply => new FlagReassign(agent.Id, e.Epoch, true),
        WorkAsk.Keep => new FlagReassign(agent.Id, e.Epoch, false),
        WorkAsk.CompleteWrap => new CompleteWrap(e.Reason ?? "", agent.Id),
        _ => null,
    };

    public static IEnumerable<(QueueId Queue, QueueCommand Command)> ToQueues(Agent agent, AgentEvent @event)
    {
        var (joined, parted) = @event switch
        {
            AgentDefined e => (e.Joined, e.Parted),
            AgentRemoved e => (null, e.Parted),
            _ => (null, null),
        };
        return (parted ?? []).Select(q => (q, (QueueCommand)new PartQueue(agent.Id))).Concat((joined ?? []).Select(q => (q, (QueueCommand)new JoinQueue(agent.Id))));
    }
}

/// <summary>What a queue tells conversations.</summary>
public static class QueueMessages
{
    public static IEnumerable<(ConversationId Conversation, ConversationCommand Command)> ToConversations(QueueEvent @event) => @event switch
    {
        ItemEntered { HeldUntil: { } until } e => [(e.Item.Conversation, new HeldByQueue(e.Item.Ticket, until, e.Reply))],
        ItemDiverted e => [(e.Conversation, new DivertedByQueue(e.Ticket, e.Reason, e.To, e.Reply, e.Callback))],
        ItemsReleased e => e.Items.Select(i => (i.Conversation, (ConversationCommand)new ReleasedByQueue(i.Ticket))),
        _ => [],
    };
}
