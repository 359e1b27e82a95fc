using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Wallboard;

/// <summary>What a tile says of offers, of who is there, and of how long one waits (reports.md 1).</summary>
public sealed class OfferFiguresTests
{
    [Fact]
    public void Offers_count_by_how_they_ended_and_those_accepted_by_how_long_it_took()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var first = world.Arrive("t-1");
        world.Settle().Later(4).Accept(first, ann).Settle();
        var second = world.Arrive("t-2");
        world.Settle();
        world.Ask(second, new RejectOffer(world.OfferOf(second), ann), RoutingWorld.By(ann)).Settle();

        var offers = Tile(world).Today.Offers;

        Assert.Equal((2, (double?)50, (double?)50, (double?)0, (double?)2), (offers.Made, offers.Accepted, offers.Rejected, offers.Expired, offers.PerAssignment));
        Assert.Equal(4, offers.ToAccept.Mean);
    }

    [Fact]
    public void Without_offers_there_is_no_quality_to_tell_of()
    {
        var world = new RoutingWorld();
        world.Arrive();

        var offers = Tile(world.Settle()).Today.Offers;

        Assert.Equal((0, null, null), (offers.Made, offers.Accepted, offers.PerAssignment));
    }

    [Fact]
    public void Those_who_are_there_count_by_how_they_stand_and_what_they_have_room_for()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var ben = world.Hire("ben");
        world.Ask(ben, new DeclarePresence("break"), RoutingWorld.By(ben)).Settle();
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle();

        var staff = StaffFigures.Of(world.Agents.Values, world.Terms);

        Assert.Equal((2, 1, 33, 100, (double?)33), (staff.SignedIn, staff.Routable, staff.Used, staff.Units, staff.Occupancy));
        Assert.Equal((1, 1), (staff.States["available"], staff.States["away"]));
        Assert.Equal((2, 4, 0), (staff.FreeSlots["live"], staff.FreeSlots["async"], staff.FreeSlots["voice"]));
        Assert.Null(StaffFigures.Of([world.Agents[ben]], world.Terms).Occupancy);
    }

    [Fact]
    public void With_few_departures_nobody_says_how_long_one_waits()
    {
        Assert.Null(WallboardTile.Expected(ahead: 10, departures: 4, Duration.FromMinutes(15)));
        Assert.Equal(900, WallboardTile.Expected(ahead: 10, departures: 10, Duration.FromMinutes(15)));
    }

    private static WallboardTile Tile(RoutingWorld world)
    {
        var boards = new Boards();
        foreach (var history in world.Histories.Values)
        {
            var fact = new ConversationFact();
            foreach (var recorded in history)
            {
                var next = ConversationFact.Evolve(fact, recorded);
                boards.Apply(Arrange.Account, fact, next, recorded);
                fact = next;
            }
        }

        var (kept, slots) = boards.TakeChanges();
        var care = slots.Where(s => s.Queue == Arrange.Care.Value).Aggregate(SlotFigures.None, (sum, s) => sum.Plus(s.Figures));
        return WallboardTile.Of(
            Arrange.Care, kept.Single(b => b.Queue == Arrange.Care.Value).Figures, care, Arrange.Noon, care, Arrange.Noon, world.Now);
    }
}
