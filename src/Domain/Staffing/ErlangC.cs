using NodaTime;

namespace Conversations.Domain.Staffing;

/// <summary>
/// M/M/N: Poisson arrivals, exponential handle times, everybody waits as long as it takes, first come first served. Says
/// what a steady state looks like; there is none unless <see cref="Steady"/>.
/// </summary>
public sealed class ErlangC
{
    private readonly Demand demand;
    private readonly double perSecond;

    public ErlangC(Demand demand, int slots)
    {
        this.demand = demand;
        Slots = slots;
        var load = demand.Erlangs;
        perSecond = (slots - load) / demand.Handle.TotalSeconds;
        var blocked = Erlang.Blocked(load, slots);
        Delayed = Steady ? slots * blocked / (slots - (load * (1 - blocked))) : 1;
    }

    public int Slots { get; }

    /// <summary>Fewer slots than erlangs: the queue grows for ever.</summary>
    public bool Steady => Slots > demand.Erlangs;

    /// <summary>The share that has to wait at all.</summary>
    public double Delayed { get; }

    /// <summary>Mean wait over all arrivals, those that did not wait included. Null without a steady state.</summary>
    public Duration? Asa => Steady ? Duration.FromSeconds(Delayed / perSecond) : null;

    /// <summary>The share of the slots that is busy.</summary>
    public double Occupancy => Steady ? demand.Erlangs / Slots : 1;

    /// <summary>The share that waits longer than this.</summary>
    public double Longer(Duration wait) => Steady ? Delayed * Math.Exp(-perSecond * wait.TotalSeconds) : 1;

    /// <summary>The share answered within this time.</summary>
    public double ServiceLevel(Duration within) => 1 - Longer(within);

    /// <summary>The wait that this share of arrivals does not exceed. Null without a steady state.</summary>
    public Duration? Wait(double share) =>
        !Steady ? null : Delayed <= 1 - share ? Duration.Zero : Duration.FromSeconds(Math.Log(Delayed / (1 - share)) / perSecond);

    /// <summary>The fewest slots with which this share is answered within the time.</summary>
    /// <param name="share">Below 1: no number of slots answers everybody in time.</param>
    public static int SlotsFor(Demand demand, double share, Duration within)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        return demand.Erlangs == 0 ? 0 : Erlang.Least(n => new ErlangC(demand, n).ServiceLevel(within) >= share);
    }
}
