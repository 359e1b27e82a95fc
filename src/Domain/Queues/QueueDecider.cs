using NodaTime;

namespace Conversations.Domain;

/// <summary>Admission, order and hours of a queue. Pure. One at a time, so limits are exact (routing.md 7).</summary>
public static class QueueDecider
{
    /// <summary>On at 100 %, off at 80 %, and not before 30 s (routing.md 7).</summary>
    private static readonly Duration MinHold = Duration.FromSeconds(30);

    public static Queue Evolve(Queue state, Recorded<QueueEvent> recorded) => Apply(state, recorded.At, recorded.Event) with { Seq = recorded.Seq };

    private static Queue Apply(Queue s, Instant at, QueueEvent @event) => @event switch
    {
        ItemEntered { HeldUntil: { } until } e => s with
        {
            Held = s.Held.With(e.Item),
            Waiting = s.Waiting.Without(e.Item.Conversation),
            OpensAt = s.OpensAt is { } known && s.Held.Count > 0 ? Instant.Min(known, until) : until,
        },
        ItemEntered e => s with { Waiting = s.Waiting.With(e.Item), Held = s.Held.Without(e.Item.Conversation) },
        ItemLeft e => s with
        {
            Waiting = s.Waiting.Without(e.Conversation),
            Held = s.Held.Without(e.Conversation),
            Departed = e.Reason == LeaveReason.Assigned ? Last([.. s.Departed, at]) : s.Departed,
        },
        ItemMoved e => s.Held.Find(e.Item.Conversation) is not null ? s with { Held = s.Held.With(e.Item) } : s with { Waiting = s.Waiting.With(e.Item) },
        ItemsReleased e => Release(s, e),
        MemberJoined e => s with { Members = s.Members.Add(e.Agent.Value) },
        MemberParted e => s with { Members = s.Members.Remove(e.Agent.Value) },
        OverflowChanged { On: true } e => s with { Armed = [.. s.Armed.Where(a => a.Limit != e.Limit), new(e.Limit, at, e.Groups, e.Boost)] },
        OverflowChanged e => s with { Armed = [.. s.Armed.Where(a => a.Limit != e.Limit)] },
        _ => s,
    };

    private static Queue Release(Queue s, ItemsReleased e)
    {
        foreach (var (conversation, _) in e.Items)
        {
            if (s.Held.Find(conversation) is { } item)
            {
                s = s with { Held = s.Held.Without(conversation), Waiting = s.Waiting.With(item) };
            }
        }

        return s with { OpensAt = null };
    }

    private static Instant[] Last(Instant[] instants) => instants.Length > Queue.DeparturesKept ? instants[^Queue.DeparturesKept..] : instants;

    public static QueueAnswer Answer(Queue state, IReadOnlyList<Recorded<QueueEvent>> events) => new(
        state.Id, state.Seq, state.Waiting.Count, state.Held.Count, events.Count > 0,
        events.Select(e => e.Event).OfType<ItemDiverted>().FirstOrDefault(e => e.To is null)?.Reason);

    /// <remarks>Commands come through outboxes, at least once and late: what is out of date is accepted and changes nothing.</remarks>
    public static Decision<QueueEvent> Decide(Queue state, QueueCommand command, Context context)
    {
        List<QueueEvent> events = [];
        switch (command)
        {
            case EnterQueue c:
                Enter(state, c, context, events);
                break;
            case LeaveQueue c when Find(state, c.Conversation) is { } item && item.Ticket <= c.Ticket:
                events.Add(new ItemLeft(c.Conversation, item.Ticket, c.Reason));
                break;
            case Reprioritise c when Find(state, c.Item.Conversation) is { } known && known.Ticket == c.Item.Ticket && known != c.Item:
                events.Add(new ItemMoved(c.Item));
                break;
            case JoinQueue c when !state.Members.Contains(c.Agent.Value):
                events.Add(new MemberJoined(c.Agent));
                break;
            case PartQueue c when state.Members.Contains(c.Agent.Value):
                events.Add(new MemberParted(c.Agent));
                break;
            case ReleaseHeld c when state.Held.Count > 0 && context.Settings.Queue(state.Id) is var queue && (queue is null || context.Settings.IsOpen(queue, context.Now)):
                events.Add(new ItemsReleased([.. state.Held.Items.Take(Math.Max(1, c.Count)).Select(i => new Released(i.Conversation, i.Ticket))]));
                break;
            case QueueTick when state.Held.Count > 0 && state.OpensAt <= context.Now:
                // The first one in at the very opening; the rest at the pace of those who are there to answer (routing.md 8).
                events.Add(new ItemsReleased([.. state.Held.Items.Take(1).Select(i => new Released(i.Conversation, i.Ticket))]));
                break;
            case LeaveQueue or Reprioritise or JoinQueue or PartQueue or ReleaseHeld or QueueTick:
                break;
            default:
                return Refusals.UnknownCommand(command);
        }

        Measure(state, context, events);
        return new Decision<QueueEvent>.Accepted(events);
    }

    private static WaitingItem? Find(Queue state, ConversationId conversation) => state.Waiting.Find(conversation) ?? state.Held.Find(conversation);

    private static void Enter(Queue state, EnterQueue command, Context context, List<QueueEvent> events)
    {
        var item = command.Item;
        if (Find(state, item.Conversation) is { } known && known.Ticket >= item.Ticket)
        {
            return;
        }

        if (context.Settings.Queue(state.Id) is not { } settings)
        {
            events.Add(new ItemDiverted(item.Conversation, item.Ticket, "queue_removed"));
            return;
        }

        if (settings.Drain is { } drain && command.Kind != EntryKind.Diverted)
        {
            events.Add(new ItemDiverted(item.Conversation, item.Ticket, "draining", drain.To));
            return;
        }

        if (!context.Settings.IsOpen(settings, context.Now))
        {
            events.Add(settings.AfterHours is { } elsewhere && command.Kind != EntryKind.Diverted
                ? new ItemDiverted(item.Conversation, item.Ticket, "after_hours", elsewhere, settings.AfterHoursReply)
                : new ItemEntered(item, command.Kind, context.Settings.HoursOf(settings)?.NextOpen(context.Now) ?? context.Now + Duration.FromDays(365), settings.AfterHoursReply));
            return;
        }

        events.Add(Overflowing(state, settings, command, context) is { } action
            ? new ItemDiverted(
                item.Conversation, item.Ticket, "queue_full", action.Do == OverflowDo.Redirect ? action.Queue : null, action.Text, action.Do == OverflowDo.OfferCallback)
            : new ItemEntered(item, command.Kind));
    }

    /// <summary>What is done with a newcomer because a limit is reached; null: it is let in.</summary>
    private static OverflowAction? Overflowing(Queue state, QueueSettings settings, EnterQueue command, Context context)
    {
        if (command.Kind == EntryKind.Diverted)
        {
            return null; // it has been sent around once; somebody has to keep it
        }

        foreach (var rule in settings.Overflow ?? [])
        {
            var headroom = command.Kind is EntryKind.Transferred or EntryKind.Requeued;
            var limit = headroom ? rule.Limit + (rule.Limit / 5) : rule.Limit;
            var on = (state.Armed.Any(a => a.Limit == rule.When) && !headroom) || Measured(state, rule.When, context.Now) >= limit;
            if (on && rule.Actions.FirstOrDefault(a => a.Do is OverflowDo.Redirect or OverflowDo.Refuse or OverflowDo.OfferCallback) is { } action)
            {
                return action;
            }
        }

        return null;
    }

    /// <returns>Null when there is nothing to go by: the rule is skipped.</returns>
    private static long? Measured(Queue state, OverflowLimit limit, Instant now) => limit switch
    {
        OverflowLimit.MaxWaiting => state.Waiting.Count,
        OverflowLimit.MaxOldestSeconds => state.Waiting.First is { } first ? (long)(now - first.Base).TotalSeconds : 0,
        OverflowLimit.MaxEwtSeconds => (long?)state.ExpectedWait(now)?.TotalSeconds,
    };

    /// <summary>Limits reached or left behind by what was just decided; each arming acts once.</summary>
    private static void Measure(Queue before, Context context, List<QueueEvent> events)
    {
        if (context.Settings.Queue(before.Id)?.Overflow is not { } rules)
        {
            return;
        }

        var after = events.Aggregate(before, (s, e) => Apply(s, context.Now, e));
        foreach (var rule in rules)
        {
            var (armed, value) = (after.Armed.FirstOrDefault(a => a.Limit == rule.When), Measured(after, rule.When, context.Now));
            if (armed is null && value >= rule.Limit)
            {
                var groups = rule.Actions.Where(a => a is { Do: OverflowDo.AddGroup, Queue: not null }).Select(a => a.Queue!.Value).ToArray();
                events.Add(new OverflowChanged(
                    rule.When, On: true, value, groups.Length > 0 ? groups : null, rule.Actions.Where(a => a.Do == OverflowDo.Boost).Sum(a => a.Boost),
                    rule.Actions.FirstOrDefault(a => a.Do == OverflowDo.AutoReply)?.Text));
            }
            else if (armed is not null && !(value * 5 > rule.Limit * 4L) && context.Now - armed.Since >= MinHold)
            {
                events.Add(new OverflowChanged(rule.When, On: false, value));
            }
        }
    }
}
