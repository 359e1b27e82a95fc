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

    private static readonly Instant Burst = Instant.FromUtc(2026, 1, 1, 9, 0);

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var (pending, burst, quiet) = quick ? (100_000, 10_000, 10) : (1_000_000, 50_000, 20);
        Console.WriteLine($"(g) {burst:N0} deadlines in one second, {pending:N0} pending, {PerSecond} messages a second beside them; synchronous=FULL");
        var path = folder.Database("burst");
        await Waiting.Prepare(path, Enumerable.Range(0, pending).Select(i => (
            Talk.Thread($"{i}"), Burst + (i < burst ? Duration.FromMilliseconds(i * 1_000L / burst) : Duration.FromMilliseconds(3_600_000 + (i * 10L))))));
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // the preparation's leftovers are not the engine's

        var time = new ShiftedTime(Burst.ToDateTimeOffset() - TimeSpan.FromSeconds(WarmUp + quiet));
        await using var engine = await LiveEngine.Open(path, SqliteSynchronous.Full, time);
        var late = new ConcurrentQueue<double>();
        var left = burst;
        using var allFired = new SemaphoreSlim(0, 1);
        engine.Journal.Committed = commit =>
        {
            if (commit.Events is [{ Type: "sla.breached" }])
            {
                late.Enqueue((Instant.FromDateTimeOffset(time.GetUtcNow()) - Burst).TotalMilliseconds);
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
        var all = await allFired.WaitAsync(TimeSpan.FromSeconds(WarmUp + quiet + 180));
        var over = Instant.FromDateTimeOffset(time.GetUtcNow());
        await stop.CancelAsync();
        var taken = await talk;
        await worker.StopAsync(CancellationToken.None);

        double[] Of(Func<Instant, bool> when) => [.. taken.Where(t => when(t.At)).Select(t => t.Milliseconds).Order()];
        var before = Of(at => at >= Burst - Duration.FromSeconds(quiet) && at < Burst);
        var during = Of(at => at >= Burst && at <= over);
        double[] fired = [.. late.Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    {fired.Length:N0} fired in {(over - Burst).TotalSeconds:F1} s ({fired.Length / (over - Burst).TotalSeconds:F0}/s), ms late: p50 {At(fired, 0.5):F0}, p99 {At(fired, 0.99):F0}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    messages, ms: quiet p50 {At(before, 0.5):F1} p99 {At(before, 0.99):F1} ({before.Length:N0}), in the burst p50 {At(during, 0.5):F1} p99 {At(during, 0.99):F1} ({during.Length:N0})"));
        Bars.AtMost("p99 of messages in the burst / quiet", all ? At(during, 0.99) / At(before, 0.99) : double.PositiveInfinity, Bar);
    }

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
