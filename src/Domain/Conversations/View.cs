namespace Conversations.Domain;

/// <summary>What others see of a conversation's state and events: its row, answers, topics and effects. Pure.</summary>
public static class ConversationView
{
    public static ConversationRow Row(Conversation s)
    {
        var clocks = s.Clocks();
        Clock? Shown(Clock? clock) => clock is { BreachedAt: null } && s.Episode is { } e
            && e.Announced.FirstOrDefault(a => a.Metric == clock.Metric && a.Instance == clock.Number && a.Level == SlaLevel.Breach) is { } breach
                ? clock with { BreachedAt = clock.Due ?? breach.At }
                : clock;
        var (first, next, resolution) = (Shown(clocks?.FirstResponse), Shown(clocks?.NextResponse), Shown(clocks?.Resolution));
        Clock[] open = s.IsOver ? [] : [.. new[] { first, next, resolution }.OfType<Clock>().Where(c => c.Runs)];

        return new(
            s.Id, s.Account, s.Seq, s.Epoch, s.Address, s.Visibility, s.Status, s.Episode?.Number ?? 0, s.Priority, s.PriorityReason, s.Labels,
            s.Queue, s.Assignee, s.Skill, s.Bot, s.Blocked, s.Customer, Reach(s), s.CreatedAt, s.LastActivityAt,
            s.IsOver ? null : clocks?.WaitingSince, clocks?.FirstRespondedAt, s.Episode?.ClosedAt, s.Episode?.Disposition,
            s.Status == ConversationStatus.Snoozed ? s.Until : null, s.Status == ConversationStatus.Pending ? s.Until : null,
            s.MessageCount, s.ReadUpTo, s.LastMessage, Routing(s), s.Episode?.Terms.Sla, first, next, resolution,
            StateOf(s, open), open.Length == 0 ? null : open.Min(c => c.Due), s.ReplyWindow)
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

    /// <summary>Who else watches: the queues and agents that own the conversation before or after (DESIGN.md 7).</summary>
    public static string? Topics(Conversation before, Conversation after)
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

        return topics.Count == 0 ? null : string.Join(' ', topics);
    }

    private static long? Reach(Conversation s) =>
        s.Customer.Reach is null && s.Engagement is null ? null : (s.Customer.Reach ?? 0) + (s.Engagement ?? 0);

    private static SlaState StateOf(Conversation s, Clock[] open) =>
        open.Any(c => c.BreachedAt is not null) ? SlaState.Breached
        : s.Episode is { } e && open.Any(c => Promises.Has(e, c, SlaLevel.Warning)) ? SlaState.Warning
        : open.Length > 0 ? SlaState.Running
        : SlaState.None;
}
