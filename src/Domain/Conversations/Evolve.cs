using NodaTime;

namespace Conversations.Domain;

/// <summary>State from events. Pure, total, never fails; needs no configuration and no clock.</summary>
public static class ConversationEvolve
{
    public static Conversation Evolve(Conversation state, Recorded<ConversationEvent> recorded)
    {
        var next = RoutingEvolve.After(state, RoutingEvolve.Apply(Apply(state, recorded, recorded.Event), recorded), recorded) with { Seq = recorded.Seq };
        return recorded.Event.Sla is { } clocks ? ClocksEvolve.Evolve(next, clocks) : next;
    }

    private static Conversation Apply(Conversation s, Recorded<ConversationEvent> at, ConversationEvent @event) => @event switch
    {
        ConversationStarted e => s with
        {
            Address = e.Address,
            Visibility = e.Visibility,
            Customer = e.Customer,
            CreatedAt = at.At,
            LastActivityAt = at.At,
        },
        EpisodeStarted e => s with
        {
            Episode = new(e.Number, e.At, e.Terms, Timeline.Start(e.At, e.Terms.Sla, underBot: e.Bot is not null, noFirstResponse: e.Number > 1), []),
            Status = ConversationStatus.Open,
            StatusAt = Instant.Max(s.StatusAt, at.At),
            Queue = e.Queue ?? s.Queue,
            Skill = null,
            Bot = e.Bot,
            Until = null,
        },
        MessageReceived e => OnReceived(s, at, e),
        MessagePosted e => OnPosted(s, at, e),
        MessageRecorded e => OnRecorded(s, at, e),
        EchoDeferred e => s with { DeferredEchoes = Last([.. s.DeferredEchoes, new(e.Echo, e.Until)], Conversation.DeferredKept) },
        EchoMerged e => WithoutEcho(s, e.ExternalId),
        MessageDelivery e => OnDelivery(s, e),
        MessageEdited e => s with
        {
            Recent = Heads(s, e.Message, head => head with { EditedAt = e.At }),
            LastMessage = s.LastMessage is { } last && last.Id == e.Message ? last with { Text = Preview(e.Text) } : s.LastMessage,
        },
        MessageDeleted e => s with
        {
            Recent = Heads(s, e.Message, head => head with { Deleted = true }),
            LastMessage = s.LastMessage is { } shown && shown.Id == e.Message ? shown with { Text = "" } : s.LastMessage,
        },
        MessageReaction => s,
        StatusChanged e => OnStatus(s, at, e),
        AssignmentChanged e => s with
        {
            Queue = e.Queue,
            Assignee = e.Assignee,
            LastAssignee = s.Assignee ?? s.LastAssignee,
            Skill = e.Skill,
            Epoch = e.Epoch,
        },
        PriorityChanged e => s with { Priority = e.Priority, PriorityReason = e.Reason },
        LabelsChanged e => s with
        {
            Labels = [.. s.Labels.Except(e.Removed ?? []).Union(e.Added ?? []).Order(StringComparer.Ordinal)],
        },
        ReadAdvanced e => s with { ReadUpTo = Math.Max(s.ReadUpTo, e.UpTo) },
        ControlChanged e => Marked(s with { Bot = e.Bot }, e.At, at.Seq, e.Bot is null ? MarkKind.HandedOff : MarkKind.BotTookOver),
        CustomerUpdated e => s with { Customer = e.Customer },
        CustomerBlocked e => s with { Blocked = e.Blocked },
        SlaPolicyChanged e => Marked(s, new(e.At, at.Seq, e.Why == PolicyChange.Edited ? MarkKind.Edited : MarkKind.Matched, e.Terms)),
        SlaCalendarChanged e => Marked(s, new(e.At, at.Seq, MarkKind.Calendar, Calendar: e.Calendar)),
        SlaOverridden e => Marked(s, new(e.At, at.Seq, MarkKind.Overridden, Metric: e.Metric, Due: e.Due)),
        SlaWarned or SlaBreached or SlaEscalated or SlaFulfilled or SlaWithdrawn or SlaChanged => ClocksEvolve.Evolve(s, @event),
        MonitorStarted or MonitorEnded => SupervisionEvolve.Apply(s, at),
        _ => s,
    };

    /// <remarks>
    /// A platform's clock may run ahead of ours; for the promises nothing happened later than we saw it, else the answer to a
    /// message would sort before it.
    /// </remarks>
    private static Conversation OnReceived(Conversation s, Recorded<ConversationEvent> at, MessageReceived e)
    {
        var quiet = e.Auto || e.Blocked;
        var minute = Instant.FromUnixTimeSeconds(at.At.ToUnixTimeSeconds() / 60 * 60);
        var next = s with
        {
            MessageCount = e.Index,
            Flood = s.Flood.From == minute ? s.Flood with { Count = s.Flood.Count + 1 } : new(minute, 1),
            Recent = WithHead(s, new(e.Message, at.Seq, MessageKind.Customer, e.SentAt)),
            LastMessage = new(e.Message, MessageKind.Customer, Preview(e.Text), e.SentAt, e.Author.Name ?? e.Author.Handle ?? e.Author.Id),
            LastMessageSeq = at.Seq,
            LastCustomerExternalId = e.ExternalId,
            Engagement = e.Engagement ?? s.Engagement,
            ReplyWindow = e.ReplyWindow ?? s.ReplyWindow,
            LastActivityAt = quiet || e.Flood ? s.LastActivityAt : at.At,
        };
        return e.Blocked || s.Status == ConversationStatus.Spam ? next
            : e.Auto ? Began(next, e.SentAt)
            : Marked(next, Instant.Min(e.SentAt, at.At), at.Seq, MarkKind.Customer);
    }

    private static Conversation OnPosted(Conversation s, Recorded<ConversationEvent> at, MessagePosted e)
    {
        var next = s with
        {
            MessageCount = e.Index ?? s.MessageCount,
            Recent = WithHead(s, new(e.Message, at.Seq, e.Kind, at.At, e.Delivery)),
            LastActivityAt = at.At,
        };
        if (e.Kind == MessageKind.Note)
        {
            return next;
        }

        next = next with { LastMessage = new(e.Message, e.Kind, Preview(e.Text), at.At, at.Actor.Id), LastMessageSeq = at.Seq };
        return e.Delivery == DeliveryState.Sent ? Replied(next, at.At, at.Seq, e.Kind) : next;
    }

    private static Conversation OnRecorded(Conversation s, Recorded<ConversationEvent> at, MessageRecorded e)
    {
        var next = WithoutEcho(s, e.ExternalId) with
        {
            MessageCount = e.Index,
            Recent = WithHead(s, new(e.Message, at.Seq, e.Kind, e.SentAt, DeliveryState.Sent, ExternalIds: [e.ExternalId])),
            LastMessage = new(e.Message, e.Kind, Preview(e.Text), e.SentAt, e.Author.Name ?? e.Author.Handle ?? e.Author.Id),
            LastMessageSeq = at.Seq,
            LastActivityAt = e.Auto ? s.LastActivityAt : at.At,
        };
        return e.Auto ? Began(next, e.SentAt) : Replied(next, e.SentAt, at.Seq, e.Kind);
    }

    /// <summary>A reply counts from when the channel took it (sla.md R-QR), and no longer if it fails after all.</summary>
    private static Conversation OnDelivery(Conversation s, MessageDelivery e)
    {
        var target = s.Head(e.Message);
        var next = s with
        {
            Recent = [.. s.Recent.Select(head =>
                head.Message == e.Message ? head with { Delivery = e.State, ExternalIds = e.ExternalIds ?? head.ExternalIds }
                : e.UpTo && target is not null && head.Seq < target.Seq && head.Delivery is { } d && d != DeliveryState.Queued && d < e.State ? head with { Delivery = e.State }
                : head)],
        };

        if (target is null || next.Episode is not { } episode)
        {
            return next;
        }

        var kind = target.Kind == MessageKind.BotReply ? MarkKind.BotReply : MarkKind.Reply;
        return e.State == DeliveryState.Failed
            ? next with { Episode = episode with { Timeline = episode.Timeline.Without(target.Seq, kind) } }
            : target.Delivery == DeliveryState.Queued && e.State != DeliveryState.Queued ? Replied(next, e.At, target.Seq, target.Kind) : next;
    }

    private static Conversation OnStatus(Conversation s, Recorded<ConversationEvent> at, StatusChanged e)
    {
        var seq = at.Seq;
        var next = s with { Status = e.To, StatusAt = Instant.Max(s.StatusAt, Instant.Max(at.At, e.At)), Until = e.Until };
        if (next.Episode is { } episode && e.To == ConversationStatus.Closed)
        {
            next = next with { Episode = episode with { ClosedAt = e.At, Disposition = e.Disposition } };
        }
        else if (next.Episode is { ClosedAt: not null } again && e.To == ConversationStatus.Open)
        {
            next = next with { Episode = again with { ClosedAt = null, Disposition = null } };
        }

        if (e.To is ConversationStatus.Closed or ConversationStatus.Spam)
        {
            next = next with { LastAssignee = s.Assignee ?? s.LastAssignee };
        }

        return (e.From, e.To) switch
        {
            (_, ConversationStatus.Closed) => Marked(next, e.At, seq, MarkKind.Closed),
            (_, ConversationStatus.Spam) => Marked(next, e.At, seq, MarkKind.Spam),
            (ConversationStatus.Closed, _) => Marked(next, e.At, seq, MarkKind.Reopened),
            (_, ConversationStatus.Pending) => Marked(next, e.At, seq, MarkKind.Pending),
            (_, ConversationStatus.OnHold) => Marked(next, e.At, seq, MarkKind.Held),
            (ConversationStatus.Pending or ConversationStatus.OnHold, _) => Marked(next, e.At, seq, MarkKind.Resumed),
            _ => next,
        };
    }

    private static Conversation Replied(Conversation s, Instant at, long seq, MessageKind kind) =>
        Marked(s, at, seq, kind == MessageKind.BotReply ? MarkKind.BotReply : MarkKind.Reply);

    private static Conversation Marked(Conversation s, Instant at, long seq, MarkKind kind) => Marked(s, new(at, seq, kind));

    private static Conversation Marked(Conversation s, Mark mark) => s.Episode is { } episode
        ? s with { Episode = episode with { Timeline = episode.Timeline.Add(mark) } }
        : s;

    private static Conversation Began(Conversation s, Instant at) => s.Episode is { } episode
        ? s with { Episode = episode with { Timeline = episode.Timeline.BeganAt(at) } }
        : s;

    private static Conversation WithoutEcho(Conversation s, string externalId) => s.DeferredEchoes.Count == 0
        ? s
        : s with { DeferredEchoes = [.. s.DeferredEchoes.Where(d => d.Echo.ExternalId != externalId)] };

    private static List<MessageHead> WithHead(Conversation s, MessageHead head)
    {
        List<MessageHead> recent = new(s.Recent.Count + 1);
        recent.AddRange(s.Recent);
        recent.Add(head);
        if (recent.Count > Conversation.RecentKept)
        {
            // A reply still on its way is never forgotten: its delivery must find it. At most MessageLimits.OnTheirWay of them.
            recent.RemoveAt(Math.Max(0, recent.FindIndex(h => h.Delivery != DeliveryState.Queued)));
        }

        return recent;
    }

    private static MessageHead[] Heads(Conversation s, MessageId message, Func<MessageHead, MessageHead> change) =>
        [.. s.Recent.Select(head => head.Message == message ? change(head) : head)];

    private static T[] Last<T>(T[] items, int count) => items.Length > count ? items[^count..] : items;

    internal static string Preview(string text)
    {
        const int Length = 280;
        return text.Length <= Length ? text
            : char.IsHighSurrogate(text[Length - 1]) ? text[..(Length - 1)]
            : text[..Length];
    }
}
