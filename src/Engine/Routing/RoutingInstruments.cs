using System.Diagnostics.Metrics;

namespace Conversations.Engine;

/// <summary>What the router tells operators.</summary>
internal static class RoutingInstruments
{
    private static readonly Meter Meter = new(Instruments.MeterName);

    private static readonly Counter<long> Swept = Meter.CreateCounter<long>(
        "conversations.routing.swept", "{match}", "Found by the 5 s safety sweep though no trigger had: should be 0.");

    private static readonly Counter<long> Offered = Meter.CreateCounter<long>("conversations.routing.offers", "{offer}", "Offers made.");

    private static readonly Counter<long> Vain = Meter.CreateCounter<long>(
        "conversations.routing.refused", "{attempt}", "Attempts to offer that an agent or a conversation refused: the router was behind.");

    private static readonly Histogram<double> Matching = Meter.CreateHistogram(
        "conversations.routing.matching", "s", "Time to look at everything that changed.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });

    public static void Sweep(int found) => Swept.Add(found);

    public static void Made() => Offered.Add(1);

    public static void Refused() => Vain.Add(1);

    public static void Looked(TimeSpan took) => Matching.Record(took.TotalSeconds);
}
