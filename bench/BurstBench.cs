using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Conversations.Engine;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Conversations.Bench;

/// <summary>
/// (g) 50,000 promises run out in the same second, of a million that wait, while customers write at a steady pace: nobody may
/// wait much longer for that than in quiet times.
/// </summary>
internal static class BurstBench
{
    /// <summary>Issue 4: no other command's p99 may exceed three times its quiet value.</summary>
    private const double Bar = 3;

    private const int PerSecond = 200, Talking = 100, WarmUp = 5;

    /// <summary>From one burst to the next, by the bench's clock, which is put forward: nobody waits for it.</summary>
    private static readonly Duration Apart = Duration.FromMinutes(10);

    private static readonly Instant First = Instant.FromUtc(2026, 1, 1, 9, 0);

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var (pending, burst, quiet, rounds) = quick ? (100_000, 10_000, 5, 3) : (1_000_000, 50_000, 12, 3);
        Console.WriteLine($"(g) {burst:N0} deadlines in one second, {pending:N0} pending, {PerSecond} messages a second beside them, {rounds} times; synchronous=FULL");
        var path = folder.Database("burst");
        var preparing = Stopwatch.StartNew();
        await Waiting.Prepare(path, Enumerable.Range(0, pending).Select(i => (
            Talk.Thread($"{i}"), i < rounds * burst ? First + ((i / burst) * Apart) + Duration.FromMilliseconds(i % burst * 1_000L / burst) : First + ((rounds + 1) * Apart) + Duration.FromMilliseconds(3_600_000 + (i * 10L)))));
        Console.WriteLine($"    prepared in {preparing.Elapsed.TotalSeconds:F0} s");
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // the preparation's leftovers are not the engine's

        var time = new ShiftedTime((First - Duration.FromSeconds(WarmUp + quiet)).ToDateTimeOffset());
        await using var engine = await LiveEngine.Open(path, SqliteSynchronous.Full, time);
        var late = new ConcurrentQueue<double>();
        var (left, began) = (burst, First);
        using var allFired = new SemaphoreSlim(0, 1);
        engine.Journal.Committed = commit =>
        {
            if (commit.Events is [{ Type: "sla.breached" }])
            {
                late.Enqueue((Instant.FromDateTimeOffset(time.GetUtcNow()) - began).TotalMilliseconds);
                if (Interlocked.Decrement(ref left) == 0)
                {
                    allFired.Release();
                }
            }
        };

        using var worker = new DeadlineWorker(engine.Partition, engine.Entities, time, NullLogger<DeadlineWorker>.Instance);
        await worker.StartAsync(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var talk = Task.Run(() => Write(engine, time, stop.Token));
        List<(Instant From, Instant To)> bursts = [];
        for (var round = 0; round < rounds; round++)
        {
            (left, began) = (burst, First + (round * Apart));
            if (round > 0)
            {
                time.PutForwardTo((began - Duration.FromSeconds(WarmUp + quiet)).ToDateTimeOffset());
            }

            if (!await allFired.WaitAsync(TimeSpan.FromSeconds(WarmUp + quiet + 120)))
            {
                break;
            }

            bursts.Add((began, Instant.FromDateTimeOffset(time.GetUtcNow())));
        }

        await stop.CancelAsync();
        var taken = await talk;
        await worker.StopAsync(CancellationToken.None);
        Report(taken, bursts, burst, quiet, [.. late.Order()]);
        Bars.AtMost("p99 of messages in the burst / quiet", bursts.Count == rounds ? Ratios(taken, bursts, quiet, 0.99).Median : double.PositiveInfinity, Bar);
    }

    private static void Report(IReadOnlyCollection<(Instant At, double Milliseconds)> taken, List<(Instant From, Instant To)> bursts, int burst, int quiet, double[] late)
    {
        var drained = Spread.Of(bursts.Select(b => (b.To - b.From).TotalSeconds));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    all fired after {drained.Text("F1")} s ({burst / drained.Median:F0}/s), ms late: p50 {At(late, 0.5):F0}, p99 {At(late, 0.99):F0}"));
        foreach (var (name, quantile) in new[] { ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999) })
        {
            var before = Spread.Of(bursts.Select(b => At(Quiet(taken, b.From, quiet), quantile)));
            var during = Spread.Of(bursts.Select(b => At(Between(taken, b.From, b.To), quantile)));
            Console.WriteLine($"    messages, {name} ms: quiet {before.Text("F1")}, in the burst {during.Text("F1")}, ratio {Ratios(taken, bursts, quiet, quantile).Text("F1")}");
        }
    }

    private static Spread Ratios(IReadOnlyCollection<(Instant At, double Milliseconds)> taken, List<(Instant From, Instant To)> bursts, int quiet, double quantile) =>
        Spread.Of(bursts.Select(b => At(Between(taken, b.From, b.To), quantile) / At(Quiet(taken, b.From, quiet), quantile)));

    private static double[] Quiet(IReadOnlyCollection<(Instant At, double Milliseconds)> taken, Instant burst, int seconds) =>
        Between(taken, burst - Duration.FromSeconds(seconds), burst);

    private static double[] Between(IReadOnlyCollection<(Instant At, double Milliseconds)> taken, Instant from, Instant to) =>
        [.. taken.Where(t => t.At >= from && t.At < to).Select(t => t.Milliseconds).Order()];

    /// <summary>One message each five milliseconds, whatever becomes of those before: a slow answer does not make the load smaller.</summary>
    private static async Task<IReadOnlyCollection<(Instant At, double Milliseconds)>> Write(LiveEngine engine, TimeProvider time, CancellationToken stop)
    {
        var taken = new ConcurrentQueue<(Instant, double)>();
        List<Task> under = [];
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var wait = TimeSpan.FromSeconds((double)i / PerSecond) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
            }

            under.Add(One(i));
        }

        await Task.WhenAll(under);
        return taken;

        async Task One(int i)
        {
            var (at, from) = (Instant.FromDateTimeOffset(time.GetUtcNow()), Stopwatch.GetTimestamp());
            var address = Talk.Thread($"talking-{i % Talking}");
            await engine.Send(address, Talk.Receive(address, string.Create(CultureInfo.InvariantCulture, $"burst-{i}")));
            taken.Enqueue((at, Stopwatch.GetElapsedTime(from).TotalMilliseconds));
        }
    }

    private static double At(double[] sorted, double quantile) => sorted.Length == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * quantile)];
}
