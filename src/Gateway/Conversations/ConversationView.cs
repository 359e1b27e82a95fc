using Conversations.Domain;
using Conversations.Gateway.Sla;
using NodaTime;

namespace Conversations.Gateway.Conversations;

/// <summary>A conversation as the API shows it (api.md 3).</summary>
public sealed record ConversationView(
    ConversationId Id,
    long Seq,
    long Epoch,
    string Channel,
    string ChannelAccount,
    string Thread,
    Visibility Visibility,
    ConversationStatus Status,
    int Episode,
    Priority Priority,
    string? PriorityReason,
    IReadOnlyList<string> Labels,
    QueueId? Queue,
    AgentId? Assignee,
    CustomerView? Customer,
    string? Bot,
    bool Blocked,
    long? Reach,
    Instant CreatedAt,
    Instant LastActivityAt,
    Instant? WaitingSince,
    Instant? FirstRespondedAt,
    Instant? ClosedAt,
    string? Disposition,
    Instant? SnoozedUntil,
    Instant? PendingUntil,
    long MessageCount,
    long Unread,
    LastMessageView? LastMessage,
    RoutingView Routing,
    SlaView? Sla,
    ReplyWindow? ReplyWindow,
    SupervisionView? Supervision)
{
    internal static ConversationView Of(ConversationRow row, Instant now, AccountSettings settings) => new(
        row.Id, row.Seq, row.Epoch, row.Address.Channel, row.Address.ChannelAccount, row.Address.Thread, row.Visibility, row.Status, row.Episode,
        row.Priority, row.PriorityReason, row.Labels, row.Queue, row.Assignee,
        row.Customer.Id.Length == 0 ? null : new(row.Customer.Id, row.Customer.Name, row.Customer.Handle), row.Bot, row.Blocked, row.Reach,
        row.CreatedAt, row.LastActivityAt, row.WaitingSince, row.FirstRespondedAt, row.ClosedAt, row.Disposition, row.SnoozedUntil, row.PendingUntil,
        row.MessageCount, row.MessageCount - row.ReadUpTo,
        row.LastMessage is { } last ? new(last.Id, last.Kind, last.Text, last.SentAt, last.Author) : null,
        new(row.Routing, OfferView.Of(row.Offer), row.Skill, row.RoutingReason, row.Transfer), SlaView.Of(row, now, settings), row.ReplyWindow,
        row.Monitors is null && row.Participants is null ? null : new(row.Monitors ?? [], row.Participants ?? []));
}

/// <summary>Who is there beside the owner; null when nobody is.</summary>
/// <param name="Monitors">Supervisors who look on.</param>
/// <param name="Participants">Colleagues and supervisors who take part.</param>
public sealed record SupervisionView(IReadOnlyList<Monitoring> Monitors, IReadOnlyList<AgentId> Participants);

public sealed record CustomerView(string Id, string? Name, string? Handle);

public sealed record LastMessageView(MessageId Id, MessageKind Kind, string Text, Instant SentAt, string Author);

/// <param name="Offer">The live offer; null when there is none.</param>
/// <param name="Reason">Why it is held or unroutable.</param>
/// <param name="Transfer">It is being handed on; the assignee keeps it until somebody has accepted.</param>
public sealed record RoutingView(RoutingState State, OfferView? Offer, string? Skill, string? Reason, PendingTransfer? Transfer);

/// <param name="Agents">Who may accept it; the first to do so gets it.</param>
/// <param name="ExpiresAt">When the offer lapses.</param>
/// <param name="Auto">The agent's tools are to accept it by themselves.</param>
public sealed record OfferView(string Id, AgentId Agent, IReadOnlyList<AgentId> Agents, Instant MadeAt, Instant ExpiresAt, bool Auto)
{
    internal static OfferView? Of(LiveOffer? offer) => offer is null ? null : new(offer.Id.Value, offer.Agents[0], offer.Agents, offer.MadeAt, offer.ExpiresAt, offer.Auto);
}

public sealed record SlaView(
    string Policy, long PolicyVersion, SlaState State, ClockView? FirstResponse, ClockView? NextResponse, ClockView? Resolution, Instant? NextDue)
{
    internal static SlaView? Of(ConversationRow row, Instant now, AccountSettings settings) => row.Sla is { } sla
        ? new(
            sla.Policy, sla.Version, row.SlaState, ClockView.Of(row.FirstResponse, now, settings), ClockView.Of(row.NextResponse, now, settings),
            ClockView.Of(row.Resolution, now, settings), row.NextDue)
        : null;
}

/// <param name="Due">Null while the clock stands still, or when it is out of reach.</param>
/// <param name="RemainingSeconds">
/// Whole seconds of the clock's own time (business hours, less pauses) until the promise runs out, negative once it has; null
/// when it is fulfilled or cancelled.
/// </param>
public sealed record ClockView(ClockStatus Status, Instant Start, Instant? Due, Instant? BreachedAt, Instant? FulfilledAt, long? RemainingSeconds)
{
    internal static ClockView? Of(Clock? clock, Instant now, AccountSettings settings) => clock is null
        ? null
        : new(
            clock.Status, clock.Start, clock.Due, clock.BreachedAt, clock.FulfilledAt,
            clock.StoppedAt is null ? ClockTime.Remaining(clock, now, settings) : null);
}

/// <summary>One page of a list.</summary>
/// <param name="NextCursor">Where the next page starts; null on the last.</param>
/// <param name="AsOf">A feed cursor: watching from it misses nothing that happened after this list was read.</param>
public sealed record ConversationList(IReadOnlyList<ConversationView> Items, string? NextCursor, string AsOf);

public sealed record EventList(IReadOnlyList<EventView> Items, bool HasMore);

/// <param name="Data">The event itself, as stored; its members depend on the type.</param>
public sealed record EventView(long Seq, string Type, Instant At, Actor Actor, System.Text.Json.JsonElement Data);

/// <summary>What a command answers, beside the new version in the ETag.</summary>
public sealed record CommandResponse(long Seq, long Epoch, ConversationStatus Status, QueueId? Queue, AgentId? Assignee)
{
    internal static CommandResponse Of(ConversationAnswer answer) => new(answer.Seq, answer.Epoch, answer.Status, answer.Queue, answer.Assignee);
}

public sealed record MessageResponse(MessageId MessageId, long Seq, long? MessageIndex, DeliveryState? Delivery);
