using Conversations.Domain.Staffing;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Staffing;

public sealed class StaffingPlanTests
{
    private static readonly Duration HalfHour = Duration.FromMinutes(30);

    private static StaffingInterval Interval(double arrivals) => new(Arrange.Noon, HalfHour, arrivals, Duration.FromSeconds(480));

    private static readonly StaffingTerms Terms = new(0.8, Duration.FromSeconds(20));

    [Fact]
    public void At_a_small_load_the_service_level_binds_and_at_a_large_one_the_occupancy()
    {
        var plan = StaffingPlan.For([Interval(30), Interval(4_500), Interval(0)], Terms);

        Assert.Equal((8, 12, 10, 12, 4), (plan[0].Erlangs, plan[0].ForService, plan[0].ForOccupancy, plan[0].Slots, plan[0].Agents));
        Assert.Equal((1_200, 1_412, 1_412, 471), (plan[1].Erlangs, plan[1].ForOccupancy, plan[1].Slots, plan[1].Agents));
        Assert.True(plan[1].ForService < plan[1].ForOccupancy && plan[1].Occupancy <= 0.85 && plan[1].ServiceLevel > 0.999);
        Assert.Equal(new StaffingNeed(Interval(0), 0, 0, 0, 0, 0, null, null, null, null), plan[2]);
    }

    [Fact]
    public void A_holiday_is_planned_as_so_many_times_the_arrivals()
    {
        var tripled = StaffingPlan.For([Interval(300)], Terms with { Multiplier = 3 })[0];
        var alike = StaffingPlan.For([Interval(900)], Terms)[0];

        Assert.Equal(alike with { Interval = tripled.Interval }, tripled);
        Assert.True(tripled.ForService < 3 * StaffingPlan.For([Interval(300)], Terms)[0].ForService); // large groups need less for each
    }

    [Fact]
    public void Customers_who_leave_need_fewer_agents_than_customers_who_wait_for_ever()
    {
        var terms = Terms with { MostOccupancy = 1, Patience = Duration.FromMinutes(2) };
        var leave = StaffingPlan.For([Interval(300)], terms)[0];
        var stay = StaffingPlan.For([Interval(300)], terms with { Patience = null })[0];

        Assert.True(leave.Slots < stay.Slots && leave.Abandoned > 0 && stay.Abandoned == 0);
        Assert.InRange(leave.ServiceLevel!.Value, 0.8, 1);
        Assert.True(StaffingPlan.For([Interval(300)], terms with { ShortAbandon = Duration.FromSeconds(5) })[0].Slots <= leave.Slots);
    }

    [Fact]
    public void The_occupancy_cap_is_kept_exactly_also_where_it_divides_evenly()
    {
        Assert.Equal(100, StaffingPlan.SlotsForOccupancy(85, 0.85));
        Assert.Equal(101, StaffingPlan.SlotsForOccupancy(85.01, 0.85));
        Assert.Equal(34, StaffingPlan.Agents(100, 3));
    }

    [Fact]
    public void What_nobody_could_staff_for_is_refused()
    {
        Assert.Null(Terms.Check());
        foreach (var wrong in new[]
        {
            Terms with { Share = 1 }, Terms with { Share = 0 }, Terms with { Share = double.NaN }, Terms with { Within = -HalfHour }, Terms with { Patience = Duration.Zero },
            Terms with { Concurrency = 0 }, Terms with { MostOccupancy = 0 }, Terms with { MostOccupancy = 1.01 }, Terms with { Multiplier = -1 },
            Terms with { Multiplier = double.PositiveInfinity }, Terms with { ShortAbandon = -HalfHour },
        })
        {
            Assert.Equal("invalid_staffing", wrong.Check()?.Code);
        }
    }
}
