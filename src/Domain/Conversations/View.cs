namespace Conversations.Domain;

/// <summary>What others see of a conversation's state and events: its row, answers, topics and effects. Pure.</summary>
public static class ConversationView
{
    public static ConversationRow Row(Conversation s)
    {
        var course = s.Course();
        var shown = s.Status == ConversationStatus.Spam ? null : s.Episode; // spam is owed nothing (sla.md R-EV3)
        var (first, next, resolution) = (shown?.Clock(Metric.FirstResponse), shown?.Clock(Metric.NextResponse), shown?.Clock(Metric.Resolution));
        Clock[] open = s.IsOver ? [] : [.. new[] { first, next, resolution }.OfType<Clock>().Where(c => c.Runs || c.Unreachable)];

        return new(
            s.Id, s.Account, s.Seq, s.Epoch, s.Address, s.Visibility, s.Status, s.Episode?.Number ?? 0, s.Priority, s.PriorityReason, s.Labels,
            s.Queue, s.Assignee, s.Skill, s.Bot, s.Blocked, s.Customer, s.Reach, s.CreatedAt, s.LastActivityAt,
            s.IsOver ? null : course?.WaitingSince, course?.FirstRespondedAt, s.Episode?.ClosedAt, s.Episode?.Disposition,
            s.Status == ConversationStatus.Snoozed ? s.Until : null, s.Status == ConversationStatus.Pending ? s.Until : null,
            s.MessageCount, s.ReadUpTo, s.LastMessage, Routing(s), course?.Terms is { Policy.Length: > 0 } terms ? terms : null, first, next, resolution,
            StateOf(open), open.Min(c => c.Due), s.ReplyWindow)
        {
            Offer = s.Routing?.Offer,
            Transfer = s.Routing?.Transfer,
            RoutingReason = s.Routing?.Place?.Reason ?? s.Routing?.Refused,
        };
    }

    /// <summary>Exactly one for every state (conversation.md P4): nobody offers what a bot holds, what is parked or what is over.</summary>
    public static RoutingState Routing(Conversation s) =>
        s.IsOver || s.Status == ConversationStatus.Snoozed || s.Bot is not null ? RoutingState.None
        : s.Routing?.Wrap is not null ? RoutingState.Wrapping
        : s.Assignee is not null ? RoutingState.Assigned
        : s.Routing?.Offer is not null ? RoutingState.Offered
        : s.Routing?.Place is { } place ? place.State
        : s.Routing?.Refused is not null ? RoutingState.Unroutable
        : s.Queue is not null ? RoutingState.Waiting
        : RoutingState.Unroutable;

    public static ConversationAnswer Answer(Conversation before, Conversation after, ConversationCommand command, IReadOnlyList<Recorded<ConversationEvent>> events)
    {
        var answer = new ConversationAnswer(
            after.Id, after.Seq, after.Epoch, after.Episode?.Number ?? 0, after.Status, after.Queue, after.Assignee, Changed: events.Count > 0);
        if (command is ReceiveMessage { Existing: { } edited })
        {
            return answer with { Message = edited.Message, MessageSeq = edited.Seq };
        }

        foreach (var recorded in events)
        {
            switch (recorded.Event)
            {
                case MessageReceived e:
                    return answer with { Message = e.Message, MessageIndex = e.Index, MessageSeq = recorded.Seq };
                case MessageRecorded e when command is ReceiveMessage:
                    return answer with { Message = e.Message, MessageIndex = e.Index, MessageSeq = recorded.Seq };
                case EchoMerged e when command is ReceiveMessage:
                    return answer with { Message = e.Message, MessageSeq = after.Head(e.Message)?.Seq };
                case MessagePosted e when command is PostMessage:
                    return answer with { Message = e.Message, MessageIndex = e.Index, MessageSeq = recorded.Seq, Delivery = e.Delivery };
            }
        }

        return command is ChangeMessage { Existing: { } changed } ? answer with { Message = changed.Message, MessageSeq = changed.Seq } : answer;
    }

    /// <summary>The other ids messages became known by in these events, with the answer each is to give from now on.</summary>
    public static IEnumerable<(string Key, ConversationAnswer Answer)> Aliases(
        Conversation after, ConversationAnswer answer, IReadOnlyList<Recorded<ConversationEvent>> events)
    {
        foreach (var recorded in events)
        {
            switch (recorded.Event)
            {
                case MessageReceived { EditOf: { } first } e:
                    yield return (MessageKey.Of(after.Address, first), answer with { Message = e.Message, MessageIndex = e.Index, MessageSeq = recorded.Seq });
                    break;
                case MessageRecorded e:
                    yield return (MessageKey.Of(after.Address, e.ExternalId), answer with { Message = e.Message, MessageIndex = e.Index, MessageSeq = recorded.Seq });
                    break;
                case MessageDelivery { ExternalIds: { } ids } e:
                    foreach (var id in ids)
                    {
                        yield return (MessageKey.Of(after.Address, id), answer with { Message = e.Message, MessageSeq = after.Head(e.Message)?.Seq });
                    }

                    break;
            }
        }
    }

    /// <summary>Replies for the channel's sender. An internal note never makes one (conversation.md 3, P7).</summary>
    public static IEnumerable<OutgoingReply> Outgoing(Conversation after, IReadOnlyList<Recorded<ConversationEvent>> events) =>
        from recorded in events
        let posted = recorded.Event as MessagePosted
        where posted is { Delivery: DeliveryState.Queued, Kind: MessageKind.Reply or MessageKind.BotReply, Visibility: not Visibility.Internal }
        select new OutgoingReply(
            after.Id, posted.Message, after.Address, posted.Kind, posted.Visibility, after.Customer.Id, after.Customer.Handle, posted.ReplyTo,
            posted.Text, posted.Attachments);

    /// <summary>Whoever outside is told of a level, one message each (sla.md R-AL4).</summary>
    public static IEnumerable<SlaNotification> Notices(Conversation after, IReadOnlyList<Recorded<ConversationEvent>> events)
    {
        foreach (var recorded in events)
        {
            var (type, metric, instance, notices, levels, breachedAt) = recorded.Event switch
            {
                SlaWarned e => ("sla.warning", e.Metric, e.Instance, e.Notices, e.Levels, null),
                SlaBreached e => ("sla.breached", e.Metric, e.Instance, e.Notices, e.Levels, (NodaTime.Instant?)e.At),
                SlaEscalated e => ("sla.escalated", e.Metric, e.Instance, e.Notices, e.Levels, e.At),
                _ => default,
            };
            foreach (var notice in notices ?? [])
            {
                if (notice.Kind == NoticeKind.Agent)
                {
                    continue; // told by the event itself
                }

                var clock = after.Episode?.Clock(metric, instance);
                var name = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(metric.ToString());
                yield return new(
                    $"{after.Id}/{name}/{after.Episode?.Number ?? 0}.{instance}/{(levels is [.., var last] ? last : type)}",
                    notice.Kind, notice.To, notice.NotBefore, type, after.Id, recorded.Seq, recorded.At, metric, instance, levels ?? [], clock?.Due, breachedAt,
                    clock?.Policy, after.Priority, after.Queue, after.Assignee);
            }
        }
    }

    /// <summary>Who else watches: the queues and agents that own the conversation before or after (DESIGN.md 7), and agents told of a promise.</summary>
    public static string? Topics(Conversation before, Conversation after, IReadOnlyList<Recorded<ConversationEvent>> events)
    {
        List<string> topics = [];
        void Add(string? topic)
        {
            if (topic is not null && !topics.Contains(topic))
            {
                topics.Add(topic);
            }
        }

        Add(before.Queue is { } q ? $"queue/{q}" : null);
        Add(after.Queue is { } q2 ? $"queue/{q2}" : null);
        Add(before.Assignee is { } a ? $"agent/{a}" : null);
        Add(after.Assignee is { } a2 ? $"agent/{a2}" : null);
        foreach (var other in ConversationMessages.Concerned(before.Routing).Concat(ConversationMessages.Concerned(after.Routing)))
        {
            Add(other);
        }

        foreach (var notice in events.SelectMany(e => NoticesOf(e.Event)))
        {
            Add(notice.Kind == NoticeKind.Agent ? $"agent/{notice.To}" : null);
        }

        return topics.Count == 0 ? null : string.Join(' ', topics);
    }

    private static IReadOnlyList<SlaNotice> NoticesOf(ConversationEvent @event) => @event switch
    {
        SlaWarned e => e.Notices,
        SlaBreached e => e.Notices,
        SlaEscalated e => e.Notices,
        _ => null,
    } ?? [];

    private static SlaState StateOf(Clock[] open) =>
        Array.Exists(open, c => c.BreachedAt is not null) ? SlaState.Breached
        : Array.Exists(open, c => c.Fired is { Count: > 0 }) ? SlaState.Warning
        : Array.Exists(open, c => c.Unreachable) ? SlaState.Unreachable
        : open.Length > 0 ? SlaState.Running
        : SlaState.None;
}
