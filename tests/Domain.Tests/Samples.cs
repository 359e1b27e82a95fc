using System.Reflection;
using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain.Tests;

/// <summary>One of each command and event with every member set: what the golden files hold.</summary>
internal static class Samples
{
    private static readonly Instant At = Instant.FromUtc(2026, 11, 21, 21, 0) + Duration.FromMilliseconds(123);
    private static readonly Instant Later = At + Duration.FromHours(1);
    private static readonly Address Address = new("webchat", "acme", "visitor-7");
    private static readonly ConversationId Conversation = ConversationId.Of(Arrange.Account, Address);
    private static readonly MessageId Message = MessageId.Of(Conversation, 3);
    private static readonly MessageRef Ref = new(Conversation, Message, 3);
    private static readonly Author Ada = new("u-7", "Ada", "@ada", 120);
    private static readonly Attachment[] Files = [new("https://files.example/a.png", "image/png", "a.png")];
    private static readonly SlaTargets Sla = new("gold", 4, 3_600, 1_800, 86_400, 0.8);
    private static readonly ReplyWindow Window = new(At, Later);
    private static readonly Dictionary<string, string> Words = new() { ["name"] = "value" };
    private static readonly QueueId Care = new("care");
    private static readonly AgentId Ann = new("ann");
    private static readonly ChannelSettings Channel =
        new("telegram", "acme", "Acme", Care, "helper", true, Sla, 604_800, 86_400, new(86_400, 604_800), Words, "revoked", Words);

    private static readonly InboundMessage Inbound = new(
        "m-1", Direction.Outbound, Visibility.Public, At, Ada, "hello", Files, "m-0", Auto: true, EditOf: "m-00", Echo: true, Customer: Ada, Engagement: 30);

    public static readonly IReadOnlyList<object> All =
    [
        new ConversationStarted(Address, Visibility.Private, new("u-7", "Ada", "@ada", 120)),
        new EpisodeStarted(2, At, new(3, Sla, 604_800, 86_400), Care, "helper"),
        new MessageReceived(Message, 1, "m-1", Visibility.Private, At, Ada, "hello 😀", Files, "m-0", "m-00", 30, true, true, true, true, Window),
        new MessagePosted(Message, 2, MessageKind.BotReply, Visibility.Private, "hi", Files, DeliveryState.Sent, "m-1"),
        new MessageRecorded(Message, 2, "o-1", MessageKind.Reply, Visibility.Private, At, Ada, "hi", Files, "m-1", true, true),
        new EchoDeferred(Inbound, Later),
        new EchoMerged("o-1", Message),
        new MessageDelivery(Message, DeliveryState.Failed, At, ["o-1", "o-2"], true, "131047", "Re-engagement message"),
        new MessageEdited(Message, "hello!", At, Files, "m-2"),
        new MessageDeleted(Message, At),
        new MessageReaction(Message, Ada, "👍"),
        new StatusChanged(ConversationStatus.Pending, ConversationStatus.OnHold, At, Later, "solved", "quiet"),
        new AssignmentChanged(Care, Ann, 4, "french", "transfer", true),
        new PriorityChanged(Priority.Urgent, "legal threat"),
        new LabelsChanged(["vip"], ["calm"]),
        new ReadAdvanced(7),
        new ControlChanged("helper", At),
        new CustomerUpdated(new("u-7", "Ada", "@ada", 120)),
        new CustomerBlocked(true),
        new SlaWarned(Metric.NextResponse, 2, At),
        new SlaBreached(Metric.NextResponse, 2, At),
        new SlaFulfilled(Metric.NextResponse, 2, At, true),
        new SlaWithdrawn(Metric.NextResponse, 2, Withdrawn.Breach),

        new ReceiveMessage(Address, Inbound, Ref),
        new ChangeMessage("in/webchat/acme/m-1", new MessageChange.Deleted(At), Ref),
        new PostMessage(PostKind.BotReply, "hi", Files, Visibility.Public, 9, true, 4),
        new RecordDelivery(Message, new(DeliveryState.Sent, ["o-1"], At, "code", "detail")),
        new Assign(Ann, Care, true, 4),
        new Transfer(Care, Ann, "french", "please", 4, TransferMode.Warm),
        new Close("solved", "done", 4),
        new Reopen(4),
        new Pend(Later, 4),
        new Hold(4),
        new Snooze(Later, 4),
        new SetPriority(Priority.Urgent, "legal threat", 4),
        new ChangeLabels(["vip"], ["calm"], 4),
        new MarkSpam(4),
        new MarkRead(7),
        new HandOff(Care, "wants a person"),
        new BlockCustomer(true),
        new Tick(),

        new MessageChange.Edited("hello!", Files, At),
        new MessageChange.Deleted(At),
        new MessageChange.Reacted(Ada, "👍"),
        new MessageChange.Receipt(DeliveryState.Read, true, "code", At),

        new AwaitMessage("in/webchat/acme/m-1", new("e-1", new MessageChange.Deleted(At)), Ref),
        new LookAgain("in/webchat/acme/m-1", Ref),
        new ChangeAwaited("in/webchat/acme/m-1", new("e-1", new MessageChange.Deleted(At)), Later),
        new LookedInVain(Later),
        new ReferenceResolved(Ref, [new("e-1", new MessageChange.Deleted(At))]),
        new ReferenceExpired(3),

        new PutChannel(Channel, Words, ["secret"]),
        new SuspendChannel("telegram", "acme", "revoked"),
        new CreateKey("k-1", "00ff", "crm", Role.Integrator, Ann),
        new RevokeKey("k-1"),
        new ChannelRegistered(Channel, Words),
        new ChannelSuspended("telegram", "acme", "revoked"),
        new KeyCreated(new("k-1", "00ff", "crm", Role.Integrator, Ann, At)),
        new KeyRevoked("k-1"),
        .. RoutingSamples.All,
    ];

    public static IEnumerable<T> Of<T>() => All.OfType<T>();

    /// <summary>The types a stored polymorphic base can be.</summary>
    public static readonly IReadOnlyList<Type> Bases =
    [
        typeof(ConversationEvent), typeof(ConversationCommand), typeof(MessageChange), typeof(ReferenceEvent), typeof(ReferenceCommand),
        typeof(AccountEvent), typeof(AccountCommand), typeof(AgentEvent), typeof(AgentCommand), typeof(QueueEvent), typeof(QueueCommand),
    ];

    public static IEnumerable<(Type Base, Type Type, string Name)> Stored() =>
        from @base in Bases
        from derived in @base.GetCustomAttributes<JsonDerivedTypeAttribute>()
        select (@base, derived.DerivedType, (string)derived.TypeDiscriminator!);
}
