using System.Diagnostics;
using System.Diagnostics.Metrics;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// What the engine measures, whoever listens: the meter <c>Conversations</c>. Durations and ages are in seconds. Names and tags
/// are what dashboards and alerts are written against.
/// </summary>
public static class Instruments
{
    public const string MeterName = "Conversations";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "conversations.commit.duration", "s", "From sending a commit to the journal's answer, by kind of entity and outcome.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });

    private static readonly Counter<long> Commands = Meter.CreateCounter<long>(
        "conversations.commands", "{command}", "Commands answered, by kind of entity and outcome: done, replayed, refused, overloaded, unknown.");

    private static readonly Counter<long> Conflicts = Meter.CreateCounter<long>(
        "conversations.commit.conflicts", "{conflict}", "Decisions made on a version that was no longer the current one: another live copy wrote.");

    private static readonly Histogram<double> DeadlineLateness = Meter.CreateHistogram(
        "conversations.deadline.lateness", "s", "From a deadline to the commit of what came of it.", advice: Ages());

    private static readonly Histogram<double> OutboxAge = Meter.CreateHistogram(
        "conversations.outbox.age", "s", "How old an outbox message is when a try to deliver it ends, by target and result.", advice: Ages());

    private static readonly Counter<long> DeadLetters = Meter.CreateCounter<long>(
        "conversations.outbox.dead_letters", "{message}", "Outbox messages given up, by target.");

    private static readonly Counter<long> Promises = Meter.CreateCounter<long>(
        "conversations.sla.events", "{event}", "What became of promises, by type of event: sla.warning, sla.breached, sla.fulfilled, sla.unreachable …");

    private static readonly Histogram<double> FeedLag = Meter.CreateHistogram(
        "conversations.feed.lag", "s", "From the commit of an event to its being handed to those who watch.", advice: Ages());

    internal static void Committed(string kind, long since, string outcome) =>
        CommitDuration.Record(Stopwatch.GetElapsedTime(since).TotalSeconds, new("kind", kind), new("outcome", outcome));

    internal static void Conflicted(string kind) => Conflicts.Add(1, new KeyValuePair<string, object?>("kind", kind));

    internal static void Answered<TAnswer>(string kind, Reply<TAnswer> reply) => Commands.Add(1, new("kind", kind), new("outcome", reply switch
    {
        Reply<TAnswer>.Done { Replayed: true } => "replayed",
        Reply<TAnswer>.Done => "done",
        Reply<TAnswer>.Refused => "refused",
        Reply<TAnswer>.Overloaded => "overloaded",
        _ => "unknown",
    }));

    /// <param name="type">An event's wire name. How clocks stand (sla.changed) is no news.</param>
    internal static void Happened(string type)
    {
        if (type.StartsWith("sla.", StringComparison.Ordinal) && type != "sla.changed")
        {
            Promises.Add(1, new KeyValuePair<string, object?>("type", type));
        }
    }

    internal static void Fired(Duration late) => DeadlineLateness.Record(late.TotalSeconds);

    internal static void Tried(OutboxEntry entry, Duration age, string result) =>
        OutboxAge.Record(age.TotalSeconds, new("target", entry.Message.Target), new("result", result));

    internal static void Buried(OutboxEntry entry) => DeadLetters.Add(1, new KeyValuePair<string, object?>("target", entry.Message.Target));

    public static void HandedOut(Duration lag) => FeedLag.Record(lag.TotalSeconds);

    private static InstrumentAdvice<double> Ages() => new() { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400] };
}
