using System.Text.Json;
using Xunit;

namespace Conversations.Peaks.Tests;

/// <summary>What is read from histories, and what would be wrong with them.</summary>
public sealed class StoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private static HistoryEvent[] History(params (double At, string Type, object Data)[] events) =>
        [.. events.Select((e, n) => new HistoryEvent(n + 1, e.Type, Noon.AddSeconds(e.At), JsonSerializer.SerializeToElement(e.Data)))];

    private static (double, string, object) Message(double at, string id = "m1") => (at, "message.received", new { externalId = id });

    private static (double, string, object) Offer(double at, string agent, string offer = "o1") =>
        (at, "offer.made", new { offer, agents = new[] { agent }, expiresAt = Noon.AddSeconds(at + 20) });

    private static (double, string, object)[] Accept(double at, string agent, string offer = "o1") =>
    [
        (at, "offer.accepted", new { offer, agent }),
        (at, "assignment.changed", new { assignee = agent }),
        (at, "work.changed", new { agent, @as = "assigned" }),
    ];

    private static (double, string, object)[] Close(double at, string agent) =>
        [(at, "status.changed", new { to = "closed", disposition = "served" }), (at, "work.changed", new { agent })];

    [Fact]
    public void A_usual_day_is_read_as_it_was()
    {
        var story = Story.Of("c", History([
            Message(0), Offer(0.5, "ann"), (21, "offer.ended", new { offer = "o1", agent = "ann", outcome = "expired" }), Offer(22, "ben", "o2"), .. Accept(24, "ben", "o2"),
            (25, "sla.fulfilled", new { metric = "firstResponse", met = true }), .. Close(100, "ben")]));

        DateTimeOffset? At(double seconds) => Noon.AddSeconds(seconds);
        Assert.Equal((At(0), At(0.5), At(24), At(100)), (story.ArrivedAt, story.OfferedAt, story.AnsweredAt, story.ClosedAt));
        Assert.Equal(("served", true, 0, null), (story.Disposition, story.Met, story.DoubleAssignments, story.Fault));
        Assert.Equal((2, 1, 1), (story.Offers["made"], story.Offers["expired"], story.Offers["accepted"]));
        Assert.Equal(TimeSpan.FromSeconds(78), Assert.Single(story.SlotTimes));
        Assert.Equal(250, Assert.Single(story.ExpiryLateness), 6); // 20 s, and 250 ms in which it could still be accepted
    }

    [Fact]
    public void Two_who_have_the_same_are_noticed_and_a_transfer_is_not_that()
    {
        Assert.Equal(2, Story.Of("c", History([Message(0), Offer(1, "ann"), .. Accept(2, "ann"), Offer(3, "ben", "o2"), .. Accept(4, "ben", "o2")])).DoubleAssignments);
        Assert.Equal(0, Story.Of("c", History([
            Message(0), Offer(1, "ann"), .. Accept(2, "ann"), (3, "transfer.requested", new { }), Offer(3, "ben", "o2"), .. Accept(4, "ben", "o2"), (4, "transfer.ended", new { })])).DoubleAssignments);
        Assert.Equal(0, Story.Of("c", History([
            Message(0), Offer(1, "ann"), .. Accept(2, "ann"), (3, "assignment.changed", new { }), Offer(3, "ben", "o2"), .. Accept(4, "ben", "o2")])).DoubleAssignments);
    }

    [Fact]
    public void Messages_that_are_there_twice_and_missing_numbers_are_faults()
    {
        Assert.Equal("m1 is there twice", Story.Of("c", History(Message(0), Message(1))).Fault);
        Assert.Equal("seq 3 where 2 was expected", Story.Of("c", [.. History(Message(0), Message(1, "m2"), Message(2, "m3")).Where(e => e.Seq != 2)]).Fault);
    }

    [Fact]
    public void Above_capacity_is_noticed_unless_a_flag_allows_it()
    {
        Story Held(string id, double from, double to, params (double, string, object)[] between) =>
            Story.Of(id, History([Message(0), Offer(from, "ann"), .. Accept(from + 1, "ann"), .. between, .. Close(to, "ann")]));
        var (first, second) = (Held("a", 10, 50), Held("b", 20, 60));

        Assert.Equal(0, Capacity.Exceeded([first, second], 66));
        Assert.Equal(1, Capacity.Exceeded([first, second], 65));
        Assert.Equal(0, Capacity.Exceeded([first, Held("b", 50, 60)], 33)); // given back in the same millisecond in which it was taken

        // Dormant weighs a quarter; to wake is allowed, and so is what somebody forced.
        var sleeper = Held("b", 20, 60, (25, "work.changed", new { agent = "ann", @as = "dormant" }), (40, "work.changed", new { agent = "ann", @as = "assigned" }));
        Assert.Equal(0, Capacity.Exceeded([sleeper, Held("a", 30, 50)], 42));
        Assert.Equal(1, Capacity.Exceeded([sleeper, Held("a", 30, 50)], 41));
        var forced = Story.Of("b", History(Message(0), (20, "work.changed", new { agent = "ann", @as = "assigned", @override = true })));
        Assert.Equal(0, Capacity.Exceeded([first, forced], 33));
    }
}
