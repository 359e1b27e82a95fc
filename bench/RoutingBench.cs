using System.Globalization;

namespace Conversations.Bench;

/// <summary>
/// (i) From a customer's message to an offer, and from an agent who is free again to the next one (routing.md 3), at 200 arrivals a second
/// over HTTP; beside them what a plain command takes: the arrivals' own answers. A small house and a large one in turn, in one run:
/// what is matched must cost what changed, not what there is.
/// </summary>
internal static class RoutingBench
{
    private const double BarOffer = 150, BarOfferMedian = 20, BarExpiry = 250, BarGrowth = 2;

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var (small, large, rounds) = (new HouseSize(100, 5, 1_000), quick ? new(1_000, 50, 10_000) : new HouseSize(10_000, 500, 100_000), quick ? 2 : 3);
        var seconds = quick ? 8 : 10;
        Console.WriteLine($"(i) Routing at {House.PerSecond} arrivals a second, synchronous=FULL: {small} and {large}");
        await using var one = await House.Build(folder.Path("small"), small);
        await using var other = await House.Build(folder.Path("large"), large);
        await one.Take("warm-up", 4);
        await other.Take("warm-up", 4);
        List<HouseRound> ofSmall = [], ofLarge = [];
        for (var round = 0; round < rounds; round++)
        {
            ofSmall.Add(await one.Take($"round{round}", seconds));
            ofLarge.Add(await other.Take($"round{round}", seconds));
        }

        Print(small, ofSmall);
        Print(large, ofLarge);
        Console.WriteLine($"  set up in {one.SetUp.TotalSeconds:F0} s and {other.SetUp.TotalSeconds:F0} s");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  arrival to offer (four commits, one after the other) / plain command (one): p50 {Over(ofSmall, r => r.P50):F1} and {Over(ofLarge, r => r.P50):F1}, p99 {Over(ofSmall, r => r.P99):F1} and {Over(ofLarge, r => r.P99):F1}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  p99 of a plain command, large / small: {Growth(r => r.Plain.P99):F2}"));
        Bars.AtMost("p50 ms arrival to offer", Of(ofSmall, r => r.Offer.P50).Median, BarOfferMedian);
        Bars.AtMost("p99 ms arrival to offer", Of(ofSmall, r => r.Offer.P99).Median, BarOffer);
        Bars.AtMost("p99 ms freed agent to next offer", Of(ofSmall, r => r.Next.P99).Median, BarOffer);
        Bars.AtMost("p99 ms by which an offer expires late", Of(ofSmall, r => r.Expiry.P99).Median, BarExpiry);
        Bars.AtMost("p99 arrival to offer, large / small", Growth(r => r.Offer.P99), BarGrowth);
        Bars.AtMost("p99 freed agent to next offer, large / small", Growth(r => r.Next.P99), BarGrowth);

        double Over(List<HouseRound> taken, Func<Quantiles, double> of) => Of(taken, r => of(r.Offer) / of(r.Plain)).Median;
        double Growth(Func<HouseRound, double> of) => Of(ofLarge, of).Median / Of(ofSmall, of).Median;
    }

    private static Spread Of(IEnumerable<HouseRound> rounds, Func<HouseRound, double> of) => Spread.Of(rounds.Select(of));

    private static void Print(HouseSize size, List<HouseRound> rounds)
    {
        Console.WriteLine($"  {size}: ms, median (quartiles) of {rounds.Count} interleaved rounds");
        Line("plain command", r => r.Plain);
        Line("arrival to offer", r => r.Offer);
        Line("freed to next offer", r => r.Next);
        Line("expiry, late by", r => r.Expiry);

        void Line(string name, Func<HouseRound, Quantiles> of) => Console.WriteLine(
            $"    {name,-20} p50 {Of(rounds, r => of(r).P50).Text("F1"),-20} p99 {Of(rounds, r => of(r).P99).Text("F1"),-22} of {rounds.Sum(r => of(r).Count):N0}");
    }
}

internal sealed record HouseSize(int Agents, int Queues, int Waiting)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Agents:N0} agents, {Queues:N0} queues, {Waiting:N0} waiting");
}

internal sealed record HouseRound(Quantiles Plain, Quantiles Offer, Quantiles Next, Quantiles Expiry);

/// <summary>Of durations in milliseconds.</summary>
internal readonly record struct Quantiles(double P50, double P99, int Count)
{
    public static Quantiles Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? new(double.NaN, double.NaN, 0) : new(At(0.50), At(0.99), sorted.Length);

        double At(double quantile) => sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * quantile)];
    }
}
