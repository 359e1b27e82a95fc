using NodaTime;

namespace Conversations.Domain.Staffing;

/// <summary>What arrived, or is expected to, in one interval; usually half an hour.</summary>
public sealed record StaffingInterval(Instant Start, Duration Length, double Arrivals, Duration Handle);

/// <summary>What is promised and how work is shared out (reports.md 3).</summary>
/// <param name="Share">Of arrivals to be answered within <paramref name="Within"/>; below 1.</param>
/// <param name="Patience">Mean time a customer waits before leaving. Null: for ever (Erlang C).</param>
/// <param name="Concurrency">Conversations an agent has at once: slots of one agent.</param>
/// <param name="MostOccupancy">The share of slots that may be busy; large groups meet the service level with hardly a free minute.</param>
/// <param name="Multiplier">What if so many times as much arrives: a holiday.</param>
/// <param name="ShortAbandon">Who leaves within this does not count. Null: everybody counts.</param>
public sealed record StaffingTerms(
    double Share,
    Duration Within,
    Duration? Patience = null,
    int Concurrency = StaffingTerms.UsualConcurrency,
    double MostOccupancy = StaffingTerms.UsualMostOccupancy,
    double Multiplier = 1,
    Duration? ShortAbandon = null)
{
    public const int UsualConcurrency = 3;
    public const double UsualMostOccupancy = 0.85;

    /// <summary>What nobody could staff for; null if there is nothing wrong.</summary>
    public Refusal? Check()
    {
        Refusal? Bad(string detail) => new("invalid_staffing", detail, RefusalKind.Invalid);
        return Share is not (> 0 and < 1) ? Bad("A share lies between 0 and 1: nobody can answer everybody in time.")
            : Within < Duration.Zero ? Bad("A time to answer within is not negative.")
            : Patience <= Duration.Zero || ShortAbandon < Duration.Zero ? Bad("Patience is longer than nothing, and a short wait not negative.")
            : Concurrency < 1 ? Bad("An agent has one conversation at once at least.")
            : MostOccupancy is not (> 0 and <= 1) ? Bad("An occupancy lies between 0 and 1.")
            : !double.IsFinite(Multiplier) || Multiplier < 0 ? Bad("A multiplier is not negative.")
            : null;
    }
}

/// <summary>Whom one interval needs, and what it is like with them.</summary>
/// <param name="Erlangs">Offered load, multiplied.</param>
/// <param name="ForService">Slots that meet the service level.</param>
/// <param name="ForOccupancy">Slots that keep to the occupancy cap.</param>
/// <param name="Agents">So many have that many slots.</param>
/// <param name="ServiceLevel">With <paramref name="Slots"/>; null if nothing arrives. So are the others.</param>
public sealed record StaffingNeed(
    StaffingInterval Interval, double Erlangs, int ForService, int ForOccupancy, int Slots, int Agents,
    double? ServiceLevel, Duration? Asa, double? Occupancy, double? Abandoned);

/// <summary>Slots and agents for each interval of a day (reports.md 3). Intervals are taken one by one, each as if it lasted.</summary>
public static class StaffingPlan
{
    public static IReadOnlyList<StaffingNeed> For(IEnumerable<StaffingInterval> intervals, StaffingTerms terms) =>
        [.. intervals.Select(interval => Need(interval, terms))];

    /// <summary>Agents who together have so many slots.</summary>
    public static int Agents(int slots, int concurrency) => (slots + concurrency - 1) / concurrency;

    /// <summary>The fewest slots that are no busier than the cap.</summary>
    public static int SlotsForOccupancy(double erlangs, double most) =>
        (int)Math.Ceiling((erlangs / most) * (1 - 1e-12)); // 85 ÷ 0.85 is 100, not the next above it

    private static StaffingNeed Need(StaffingInterval interval, StaffingTerms terms)
    {
        var demand = Demand.In(interval.Length, interval.Arrivals * terms.Multiplier, interval.Handle);
        if (demand.Erlangs == 0)
        {
            return new(interval, 0, 0, 0, 0, 0, null, null, null, null);
        }

        if (terms.Patience is { } patience)
        {
            var service = ErlangA.SlotsFor(demand, terms.Share, terms.Within, patience, terms.ShortAbandon);
            var occupancy = Erlang.Least(n => new ErlangA(demand, n, patience).Occupancy <= terms.MostOccupancy * (1 + 1e-12));
            var a = new ErlangA(demand, Math.Max(service, occupancy), patience);
            return new(
                interval, demand.Erlangs, service, occupancy, a.Slots, Agents(a.Slots, terms.Concurrency),
                a.ServiceLevel(terms.Within, terms.ShortAbandon), a.Asa, a.Occupancy, a.Abandoned);
        }

        var forService = ErlangC.SlotsFor(demand, terms.Share, terms.Within);
        var forOccupancy = SlotsForOccupancy(demand.Erlangs, terms.MostOccupancy);
        var c = new ErlangC(demand, Math.Max(forService, forOccupancy));
        return new(
            interval, demand.Erlangs, forService, forOccupancy, c.Slots, Agents(c.Slots, terms.Concurrency),
            c.ServiceLevel(terms.Within), c.Asa, c.Occupancy, 0);
    }
}
