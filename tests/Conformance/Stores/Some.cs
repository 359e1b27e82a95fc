using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Conformance.Stores;

/// <summary>Values for tests that do not care what exactly they are.</summary>
internal static class Some
{
    public static readonly AccountId Acme = new("acme");
    public static readonly AccountId Other = new("other");
    public static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);
    public static readonly Actor Ann = new(ActorKind.Agent, "ann/of the desk");

    public static EntityKey Conversation(string id) => Conversation(Acme, id);

    public static EntityKey Conversation(AccountId account, string id) => new(account, "conversation", id);

    public static Instant At(int seconds) => Noon + Duration.FromSeconds(seconds);

    public static byte[] Json(string text) => Encoding.UTF8.GetBytes($"{{\"text\":\"{text}\"}}");

    public static StoredEvent Event(long seq, Instant? at = null, string? topics = null) =>
        new(seq, "message.received", at ?? Noon, Ann, $"cause-{seq}", Json($"number {seq} ✓"), topics);

    public static Commit Commit(
        EntityKey entity,
        long expected = 0,
        int events = 1,
        string? command = null,
        byte[]? hash = null,
        string answer = "ok",
        Instant? at = null,
        Instant? nextDue = null,
        IReadOnlyList<ReceiptAlias>? aliases = null,
        IReadOnlyList<OutboxMessage>? outbox = null,
        ConversationRow? view = null) => new(
            entity, expected, command ?? $"{entity}@{expected}", hash, Json(answer),
            [.. Enumerable.Range(1, events).Select(i => Event(expected + i, at))],
            at ?? Noon, nextDue, aliases ?? [], outbox ?? [], view);

    public static OutboxMessage Message(string id, string orderKey = "order", string body = "{}") => new(id, "channel/x", orderKey, body);

    public static ConversationRow Row(string id, AccountId? account = null) => new(
        new(id), account ?? Acme, Seq: 1, Epoch: 0, new("x", "brand", id), Visibility.Public, ConversationStatus.Open, Episode: 1,
        Priority.Normal, PriorityReason: null, Labels: [], Queue: null, Assignee: null, Skill: null, Bot: null, Blocked: false,
        new("customer-1"), Reach: null, CreatedAt: Noon, LastActivityAt: Noon, WaitingSince: null, FirstRespondedAt: null, ClosedAt: null,
        Disposition: null, SnoozedUntil: null, PendingUntil: null, MessageCount: 1, ReadUpTo: 0, LastMessage: null, RoutingState.Unroutable,
        Sla: null, FirstResponse: null, NextResponse: null, Resolution: null, SlaState.None, NextDue: null, ReplyWindow: null);
}
