using Conversations.Domain.Staffing;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Staffing;

/// <summary>What holds for any load: more of this is never less of that.</summary>
public sealed class StaffingProperties
{
    private const double Rounding = 1e-9;

    internal sealed record Case(int PerHour, int Handle, int Spare, int Patience, int Within)
    {
        public Demand Demand => new(PerHour, Duration.FromSeconds(Handle));

        /// <summary>Enough for a steady state, or (with a negative spare) not.</summary>
        public int Slots => Math.Max(1, (int)Math.Floor(Demand.Erlangs) + Spare);

        public Duration Limit => Duration.FromSeconds(Within);

        public ErlangC C(int more = 0) => new(Demand, Slots + more);

        public ErlangA A(int more = 0, double times = 1) => new(Demand, Slots + more, Duration.FromSeconds(Patience * times));
    }

    private static readonly Arbitrary<Case> Cases = Arb.From(
        from perHour in Gen.Frequency((3, Gen.Choose(1, 600)), (1, Gen.Choose(600, 12_000)))
        from handle in Gen.Choose(10, 1_200)
        from spare in Gen.Choose(-20, 60)
        from patience in Gen.Frequency((1, Gen.Choose(1, 60)), (3, Gen.Choose(60, 7_200)))
        from within in Gen.Choose(0, 300)
        select new Case(perHour, handle, spare, patience, within));

    [Fact]
    public void Shares_are_shares() => Property.For(Cases, 500, c => Assert.All(
        new[]
        {
            c.C().Delayed, c.C().ServiceLevel(c.Limit), c.C().Occupancy, c.A().Delayed, c.A().Abandoned, c.A().Occupancy, c.A().Longer(c.Limit),
            c.A().AnsweredWithin(c.Limit), c.A().ServiceLevel(c.Limit), c.A().ServiceLevel(c.Limit, Duration.FromSeconds(5)),
        },
        share => Assert.InRange(share, -Rounding, 1 + Rounding)));

    [Fact]
    public void One_more_slot_never_makes_anything_worse() => Property.For(Cases, 500, c =>
    {
        var (a, more) = (c.A(), c.A(1));
        Assert.True(c.C(1).ServiceLevel(c.Limit) >= c.C().ServiceLevel(c.Limit) - Rounding);
        Assert.True(more.AnsweredWithin(c.Limit) >= a.AnsweredWithin(c.Limit) - Rounding);
        Assert.True(more.ServiceLevel(c.Limit, Duration.FromSeconds(5)) >= a.ServiceLevel(c.Limit, Duration.FromSeconds(5)) - Rounding);
        Assert.True(more.Abandoned <= a.Abandoned + Rounding && more.Asa <= a.Asa + Duration.FromMilliseconds(1) && more.Occupancy <= a.Occupancy + Rounding);
    });

    [Fact]
    public void More_arrivals_never_make_anything_better() => Property.For(Cases, 500, c =>
    {
        var more = c.Demand with { PerHour = c.Demand.PerHour * 1.1 };
        Assert.True(new ErlangC(more, c.Slots).ServiceLevel(c.Limit) <= c.C().ServiceLevel(c.Limit) + Rounding);
        var a = new ErlangA(more, c.Slots, Duration.FromSeconds(c.Patience));
        Assert.True(a.AnsweredWithin(c.Limit) <= c.A().AnsweredWithin(c.Limit) + Rounding && a.Abandoned >= c.A().Abandoned - Rounding);
    });

    [Fact]
    public void More_time_answers_more_and_leaves_fewer_waiting() => Property.For(Cases, 500, c =>
    {
        var later = c.Limit + Duration.FromSeconds(10);
        Assert.True(c.C().ServiceLevel(later) >= c.C().ServiceLevel(c.Limit));
        Assert.True(c.A().AnsweredWithin(later) >= c.A().AnsweredWithin(c.Limit) - Rounding && c.A().Longer(later) <= c.A().Longer(c.Limit) + Rounding);
        Assert.True(c.A().AnsweredWithin(later) <= 1 - c.A().Abandoned + Rounding);
    });

    [Fact]
    public void The_more_patient_wait_longer_and_leave_less() => Property.For(Cases, 500, c =>
        Assert.True(c.A(times: 1.5).Abandoned <= c.A().Abandoned + Rounding && c.A(times: 1.5).Asa >= c.A().Asa - Duration.FromMilliseconds(1)));

    [Fact]
    public void With_endless_patience_Erlang_A_is_Erlang_C() => Property.For(Cases, 300, c =>
    {
        var slots = (int)Math.Ceiling(c.Demand.Erlangs * 1.02) + 1;
        var endless = new ErlangA(c.Demand, slots, Duration.FromDays(100_000));
        var limit = new ErlangC(c.Demand, slots);
        Assert.Equal(limit.Delayed, endless.Delayed, 1e-4);
        Assert.Equal(limit.ServiceLevel(c.Limit), endless.ServiceLevel(c.Limit), 1e-4);
        Assert.Equal(0, endless.Abandoned, 1e-4);
        Assert.Equal(1, (endless.Asa!.Value.TotalSeconds + 1e-3) / (limit.Asa!.Value.TotalSeconds + 1e-3), 1e-3);
    });

    [Fact]
    public void What_is_answered_and_what_leaves_and_what_is_busy_add_up() => Property.For(Cases, 500, c =>
    {
        var a = c.A();
        Assert.Equal(1 - a.Abandoned, a.AnsweredWithin(Duration.FromDays(400)), 1e-6);
        Assert.Equal(1 - a.Delayed, a.AnsweredWithin(Duration.Zero), 1e-9);
        Assert.Equal(a.Delayed, a.Longer(Duration.Zero), 1e-9);
        Assert.Equal(c.Demand.Erlangs * (1 - a.Abandoned), a.Occupancy * c.Slots, 1e-6 * c.Demand.Erlangs + 1e-9);
    });

    [Fact]
    public void The_fewest_slots_are_enough_and_one_less_is_not() => Property.For(Cases, 200, c =>
    {
        var few = ErlangC.SlotsFor(c.Demand, 0.8, c.Limit);
        Assert.True(new ErlangC(c.Demand, few).ServiceLevel(c.Limit) >= 0.8);
        Assert.True(few == 1 || new ErlangC(c.Demand, few - 1).ServiceLevel(c.Limit) < 0.8);

        var patience = Duration.FromSeconds(c.Patience);
        var fewer = ErlangA.SlotsFor(c.Demand, 0.8, c.Limit, patience);
        Assert.True(new ErlangA(c.Demand, fewer, patience).ServiceLevel(c.Limit) >= 0.8);
        Assert.True(fewer == 1 || new ErlangA(c.Demand, fewer - 1, patience).ServiceLevel(c.Limit) < 0.8);
    });
}
