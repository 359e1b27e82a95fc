using NodaTime;

namespace Conversations.Domain;

public sealed partial class RoutingPicture
{
    /// <summary>
    /// Looks at what changed since the last call, and at what time has brought. What it returns is under way until
    /// <see cref="Offered"/>, <see cref="Free"/> and <see cref="Unlock"/> say how it went.
    /// </summary>
    public List<RoutingAction> Work(Instant now)
    {
        List<RoutingAction> actions = [];
        while (_timers.TryPeek(out var timer, out var at) && at <= now)
        {
            _timers.Dequeue();
            Wake(timer, now);
        }

        foreach (var queue in _dirtyQueues.ToArray())
        {
            LookAtQueue(View(queue), now, actions);
        }

        _dirtyQueues.Clear();
        foreach (var direct in _directs.Values.Where(d => d.Dirty).ToArray())
        {
            direct.Dirty = false;
            TryDirect(direct, now, actions);
        }

        // In order, so that of several the first gets the better agent.
        while (_dirtyItems.Min is { } item)
        {
            _dirtyItems.Remove(item);
            TryItem(item, now, actions);
        }

        foreach (var id in _dirtyAgents.ToArray())
        {
            _dirtyAgents.Remove(id);
            if (_agents.TryGetValue(id, out var agent))
            {
                TryAgent(agent, now, actions);
            }
        }

        return actions;
    }

    /// <summary>Marks everything to be looked at again: the safety net. What it finds, the triggers have missed.</summary>
    public void Sweep()
    {
        foreach (var queue in _queues.Values.Where(q => q.Items.Count > 0 || q.State?.Held.Count > 0))
        {
            _dirtyQueues.Add(queue.Id);
        }

        foreach (var agent in _agents.Values.Where(a => a.Places.Count > 0))
        {
            _dirtyAgents.Add(agent.State.Id);
        }
    }

    private void Wake((AgentId? Agent, ConversationId? Item, QueueId? Queue) timer, Instant now)
    {
        if (timer.Item is { } conversation && _items.TryGetValue(conversation, out var item))
        {
            if (item.Offered && item.NotBefore <= now)
            {
                item.Offered = false; // no news of how it ended: try, and be told
            }

            _dirtyItems.Add(item);
        }

        if (timer.Agent is { } agent)
        {
            _dirtyAgents.Add(agent);
        }

        if (timer.Queue is { } queue)
        {
            _dirtyQueues.Add(queue);
        }
    }

    private void LookAtQueue(QueueView queue, Instant now, List<RoutingAction> actions)
    {
        if (queue.Settings is not { } settings)
        {
            return;
        }

        foreach (var (key, alike) in queue.ByLast)
        {
            if (alike.Count == 0)
            {
                continue;
            }

            var last = SkillPlan.Last(settings, alike.First().Item);
            var nobody = !Staff(queue, last).Any(a => last.MetBy(a.State.Skills));
            queue.FitsNobody[key] = nobody;
            foreach (var item in alike.Where(i => i.Unroutable != nobody))
            {
                item.Unroutable = nobody;
                actions.Add(new RoutingAction.Mark(item.Item.Conversation, item.Item.Ticket, !nobody));
            }
        }

        // Whoever skips a step because nobody was here asks again when somebody signs in, and the other way round.
        if ((settings.Plan ?? []).Any(s => s.SkipIfNobody))
        {
            foreach (var item in queue.Items)
            {
                _dirtyItems.Add(item);
            }
        }

        if (queue.State is { Held.Count: > 0 } state && Settings.IsOpen(settings, now) && !(queue.ReleaseAt > now))
        {
            var ready = queue.Members.Count(m => _agents.TryGetValue(m, out var a) && a.State.Routable);
            actions.Add(new RoutingAction.Release(state.Id, Math.Max(1, ready)));
            queue.ReleaseAt = now + ReleaseEvery;
            _timers.Enqueue((null, null, queue.Id), now + ReleaseEvery);
        }
    }

    private void TryDirect(DirectView direct, Instant now, List<RoutingAction> actions)
    {
        if (!direct.Offered && !(direct.NotBefore > now) && _agents.TryGetValue(direct.Agent, out var agent) && IsReady(agent, direct.Class, now))
        {
            Take(agent);
            direct.Offered = true;
            actions.Add(new RoutingAction.Match(direct.Conversation, direct.Ticket, null, [direct.Agent], direct.Class));
        }
    }

    private bool IsReady(AgentView agent, ChannelClass channels, Instant now)
    {
        if (agent.Locked || agent.LockedUntilSeq is not null || Admission.Refuses(agent.State, channels, Terms, now) is not { } why)
        {
            return !agent.Locked && agent.LockedUntilSeq is null;
        }

        if (why.Until is { } until && agent.PacedUntil != until)
        {
            agent.PacedUntil = until;
            _timers.Enqueue((agent.State.Id, null, null), until);
        }

        return false;
    }

    /// <summary>An item that came, or may go now: who gets it?</summary>
    private void TryItem(ItemView item, Instant now, List<RoutingAction> actions)
    {
        if (item.Queue.Settings is not { } settings)
        {
            return;
        }

        Sort(item, now);
        if (item.LastKey is { } key && !item.Queue.FitsNobody.ContainsKey(key))
        {
            var last = SkillPlan.Last(settings, item.Item);
            item.Queue.FitsNobody[key] = !Staff(item.Queue, last).Any(a => last.MetBy(a.State.Skills));
        }

        if (item.LastKey is { } lastKey && item.Queue.FitsNobody[lastKey] is var nobody && nobody != item.Unroutable)
        {
            item.Unroutable = nobody;
            actions.Add(new RoutingAction.Mark(item.Item.Conversation, item.Item.Ticket, !nobody));
        }

        if (item.Offered || item.Rests(now))
        {
            return;
        }

        var (only, until) = Waits(item, now);
        if (until is { } at)
        {
            _timers.Enqueue((null, item.Item.Conversation, null), at);
        }

        var chosen = Choose(item, settings, only, now, out var excluded);
        if (chosen.Count > 0)
        {
            Offer(item, chosen, actions);
        }
        else if (excluded && !item.Clearing && !Staff(item.Queue, item.Needs!).Any(
            a => a.State.SignedIn && !item.Excludes(a.State.Id, now) && item.Needs!.MetBy(a.State.Skills)))
        {
            item.Clearing = true;
            actions.Add(new RoutingAction.Clear(item.Item.Conversation, item.Item.Ticket));
        }
    }

    /// <summary>Whom alone it waits for, and until when (routing.md 4).</summary>
    private (AgentId? Only, Instant? Until) Waits(ItemView item, Instant now)
    {
        if (item.Item.Sticky is not { } sticky || item.Queue.Settings is not { } settings || !_agents.TryGetValue(sticky, out var agent)
            || (settings.StickyMembersOnly && !item.Queue.Members.Contains(sticky)))
        {
            return default;
        }

        if (settings.Sticky == StickyMode.OwnerOnly)
        {
            return (sticky, null);
        }

        var until = item.Item.Entered + Duration.FromSeconds(Terms.Of(item.Item.Class).StickySeconds);
        var able = agent.State.Routable && agent.State.Load < agent.State.CapacityBy(Terms);
        return able && now < until && !item.Excludes(sticky, now) ? ((AgentId?)sticky, (Instant?)until) : default;
    }

    private List<AgentView> Choose(ItemView item, QueueSettings settings, AgentId? only, Instant now, out bool excluded)
    {
        excluded = false;
        List<AgentView> chosen = [];
        if ((only ?? item.Item.Sticky) is { } first && _agents.TryGetValue(first, out var sticky) && !item.Excludes(first, now)
            && (!settings.StickyMembersOnly || item.Queue.Members.Contains(first)) && item.Needs!.MetBy(sticky.State.Skills) && IsReady(sticky, item.Item.Class, now))
        {
            chosen.Add(sticky);
        }

        if (only is not null)
        {
            return chosen;
        }

        var most = Math.Clamp(settings.FanOut, 1, 5);
        var wanted = settings.Strategy == QueueStrategy.BestSkill ? Scan : most;
        foreach (var candidate in Candidates(item))
        {
            if (chosen.Count >= wanted)
            {
                break;
            }

            var agent = _agents[candidate.Agent];
            if (!item.Needs!.MetBy(agent.State.Skills) || chosen.Contains(agent))
            {
                continue;
            }

            if (item.Excludes(candidate.Agent, now))
            {
                excluded |= item.Declined(candidate.Agent, now);
                continue;
            }

            if (IsReady(agent, item.Item.Class, now))
            {
                chosen.Add(agent);
            }
        }

        if (settings.Strategy == QueueStrategy.BestSkill && chosen.Count > 1)
        {
            chosen = [.. chosen.OrderByDescending(a => Level(a, item.Needs!))];
        }

        return chosen.Count > most ? chosen[..most] : chosen;
    }

    private static int Level(AgentView agent, Requirement needs) =>
        needs.Skills.Sum(n => agent.State.Skills.Where(s => s.Skill == n.Skill).Select(s => s.Level).DefaultIfEmpty().Max());

    private IEnumerable<Candidate> Candidates(ItemView item)
    {
        IEnumerable<Candidate> ready = item.Queue.Ready[(int)item.Item.Class];
        foreach (var group in item.Needs!.Groups.Concat(item.Queue.Armed.SelectMany(a => a.Groups ?? [])).Distinct())
        {
            ready = ready.Concat(View(group).Ready[(int)item.Item.Class]);
        }

        return ready;
    }

    private void Offer(ItemView item, List<AgentView> chosen, List<RoutingAction> actions)
    {
        item.Offered = true;
        item.NotBefore = null;
        foreach (var agent in chosen)
        {
            Take(agent);
        }

        actions.Add(new RoutingAction.Match(
            item.Item.Conversation, item.Item.Ticket, item.Queue.Id, [.. chosen.Select(a => a.State.Id)], item.Item.Class));
    }

    private void Take(AgentView agent)
    {
        agent.Locked = true;
        Place(agent);
        _dirtyAgents.Remove(agent.State.Id);
    }

    /// <summary>An agent who may take something: what is first of all that fits, over all its queues?</summary>
    private void TryAgent(AgentView agent, Instant now, List<RoutingAction> actions)
    {
        foreach (var direct in _directs.Values.Where(d => d.Agent == agent.State.Id && !d.Offered))
        {
            TryDirect(direct, now, actions);
        }

        if (agent.Places.Count == 0)
        {
            return;
        }

        (ItemView Item, int Priority)? best = null;
        foreach (var queue in QueuesOf(agent))
        {
            if (queue.Settings is not { } settings || queue.Items.Count == 0)
            {
                continue;
            }

            var priority = settings.Priority;
            var ahead = queue.Armed.Sum(a => a.Boost) * 1_000L;
            foreach (var bucket in queue.Buckets.Values)
            {
                if (bucket.Items.Count == 0 || !bucket.Needs.MetBy(agent.State.Skills) || !Serves(agent, queue, bucket) || !IsReady(agent, bucket.Class, now))
                {
                    continue;
                }

                foreach (var item in bucket.Items.Take(Scan))
                {
                    if (!item.Offered && !item.Rests(now) && !item.Excludes(agent.State.Id, now) && Waits(item, now) is var (only, _) && (only is null || only == agent.State.Id))
                    {
                        if (best is not { } known || Before(item, priority, ahead, known))
                        {
                            best = (item, priority);
                        }

                        break;
                    }
                }
            }
        }

        if (best is { } found)
        {
            Offer(found.Item, [agent], actions);
        }
    }

    private static bool Before(ItemView item, int priority, long ahead, (ItemView Item, int Priority) known) =>
        item.Item.Strict != known.Item.Item.Strict ? item.Item.Strict
        : priority != known.Priority ? priority < known.Priority
        : item.Item.Key - ahead < known.Item.Item.Key - (known.Item.Queue.Armed.Sum(a => a.Boost) * 1_000L);

    private IEnumerable<QueueView> QueuesOf(AgentView agent)
    {
        foreach (var id in agent.State.Queues)
        {
            yield return View(id);
            foreach (var helped in _helping.GetValueOrDefault(id) ?? [])
            {
                if (!agent.State.Queues.Contains(helped))
                {
                    yield return View(helped);
                }
            }
        }
    }

    private static bool Serves(AgentView agent, QueueView queue, Bucket bucket) =>
        agent.State.Queues.Contains(queue.Id)
        || bucket.Needs.Groups.Any(agent.State.Queues.Contains)
        || queue.Armed.Any(a => (a.Groups ?? []).Any(agent.State.Queues.Contains));
}
