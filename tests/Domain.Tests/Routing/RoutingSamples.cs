using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain.Tests;

/// <summary>One of each command and event of routing, with every member set.</summary>
internal static class RoutingSamples
{
    private static readonly Instant At = Instant.FromUtc(2026, 11, 21, 21, 0) + Duration.FromMilliseconds(123);
    private static readonly Instant Later = At + Duration.FromHours(1);
    private static readonly ConversationId Id = ConversationId.Of(Arrange.Account, new("webchat", "acme", "visitor-7"));
    private static readonly QueueId Care = new("care"), Billing = new("billing");
    private static readonly AgentId Ann = new("ann"), Ben = new("ben");
    private static readonly OfferId Offer = new("o-1");
    private static readonly Boost Lost = new("lost", 300, "lease");
    private static readonly SkillLevel[] Skills = [new("french", 3)];

    private static readonly WaitingItem Item = new(Id, 2, At, Later, ChannelClass.Async, [Lost], 300, true, [new("french", 2)], Ann, [Ben]);

    private static readonly AgentProfile Profile = new("Ann", [Care, Billing], Skills, 120, "ann@acme.example");

    private static readonly QueueSettings Queue = new(
        Care, "Care", 10, QueueStrategy.BestSkill, QueueOrder.Due, [new("french", 2)], [new(60, "french", new("german", 1), Billing, true)],
        [new(OverflowLimit.MaxWaiting, 100, [new(OverflowDo.Redirect, Billing, 60, "soon")])],
        new CalendarId("office"), Billing, "We are closed.", new(WrapUpMode.Timed, 60),
        StickyMode.OwnerOnly, false, 2, 30, true);

    public static readonly IReadOnlyList<object> All =
    [
        new QueueJoined(Care, Item, EntryKind.Transferred),
        new QueueLeft(Care, 2, LeaveReason.Closed),
        new PlaceChanged(Care, RoutingState.Held, Item, "afterHours", Later, true, Later),
        new QueueRefused(Care, 2, "queue_full", Billing, true),
        new OfferMade(Offer, 2, [Ann], Later, Care, true),
        new OfferEnded(Offer, Ann, OfferOutcome.Expired, "busy", Later),
        new OfferAccepted(Offer, Ann, Duration.FromSeconds(9)),
        new ExclusionsCleared(Later),
        new Escalated(10, 3_600),
        new Boosted(Lost),
        new TransferRequested(new(TransferMode.Warm, Ann, Care, Ben, "french", 3, At, Later, ChannelClass.Email)),
        new TransferEnded(TransferOutcome.Returned, Ben, "expired", true),
        new WrapUpStarted(WrapUpMode.Timed, Later),
        new WrapUpEnded("customerMessage"),
        new DormancyChanged(true),
        new ReassignFlagged(true),
        new ParticipantsChanged([Ben], Ben),
        new WorkChanged(Ann, 3, ChannelClass.Email, WorkKind.Dormant, Offer, true, 600, true),
        new GroupChanged(Care, At, Billing, GroupEnd.Solved),
        new MonitorStarted("sue", Later),
        new MonitorEnded("sue", "lapsed"),

        new OfferWork(Offer, [Ann], 2, Later),
        new AcceptOffer(Offer, Ann),
        new RejectOffer(Offer, Ann, "busy"),
        new RescindOffer(Offer, Ann, "status"),
        new ClearExclusions(2),
        new MarkRoutable(2, true, "skills"),
        new HeldByQueue(2, Later, "We are closed."),
        new ReleasedByQueue(2),
        new DivertedByQueue(2, "queue_full", Billing, "soon", true),
        new HandBack(Ann, 3, "lost", 300),
        new FlagReassign(Ann, 3, true),
        new CancelTransfer(3),
        new LeaveConversation(Ben),
        new CompleteWrap("system:signout", Ann),
        new AddBoost(600, "journalist"),
        new Reroute(),
        new StartMonitoring(),
        new StopMonitoring(),
        new Whisper("Offer a refund.", [new("https://files.example/a.png")]),
        new Barge(Ben),
        new TakeOver(Ben),

        new PutAgent(Profile),
        new RemoveAgent(),
        new DeclarePresence("break", "lunch", "offline", Later, 4),
        new Connect("gateway-1"),
        new LoseLease(At, "gateway-1"),
        new SetTerms(50, Skills, Later),
        new TryReserve(Offer, Id, ChannelClass.Email, true, true),
        new ConfirmWork(Id, Offer, 3, ChannelClass.Email, true),
        new ReleaseOffer(Id, Offer, OfferOutcome.Expired, "busy"),
        new HoldWork(Id, 3, ChannelClass.Email, WorkKind.Dormant),
        new DropWork(Id, 3, "closed"),
        new DrainAgent(DrainMode.Handover, Later),
        new AgentTick(),

        new AgentDefined(Profile, [Care], [Billing]),
        new AgentRemoved([Care]),
        new PresenceDeclared("available", true, SetBy.Supervisor, "back", Later, "break", true),
        new NextStatusSet("offline"),
        new ReachChanged(Reach.Connected, Later, At, Later, "gateway-1"),
        new RespondingChanged(true),
        new TermsSet(50, Skills, Later),
        new WorkReserved(Offer, Id, ChannelClass.Email, 10, true, Later, true),
        new WorkHeld(Id, 3, ChannelClass.Email, WorkKind.Dormant, 3, true, Offer, true, true, true),
        new WorkReleased(Id, Offer, OfferOutcome.Expired, "busy"),
        new WorkAsked(Id, WorkAsk.Requeue, 3, Offer, "lost", 300, Later),
        new RejectsFlagged(4),
        new DrainChanged(DrainMode.Handover, Later),

        new EnterQueue(Item, EntryKind.Reopened),
        new LeaveQueue(Id, 2, LeaveReason.Parked),
        new Reprioritise(Item),
        new JoinQueue(Ann),
        new PartQueue(Ann),
        new ReleaseHeld(3),
        new QueueTick(),

        new ItemEntered(Item, EntryKind.Reopened, Later, "We are closed."),
        new ItemLeft(Id, 2, LeaveReason.Parked),
        new ItemMoved(Item),
        new ItemDiverted(Id, 2, "queue_full", Billing, "soon", true),
        new ItemsReleased([new(Id, 2)]),
        new MemberJoined(Ann),
        new MemberParted(Ann),
        new OverflowChanged(OverflowLimit.MaxOldestSeconds, true, 120, [Billing], 60, "soon"),

        new PutQueue(Queue),
        new RemoveQueue(Care),
        new DrainQueue(Care, Billing, true),
        new QueueDrainChanged(Care, new(Billing, At, new JobId("j-1"))),
        new PutRouting(new() { Capacity = 90, SupervisorQueue = Billing }),
        new QueueDefined(Queue),
        new QueueRemoved(Care),
        new RoutingDefined(new() { Capacity = 90, SupervisorQueue = Billing }),
    ];
}
