using System.Globalization;

namespace Conversations.Peaks;

/// <summary>How a time varies from one customer to the next.</summary>
internal abstract record Spread
{
    /// <summary>Shape of a lognormal: the standard deviation of the logarithm. 0.8 is usual for handle times of chats.</summary>
    public const double UsualShape = 0.8;

    private Spread()
    {
    }

    public abstract TimeSpan Mean { get; }

    public abstract TimeSpan Draw(Random random);

    /// <summary><c>480</c> or <c>exponential:480</c>, <c>lognormal:480</c>, <c>lognormal:480,0.8</c>, <c>fixed:480</c>; seconds.</summary>
    public static Spread? Parse(string text)
    {
        var (kind, rest) = text.Split(':') is [var before, var after] ? (before, after) : ("exponential", text);
        var numbers = rest.Split(',').Select(n => double.TryParse(n, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var x) ? x : double.NaN).ToList();
        return numbers.Exists(n => !double.IsFinite(n) || n > TimeSpan.MaxValue.TotalSeconds / 2) ? null : (kind, numbers) switch
        {
            ("exponential", [> 0 and var mean]) => new Exponential(TimeSpan.FromSeconds(mean)),
            ("lognormal", [> 0 and var mean]) => new LogNormal(TimeSpan.FromSeconds(mean), UsualShape),
            ("lognormal", [> 0 and var mean, > 0 and < 5 and var shape]) => new LogNormal(TimeSpan.FromSeconds(mean), shape),
            ("fixed", [var length]) => new Fixed(TimeSpan.FromSeconds(length)),
            _ => null,
        };
    }

    /// <summary>As long as is left, however long it took so far: what Erlang's formulas assume.</summary>
    internal sealed record Exponential(TimeSpan Mean) : Spread
    {
        public override TimeSpan Mean { get; } = Mean;

        public override TimeSpan Draw(Random random) => Mean * -Math.Log(1 - random.NextDouble());
    }

    /// <summary>Most are short and some very long: what handle times look like.</summary>
    /// <param name="Mean">Of the times themselves, not of their logarithms.</param>
    internal sealed record LogNormal(TimeSpan Mean, double Shape) : Spread
    {
        public override TimeSpan Mean { get; } = Mean;

        public override TimeSpan Draw(Random random)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Mean * Math.Exp((Shape * normal) - (Shape * Shape / 2));
        }
    }

    internal sealed record Fixed(TimeSpan Mean) : Spread
    {
        public override TimeSpan Mean { get; } = Mean;

        public override TimeSpan Draw(Random random) => Mean;
    }
}
