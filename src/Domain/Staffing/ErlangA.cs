using NodaTime;

namespace Conversations.Domain.Staffing;

/// <summary>
/// M/M/N+M: as <see cref="ErlangC"/>, but customers leave when their patience, exponential too, runs out. Has a steady state
/// at any load, and is the one to plan with: Erlang C says a queue explodes where in truth customers leave.
/// </summary>
/// <remarks>
/// Palm's model in the form of Mandelbaum and Zeltyn ("Service engineering in action: the Palm/Erlang-A queue", 2007). With
/// x = slots × patience ÷ handle time and y = arrivals in one patience, all of it hangs on the series
/// A(x, y) = Σ yᵏ ÷ ((x+1)…(x+k)), whose k-th term is how likely k wait against how likely none does. Its terms rise without
/// bound under overload, so sums are carried with a scale of their own: nothing overflows, at any load and patience.
/// </remarks>
public sealed class ErlangA
{
    private const double Precision = 1e-17;

    private readonly Demand demand;
    private readonly double patience, x, y;
    private readonly Series series;

    /// <param name="patience">Mean time a customer would wait.</param>
    public ErlangA(Demand demand, int slots, Duration patience)
    {
        this.demand = demand;
        Slots = slots;
        this.patience = patience.TotalSeconds;
        x = slots * this.patience / demand.Handle.TotalSeconds;
        y = demand.PerHour / 3_600 * this.patience;
        series = Series.Of(x, y);
        var blocked = Erlang.Blocked(demand.Erlangs, slots);
        Delayed = blocked / (blocked + ((1 - blocked) * series.Inverse));
        Abandoned = y == 0 ? 0 : Delayed * series.MeanWaiting / y;
    }

    public int Slots { get; }

    /// <summary>The share that finds no slot free.</summary>
    public double Delayed { get; }

    /// <summary>The share that leaves before it is answered.</summary>
    public double Abandoned { get; }

    /// <summary>Mean wait of all, those who left included.</summary>
    public Duration MeanWait => Duration.FromSeconds(Abandoned * patience);

    /// <summary>Mean wait of the answered. Null if nobody is.</summary>
    public Duration? Asa => Abandoned < 1 ? Duration.FromSeconds(Delayed * series.MeanServedWait * patience / (1 - Abandoned)) : null;

    /// <summary>The share of the slots that is busy.</summary>
    public double Occupancy => Slots == 0 ? 1 : demand.Erlangs * (1 - Abandoned) / Slots;

    /// <summary>The share that waits longer than this, whatever becomes of them.</summary>
    public double Longer(Duration wait) => Math.Exp(-wait.TotalSeconds / patience) * NotReached(wait);

    /// <summary>The share that is answered, and within this time.</summary>
    public double AnsweredWithin(Duration wait)
    {
        if (Delayed == 0 || Slots == 0)
        {
            return 1 - Delayed;
        }

        var shrunk = Exponent(wait);
        var density = Math.Exp(shrunk - series.LogSum) - series.Inverse;
        return Math.Clamp(1 - Delayed + (x / y * Delayed * (density + 1 - (NotReached(wait) / Delayed))), 0, 1);
    }

    /// <summary>
    /// Answered within the time ÷ (answered + left after more than <paramref name="briefly"/>): the canonical service level
    /// of a wallboard, in a steady state.
    /// </summary>
    /// <param name="briefly">Those who leave within this do not count. Null: all who leave count.</param>
    public double ServiceLevel(Duration within, Duration? briefly = null)
    {
        var counted = 1.0;
        if (briefly is { } b)
        {
            var answeredLater = 1 - Abandoned - AnsweredWithin(b);
            counted = 1 - Abandoned + Math.Clamp(Longer(b) - answeredLater, 0, Abandoned);
        }

        return counted == 0 ? 0 : Math.Min(1, AnsweredWithin(within) / counted);
    }

    /// <summary>The fewest slots with which this share is answered within the time.</summary>
    /// <param name="share">Below 1: no number of slots answers everybody in time.</param>
    public static int SlotsFor(Demand demand, double share, Duration within, Duration patience, Duration? briefly = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        return demand.Erlangs == 0 ? 0 : Erlang.Least(n => new ErlangA(demand, n, patience).ServiceLevel(within, briefly) >= share);
    }

    /// <summary>The share whose turn has not come after this time, had they all the patience in the world.</summary>
    private double NotReached(Duration wait) =>
        Math.Min(1, Delayed * Math.Exp(Exponent(wait) + Series.Of(x, y * Math.Exp(-wait.TotalSeconds / patience)).LogSum - series.LogSum));

    /// <summary>Arrivals with patience for this long, less the services it has time for: the exponent of the offered wait's density.</summary>
    private double Exponent(Duration wait)
    {
        var t = wait.TotalSeconds / patience;
        var gone = t < 1e-5 ? t * (1 - (t / 2) + (t * t / 6)) : 1 - Math.Exp(-t); // the difference would have no digits left
        return (y * gone) - (x * t);
    }

    /// <summary>A(x, y) and two means over its terms.</summary>
    /// <param name="LogSum">ln A.</param>
    /// <param name="MeanWaiting">Customers waiting, while all slots are busy.</param>
    /// <param name="MeanServedWait">The wait of an arrival that is answered, zero for the others, in patiences, while all slots are busy.</param>
    private readonly record struct Series(double LogSum, double MeanWaiting, double MeanServedWait)
    {
        private const double Large = 1e200;

        /// <summary>1 ÷ A; 0 where A is beyond all numbers, which is what it means there.</summary>
        public double Inverse => Math.Exp(-LogSum);

        /// <summary>
        /// Sums until what is left cannot matter. About √x terms near balance, (y − x) + √x under overload: an hour's
        /// patience at 100 arrivals a second too many is 360,000 terms, a few milliseconds.
        /// </summary>
        public static Series Of(double x, double y)
        {
            var (term, sum, waiting, log) = (1.0, 1.0, 0.0, 0.0);
            var ahead = 1 / (x + 1); // mean time until one's turn with k ahead, in patiences, if one gets it
            var served = x / (x + 1) * ahead;
            for (var k = 1; ; k++)
            {
                term *= y / (x + k);
                sum += term;
                waiting += k * term;
                ahead += 1 / (x + k + 1);
                served += term * x / (x + k + 1) * ahead;
                if (sum > Large)
                {
                    (term, sum, waiting, served) = (term / Large, sum / Large, waiting / Large, served / Large);
                    log += Math.Log(Large);
                }

                var ratio = y / (x + k + 1);
                if (ratio < 1 && term * k / (1 - ratio) <= sum * Precision)
                {
                    return new(log + Math.Log(sum), waiting / sum, served / sum);
                }
            }
        }
    }
}
