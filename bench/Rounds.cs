using System.Diagnostics;
using System.Globalization;

namespace Conversations.Bench;

/// <summary>What one round of one contestant measured.</summary>
/// <param name="PerSecond">Operations a second.</param>
/// <param name="Cpu">Processor time of the whole process for each operation, in microseconds: other load on the machine hardly moves it.</param>
/// <param name="Bytes">Allocated for each operation.</param>
/// <param name="Pause">Share of the time in which the garbage collector held everything up, in percent.</param>
internal readonly record struct Round(double PerSecond, double P50, double P99, double Cpu, double Bytes, double Pause)
{
    /// <summary>Runs <paramref name="work"/>, which fills in each operation's latency in stopwatch ticks.</summary>
    public static async Task<Round> Measure(int operations, Func<long[], Task> work)
    {
        var latencies = new long[operations];
        var (bytes, pause, cpu) = (GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration(), Environment.CpuUsage.TotalTime);
        var started = Stopwatch.GetTimestamp();
        await work(latencies);
        var elapsed = Stopwatch.GetElapsedTime(started);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        pause = GC.GetTotalPauseDuration() - pause;
        bytes = GC.GetTotalAllocatedBytes() - bytes;
        Array.Sort(latencies);
        return new(
            operations / elapsed.TotalSeconds, Milliseconds(latencies, 0.50), Milliseconds(latencies, 0.99), cpu.TotalMicroseconds / operations,
            (double)bytes / operations, 100 * (pause / elapsed));
    }

    private static double Milliseconds(long[] sorted, double quantile) =>
        sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * quantile)] * 1_000.0 / Stopwatch.Frequency;
}

/// <summary>Median and spread over rounds.</summary>
internal readonly record struct Spread(double Median, double Low, double High)
{
    /// <summary>The middle, and the quartiles as spread.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(At(sorted, 0.5), At(sorted, 0.25), At(sorted, 0.75));
    }

    public string Text(string format = "N0") =>
        $"{Median.ToString(format, CultureInfo.InvariantCulture)} ({Low.ToString(format, CultureInfo.InvariantCulture)}–{High.ToString(format, CultureInfo.InvariantCulture)})";

    private static double At(double[] sorted, double quantile)
    {
        var place = (sorted.Length - 1) * quantile;
        var (low, high) = (sorted[(int)Math.Floor(place)], sorted[(int)Math.Ceiling(place)]);
        return low + ((high - low) * (place - Math.Floor(place)));
    }
}

/// <summary>Rounds of two contestants, taken in turn, so that what else the machine does hits both alike.</summary>
internal sealed class Rounds(string a, string b)
{
    private readonly List<(Round A, Round B)> _taken = [];

    /// <summary>How many times the first does what the second does, round by round.</summary>
    public Spread Ratio => Spread.Of(_taken.Select(r => r.A.PerSecond / r.B.PerSecond));

    public Spread P99OfA => Spread.Of(_taken.Select(r => r.A.P99));

    /// <param name="prepare">Gets the number of the round; those below 0 are for warming up and not counted.</param>
    public static async Task<Rounds> Take(string a, string b, int count, Func<int, Task> prepare, Func<Task<Round>> roundA, Func<Task<Round>> roundB)
    {
        var rounds = new Rounds(a, b);
        for (var i = -2; i < count; i++)
        {
            await prepare(i);
            GC.Collect();
            GC.Collect(); // what was prepared is old now: moving it is no part of a round
            var taken = (await roundA(), await roundB());
            if (i >= 0)
            {
                rounds._taken.Add(taken);
            }
        }

        return rounds;
    }

    public void Print(string title)
    {
        Console.WriteLine($"  {title}, median (quartiles) of {_taken.Count} interleaved rounds");
        Console.WriteLine($"    {"",-10} {"per second",-26} {"p50 ms",-22} {"p99 ms",-22} {"CPU µs each",-16} {"bytes each",-24} {"GC pauses %",-12}");
        Line(a, [.. _taken.Select(r => r.A)]);
        Line(b, [.. _taken.Select(r => r.B)]);
        var cpu = Spread.Of(_taken.Select(r => r.B.Cpu / r.A.Cpu));
        Console.WriteLine($"    {a}/{b}: {Ratio.Text("F2")} by throughput, {cpu.Text("F2")} by processor time");
    }

    private static void Line(string name, Round[] rounds) => Console.WriteLine(
        $"    {name,-10} {Spread.Of(rounds.Select(r => r.PerSecond)).Text(),-26} {Spread.Of(rounds.Select(r => r.P50)).Text("F1"),-22} "
        + $"{Spread.Of(rounds.Select(r => r.P99)).Text("F1"),-22} {Spread.Of(rounds.Select(r => r.Cpu)).Text("F0"),-16} "
        + $"{Spread.Of(rounds.Select(r => r.Bytes)).Text(),-24} {Spread.Of(rounds.Select(r => r.Pause)).Text("F0"),-12}");
}

/// <summary>The bars and whether they were met.</summary>
internal static class Bars
{
    public static bool AllMet { get; private set; } = true;

    public static void AtLeast(string what, double value, double bar) => Report(what, value, bar, "≥", value >= bar);

    public static void AtMost(string what, double value, double bar) => Report(what, value, bar, "≤", value <= bar);

    private static void Report(string what, double value, double bar, string sign, bool met)
    {
        AllMet &= met;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  BAR {what}: {value:0.##} {sign} {bar:0.##}  {(met ? "met" : "MISSED")}"));
    }
}
