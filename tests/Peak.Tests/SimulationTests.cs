using Xunit;

namespace Conversations.Peaks.Tests;

/// <summary>The simulated people and the report about them, against formulas and in bad times; hours of it in virtual time.</summary>
public sealed class SimulationTests
{
    private static readonly Scenario Plain = new()
    {
        Arrivals = Arrivals.Steady(180, TimeSpan.FromHours(400)),
        Agents = 5,
        Slots = 1,
        Handle = new Spread.Exponential(TimeSpan.FromSeconds(60)),
        Within = TimeSpan.FromSeconds(20),
        WarmUp = TimeSpan.FromHours(1),
    };

    /// <summary>
    /// 72,000 customers. The standard error of such a run is 0.008: the queue forgets itself in some four minutes, so 400 hours
    /// are 3,000 independent looks at it. Tolerance: three of them.
    /// </summary>
    [Fact]
    public void A_plain_queue_has_the_service_level_Erlang_C_says()
    {
        var (_, report) = VirtualGateway.Play(Plain);

        Assert.Equal("Erlang C", report.Expected!.Model);
        Assert.Equal(3, report.Expected.Erlangs, 0.06);
        Assert.Equal(report.Expected.ServiceLevel, report.Service.ServiceLevel!.Value, 0.025);
        Assert.Equal(1, report.Service.Asa!.Value / report.Expected.Asa!.Value, 0.15);
        Assert.Equal(0.6, report.Service.Occupancy!.Value, 0.01);
        Assert.Equal(60, report.Service.SlotTime!.Value, 1.0);
        AllAccountedFor(report);
    }

    [Fact]
    public void A_queue_whose_customers_leave_has_the_service_level_Erlang_A_says()
    {
        var (_, report) = VirtualGateway.Play(Plain with { Arrivals = Arrivals.Steady(330, TimeSpan.FromHours(200)), Patience = new Spread.Exponential(TimeSpan.FromSeconds(45)) });

        Assert.Equal("Erlang A", report.Expected!.Model);
        Assert.Equal(report.Expected.ServiceLevel, report.Service.ServiceLevel!.Value, 0.02);
        Assert.Equal(report.Expected.Abandoned, report.Service.Abandoned!.Value, 0.02);
        Assert.Equal(report.Expected.Occupancy, report.Service.Occupancy!.Value, 0.02);
        Assert.Equal(1, report.Service.Asa!.Value / report.Expected.Asa!.Value, 0.1);
        AllAccountedFor(report);
    }

    [Fact]
    public void Speed_changes_nothing_but_the_time_it_takes()
    {
        var quick = Plain with { Arrivals = Arrivals.Steady(180, TimeSpan.FromHours(20)) };
        var (slow, fast) = (VirtualGateway.Play(quick).Report, VirtualGateway.Play(quick with { Speed = 10 }).Report);

        Assert.Equal(slow.Service.Arrived, fast.Service.Arrived);
        Assert.Equal(slow.Service.ServiceLevel!.Value, fast.Service.ServiceLevel!.Value, 0.001);
        Assert.Equal(slow.Service.Asa!.Value, fast.Service.Asa!.Value, 0.05);
        Assert.Equal(slow.Service.Occupancy!.Value, fast.Service.Occupancy!.Value, 0.001);
    }

    [Fact]
    public void The_same_seed_gives_the_same_peak()
    {
        var scenario = Bad with { Arrivals = Arrivals.Curve([40, 120, 60]) };

        Assert.Equivalent(VirtualGateway.Play(scenario).Report, VirtualGateway.Play(scenario).Report, strict: true);
        Assert.NotEqual(VirtualGateway.Play(scenario).Report.Service, VirtualGateway.Play(scenario with { Seed = 2 }).Report.Service);
    }

    private static readonly Scenario Bad = new()
    {
        Arrivals = Arrivals.Curve([300, 900, 900, 300]),
        Agents = 90,
        Slots = 3,
        Queues = 3,
        Handle = new Spread.LogNormal(TimeSpan.FromSeconds(480), 0.8),
        Patience = new Spread.Exponential(TimeSpan.FromMinutes(10)),
        Reaction = new Spread.Exponential(TimeSpan.FromSeconds(4)),
        WrapUp = new Spread.Fixed(TimeSpan.FromSeconds(30)),
        Exchanges = 3,
        Reject = 0.05,
        Ignore = 0.03,
        Breaks = new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(50)),
        Disconnect = new(1 / 3.0, TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(20)),
    };

    [Fact]
    public void A_tripled_hour_with_breaks_refusals_and_a_third_of_the_tools_dying_ends_with_everybody_accounted_for()
    {
        var (_, report) = VirtualGateway.Play(Bad);

        AllAccountedFor(report);
        Assert.True(report.Offers is { Rejected: > 0, Expired: > 0 } && report.Service is { Left: > 0, SlaMet: > 0 });
        Assert.True(report.Offers.Accepted > report.Accounted.Served, "Some were answered twice: the first to answer was lost.");
        Assert.Null(report.Expected);
        Assert.InRange(report.Service.Occupancy!.Value, 0.5, 1);
    }

    [Fact]
    public void Tools_that_never_come_back_leave_nobody_behind()
    {
        var (_, report) = VirtualGateway.Play(Bad with { Disconnect = new(0.3, TimeSpan.FromMinutes(50), null), Drain = TimeSpan.FromHours(5) });

        AllAccountedFor(report);
    }

    [Fact]
    public void When_time_is_up_what_is_open_is_said_to_be_open_and_not_lost()
    {
        var (_, report) = VirtualGateway.Play(Plain with { Arrivals = Arrivals.Steady(3_000, TimeSpan.FromHours(1)), WarmUp = TimeSpan.Zero, Drain = TimeSpan.Zero });

        Assert.True(report.Accounted.Unfinished > 2_000);
        Assert.Equal(report.Accounted.Opened, report.Accounted.Served + report.Accounted.Unfinished);
        Assert.Equal(0, report.Accounted.Lost);
        Assert.True(report.Service.ServiceLevel < 0.2, "Who still waits for longer than the time counts as missed.");
    }

    private static void AllAccountedFor(PeakReport report)
    {
        Assert.Equal((0, 0, 0), (report.Accounted.Lost, report.Accounted.Unfinished, report.Accounted.ClosedOtherwise));
        Assert.Equal(report.Accounted.Opened, report.Accounted.Served + report.Accounted.Left);
        Assert.Equal((0, 0), (report.Offers.OverCapacity, report.Offers.DoubleAssigned));
        Assert.Empty(report.System.Errors);
    }
}
