using Conversations.Domain.Staffing;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Staffing;

public sealed class ErlangTests
{
    private static Duration Seconds(double seconds) => Duration.FromSeconds(seconds);

    private static Demand Of(double perHour, double handle) => new(perHour, Seconds(handle));

    /// <summary>The table of reports.md 1, to the digit it gives.</summary>
    [Theory]
    [InlineData(600, 480, 20, 80, 89, 12.6, 0.899, 30, 95)]
    [InlineData(600, 480, 60, 80, 86, 32.2, 0.930, 29, 95)]
    [InlineData(3_000, 480, 60, 400, 409, 29.3, 0.978, 137, 471)]
    [InlineData(9_000, 480, 60, 1_200, 1_210, 32.9, 0.992, 404, 1_412)]
    [InlineData(3_000, 900, 60, 750, 764, 32.2, 0.982, 255, 883)]
    public void Erlang_C_gives_the_table_of_the_reports(
        double perHour, double handle, double within, double erlangs, int slots, double asa, double occupancy, int agents, int slotsAtMost85)
    {
        var demand = Of(perHour, handle);
        Assert.Equal(erlangs, demand.Erlangs, 9);
        Assert.Equal(slots, ErlangC.SlotsFor(demand, 0.8, Seconds(within)));
        var c = new ErlangC(demand, slots);
        Assert.True(c.ServiceLevel(Seconds(within)) >= 0.8 && new ErlangC(demand, slots - 1).ServiceLevel(Seconds(within)) < 0.8);
        Assert.Equal(asa, c.Asa!.Value.TotalSeconds, 1);
        Assert.Equal(occupancy, c.Occupancy, 3);
        Assert.Equal(agents, StaffingPlan.Agents(slots, 3));
        Assert.Equal(slotsAtMost85, StaffingPlan.SlotsForOccupancy(erlangs, 0.85));
    }

    /// <summary>Erlang's tables: B(10, 5), B(100, 100), and the two one can do in one's head.</summary>
    [Theory]
    [InlineData(5, 10, 0.018385)]
    [InlineData(100, 100, 0.075700)]
    [InlineData(1, 1, 0.5)]
    [InlineData(2, 2, 0.4)]
    public void Without_patience_it_is_Erlang_B_as_in_the_tables(double erlangs, int slots, double blocked) =>
        Assert.Equal(blocked, new ErlangA(Of(erlangs, 3_600), slots, Duration.FromTicks(1)).Abandoned, 6);

    [Fact]
    public void One_slot_is_the_M_M_1_queue_of_the_textbooks()
    {
        var c = new ErlangC(Of(30, 60), 1); // half busy
        Assert.Equal(0.5, c.Delayed, 12);
        Assert.Equal(60, c.Asa!.Value.TotalSeconds, 9);
        Assert.Equal(1 - (0.5 * Math.Exp(-0.5)), c.ServiceLevel(Seconds(60)), 12);
        Assert.Equal(120 * Math.Log(5), c.Wait(0.9)!.Value.TotalSeconds, 6);
        Assert.Equal(Duration.Zero, c.Wait(0.5));
    }

    /// <summary>Two slots, one erlang: a third waits. Ten slots, eight erlangs: 0.409.</summary>
    [Theory]
    [InlineData(1, 2, 0.333333)]
    [InlineData(8, 10, 0.409180)]
    public void Erlang_C_gives_what_tables_give(double erlangs, int slots, double delayed) =>
        Assert.Equal(delayed, new ErlangC(Of(erlangs, 3_600), slots).Delayed, 6);

    /// <summary>Garnett, Mandelbaum and Reiman, "Designing a call center with impatient customers" (2002): 48 calls a minute, 50 agents.</summary>
    [Fact]
    public void Erlang_A_gives_the_example_it_was_made_known_by()
    {
        var demand = Of(48 * 60, 60);
        var a = new ErlangA(demand, 50, Seconds(120));
        Assert.Equal(0.031, a.Abandoned, 3);
        Assert.Equal(3.7, a.MeanWait.TotalSeconds, 1);
        Assert.Equal(0.93, a.Occupancy, 2);
        Assert.Equal(0.10, a.Longer(Seconds(12.5)), 2);

        var c = new ErlangC(demand, 50); // the same if nobody leaves
        Assert.Equal(20.8, c.Asa!.Value.TotalSeconds, 1);
        Assert.Equal(58.1, c.Wait(0.9)!.Value.TotalSeconds, 1);
        Assert.Equal(0.96, c.Occupancy, 2);
    }

    [Fact]
    public void Too_few_slots_have_no_steady_state_for_the_patient_but_one_for_the_impatient()
    {
        var c = new ErlangC(Of(600, 480), 80);
        Assert.False(c.Steady);
        Assert.Null(c.Asa);
        Assert.Null(c.Wait(0.5));
        Assert.Equal((0, 1), (c.ServiceLevel(Seconds(60)), c.Occupancy));

        // Twice too much: half leave, and everybody waits until half have left.
        var a = new ErlangA(Of(60_000, 480), 4_000, Seconds(300));
        Assert.Equal(0.5, a.Abandoned, 4);
        Assert.Equal(1, a.Occupancy, 9);
        Assert.Equal(300 * Math.Log(2), a.Asa!.Value.TotalSeconds, 0);
    }

    [Theory]
    [InlineData(36_000, 480, 86_400)] // 4,800 erlangs, a day's patience
    [InlineData(360_000, 900, 3_600)] // 90,000 erlangs
    public void Nothing_overflows_however_large_the_load(double perHour, double handle, double patience)
    {
        var demand = Of(perHour, handle);
        foreach (var share in new[] { 0.5, 0.9, 0.999, 1, 1.001, 1.1, 2 })
        {
            var slots = (int)(demand.Erlangs * share);
            var a = new ErlangA(demand, slots, Seconds(patience));
            Assert.All(
                new[] { a.Delayed, a.Abandoned, a.Occupancy, a.ServiceLevel(Seconds(20)), a.ServiceLevel(Seconds(20), Seconds(5)), a.Longer(Seconds(60)), new ErlangC(demand, slots).ServiceLevel(Seconds(20)) },
                p => Assert.InRange(p, 0, 1 + 1e-9));
            Assert.True(double.IsFinite(a.Asa!.Value.TotalSeconds));
        }
    }

    [Fact]
    public void Nothing_to_do_needs_nobody()
    {
        Assert.Equal(0, ErlangC.SlotsFor(Of(0, 480), 0.8, Seconds(20)));
        Assert.Equal(0, ErlangA.SlotsFor(Of(0, 480), 0.8, Seconds(20), Seconds(60)));
        Assert.Equal(1, new ErlangA(Of(0, 480), 3, Seconds(60)).ServiceLevel(Seconds(0)));
    }

    /// <summary>A million customers; the tolerance is some three standard errors of such a run, found by other seeds.</summary>
    [Theory]
    [InlineData(600, 480, 89, 20, 0.012)]
    [InlineData(600, 480, 95, 20, 0.005)]
    [InlineData(60, 480, 10, 60, 0.008)]
    public void Erlang_C_agrees_with_a_simulation(double perHour, double handle, int slots, double within, double tolerance)
    {
        var seen = QueueSimulation.Run(perHour, handle, slots, null, within, 0, 1_000_000, seed: 1);
        var c = new ErlangC(Of(perHour, handle), slots);
        Assert.Equal(c.ServiceLevel(Seconds(within)), seen.ServiceLevel, tolerance);
        Assert.Equal(1, seen.Asa / c.Asa!.Value.TotalSeconds, 10 * tolerance);
        Assert.Equal(c.Occupancy, seen.Occupancy, 0.005);
    }

    [Theory]
    [InlineData(600, 480, 80, 120, 20)]
    [InlineData(600, 480, 60, 300, 20)]
    [InlineData(600, 480, 85, 60, 10)]
    [InlineData(60, 480, 8, 600, 60)]
    public void Erlang_A_agrees_with_a_simulation(double perHour, double handle, int slots, double patience, double within)
    {
        var seen = QueueSimulation.Run(perHour, handle, slots, patience, within, briefly: 5, 1_000_000, seed: 1);
        var a = new ErlangA(Of(perHour, handle), slots, Seconds(patience));
        Assert.Equal(a.ServiceLevel(Seconds(within), Seconds(5)), seen.ServiceLevel, 0.005);
        Assert.Equal(a.Abandoned, seen.Abandoned, 0.003);
        Assert.Equal(1, seen.Asa / a.Asa!.Value.TotalSeconds, 0.02);
        Assert.Equal(a.Occupancy, seen.Occupancy, 0.005);
    }
}
