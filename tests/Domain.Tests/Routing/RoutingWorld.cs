using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>
/// Conversations, agents and queues as an engine runs them, without one: each decides alone, and they talk only through
/// outboxes that deliver at least once, in order for each pair, whenever the test lets them. A router matches on what it has
/// seen. Time moves only when the test says so.
/// </summary>
internal sealed class RoutingWorld
{
    private readonly record struct Letter(string Id, string From, string To, object Command);

    private readonly Dictionary<(string From, string To), Queue<Letter>> _mail = [];
    private readonly HashSet<(string To, string Id)> _receipts = [];
    private readonly Dictionary<string, List<string>> _told = [];
    private int _ids;

    public RoutingWorld(RoutingTerms? terms = null, params QueueSettings[] queues)
    {
        QueueSettings[] all = queues.Length > 0 ? queues : [new(Arrange.Care)];
        Settings = Arrange.Settings(Arrange.WebChat, Social, Mail) with { Routing = terms, Queues = all.ToDictionary(q => q.Id) };
        Picture = new(Settings);
    }

    public static ChannelSettings Social => Arrange.WebChat with { Channel = "x" };
    public static ChannelSettings Mail => Arrange.WebChat with { Channel = "email" };

    public AccountSettings Settings { get; private set; }
    public RoutingTerms Terms => Settings.RoutingTerms;
    public Instant Now { get; set; } = Arrange.Noon;
    public RoutingPicture Picture { get; private set; }
    public Dictionary<ConversationId, Conversation> Conversations { get; } = [];
    public Dictionary<AgentId, Agent> Agents { get; } = [];
    public Dictionary<QueueId, Queue> Queues { get; } = [];
    public Dictionary<ConversationId, List<Recorded<ConversationEvent>>> Histories { get; } = [];

    /// <summary>Asked after every change of an agent or a conversation.</summary>
    public Action? Check { get; set; }

    /// <summary>Matches found but not yet carried out.</summary>
    public List<RoutingAction> Pending { get; } = [];

    /// <summary>What the router tried in vain: it was behind.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>Agents whose tools give signs of life.</summary>
    public HashSet<AgentId> Alive { get; } = [];

    public bool HasMail => _mail.Values.Any(q => q.Count > 0);

    public Refusal? Refusal { get; private set; }

    public Conversation this[ConversationId id] => Conversations[id];

    // What people and platforms do.

    public ConversationId Arrive(string thread = "t-1", ChannelSettings? channel = null, string text = "hello", Author? author = null)
    {
        var address = new Address((channel ?? Arrange.WebChat).Channel, "acme", thread);
        var id = ConversationId.Of(Arrange.Account, address);
        Ask(id, new ReceiveMessage(address, new($"m-{++_ids}", Direction.Inbound, Visibility.Private, null, author ?? Arrange.Ada, text)), new(ActorKind.Customer, "u-7"));
        return id;
    }

    /// <summary>Defined, connected and available.</summary>
    public AgentId Hire(string name, AgentProfile? profile = null, bool available = true)
    {
        var id = new AgentId(name);
        Ask(id, new PutAgent(profile ?? new(Queues: [Arrange.Care])), Admin);
        Ask(id, new Connect(), By(id));
        Alive.Add(id);
        if (available)
        {
            Ask(id, new DeclarePresence("available"), By(id));
        }

        return id;
    }

    public static Actor By(AgentId agent) => new(ActorKind.Agent, agent.Value);
    public static readonly Actor Admin = new(ActorKind.Admin, "root"), Sue = new(ActorKind.Supervisor, "sue");

    public OfferId OfferOf(ConversationId id) => this[id].Routing!.Offer!.Id;

    public RoutingWorld Accept(ConversationId id, AgentId agent) => Ask(id, new AcceptOffer(OfferOf(id), agent), By(agent));

    public RoutingState StateOf(ConversationId id) => ConversationView.Row(this[id]).Routing;

    // How it runs.

    public RoutingWorld Ask(ConversationId id, ConversationCommand command, Actor? by = null, string? commandId = null)
    {
        var before = Conversations.GetValueOrDefault(id) ?? Conversation.Empty(Arrange.Account, id);
        if (!Decide(ConversationDecider.Decide(before, command, Context(by)), out var events))
        {
            return this;
        }

        var after = before;
        var history = Histories.TryGetValue(id, out var known) ? known : Histories[id] = [];
        foreach (var e in events)
        {
            var recorded = new Recorded<ConversationEvent>(after.Seq + 1, Now, by ?? Actor.System, commandId ?? $"c-{++_ids}", e);
            after = ConversationEvolve.Evolve(after, recorded);
            history.Add(recorded);
        }

        Conversations[id] = after;
        foreach (var recorded in history.TakeLast(events.Count))
        {
            if (ConversationMessages.ToQueue(after, recorded.Event) is { } toQueue)
            {
                Post($"{id}-{recorded.Seq}-queue", $"c/{id}", $"q/{toQueue.Queue}", toQueue.Command);
            }

            if (ConversationMessages.ToAgent(after, recorded.Event) is { } toAgent)
            {
                Post($"{id}-{recorded.Seq}-agent", $"c/{id}", $"a/{toAgent.Agent}", toAgent.Command);
            }

            See(after, recorded.Event);
        }

        Check?.Invoke();
        return this;
    }

    public RoutingWorld Ask(AgentId id, AgentCommand command, Actor? by = null)
    {
        var before = Agents.GetValueOrDefault(id) ?? Agent.Empty(Arrange.Account, id);
        if (!Decide(AgentDecider.Decide(before, command, Context(by)), out var events))
        {
            return this;
        }

        var after = before;
        foreach (var e in events)
        {
            after = AgentEvolve.Evolve(after, new(after.Seq + 1, Now, by ?? Actor.System, "cmd", e));
        }

        Agents[id] = after;
        var seq = before.Seq;
        foreach (var e in events)
        {
            seq++;
            if (e is WorkAsked { Ask: WorkAsk.Doubt } doubt)
            {
                Post($"{id}-{seq}-doubt", $"a/{id}", $"doubt/{doubt.Conversation}/{doubt.Offer}/{id}", doubt);
            }
            else if (e is WorkAsked asked && AgentMessages.ToConversation(after, asked) is { } command2)
            {
                Post($"{id}-{seq}-conversation", $"a/{id}", $"c/{asked.Conversation}", command2);
            }

            foreach (var (queue, toQueue) in AgentMessages.ToQueues(after, e))
            {
                Post($"{id}-{seq}-{queue}", $"a/{id}", $"q/{queue}", toQueue);
            }
        }

        if (events.Count > 0)
        {
            Picture.Apply(after);
        }

        Check?.Invoke();
        return this;
    }

    public RoutingWorld Ask(QueueId id, QueueCommand command)
    {
        var before = Queues.GetValueOrDefault(id) ?? Queue.Empty(Arrange.Account, id);
        if (!Decide(QueueDecider.Decide(before, command, Context(null)), out var events))
        {
            return this;
        }

        var after = before;
        foreach (var e in events)
        {
            after = QueueDecider.Evolve(after, new(after.Seq + 1, Now, Actor.System, "cmd", e));
            Picture.Apply(after, e);
            var n = 0;
            foreach (var (conversation, toConversation) in QueueMessages.ToConversations(e))
            {
                Post($"{id}-{after.Seq}-{n++}", $"q/{id}", $"c/{conversation}", toConversation);
            }
        }

        Queues[id] = after;
        Check?.Invoke();
        return this;
    }

    private bool Decide<T>(Decision<T> decision, out IReadOnlyList<T> events)
    {
        Refusal = (decision as Decision<T>.Refused)?.Refusal;
        events = (decision as Decision<T>.Accepted)?.Events ?? [];
        return Refusal is null;
    }

    private Context Context(Actor? by) => new(Now, by ?? Actor.System, Settings);

    private void Post(string id, string from, string to, object command)
    {
        if (!_mail.TryGetValue((from, to), out var queue))
        {
            _mail.Add((from, to), queue = new());
        }

        queue.Enqueue(new(id, from, to, command));
    }

    /// <summary>What the router reads off the conversations' feed.</summary>
    private void See(Conversation after, ConversationEvent @event)
    {
        switch (@event)
        {
            case OfferMade e:
                Picture.Offered(after.Id, e.ExpiresAt);
                break;
            case OfferEnded e when after.Routing?.Offer is null:
                Picture.Free(after.Id, null, e.ExcludedUntil is null ? null : e.Agent, e.ExcludedUntil ?? default);
                break;
            case ExclusionsCleared e:
                Picture.Cleared(after.Id, e.RetryAt);
                break;
            case TransferRequested { Transfer: { Agent: { } agent } transfer }:
                Picture.Direct(after.Id, transfer.Ticket, agent, transfer.Class);
                break;
            case TransferEnded:
                Picture.NotDirect(after.Id);
                break;
        }
    }

    /// <summary>Delivers one message of one pair; perhaps once more later.</summary>
    /// <param name="which">Chooses among the pairs that have mail.</param>
    public bool DeliverOne(int which = 0, bool again = false)
    {
        var pairs = _mail.Where(m => m.Value.Count > 0).Select(m => m.Key).ToArray();
        if (pairs.Length == 0)
        {
            return false;
        }

        var queue = _mail[pairs[which % pairs.Length]];
        var letter = queue.Peek();
        if (!again)
        {
            queue.Dequeue();
        }

        var to = letter.To.Split('/', 2);
        if (!_receipts.Add((letter.To, letter.Id)) && letter.Command is not WorkAsked)
        {
            return true; // applied before: answered from its receipt
        }

        Refusal = null; // that of an earlier command: not every letter becomes one
        switch (to[0])
        {
            case "c":
                Ask(new ConversationId(to[1]), (ConversationCommand)letter.Command, commandId: letter.Id);
                break;
            case "a":
                Ask(new AgentId(to[1]), (AgentCommand)letter.Command);
                break;
            case "q":
                Ask(new QueueId(to[1]), (QueueCommand)letter.Command);
                break;
            case "doubt":
                var parts = to[1].Split('/');
                Answer(new(parts[2]), (WorkAsked)letter.Command);
                break;
        }

        Assert.True(Refusal is null, $"{letter.To} refused {letter.Command}: {Refusal?.Code}");
        return true;
    }

    private void Answer(AgentId agent, WorkAsked doubt)
    {
        var row = Conversations.TryGetValue(doubt.Conversation, out var conversation) ? ConversationView.Row(conversation) : null;
        if (Doubts.Answer(row, agent, doubt, Terms) is { } command)
        {
            Ask(agent, command);
        }
    }

    /// <summary>Lets the router look; what it wants done is kept in <see cref="Pending"/>.</summary>
    public void Match() => Pending.AddRange(Picture.Work(Now));

    /// <summary>Carries out one of the router's wishes.</summary>
    /// <param name="dies">After so many of its steps the router is gone: what it set aside stays behind.</param>
    public void Carry(RoutingAction action, int dies = int.MaxValue)
    {
        Pending.Remove(action);
        switch (action)
        {
            case RoutingAction.Match m:
                Carry(m, dies);
                break;
            case RoutingAction.Clear c:
                Ask(c.Conversation, new ClearExclusions(c.Ticket));
                break;
            case RoutingAction.Mark m:
                Ask(m.Conversation, new MarkRoutable(m.Ticket, m.Routable));
                break;
            case RoutingAction.Release r:
                Ask(r.Queue, new ReleaseHeld(r.Count));
                break;
        }
    }

    private void Carry(RoutingAction.Match match, int dies)
    {
        var offer = new OfferId($"o-{++_ids}");
        List<AgentId> reserved = [];
        foreach (var agent in match.Agents)
        {
            if (dies-- <= 0)
            {
                return;
            }

            Ask(agent, new TryReserve(offer, match.Conversation, match.Class));
            if (Refusal is null)
            {
                reserved.Add(agent);
            }
            else
            {
                Refused.Add($"{agent} {Refusal.Code}: {Refusal.Detail}");
            }

            Picture.Unlock(agent, Agents[agent].Seq);
        }

        if (dies-- <= 0)
        {
            return;
        }

        if (reserved.Count == 0)
        {
            Picture.Refused(match.Conversation, null, Now);
            return;
        }

        Ask(match.Conversation, new OfferWork(offer, reserved, match.Ticket, Now + Duration.FromSeconds(Terms.ReserveFor - 5)));
        if (Refusal is { } refusal)
        {
            Refused.Add($"{match.Conversation} {refusal.Code}: {refusal.Detail}");
            Picture.Refused(match.Conversation, refusal, Now);
            foreach (var agent in reserved)
            {
                Ask(agent, new ReleaseOffer(match.Conversation, offer, OfferOutcome.Canceled, refusal.Code));
            }
        }
    }

    /// <summary>A new router that knows only what the entities know.</summary>
    public void RebuildRouter()
    {
        Pending.Clear();
        Picture = new(Settings);
        foreach (var queue in Queues.Values)
        {
            Picture.Load(queue);
        }

        foreach (var agent in Agents.Values)
        {
            Picture.Apply(agent);
        }
    }

    /// <summary>Everybody has heard everything, and the router has nothing left to do.</summary>
    public RoutingWorld Settle()
    {
        for (var rounds = 0; ; rounds++)
        {
            Assert.True(rounds < 10_000, "it never comes to rest");
            while (DeliverOne())
            {
            }

            Match();
            if (Pending.Count == 0 && !HasMail)
            {
                return this;
            }

            foreach (var action in Pending.ToArray())
            {
                Carry(action);
            }
        }
    }

    /// <summary>Every deadline of every entity up to and including a time, in order.</summary>
    public RoutingWorld RunTo(Instant until)
    {
        while (true)
        {
            Settle();
            Instant? next = null;
            foreach (var due in Conversations.Values.Select(Due).Concat(Agents.Values.Select(a => a.NextDue())).Concat(Queues.Values.Select(Queue.NextDue)).Append(Picture.NextWake))
            {
                next = due is { } at && at <= until && (next is null || at < next) ? at : next;
            }

            if (next is not { } now)
            {
                Now = Instant.Max(Now, until);
                return Settle();
            }

            Now = Instant.Max(Now, now);
            Tick();
        }
    }

    public RoutingWorld Later(Duration by) => RunTo(Now + by);

    public RoutingWorld Later(double seconds) => Later(Duration.FromSeconds(seconds));

    /// <summary>Whoever has something due looks.</summary>
    public void Tick()
    {
        foreach (var id in Conversations.Where(c => Due(c.Value) <= Now).Select(c => c.Key).ToArray())
        {
            var seq = this[id].Seq;
            Ask(id, new Tick());
            Assert.True(this[id].Seq > seq, $"{id} was due and did nothing");
        }

        foreach (var id in Agents.Where(a => a.Value.NextDue() <= Now).Select(a => a.Key).ToArray())
        {
            var seq = Agents[id].Seq;
            if (Alive.Contains(id) && Agents[id].Reach == Reach.Connected && Agents[id].Lease <= Now)
            {
                Ask(id, new Connect(), By(id)); // somebody listens, and renews it
                continue;
            }

            Ask(id, new AgentTick());
            Assert.True(Agents[id].Seq > seq, $"{id} was due and did nothing");
        }

        foreach (var id in Queues.Where(q => Queue.NextDue(q.Value) <= Now).Select(q => q.Key).ToArray())
        {
            Ask(id, new QueueTick());
        }
    }

    private static Instant? Due(Conversation c) => Promises.NextDue(c) is { } p && ConversationRouting.NextDue(c) is { } r ? Instant.Min(p, r) : Promises.NextDue(c) ?? ConversationRouting.NextDue(c);

    public void Configure(AccountSettings settings)
    {
        Settings = settings;
        Picture.Configure(settings);
    }

    /// <summary>What happened to a conversation's routing, in words.</summary>
    public string[] Story(ConversationId id) => [.. Histories[id].Select(r => Tell(r)).OfType<string>()];

    private static string? Tell(Recorded<ConversationEvent> recorded) => recorded.Event switch
    {
        QueueJoined e => $"joined {e.Queue} ({e.Kind})",
        QueueLeft e => $"left {e.Queue} ({e.Reason})",
        QueueRefused e => $"refused by {e.Queue} ({e.Reason}){(e.To is { } to ? $" to {to}" : "")}",
        PlaceChanged { Reordered: false } e => $"{e.State} in {e.Queue}",
        OfferMade e => $"offered to {string.Join(',', e.Agents)}",
        OfferEnded e => $"{e.Outcome} by {e.Agent}{(e.Reason is { } why ? $" ({why})" : "")}",
        OfferAccepted e => $"accepted by {e.Agent}",
        AssignmentChanged e => $"assigned to {e.Assignee?.Value ?? "nobody"}, epoch {e.Epoch}{(e.Reason is { } why ? $" ({why})" : "")}",
        ExclusionsCleared => "exclusions cleared",
        Escalated e => $"escalated after {e.Failed}",
        TransferRequested e => $"transfer to {e.Transfer.Agent?.Value ?? e.Transfer.Queue?.Value} by {e.Transfer.From}",
        TransferEnded e => $"transfer {e.Outcome}{(e.PingPong ? " ping-pong" : "")}",
        WrapUpStarted e => $"wrapping ({e.Mode})",
        WrapUpEnded e => $"wrapped ({e.Reason})",
        DormancyChanged e => e.Dormant ? "dormant" : "awake",
        ReassignFlagged e => $"reassign on reply {(e.On ? "on" : "off")}",
        ParticipantsChanged e => $"with {string.Join(',', e.Agents)}",
        StatusChanged e => $"{e.To}{(e.Disposition is { } how ? $" ({how})" : "")}",
        _ => null,
    };
}
