using System.Globalization;
using System.Text.Json;
using Conversations.Domain.Json;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>
/// routing.md 0, I1–I5: whatever agents, customers, supervisors and the network do, in any order, with messages late and
/// twice, and a router that dies anywhere. <c>ROUTING_SCENARIOS</c> sets how many (300; 10,000 in the long run).
/// </summary>
public sealed class RoutingProperties
{
    internal sealed record Move(int Wait, int Kind, int A, int B)
    {
        public override string ToString() => $"(+{Wait} {Kind}:{A},{B})";
    }

    internal sealed record Tale(int Setup, IReadOnlyList<Move> Moves)
    {
        public override string ToString() => $"setup {Setup}: {string.Join(' ', Moves)}";
    }

    private static readonly int Scenarios =
        int.TryParse(Environment.GetEnvironmentVariable("ROUTING_SCENARIOS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 300;

    private static readonly Arbitrary<Tale> Tales = Arb.From(
        from setup in Gen.Choose(0, 3)
        from length in Gen.Choose(5, 90)
        from moves in Gen.ListOf(
            from wait in Gen.Frequency((6, Gen.Constant(0)), (3, Gen.Choose(0, 5_000)), (2, Gen.Choose(5_000, 70_000)), (1, Gen.Choose(60_000, 1_000_000)))
            from kind in Gen.Choose(0, 39)
            from a in Gen.Choose(0, 999)
            from b in Gen.Choose(0, 999)
            select new Move(wait, kind, a, b), length)
        select new Tale(setup, [.. moves]),
        tale => Enumerable.Range(0, tale.Moves.Count).Select(i => tale with { Moves = [.. tale.Moves.Where((_, j) => j != i)] }));

    private static RoutingWorld Setup(int which) => which switch
    {
        0 => new(),
        1 => new(null, new QueueSettings(Arrange.Care, FanOut: 3, WrapUp: new(WrapUpMode.Timed, 30)), new(Arrange.Billing, Priority: 5)),
        2 => new(
            new() { EscalateAfter = 2, MostHops = 2, SupervisorQueue = Arrange.Billing },
            new QueueSettings(Arrange.Care, Skills: [new("french", 2)], Plan: [new(10, Lower: new("french")), new(30, Drop: "french", SkipIfNobody: true), new(60, Add: Arrange.Billing)]),
            new(Arrange.Billing, Strategy: QueueStrategy.LongestIdle, Sticky: StickyMode.OwnerOnly)),
        _ => new(
            null,
            new QueueSettings(Arrange.Care, Overflow: [new(OverflowLimit.MaxWaiting, 2, [new(OverflowDo.Redirect, Arrange.Billing)])], WrapUp: new(WrapUpMode.Mandatory)),
            new(Arrange.Billing, Overflow: [new(OverflowLimit.MaxWaiting, 3, [new(OverflowDo.Refuse)])], AutoAccept: true)),
    };

    private static readonly AgentId[] Agents = [new("ann"), new("ben"), new("cat"), new("dan")];
    private static readonly string[] Statuses = ["available", "available", "available", "break", "offline"];

    private static RoutingWorld Play(Tale tale)
    {
        var world = Setup(tale.Setup);
        foreach (var (agent, i) in Agents.Select((a, i) => (a, i)))
        {
            world.Hire(agent.Value, new(
                Queues: i % 3 == 2 ? [Arrange.Billing] : [Arrange.Care, Arrange.Billing], Skills: i == 3 ? null : [new("french", 1 + i)]), available: i != 1);
        }

        world.Check = () => Holds(world);
        foreach (var move in tale.Moves)
        {
            world.Now += Duration.FromMilliseconds(move.Wait);
            Do(world, move);
            Holds(world);
        }

        return world;
    }

    private static void Do(RoutingWorld world, Move move)
    {
        var (a, b) = (move.A, move.B);
        var agent = Agents[a % Agents.Length];
        var by = RoutingWorld.By(agent);
        var ids = world.Conversations.Keys.ToArray();
        var id = ids.Length > 0 ? ids[b % ids.Length] : default;
        QueueId queue = b % 2 == 0 ? Arrange.Care : Arrange.Billing;
        switch (move.Kind)
        {
            case 0 or 1 or 2:
                world.Arrive($"t-{a % 12}", (b % 3) switch { 0 => Arrange.WebChat, 1 => RoutingWorld.Social, _ => RoutingWorld.Mail });
                break;
            case 3:
                world.Ask(agent, new DeclarePresence(Statuses[b % 5], null, b % 11 == 0 ? "break" : null), b % 7 == 0 ? RoutingWorld.Sue : by);
                break;
            case 4:
                world.Ask(agent, b % 3 == 0 ? new LoseLease(world.Now) : new Connect(), by);
                break;
            case 5:
                world.Ask(agent, b % 4 == 0 ? new DrainAgent((DrainMode)(b % 3), world.Now + Duration.FromMinutes(1)) : new SetTerms(b % 3 == 0 ? null : b % 150, null, world.Now + Duration.FromMinutes(1)), RoutingWorld.Sue);
                break;
            case 6 or 7 when ids.Length > 0:
                if (world[id].Routing?.Offer is { } offer)
                {
                    var who = offer.Agents[a % offer.Agents.Count];
                    world.Ask(id, a % 5 == 0 ? new RejectOffer(offer.Id, who) : new AcceptOffer(offer.Id, who), RoutingWorld.By(who));
                }

                break;
            case 8 when ids.Length > 0:
                if (world[id].Routing?.Offers is [.., { } past])
                {
                    world.Ask(id, new AcceptOffer(past.Offer, past.Agent), RoutingWorld.By(past.Agent)); // again, or too late
                }

                break;
            case 9 when ids.Length > 0:
                world.Ask(id, b % 3 == 0 ? new Close("done") : new Close(), world[id].Assignee is { } owner ? RoutingWorld.By(owner) : RoutingWorld.Sue);
                break;
            case 10 when ids.Length > 0:
                world.Ask(id, (a % 7) switch
                {
                    0 => new Transfer(queue, null, null),
                    1 => new Transfer(null, agent, null),
                    2 => new Transfer(null, null, "french"),
                    3 => new Transfer(null, agent, null, Mode: TransferMode.Consult),
                    4 => new Transfer(null, agent, null, Mode: TransferMode.Warm),
                    5 => new CancelTransfer(),
                    _ => new LeaveConversation(agent),
                }, by);
                break;
            case 11 when ids.Length > 0:
                world.Ask(id, (a % 12) switch
                {
                    0 => new Assign(agent, null, Override: true),
                    1 => new Assign(null, queue),
                    2 => new Snooze(world.Now + Duration.FromSeconds(1 + b)),
                    3 => new Hold(),
                    4 => new Pend(),
                    5 => new Reopen(),
                    6 => new MarkSpam(),
                    7 => new SetPriority((Priority)(b % 4)),
                    8 => new TakeOver(agent),
                    9 => new Barge(agent),
                    10 => new StartMonitoring(),
                    _ => new AddBoost(100),
                }, RoutingWorld.Sue);
                break;
            case 12 when ids.Length > 0:
                world.Ask(id, new PostMessage(PostKind.Reply, "hi"), by);
                break;
            case 13:
                world.RebuildRouter();
                break;
            case 14:
                world.Ask(agent, new PutAgent(new(Queues: b % 2 == 0 ? [queue] : [Arrange.Care, Arrange.Billing], Skills: [new("french", b % 3)], Capacity: 50 + (b % 80))), RoutingWorld.Admin);
                break;
            case 15:
                world.Tick();
                break;
            case 16:
                world.DeliverOne(a, again: true);
                break;
            case 17 or 18 or 19 or 20:
                world.Match();
                if (world.Pending.Count > 0)
                {
                    world.Carry(world.Pending[a % world.Pending.Count], b % 6 == 0 ? b % 4 : int.MaxValue);
                    if (b % 6 == 0)
                    {
                        world.RebuildRouter(); // the other one is dead, wherever it was
                    }
                }

                break;
            default:
                for (var n = 0; n < 1 + (b % 3); n++)
                {
                    world.DeliverOne(a);
                }

                break;
        }
    }

    /// <summary>What may never be otherwise, not for a moment.</summary>
    private static void Holds(RoutingWorld world)
    {
        foreach (var c in world.Conversations.Values)
        {
            // I1: one owner; an offer beside an owner only while a transfer is pending.
            Assert.True(c.Routing?.Offer is null || c.Assignee is null || c.Routing.Transfer is not null, "an offer beside an owner");
            Assert.True(c.Routing?.Transfer is null || !c.IsOver, "a transfer of what is over");

            // I3: exactly one state, and in a place if and only if it waits.
            var state = ConversationView.Routing(c);
            Assert.True(state is not (RoutingState.Waiting or RoutingState.Held) || c.Routing?.Place is not null || c.Routing?.Transfer is not null || world.Settings.Queue(c.Queue) is null, $"{state} nowhere");
            Assert.True(c.IsOver == (c.Routing?.Place is null && state == RoutingState.None && c.Status is ConversationStatus.Closed or ConversationStatus.Spam) || !c.IsOver, "over, and in a queue");
        }

        foreach (var agent in world.Agents.Values)
        {
            // I2: what was let in fits; what does not is flagged. A capacity lowered since evicts nobody.
            var capacity = agent.CapacityBy(world.Terms);
            var entries = agent.Ledger.Where(e => !e.Override && !e.Wake).ToArray();
            var lowest = Lowest(world, agent);
            Assert.True(entries.Where(e => !e.Interruptible).Sum(e => e.Weight) <= Math.Max(capacity, lowest), $"{agent.Id}: {string.Join(' ', agent.Ledger)}");
            Assert.True(entries.Sum(e => e.Weight) <= Admission.Hard(Math.Max(capacity, lowest), world.Terms), $"{agent.Id}: {string.Join(' ', agent.Ledger)}");
        }
    }

    /// <summary>The largest capacity an agent ever has in these tales: lowering it evicts nobody.</summary>
    private static int Lowest(RoutingWorld world, Agent agent) => agent.Ledger.Count == 0 ? 0 : Math.Max(150, world.Terms.Capacity);

    [Fact]
    public void I1_to_I4_hold_at_every_moment_and_all_comes_to_rest_where_it_belongs() => Property.For(Tales, Scenarios, tale =>
    {
        var world = Play(tale);
        foreach (var (id, history) in world.Histories)
        {
            Assert.Equal(history.Select((_, i) => i + 1L), history.Select(r => r.Seq)); // I4
            var (assignee, epoch) = ((AgentId?)null, 0L);
            foreach (var change in history.Select(r => r.Event).OfType<AssignmentChanged>())
            {
                Assert.Equal(change.Assignee == assignee ? epoch : epoch + 1, change.Epoch); // I1
                (assignee, epoch) = (change.Assignee, change.Epoch);
            }

            Assert.Equal((assignee, epoch), (world[id].Assignee, world[id].Epoch));
            foreach (var offer in history.Select(r => r.Event).OfType<OfferAccepted>().GroupBy(o => o.Offer))
            {
                Assert.Single(offer); // no offer is accepted twice
            }
        }

        AtRest(world);
    });

    /// <summary>Once everybody has heard everything: ledgers, queues and conversations tell the same story (I3, I5).</summary>
    private static void AtRest(RoutingWorld world)
    {
        world.Later(46); // I5: 30 s + 15 s
        foreach (var agent in world.Agents.Values)
        {
            foreach (var entry in agent.Ledger)
            {
                var c = world[entry.Conversation];
                Assert.True(
                    entry.Kind == WorkKind.Offered ? c.Routing?.Offer is { } offer && offer.Id == entry.Offer && offer.Agents.Contains(agent.Id)
                    : !c.IsOver && (c.Assignee == agent.Id || c.Routing?.Participants?.Contains(agent.Id) == true),
                    $"{agent.Id} leaks {entry}");
            }
        }

        foreach (var c in world.Conversations.Values)
        {
            if (!c.IsOver && c.Assignee is { } owner)
            {
                Assert.NotNull(world.Agents[owner].Entry(c.Id));
            }

            var queues = world.Queues.Values.Where(q => q.Waiting.Find(c.Id) is not null || q.Held.Find(c.Id) is not null).Select(q => q.Id).ToArray();
            Assert.Equal(c.Routing?.Place is { } place ? [place.Queue] : [], queues);
            if (c.Routing?.Place is { } at)
            {
                Assert.Equal(at.Item.Key, world.Queues[at.Queue].Waiting.Find(c.Id)!.Key);
            }
        }

        // What waits though somebody could take it now is waiting for a reason: time alone, or nobody.
        foreach (var c in world.Conversations.Values.Where(c => ConversationView.Routing(c) == RoutingState.Waiting && c.Routing?.Place is not null))
        {
            var why = world.Picture.Explain(c.Id, world.Now)!;
            Assert.True(
                why.Eligible == 0 || why.WaitsFor is not null || c.Routing!.RetryAt > world.Now || world.Picture.NextWake <= world.Now + Duration.FromSeconds(2),
                $"{c.Id} waits though {why.Eligible} could take it");
        }
    }

    [Fact]
    public void Replayed_and_reread_every_entity_is_what_it_was() => Property.For(Tales, 100, tale =>
    {
        var world = Play(tale);
        foreach (var (id, history) in world.Histories)
        {
            var replayed = history.Select(Wire.Reread).Aggregate(Conversation.Empty(Arrange.Account, id), ConversationEvolve.Evolve);
            Assert.Equal(Wire.Of(world[id]), Wire.Of(replayed));
            Assert.Equal(Wire.Of(world[id]), Wire.Of(Wire.Reread(world[id])));
        }

        foreach (var agent in world.Agents.Values)
        {
            var json = JsonSerializer.Serialize(agent, DomainJson.Contract.Agent);
            Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, DomainJson.Contract.Agent), DomainJson.Contract.Agent));
        }

        foreach (var queue in world.Queues.Values)
        {
            var json = JsonSerializer.Serialize(queue, DomainJson.Contract.Queue);
            Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, DomainJson.Contract.Queue), DomainJson.Contract.Queue));
        }
    });

    [Fact]
    public void A_router_rebuilt_from_queues_and_agents_finds_what_the_old_one_would_have_found() => Property.For(Tales, 100, tale =>
    {
        var world = Play(tale);
        world.Later(100);
        world.RebuildRouter();
        world.Match();
        var waiting = world.Conversations.Values.Count(c => c.Routing is { Offer: null, Place: not null });
        foreach (var match in world.Pending.OfType<RoutingAction.Match>())
        {
            // Only what it cannot know without asking: that an offer stands, or that somebody declined.
            var c = world[match.Conversation];
            Assert.True(c.Routing is { } r && (r.Offer is not null || r.RetryAt > world.Now || match.Agents.Any(a => r.Excludes(a, world.Now)) || world.Picture.NextWake is not null), $"{match} of {waiting}");
        }
    });
}
