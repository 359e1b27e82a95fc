using NodaTime;

namespace Conversations.Domain;

public sealed partial class RoutingPicture
{
    private static readonly ChannelClass[] Classes = Enum.GetValues<ChannelClass>();

    private sealed class ItemView(QueueView queue, WaitingItem item)
    {
        public QueueView Queue { get; } = queue;
        public WaitingItem Item { get; set; } = item;
        public Requirement? Needs { get; set; }
        public Bucket? Bucket { get; set; }
        public string? LastKey { get; set; }
        public bool Offered { get; set; }
        public Instant? NotBefore { get; set; }
        public Instant? StepAt { get; set; }
        public Dictionary<AgentId, Instant>? Excluded { get; set; }
        public bool Unroutable { get; set; }
        public bool Clearing { get; set; }

        public bool Rests(Instant now) => NotBefore > now;

        public bool Excludes(AgentId agent, Instant now) => Declined(agent, now) || Item.Barred?.Contains(agent) == true;

        public bool Declined(AgentId agent, Instant now) => Excluded is not null && Excluded.TryGetValue(agent, out var until) && until > now;
    }

    private sealed class DirectView(ConversationId conversation, long ticket, AgentId agent, ChannelClass channels)
    {
        public ConversationId Conversation => conversation;
        public long Ticket => ticket;
        public AgentId Agent => agent;
        public ChannelClass Class => channels;
        public bool Offered { get; set; }
        public Instant? NotBefore { get; set; }
        public bool Dirty { get; set; }
    }

    /// <summary>Items of one class that need the same, in order.</summary>
    private sealed class Bucket(ChannelClass channels, Requirement needs)
    {
        public ChannelClass Class => channels;
        public Requirement Needs => needs;
        public SortedSet<ItemView> Items { get; } = new(ByOrder.Instance);
    }

    private sealed class QueueView(QueueId id, QueueSettings? settings)
    {
        public QueueId Id => id;
        public QueueSettings? Settings { get; set; } = settings;
        public Queue? State { get; set; }
        public HashSet<AgentId> Members { get; } = [];
        public IReadOnlyList<Armed> Armed { get; set; } = [];
        public HashSet<ItemView> Items { get; } = [];
        public Dictionary<(ChannelClass, string), Bucket> Buckets { get; } = [];

        /// <summary>Who could take one more of each class now, best choice first.</summary>
        public SortedSet<Candidate>[] Ready { get; } = [.. Classes.Select(_ => new SortedSet<Candidate>(CandidateOrder.Instance))];

        /// <summary>Whether somebody who meets a requirement is signed in. Cleared when staff changes.</summary>
        public Dictionary<string, bool> Here { get; } = [];

        /// <summary>Whether nobody who is defined meets what will be asked for last. Cleared when staff changes.</summary>
        public Dictionary<string, bool> FitsNobody { get; } = [];

        public Dictionary<string, HashSet<ItemView>> ByLast { get; } = [];
        public Instant? ReleaseAt { get; set; }
    }

    private sealed class AgentView(Agent state)
    {
        public Agent State { get; set; } = state;
        public bool Locked { get; set; }
        public long? LockedUntilSeq { get; set; }

        public List<(QueueView Queue, ChannelClass Class, Candidate Candidate)> Places { get; } = [];
        public Instant? PacedUntil { get; set; }
    }

    /// <summary>An agent in the order of choice: by load in thousandths of the capacity, by when work was last assigned in milliseconds.</summary>
    private readonly record struct Candidate(long First, long Second, uint Hash, AgentId Agent);

    private sealed class CandidateOrder : IComparer<Candidate>
    {
        public static readonly CandidateOrder Instance = new();

        public int Compare(Candidate x, Candidate y) =>
            x.First.CompareTo(y.First) is not 0 and var first ? first
            : x.Second.CompareTo(y.Second) is not 0 and var second ? second
            : x.Hash.CompareTo(y.Hash) is not 0 and var hash ? hash
            : string.CompareOrdinal(x.Agent.Value, y.Agent.Value);
    }

    private sealed class ByOrder : IComparer<ItemView>
    {
        public static readonly ByOrder Instance = new();

        public int Compare(ItemView? x, ItemView? y) => WaitingSet.InOrder.Instance.Compare(x!.Item, y!.Item);
    }

    private void Put(QueueView queue, WaitingItem item)
    {
        if (_items.TryGetValue(item.Conversation, out var known))
        {
            if (known.Queue != queue && known.Item.Ticket > item.Ticket)
            {
                return; // it has moved on; this is news of an earlier visit
            }

            Remove(known);
        }

        var view = new ItemView(queue, item);
        if (known is not null && known.Item.Ticket == item.Ticket)
        {
            (view.Offered, view.NotBefore, view.Excluded, view.Unroutable) = (known.Offered, known.NotBefore, known.Excluded, known.Unroutable);
        }

        _items[item.Conversation] = view;
        queue.Items.Add(view);
        if (queue.Settings is { } settings)
        {
            var last = SkillPlan.Last(settings, item);
            view.LastKey = last.Key;
            if (!queue.ByLast.TryGetValue(last.Key, out var alike))
            {
                queue.ByLast.Add(last.Key, alike = []);
            }

            alike.Add(view);
        }

        _dirtyItems.Add(view);
    }

    private void Remove(ItemView item)
    {
        _dirtyItems.Remove(item);
        item.Bucket?.Items.Remove(item);
        item.Bucket = null;
        item.Queue.Items.Remove(item);
        if (item.LastKey is { } key && item.Queue.ByLast.TryGetValue(key, out var alike))
        {
            alike.Remove(item);
        }

        if (_items.TryGetValue(item.Item.Conversation, out var known) && known == item)
        {
            _items.Remove(item.Item.Conversation);
        }
    }

    private void Rebuild(QueueView queue)
    {
        queue.Buckets.Clear();
        queue.ByLast.Clear();
        var items = queue.Items.ToArray();
        foreach (var item in items)
        {
            item.Bucket = null;
            Put(queue, item.Item);
        }

        Staffed(queue);
    }

    /// <summary>Puts the item where those who need the same wait, as of now.</summary>
    private void Sort(ItemView item, Instant now)
    {
        if (item.Queue.Settings is not { } settings)
        {
            return;
        }

        var (needs, next) = SkillPlan.At(settings, item.Item, now, r => AnyoneHere(item.Queue, r));
        item.Needs = needs;
        if (next is { } at && at != item.StepAt)
        {
            item.StepAt = at;
            _timers.Enqueue((null, item.Item.Conversation, null), at);
        }

        if (item.Bucket?.Needs.Key == needs.Key)
        {
            return;
        }

        item.Bucket?.Items.Remove(item);
        var key = (item.Item.Class, needs.Key);
        if (!item.Queue.Buckets.TryGetValue(key, out var bucket))
        {
            item.Queue.Buckets.Add(key, bucket = new(item.Item.Class, needs));
        }

        item.Bucket = bucket;
        bucket.Items.Add(item);
    }

    private bool AnyoneHere(QueueView queue, Requirement needs)
    {
        if (!queue.Here.TryGetValue(needs.Key, out var here))
        {
            queue.Here[needs.Key] = here = Staff(queue, needs).Any(a => a.State.SignedIn && needs.MetBy(a.State.Skills));
        }

        return here;
    }

    /// <summary>Everybody defined who serves the queue under this requirement.</summary>
    private IEnumerable<AgentView> Staff(QueueView queue, Requirement needs)
    {
        IEnumerable<AgentId> members = queue.Members;
        foreach (var group in needs.Groups.Concat(queue.Armed.SelectMany(a => a.Groups ?? [])))
        {
            members = members.Concat(View(group).Members);
        }

        foreach (var member in members)
        {
            if (_agents.TryGetValue(member, out var agent) && agent.State.Profile is not null)
            {
                yield return agent;
            }
        }
    }

    /// <summary>Puts the agent among those who are ready, for every class and queue, or takes it out.</summary>
    private void Place(AgentView agent)
    {
        foreach (var (queue, channels, candidate) in agent.Places)
        {
            queue.Ready[(int)channels].Remove(candidate);
        }

        agent.Places.Clear();
        var state = agent.State;
        if (agent.Locked || agent.LockedUntilSeq is not null || !state.Routable)
        {
            return;
        }

        // The pace is looked at when somebody is chosen: it is the only part that time alone changes.
        var load = state.CapacityBy(Terms) is > 0 and var capacity ? state.Load * 1_000L / capacity : 1_000;
        var last = state.Assigned.Count > 0 ? state.Assigned[^1].ToUnixTimeMilliseconds() : 0;
        var hash = Fnv(state.Id.Value);
        foreach (var channels in Classes)
        {
            if (Admission.Refuses(state, channels, Terms, now: null) is not null)
            {
                continue;
            }

            foreach (var id in state.Queues)
            {
                var queue = View(id);
                var candidate = queue.Settings?.Strategy is QueueStrategy.LongestIdle or QueueStrategy.RoundRobin
                    ? new Candidate(last, load, hash, state.Id)
                    : new Candidate(load, last, hash, state.Id);
                queue.Ready[(int)channels].Add(candidate);
                agent.Places.Add((queue, channels, candidate));
            }
        }

        if (agent.Places.Count > 0 || state.Queues.Count == 0)
        {
            _dirtyAgents.Add(state.Id);
        }
    }

    /// <summary>The same in every process: a choice must not depend on where it is made.</summary>
    private static uint Fnv(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16_777_619u;
        }

        return hash;
    }
}
