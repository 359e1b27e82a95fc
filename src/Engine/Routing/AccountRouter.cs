using Conversations.Domain;
using Conversations.Domain.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// One account as its router sees it: the picture, kept true by the feed. Loaded from the entities' own states; entries
/// the states already contain are passed over, a gap is read again.
/// </summary>
internal sealed class AccountRouter(AccountId account, IJournal journal, SettingsCache cache, AgentLiveness liveness, AccountSettings settings)
{
    private static readonly AgentType AgentsAre = new();
    private static readonly QueueType QueuesAre = new();
    private static readonly EventCodec<ConversationEvent> Conversations = new ConversationType().Events;
    private static readonly EventCodec<AccountEvent> AccountEvents = new(DomainJson.Contract);

    private readonly Dictionary<AgentId, Agent> _agents = [];
    private readonly Dictionary<QueueId, Queue> _queues = [];
    private readonly Dictionary<ConversationId, HashSet<AgentId>> _offered = [];
    private AccountSettings _settings = settings;

    public AccountId Account => account;

    /// <summary>Guards the picture: the router's loop works on it, requests for an explanation read it.</summary>
    public Lock Gate { get; } = new();

    public RoutingPicture Picture { get; } = new(settings);

    public bool Routes => _settings.Routes;

    public async ValueTask Load(CancellationToken cancellation)
    {
        foreach (var id in _settings.Queues?.Keys ?? [])
        {
            await LoadQueue(id, cancellation);
        }
    }

    private async ValueTask LoadQueue(QueueId id, CancellationToken cancellation)
    {
        var (queue, _) = await StoredState.Read(journal, QueuesAre, QueueType.Key(account, id), NullLogger.Instance, cancellation);
        lock (Gate)
        {
            Picture.Load(queue);
        }

        foreach (var member in queue.Members)
        {
            if (!_agents.ContainsKey(AgentId.Of(member)))
            {
                await LoadAgent(AgentId.Of(member), cancellation);
            }
        }

        _queues[id] = queue;
    }

    public async ValueTask LoadAgent(AgentId id, CancellationToken cancellation)
    {
        var (agent, _) = await StoredState.Read(journal, AgentsAre, AgentType.Key(account, id), NullLogger.Instance, cancellation);
        Know(agent);
    }

    private void Know(Agent agent)
    {
        _agents[agent.Id] = agent;
        if (agent.Reach == Reach.Connected)
        {
            liveness.Expect(agent);
        }
        else
        {
            liveness.Forget(account, agent.Id);
        }

        lock (Gate)
        {
            Picture.Apply(agent);
        }
    }

    /// <summary>What a failed read has interrupted may be applied again: an entry counts as known only once all it needs has been read.</summary>
    public async ValueTask Apply(FeedEntry entry, CancellationToken cancellation)
    {
        switch (entry.Entity.Kind)
        {
            case AgentType.Name:
                await ApplyAgent(AgentId.Of(entry.Entity.Id), entry.Event, cancellation);
                break;
            case QueueType.Name:
                await ApplyQueue(QueueId.Of(entry.Entity.Id), entry.Event, cancellation);
                break;
            case ConversationType.Name:
                ApplyConversation(ConversationId.Of(entry.Entity.Id), entry.Event);
                break;
            case AccountType.Name:
                await ApplyAccount(entry.Event, cancellation);
                break;
        }
    }

    private async ValueTask ApplyAccount(StoredEvent stored, CancellationToken cancellation)
    {
        if (stored.Seq > _settings.Version)
        {
            _settings = stored.Seq == _settings.Version + 1
                ? Domain.Account.Evolve(_settings, AccountEvents.Decode(stored))
                : (await StoredState.Read(journal, new AccountType(cache), AccountType.Key(account), NullLogger.Instance, cancellation)).State;
            lock (Gate)
            {
                Picture.Configure(_settings);
            }
        }

        foreach (var id in (_settings.Queues?.Keys ?? []).Where(q => !_queues.ContainsKey(q)).ToArray())
        {
            await LoadQueue(id, cancellation);
        }
    }

    private async ValueTask ApplyAgent(AgentId id, StoredEvent stored, CancellationToken cancellation)
    {
        if (!_agents.TryGetValue(id, out var known) || stored.Seq > known.Seq + 1)
        {
            await LoadAgent(id, cancellation);
        }
        else if (stored.Seq == known.Seq + 1)
        {
            Know(AgentEvolve.Evolve(known, AgentsAre.Events.Decode(stored)));
        }
    }

    private async ValueTask ApplyQueue(QueueId id, StoredEvent stored, CancellationToken cancellation)
    {
        if (!_queues.TryGetValue(id, out var known) || stored.Seq > known.Seq + 1)
        {
            await LoadQueue(id, cancellation);
            return;
        }

        if (stored.Seq <= known.Seq)
        {
            return;
        }

        var recorded = QueuesAre.Events.Decode(stored);
        if (recorded.Event is MemberJoined { Agent: var agent } && !_agents.ContainsKey(agent))
        {
            await LoadAgent(agent, cancellation);
        }

        var after = _queues[id] = QueueDecider.Evolve(known, recorded);
        lock (Gate)
        {
            Picture.Apply(after, recorded.Event);
        }
    }

    /// <summary>Of conversations only what becomes of offers and of transfers to one agent is of interest here.</summary>
    private void ApplyConversation(ConversationId id, StoredEvent stored)
    {
        if (stored.Type is not ("offer.made" or "offer.ended" or "offer.accepted" or "offer.exclusionsCleared" or "transfer.requested" or "transfer.ended"))
        {
            return;
        }

        lock (Gate)
        {
            switch (Conversations.Decode(stored).Event)
            {
                case OfferMade e:
                    _offered[id] = [.. e.Agents];
                    Picture.Offered(id, e.ExpiresAt);
                    break;
                case OfferAccepted:
                    _offered.Remove(id);
                    break;
                case OfferEnded e:
                    if (!_offered.TryGetValue(id, out var agents) || (agents.Remove(e.Agent) && agents.Count == 0))
                    {
                        _offered.Remove(id);
                        Picture.Free(id, null, e.ExcludedUntil is null ? null : e.Agent, e.ExcludedUntil ?? default);
                    }

                    break;
                case ExclusionsCleared e:
                    Picture.Cleared(id, e.RetryAt);
                    break;
                case TransferRequested { Transfer: { Agent: { } agent } transfer }:
                    Picture.Direct(id, transfer.Ticket, agent, transfer.Class);
                    break;
                case TransferEnded:
                    Picture.NotDirect(id);
                    break;
            }
        }
    }

    public List<RoutingAction> Work(Instant now, bool sweep)
    {
        lock (Gate)
        {
            if (sweep)
            {
                Picture.Sweep();
            }

            return Picture.Work(now);
        }
    }

    public Instant? NextWake
    {
        get
        {
            lock (Gate)
            {
                return Picture.NextWake;
            }
        }
    }
}
