using Conversations.Replaying;

namespace Conversations.Peaks;

/// <summary>When customers come, in simulated time from the start.</summary>
internal abstract record Arrivals
{
    public static readonly TimeSpan HalfHour = TimeSpan.FromMinutes(30);

    private Arrivals()
    {
    }

    public abstract TimeSpan Length { get; }

    /// <summary>In order of time. The same random numbers give the same times.</summary>
    public abstract IReadOnlyList<TimeSpan> Draw(Random random);

    /// <summary>How many are expected in which stretch, for planning.</summary>
    public abstract IReadOnlyList<Slice> Expected { get; }

    /// <summary>The same rate throughout: with exponential handle times the plain M/M/N queue.</summary>
    public static Poisson Steady(double perHour, TimeSpan length) => new([new(length, perHour * length.TotalHours)]);

    /// <summary>So many in each half hour, in mean.</summary>
    public static Poisson Curve(IEnumerable<double> perHalfHour) => new([.. perHalfHour.Select(n => new Slice(HalfHour, n))]);

    /// <summary>A stretch of one rate.</summary>
    internal readonly record struct Slice(TimeSpan Length, double Arrivals);

    /// <summary>Independent customers: the number in each slice varies as well, by its square root.</summary>
    internal sealed record Poisson(IReadOnlyList<Slice> Slices) : Arrivals
    {
        public override TimeSpan Length => Slices.Aggregate(TimeSpan.Zero, (sum, slice) => sum + slice.Length);

        public override IReadOnlyList<Slice> Expected => Slices;

        public bool IsSteady => Slices.Select(s => s.Arrivals / s.Length.TotalHours).Distinct().Count() <= 1;

        public double Mean => Slices.Sum(s => s.Arrivals);

        /// <summary>A Poisson process of rate 1, its time stretched so that each slice holds what it should: exact at the borders too.</summary>
        public override IReadOnlyList<TimeSpan> Draw(Random random)
        {
            List<TimeSpan> times = [];
            var (start, passed) = (TimeSpan.Zero, 0.0);
            var next = -Math.Log(1 - random.NextDouble());
            foreach (var slice in Slices)
            {
                for (; next < passed + slice.Arrivals; next += -Math.Log(1 - random.NextDouble()))
                {
                    times.Add(start + (slice.Length * ((next - passed) / slice.Arrivals)));
                }

                (start, passed) = (start + slice.Length, passed + slice.Arrivals);
            }

            return times;
        }
    }

    /// <summary>As customers really came, possibly several times as many of them.</summary>
    /// <param name="Times">From the start of the stretch, ascending.</param>
    /// <param name="Multiplier">Each is repeated so often in mean, the repeats up to <see cref="Apart"/> away: a peak, not an echo.</param>
    internal sealed record Replayed(IReadOnlyList<TimeSpan> Times, TimeSpan Length, double Multiplier = 1) : Arrivals
    {
        public static readonly TimeSpan Apart = TimeSpan.FromMinutes(5);

        public override TimeSpan Length { get; } = Length;

        public override IReadOnlyList<Slice> Expected =>
            [.. Enumerable.Range(0, (int)Math.Ceiling(Length / HalfHour)).Select(n => new Slice(HalfHour, Times.Count(t => (int)(t / HalfHour) == n) * Multiplier))];

        public override IReadOnlyList<TimeSpan> Draw(Random random)
        {
            List<TimeSpan> times = [];
            foreach (var time in Times)
            {
                var copies = (int)Multiplier + (random.NextDouble() < Multiplier % 1 ? 1 : 0);
                for (var copy = 0; copy < copies; copy++)
                {
                    var at = copy == 0 ? time : time + (Apart * ((2 * random.NextDouble()) - 1));
                    times.Add(at < TimeSpan.Zero ? -at : at >= Length ? Length - (at - Length) : at);
                }
            }

            times.Sort();
            return times;
        }

        /// <summary>The busiest stretch of this length in a file of conversations: when each was begun by its customer.</summary>
        public static Replayed Busiest(TwcsFile file, TimeSpan length, double multiplier)
        {
            var starts = file.Threads.Where(t => t.Tweets.Any(m => m.Inbound)).Select(t => t.Tweets.First(m => m.Inbound).SentAt).Order().ToList();
            var (best, from, first) = (0, 0, 0);
            for (var last = 0; last < starts.Count; last++)
            {
                while (starts[last] - starts[first] >= length)
                {
                    first++;
                }

                (best, from) = last - first + 1 > best ? (last - first + 1, first) : (best, from);
            }

            return new([.. starts.Skip(from).Take(best).Select(t => t - starts[from])], length, multiplier);
        }
    }
}
