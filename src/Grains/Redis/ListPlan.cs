using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains.Redis;

/// <summary>How a query is answered: which list it walks, and what has still to be filtered (<see cref="RowIndex"/>).</summary>
/// <param name="List">The shortest list that holds every row asked for.</param>
/// <param name="Gather">The list is sorted by something else: all of it is read and sorted here. It is short: one agent's or one customer's part of one partition.</param>
/// <param name="Order">The list of the account whose value the rows are sorted by.</param>
/// <param name="Filter">For <c>list.lua</c>; null when everything in the list matches.</param>
internal sealed record ListPlan(string List, bool Gather, string Order, bool Descending, byte[]? Filter)
{
    public static ListPlan Of(ConversationQuery query)
    {
        var (order, descending) = query.Order switch
        {
            ConversationOrder.Due => (RowIndex.Due, false),
            ConversationOrder.Waiting => (RowIndex.Waiting, false),
            ConversationOrder.Activity => (RowIndex.Activity, true),
            ConversationOrder.Created => (RowIndex.Created, true),
        };
        var open = query.Status is { } statuses && statuses.All(RowIndex.IsOpen);
        var byActivity = query.Order == ConversationOrder.Activity;
        var (list, gather) = query switch
        {
            { Customer: { } customer } => (RowIndex.OfCustomer(customer), query.Order != ConversationOrder.Created),
            { Assignee: { } agent } when open || order is RowIndex.Due or RowIndex.Waiting => (RowIndex.AssignedLive(agent), !byActivity),
            { Assignee: { } agent } => (RowIndex.Assigned(agent), !byActivity),
            { Queue: { } queue, Order: ConversationOrder.Due } => (RowIndex.DueInQueue(queue), false),
            { Queue: { } queue, Order: ConversationOrder.Waiting } => (RowIndex.WaitingInQueue(queue), false),
            { Queue: { } queue } when open => (RowIndex.OpenInQueue(queue), !byActivity),
            _ when open && byActivity => (RowIndex.Open, false),
            _ => (order, false),
        };
        return new(list, gather, order, descending, Remaining(query, list));
    }

    /// <summary>What a row must still fulfil when it is read: it may have changed since its id was found.</summary>
    public static bool Matches(ConversationQuery query, ConversationRow row) =>
        SortOf(query.Order, row) is not null
        && (query.Status is null || query.Status.Contains(row.Status))
        && (query.Queue is null || query.Queue == row.Queue)
        && (query.Assignee is null || query.Assignee == row.Assignee)
        && (!query.Unassigned || row.Assignee is null)
        && (query.Channel is null || query.Channel == row.Address.Channel)
        && (query.Priority is null || query.Priority == row.Priority)
        && (query.Label is null || row.Labels.Contains(query.Label))
        && (query.Sla is null || query.Sla == row.SlaState)
        && (query.Customer is null || query.Customer == row.Customer.Id);

    private static long? SortOf(ConversationOrder order, ConversationRow row) => (order switch
    {
        ConversationOrder.Due => row.NextDue,
        ConversationOrder.Waiting => row.WaitingSince,
        ConversationOrder.Activity => row.LastActivityAt,
        ConversationOrder.Created => row.CreatedAt,
    })?.ToUnixTimeMilliseconds();

    private static byte[]? Remaining(ConversationQuery query, string list)
    {
        List<(string Name, string? Value)> conditions = [];
        Add("queue", query.Queue?.Value, list.StartsWith('q'));
        Add("assignee", query.Assignee?.Value, list.StartsWith('g'));
        Add("channel", query.Channel, false);
        Add("priority", query.Priority is { } priority ? Names<Priority>.Of(priority) : null, false);
        Add("sla", query.Sla is { } sla ? Names<SlaState>.Of(sla) : null, false);
        Add("customer", query.Customer, list.StartsWith('u'));
        Add("label", query.Label, false);

        // Every status that is open is in these lists, and no other.
        var isOpenList = list == RowIndex.Open || list.StartsWith("q/", StringComparison.Ordinal);
        var status = query.Status is { } statuses && !(isOpenList && Enum.GetValues<ConversationStatus>().Where(RowIndex.IsOpen).All(statuses.Contains))
            ? statuses
            : null;
        if (conditions.Count == 0 && status is null && !query.Unassigned)
        {
            return null;
        }

        var pack = new MessagePack().Map(conditions.Count + (status is null ? 0 : 1) + (query.Unassigned ? 1 : 0));
        foreach (var (name, value) in conditions)
        {
            pack.Text(name).Text(value);
        }

        if (status is not null)
        {
            pack.Text("status").Array(status.Count);
            foreach (var one in status)
            {
                pack.Text(Names<ConversationStatus>.Of(one));
            }
        }

        if (query.Unassigned)
        {
            pack.Text("unassigned").True();
        }

        return pack.ToArray();

        void Add(string name, string? value, bool follows)
        {
            if (value is not null && !follows)
            {
                conditions.Add((name, value));
            }
        }
    }
}
