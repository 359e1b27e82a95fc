using NodaTime;

namespace Conversations.Domain;

/// <summary>What the router wants done. Whoever it asks decides.</summary>
public abstract record RoutingAction
{
    private RoutingAction() { }

    /// <summary>Offer this conversation to these agents.</summary>
    public sealed record Match(ConversationId Conversation, long Ticket, QueueId? Queue, IReadOnlyList<AgentId> Agents, ChannelClass Class) : RoutingAction;

    /// <summary>Nobody is left but those who declined or missed it lately.</summary>
    public sealed record Clear(ConversationId Conversation, long Ticket) : RoutingAction;

    public sealed record Mark(ConversationId Conversation, long Ticket, bool Routable) : RoutingAction;

    public sealed record Release(QueueId Queue, int Count) : RoutingAction;
}

/// <summary>
/// What a router sees of one account: an index over the states of its queues and agents, and over offers under way. It holds
/// no truth: rebuilt from them at any time, it finds the same matches; where it is behind, reservation and conversation refuse
/// what does not fit. Every change costs what changed: O(log n) for an item, O(queues of the agent × log n) for an agent.
/// </summary>
/// <remarks>Not safe for several threads. No clock: time comes with each call.</remarks>
public sealed partial class RoutingPicture(AccountSettings settings)
{
    /// <summary>Items looked at for one agent in one bucket: an unmatchable head must not block (routing.md 3).</summary>
    private const int Scan = 200;

    private static readonly Duration Pause = Duration.FromMilliseconds(250);

    private static readonly Duration ReleaseEvery = Duration.FromSeconds(5);

    private readonly Dictionary<AgentId, AgentView> _agents = [];
    private readonly Dictionary<QueueId, QueueView> _queues = [];
    private readonly Dictionary<ConversationId, ItemView> _items = [];
    private readonly Dictionary<ConversationId, DirectView> _directs = [];
    private readonly Dictionary<QueueId, HashSet<QueueId>> _helping = [];
    private readonly PriorityQueue<(AgentId? Agent, ConversationId? Item, QueueId? Queue), Instant> _timers = new();
    private readonly SortedSet<ItemView> _dirtyItems = new(ByOrder.Instance);
    private readonly HashSet<AgentId> _dirtyAgents = [];
    private readonly HashSet<QueueId> _dirtyQueues = [];

    public AccountSettings Settings { get; private set; } = settings;

    private RoutingTerms Terms => Settings.RoutingTerms;

    /// <summary>What waits, in all queues.</summary>
    public int Waiting => _items.Count;

    public int Agents => _agents.Count;

    /// <summary>All agents who serve a queue, or of whom something was heard.</summary>
    public IEnumerable<Agent> Everybody => _agents.Values.Select(a => a.State);

    /// <summary>When something is to be looked at though nothing happened; null: never.</summary>
    public Instant? NextWake => _timers.TryPeek(out _, out var at) ? at : null;

    public void Configure(AccountSettings settings)
    {
        var same = ReferenceEquals(settings.Queues, Settings.Queues) && ReferenceEquals(settings.Routing, Settings.Routing);
        Settings = settings;
        if (same)
        {
            return;
        }

        foreach (var queue in _queues.Values)
        {
            queue.Settings = settings.Queue(queue.Id);
            Rebuild(queue);
        }

        Help();
        foreach (var agent in _agents.Values)
        {
            Place(agent);
        }
    }

    /// <summary>A queue as it is: everything in it anew.</summary>
    public void Load(Queue state)
    {
        var queue = View(state.Id);
        foreach (var known in queue.Items.ToArray())
        {
            Remove(known);
        }

        queue.Members.Clear();
        queue.Members.UnionWith(state.Members.Select(AgentId.Of));
        queue.Armed = state.Armed;
        queue.State = state;
        queue.FitsNobody.Clear();
        Help();
        foreach (var item in state.Waiting.Items)
        {
            Put(queue, item);
        }

        _dirtyQueues.Add(queue.Id);
    }

    /// <summary>A queue after one event.</summary>
    public void Apply(Queue after, QueueEvent @event)
    {
        var queue = View(after.Id);
        queue.State = after;
        switch (@event)
        {
            case ItemEntered { HeldUntil: null } e:
                Put(queue, e.Item);
                break;
            case ItemMoved e when after.Waiting.Find(e.Item.Conversation) is not null:
                Put(queue, e.Item);
                break;
            case ItemLeft e when _items.TryGetValue(e.Conversation, out var item) && item.Queue == queue:
                Remove(item);
                break;
            case ItemsReleased e:
                foreach (var released in e.Items)
                {
                    if (after.Waiting.Find(released.Conversation) is { } waits)
                    {
                        Put(queue, waits);
                    }
                }

                _dirtyQueues.Add(queue.Id);
                break;
            case ItemEntered:
                _dirtyQueues.Add(queue.Id);
                break;
            case MemberJoined e:
                queue.Members.Add(e.Agent);
                Staffed(queue);
                break;
            case MemberParted e:
                queue.Members.Remove(e.Agent);
                Staffed(queue);
                break;
            case OverflowChanged:
                queue.Armed = after.Armed;
                Help();
                foreach (var item in queue.Items)
                {
                    _dirtyItems.Add(item);
                }

                break;
        }
    }

    /// <summary>Who serves the queue, or what they can, is another.</summary>
    private void Staffed(QueueView queue)
    {
        queue.FitsNobody.Clear();
        queue.Here.Clear();
        _dirtyQueues.Add(queue.Id);
    }

    /// <summary>An agent as it is now.</summary>
    public void Apply(Agent after)
    {
        if (!_agents.TryGetValue(after.Id, out var agent))
        {
            _agents.Add(after.Id, agent = new(after));
            foreach (var queue in after.Queues)
            {
                View(queue).Members.Add(after.Id);
            }
        }

        var before = agent.State;
        agent.State = after;
        if (before.Profile != after.Profile || before.Terms != after.Terms || before.SignedIn != after.SignedIn || before.Seq == after.Seq)
        {
            foreach (var queue in before.Queues.Concat(after.Queues).Distinct())
            {
                Staffed(View(queue));
                foreach (var helped in _helping.GetValueOrDefault(queue) ?? [])
                {
                    Staffed(View(helped));
                }
            }
        }

        if (agent.LockedUntilSeq is { } seq && after.Seq >= seq)
        {
            agent.LockedUntilSeq = null;
        }

        Place(agent);
    }

    /// <summary>An offer stands: nobody else is to be asked meanwhile.</summary>
    public void Offered(ConversationId conversation, Instant until) => Block(conversation, offered: true, until + ConversationRouting.Lateness + Duration.FromSeconds(5), null, default);

    /// <summary>An offer ended, or an attempt to make one.</summary>
    /// <param name="agent">Who is not to be asked before <paramref name="excludedUntil"/>.</param>
    public void Free(ConversationId conversation, Instant? notBefore = null, AgentId? agent = null, Instant excludedUntil = default) =>
        Block(conversation, offered: false, notBefore, agent, excludedUntil);

    /// <summary>The conversation would not be offered, or nobody could set capacity aside: the picture was behind. Not at once again.</summary>
    public void Refused(ConversationId conversation, Refusal? refusal, Instant now)
    {
        var until = refusal?.Current?.GetValueOrDefault("until") is { } text && long.TryParse(text, out var ms) ? Instant.FromUnixTimeMilliseconds(ms) : (Instant?)null;
        var agent = refusal?.Current?.GetValueOrDefault("agent") is { } id ? new AgentId(id) : (AgentId?)null;
        var soonest = now + Pause;
        Free(conversation, agent is null && until > soonest ? until : soonest, agent, Instant.Max(until ?? soonest, soonest));
    }

    public void Cleared(ConversationId conversation, Instant retryAt)
    {
        if (_items.TryGetValue(conversation, out var item))
        {
            item.Excluded = null;
        }

        Free(conversation, retryAt);
    }

    private void Block(ConversationId conversation, bool offered, Instant? until, AgentId? agent, Instant excludedUntil)
    {
        if (_directs.TryGetValue(conversation, out var direct))
        {
            (direct.Offered, direct.NotBefore, direct.Dirty) = (offered, until, !offered);
            if (until is { } later)
            {
                _timers.Enqueue((direct.Agent, null, null), later);
            }
        }

        if (!_items.TryGetValue(conversation, out var item))
        {
            return;
        }

        if (agent is { } excluded)
        {
            (item.Excluded ??= [])[excluded] = excludedUntil;
            _timers.Enqueue((null, conversation, null), excludedUntil);
        }

        (item.Offered, item.NotBefore, item.Clearing) = (offered, until, false);
        if (until is { } at)
        {
            _timers.Enqueue((null, conversation, null), at);
        }

        _dirtyItems.Add(item);
    }

    /// <summary>Somebody is meant, whatever queue it is in (routing.md 5).</summary>
    public void Direct(ConversationId conversation, long ticket, AgentId agent, ChannelClass channels) =>
        _directs[conversation] = new(conversation, ticket, agent, channels) { Dirty = true };

    public void NotDirect(ConversationId conversation) => _directs.Remove(conversation);

    /// <summary>While an agent is asked to set capacity aside nothing else is asked of it.</summary>
    /// <param name="untilSeq">Unlocked once this version has been seen; null: not asked any more.</param>
    public void Unlock(AgentId id, long? untilSeq)
    {
        if (_agents.TryGetValue(id, out var agent))
        {
            agent.Locked = false;
            agent.LockedUntilSeq = untilSeq > agent.State.Seq ? untilSeq : null;
            Place(agent);
        }
    }

    private void Help()
    {
        _helping.Clear();
        foreach (var queue in _queues.Values)
        {
            foreach (var group in (queue.Settings?.Plan ?? []).Select(s => s.Add).OfType<QueueId>().Concat(queue.Armed.SelectMany(a => a.Groups ?? [])))
            {
                if (!_helping.TryGetValue(group, out var helped))
                {
                    _helping.Add(group, helped = []);
                }

                helped.Add(queue.Id);
            }
        }
    }

    private QueueView View(QueueId id)
    {
        if (!_queues.TryGetValue(id, out var queue))
        {
            _queues.Add(id, queue = new(id, Settings.Queue(id)));
            Help();
        }

        return queue;
    }
}
