using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Conversations.Replaying.Tests;

public sealed class DeliveriesTests
{
    private static readonly DeliveryOrder Once = new(Repeat: false, Window: 200, Seed: 1);

    /// <summary>Rows (each answering an earlier one or none), window and seed.</summary>
    private static Arbitrary<(TwcsFile File, int Window, int Seed)> Cases() => (
        from parents in Gen.Choose(-3, 40).ListOf()
        from minutes in Gen.Choose(0, 300).ListOf(parents.Count)
        from window in Gen.Choose(1, 20)
        from seed in Gen.Choose(0, 1_000)
        let rows = parents.Select((parent, i) => Invented.Row(i + 1, i % 3 == 0 ? "Acme" : "1001", parent: parent > 0 && parent <= i ? parent : null, minute: minutes[i]))
        select (Invented.File(Invented.Header + string.Concat(rows)), window, seed)).ToArbitrary();

    private static void ForAll(Action<TwcsFile, int, int> check) =>
        Prop.ForAll(Cases(), c => check(c.File, c.Window, c.Seed)).QuickCheckThrowOnFailure();

    [Fact]
    public void Without_repeats_every_row_is_delivered_once_in_time_order() => ForAll((file, _, _) =>
        Assert.Equal(file.Rows.Order(Tweet.ByTime), Deliveries.Plan(file, Once).Select(d => d.Tweet)));

    [Fact]
    public void With_repeats_every_row_is_delivered_one_to_three_times() => ForAll((file, window, seed) =>
    {
        var times = Deliveries.Plan(file, new(true, window, seed)).CountBy(d => d.Tweet.Id).ToDictionary();

        Assert.Equal(file.Rows.Select(r => r.Id).Order(), times.Keys.Order());
        Assert.All(times.Values, n => Assert.InRange(n, 1, Deliveries.MostRepeats));
    });

    [Fact]
    public void Nothing_is_a_window_or_more_from_its_place() => ForAll((file, window, seed) =>
    {
        var plan = Deliveries.Plan(file, new(true, window, seed));
        var places = plan.Select((d, place) => (d.Tweet, place)).GroupBy(x => x.Tweet).OrderBy(g => g.Key, Tweet.ByTime);

        var inOrder = 0;
        foreach (var copies in places)
        {
            foreach (var (_, place) in copies)
            {
                Assert.InRange(place - inOrder++, -window + 1, window - 1);
            }
        }
    });

    [Fact]
    public void The_same_seed_gives_the_same_deliveries() => ForAll((file, window, seed) =>
        Assert.Equal(Deliveries.Plan(file, new(true, window, seed)), Deliveries.Plan(file, new(true, window, seed))));

    [Fact]
    public void Another_seed_gives_other_deliveries_out_of_order()
    {
        var file = Invented.File();
        var (one, two) = (Deliveries.Plan(file, new(true, 200, 1)), Deliveries.Plan(file, new(true, 200, 2)));

        Assert.NotEqual(one, two);
        Assert.NotEqual(one.Select(d => d.Tweet).Order(Tweet.ByTime), one.Select(d => d.Tweet));
    }

    [Fact]
    public void The_original_pace_stays_although_the_order_does_not() => ForAll((file, window, seed) =>
    {
        var due = Deliveries.Plan(file, new(true, window, seed)).Select(d => d.Due).ToList();

        Assert.Equal(due.Order(), due);
    });

    [Fact]
    public void Lanes_hold_the_plan_and_a_thread_keeps_to_one_in_order() => ForAll((file, lanes, _) =>
    {
        var plan = Deliveries.Plan(file, Once);
        var split = Deliveries.Lanes(plan, lanes, repeat: false);

        Assert.Equal(lanes, split.Count);
        Assert.Equal(plan.Count, split.Sum(l => l.Count));
        Assert.All(file.Threads, thread =>
        {
            var lane = Assert.Single(split, l => l.Any(d => d.Thread == thread));
            Assert.Equal(thread.Tweets, lane.Where(d => d.Thread == thread).Select(d => d.Tweet));
        });
    });

    [Fact]
    public void Repeats_of_a_row_can_be_in_flight_together()
    {
        var plan = Deliveries.Plan(Invented.File(), new(true, 1, 1));
        var lanes = Deliveries.Lanes(plan, 4, repeat: true);

        Assert.Equal(plan.Count, lanes.Sum(l => l.Count));
        Assert.Contains(Invented.File().Rows, row => lanes.Count(l => l.Any(d => d.Tweet.Id == row.Id)) > 1);
    }
}
