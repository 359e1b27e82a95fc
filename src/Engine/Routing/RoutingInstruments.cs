using System.Diagnostics.Metrics;

namespace Conversations.Engine;

/// <summary>What the router tells operators.</summary>
internal static class RoutingInstruments
{
    private static readonly Meter Meter = new("Conversations.Routing");

    private static readonly Counter<long> Swept = Meter.CreateCounter<long>(
        "conversations.routing.swept", "matches", "Found by the 5 s safety sweep though no trigger had: should be 0.");

    private static readonly Counter<long> Offered = Meter.CreateCounter<long>("conversations.routing.offers", "offers", "Offers made.");

    private static readonly Counter<long> Vain = Meter.CreateCounter<long>(
        "conversations.routing.refused", "attempts", "Attempts to offer that an agent or a conversation refused: the router was behind.");

    private static readonly Histogram<double> Matching = Meter.CreateHistogram<double>(
        "conversations.routing.matching", "ms", "Time to look at everything that changed.");

    public static void Sweep(int found) => Swept.Add(found);

    public static void Made() => Offered.Add(1);

    public static void Refused() => Vain.Add(1);

    public static void Looked(TimeSpan took) => Matching.Record(took.TotalMilliseconds);
}
