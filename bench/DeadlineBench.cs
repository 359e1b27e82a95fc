using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Conversations.Bench;

/// <summary>
/// (d) How late deadlines fire while a million wait.
/// </summary>
internal static class DeadlineBench
{
    private const double Bar = 250;
    private const int PerSecond = 1_000;

    /// <summary>Seconds of the same load before those that count: the compiler's work would otherwise be measured too.</summary>
    private const int WarmUp = 4;

    /// <summary>When the first of those measured is due. The benchmark's clock is set so that this comes when all is prepared.</summary>
    private static readonly Instant FirstMeasured = Instant.FromUtc(2026, 1, 1, 0, 0), FirstDue = FirstMeasured - Duration.FromSeconds(WarmUp);

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var (pending, seconds) = quick ? (100_000, 5) : (1_000_000, 20);
        Console.WriteLine($"(d) Lateness of deadlines: {pending:N0} pending, {PerSecond:N0} due a second for {seconds} s; synchronous=FULL");
        var path = folder.Database("deadlines");
        var preparing = Stopwatch.StartNew();
        var dues = await Prepare(path, pending, (WarmUp + seconds) * PerSecond);
        Console.WriteLine($"    prepared in {preparing.Elapsed.TotalSeconds:F0} s, data file {new FileInfo(path).Length >> 20:N0} MB");

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // the preparation's leftovers are not the engine's
        var time = new ShiftedTime(FirstDue.ToDateTimeOffset() - TimeSpan.FromSeconds(2));
        await using var engine = await LiveEngine.Open(path, SqliteSynchronous.Full, time);
        var late = new ConcurrentQueue<(int Second, double Milliseconds)>();
        using var allFired = new SemaphoreSlim(0, 1);
        var left = dues.Count;
        engine.Journal.Committed = commit =>
        {
            if (commit.Events is [{ Type: "sla.breached" }] && dues.TryGetValue(commit.Entity.Id, out var due))
            {
                var lateness = Instant.FromDateTimeOffset(time.GetUtcNow()) - due;
                if (due >= FirstMeasured)
                {
                    late.Enqueue(((int)(due - FirstMeasured).TotalSeconds, lateness.TotalMilliseconds));
                }

                if (Interlocked.Decrement(ref left) == 0)
                {
                    allFired.Release();
                }
            }
        };

        var transactions = engine.Transactions;
        var cpu = Environment.CpuUsage.TotalTime;
        using var worker = new DeadlineWorker(engine.Partition, engine.Entities, time, NullLogger<DeadlineWorker>.Instance);
        await worker.StartAsync(CancellationToken.None);
        var all = await allFired.WaitAsync(TimeSpan.FromSeconds(WarmUp + seconds + 60));
        await worker.StopAsync(CancellationToken.None);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    {dues.Count - left:N0} of {dues.Count:N0} fired, {(dues.Count - left) / (double)(engine.Transactions - transactions):F0} a transaction, CPU {(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / dues.Count:F0} µs each"));
        Report(late, all);
    }

    private static void Report(ConcurrentQueue<(int Second, double Milliseconds)> late, bool all)
    {
        double[] sorted = [.. late.Select(l => l.Milliseconds).Order()];
        double At(double[] of, double quantile) => of[(int)Math.Min(of.Length - 1, of.Length * quantile)];
        var bySecond = late.GroupBy(l => l.Second).Select(s => At([.. s.Select(l => l.Milliseconds).Order()], 0.99));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    committed after due, ms: p50 {At(sorted, 0.5):F1}, p99 {At(sorted, 0.99):F1}, most {sorted[^1]:F1}; p99 second by second {Spread.Of(bySecond).Text("F1")}"));
        Bars.AtMost("p99 ms late", all ? At(sorted, 0.99) : double.PositiveInfinity, Bar);
    }

    /// <returns>The conversations that will be measured, with their deadlines: one each millisecond. The others are due hours later.</returns>
    private static async Task<Dictionary<string, Instant>> Prepare(string path, int pending, int measured)
    {
        var all = Enumerable.Range(0, pending)
            .Select(i => (Address: Talk.Thread($"{i}"), Due: FirstDue + Duration.FromMilliseconds(i < measured ? (long)i * 1_000 / PerSecond : 3_600_000 + (i * 10L))))
            .ToList();
        await Waiting.Prepare(path, all);
        return all.Take(measured).ToDictionary(a => ConversationId.Of(AccountId.Default, a.Address).Value, a => a.Due);
    }
}
