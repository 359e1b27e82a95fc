using System.Reflection;
using System.Text.Json.Serialization;
using Conversations.Domain.Sla;
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
    private static readonly CalendarRef Hours = new(new("berlin"), 3);
    private static readonly SlaTerms Terms = new("gold", 4, 3_600, 1_800, 86_400, 0.8, Priority.High, Hours, Hours, Hours, true, true);
    private static readonly SlaNotice[] Notices = [new(NoticeKind.Webhook, "https://hooks.example/sla", Later), new(NoticeKind.Mail, "lead@acme.example"), new(NoticeKind.Agent, "ann")];
    private static readonly Clock Clock = new(
        Metric.Resolution, 1, At, 3_600, Later, Duration.FromSeconds(90), Later, Later, BreachCause.PolicyChange, true, true, true, Later, "gold", 4, Hours,
        [new(At, Later)], At, 60, 4_000, 400, 900, true, Later, ["0.8", "breach"]);
    private static readonly SettledPart Settled = new(At, Duration.FromSeconds(77), Later, Later, BreachCause.Time);
    private static readonly ReplyWindow Window = new(At, Later);
    private static readonly Dictionary<string, string> Words = new() { ["name"] = "value" };
    private static readonly QueueId Care = new("care");
    private static readonly AgentId Ann = new("ann");
    private static readonly ChannelSettings Channel =
        new("telegram", "acme", "Acme", Care, "helper", true, Sla, 604_800, 86_400, new(86_400, 604_800), Words, "revoked", Words);

    private static readonly JobSpec Spec = new(
        new Assign(Ann, Care, true, 4),
        new([ConversationStatus.Open], Care, Ann, true, "webchat", Priority.High, "vip", SlaState.Breached, "u-7"), false, false, true);

    private static readonly FrozenItem Frozen = new(Conversation, 3, new PutBack(Care, Ann, "french"));
    private static readonly ItemResult Result = new(ItemOutcome.SkippedChanged, 4, true, "code", "detail", true);
    private static readonly JobTally Tally = new(1, 2, 3, 4);
    private static readonly CalendarId Office = new("office");
    private static readonly Hours[] Day = [new(540, 720), new(780, 1_440)];
    private static readonly CalendarDefinition Calendar = new()
    {
        Timezone = "Europe/Berlin",
        Weekly = new(Day, Day, Day, Day, Day, [], Day),
        Holidays = [new(2026, 12, 25)],
        Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2026, 12, 24)] = [new(540, 720)] },
        Breaks = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2026, 12, 28)] = [new(600, 630)] },
        HolidayNames = new Dictionary<LocalDate, string> { [new(2026, 12, 25)] = "Christmas" },
    };

    private static readonly PolicyId Gold = new("gold");
    private static readonly SlaPolicy Policy = new()
    {
        Name = "Gold",
        Position = 10,
        When = new([Priority.High], [Care], ["x"], ["acme"], [Visibility.Public], ["vip"], ["paid", "loud"], ["gold"], 1_000),
        Targets = new Dictionary<Priority, PolicyTargets> { [Priority.High] = new(new(3_600), new(1_800, Always: true), new(86_400)) },
        Calendar = Office,
        BotRepliesQualify = true,
        HoldPauses = true,
        Warnings = [new(Before: 600, Metrics: [Metric.Resolution]), new(Fraction: 0.8, Actions: [new SlaAction.Mail("lead@example.com", Office)])],
        Escalations = [new(0, Actions: [new SlaAction.RaisePriority(Priority.Urgent), new SlaAction.Label("late")]), new(600, Actions: [new SlaAction.Reassign(Care), new SlaAction.Webhook("https://hooks.example/a", Office), new SlaAction.Notify(Ann, Office)])],
    };

    private static readonly InboundMessage Inbound = new(
        "m-1", Direction.Outbound, Visibility.Public, At, Ada, "hello", Files, "m-0", Auto: true, EditOf: "m-00", Echo: true, Customer: Ada, Engagement: 30);

    public static readonly IReadOnlyList<object> All =
    [
        new ConversationStarted(Address, Visibility.Private, new("u-7", "Ada", "@ada", 120, "gold")),
        new EpisodeStarted(2, At, new(3, Terms, 604_800, 86_400), Care, "helper"),
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
        new CustomerUpdated(new("u-7", "Ada", "@ada", 120, "gold")),
        new CustomerBlocked(true),
        new SlaWarned(Metric.NextResponse, 2, At, ["0.8"], Notices, Later),
        new SlaBreached(Metric.NextResponse, 2, At, BreachCause.CalendarChange, ["breach"], Notices, Later),
        new SlaUnreachable(Metric.Resolution, 1, 3_600, Hours),
        new SlaEscalated(Metric.NextResponse, 2, At, ["+600s"], Notices, Later),
        new SlaFulfilled(Metric.NextResponse, 2, At, true, 4_000, 400, 900),
        new SlaWithdrawn(Metric.NextResponse, 2, Withdrawn.Breach),
        new SlaChanged([Clock], [new(Metric.NextResponse, 3)], [new(Metric.Resolution, 1, Settled)], "2025b"),
        new SlaPolicyChanged(Terms, At, PolicyChange.Applied),
        new SlaCalendarChanged(Hours, At),
        new SlaOverridden(Metric.Resolution, 1, Later, At, "promised on the phone"),

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
        new OverrideDue(Metric.Resolution, Later, "promised on the phone"),
        new ApplyPolicies(),
        new SetCustomerTier("gold"),
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
        new PutCalendar(Office, "Office", Calendar, 1),
        new PutPolicy(Gold, Policy, 1),
        new RemovePolicy(Gold),
        new ApplyToOpen("run-1"),
        new FinishRun("run-1", 7, 3),
        new PolicyDefined(Gold, 2, Policy),
        new PolicyRemoved(Gold, 3),
        new ApplyingStarted("run-1"),
        new ApplyingFinished("run-1", 7, 3),
        new AddHolidays(Office, [new(new(2026, 12, 25), "Christmas")]),
        new CalendarDefined(Office, 2, "Office", Calendar),

        new PutBack(Care, Ann, "french"),
        new StartJob(Spec, [Conversation]),
        new FreezeItems(2, [Frozen], new(1_700_000_000_000, "c1")),
        new RecordResults(2, [[Result]]),
        new CancelJob(),
        new UndoJob(),
        new RecordUndone(2, [[Result]]),
        new JobStarted(Spec, 250),
        new ItemsNamed([Conversation]),
        new ItemsFrozen(2, [Frozen], new(1_700_000_000_000, "c1"), true),
        new JobProgressed(2, Tally, [Result]),
        new JobCancelling(),
        new JobFinished(true),
        new UndoStarted(),
        new UndoProgressed(2, Tally, [Result]),
        new UndoFinished(),
    ];

    public static IEnumerable<T> Of<T>() => All.OfType<T>();

    /// <summary>The types a stored polymorphic base can be.</summary>
    public static readonly IReadOnlyList<Type> Bases =
    [
        typeof(ConversationEvent), typeof(ConversationCommand), typeof(MessageChange), typeof(ReferenceEvent), typeof(ReferenceCommand),
        typeof(AccountEvent), typeof(AccountCommand), typeof(JobEvent), typeof(JobCommand), typeof(AgentEvent), typeof(AgentCommand), typeof(QueueEvent), typeof(QueueCommand),
    ];

    public static IEnumerable<(Type Base, Type Type, string Name)> Stored() =>
        from @base in Bases
        from derived in @base.GetCustomAttributes<JsonDerivedTypeAttribute>()
        select (@base, derived.DerivedType, (string)derived.TypeDiscriminator!);
}
