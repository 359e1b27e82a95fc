using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Engine.Sqlite;

namespace Conversations.Bench;

/// <summary>
/// (c) What a message costs late in a long history, against early in a short one. Flushing is off: its time would hide the
/// difference. Each message moves the clock on, so that none is flood.
/// </summary>
internal static class HistoryBench
{
    private const double Bar = 1.1;
    private const int Settled = 200;

    /// <summary>Messages in a row. Whole rounds of <see cref="Talk.Next"/>: as many answers early as late.</summary>
    private const int Block = 9;

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var length = quick ? 20_000 : 100_000;
        Console.WriteLine($"(c) Message 10 against message {length:N0} of one conversation; synchronous=OFF, one sender");
        var time = new SteppedTime();
        await using var engine = await LiveEngine.Open(folder.Database("history"), SqliteSynchronous.Off, time);
        var longest = new Thread(engine, time, "long");
        var settled = new Thread(engine, time, "settled");
        await longest.Write(length - 1);
        await settled.Write(Settled - 1);

        var rounds = quick ? 10 : 30;
        List<(Cost Fresh, Cost Settled, Cost Long)> taken = [];
        for (var round = -2; round < rounds; round++)
        {
            Cost fresh = default, medium = default, late = default;
            for (var i = 0; i < 20; i++)
            {
                var young = new Thread(engine, time, $"fresh-{round}-{i}");
                await young.Write(9);
                fresh += await young.Measure(Block);
                late += await longest.Measure(Block);
                medium += await settled.Measure(Block);
            }

            if (round >= 0)
            {
                taken.Add((fresh, medium, late));
            }
        }

        Print($"message 10–{9 + Block}", taken.Select(t => t.Fresh));
        Print($"message {Settled:N0}–", taken.Select(t => t.Settled));
        Print($"message {length:N0}–", taken.Select(t => t.Long));
        var ratio = Spread.Of(taken.Select(t => t.Long.Ticks / (double)t.Fresh.Ticks));
        Console.WriteLine($"    message {length:N0} / message 10: {ratio.Text("F2")} by time, "
            + $"{Spread.Of(taken.Select(t => t.Long.Cpu / t.Fresh.Cpu)).Text("F2")} by processor time, "
            + $"{Spread.Of(taken.Select(t => t.Long.Bytes / (double)t.Fresh.Bytes)).Text("F2")} by bytes allocated; "
            + $"against message {Settled}: {Spread.Of(taken.Select(t => t.Long.Ticks / (double)t.Settled.Ticks)).Text("F2")} by time");
        Bars.AtMost($"time of message {length:N0} / message 10", ratio.Median, Bar);
        await Activation(engine, time, longest, settled);
    }

    /// <summary>The first message after the entity left memory: what is read is bounded by the snapshot, not by the history.</summary>
    private static async Task Activation(LiveEngine engine, SteppedTime time, Thread longest, Thread settled)
    {
        var young = new Thread(engine, time, "young");
        await young.Write(9);
        Thread[] threads = [young, settled, longest];
        var times = threads.Select(_ => new List<double>()).ToArray();
        for (var i = 0; i < 50; i++)
        {
            for (var t = 0; t < threads.Length; t++)
            {
                engine.Entities.Evict(TimeSpan.Zero);
                times[t].Add((await threads[t].Measure(1)).Ticks * 1e6 / Stopwatch.Frequency);
            }
        }

        Console.WriteLine($"    first message after eviction, µs: of 10 {Spread.Of(times[0]).Text()}, of {Settled} {Spread.Of(times[1]).Text()}, long {Spread.Of(times[2]).Text()}");
    }

    private static void Print(string what, IEnumerable<Cost> costs)
    {
        Cost[] all = [.. costs];
        const double Messages = 20 * Block;
        Console.WriteLine($"    {what,-18} {Spread.Of(all.Select(c => c.Ticks * 1e6 / Stopwatch.Frequency / Messages)).Text("F0"),-20} µs, CPU "
            + $"{Spread.Of(all.Select(c => c.Cpu / Messages)).Text("F0"),-18} µs, {Spread.Of(all.Select(c => c.Bytes / Messages)).Text()} bytes allocated");
    }

    private readonly record struct Cost(long Ticks, double Cpu, long Bytes)
    {
        public static Cost operator +(Cost a, Cost b) => new(a.Ticks + b.Ticks, a.Cpu + b.Cpu, a.Bytes + b.Bytes);
    }

    /// <summary>A conversation and how long it is.</summary>
    private sealed class Thread(LiveEngine engine, SteppedTime time, string name)
    {
        private readonly Address _address = Talk.Thread(name);
        private int _length;

        public async Task Write(int messages)
        {
            for (var i = 0; i < messages; i++)
            {
                time.Step();
                await engine.Send(_address, Talk.Next(_address, _length, string.Create(CultureInfo.InvariantCulture, $"{name}-{_length}")));
                _length++;
            }
        }

        public async Task<Cost> Measure(int messages)
        {
            var bytes = GC.GetTotalAllocatedBytes(precise: true);
            var cpu = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            await Write(messages);
            var ticks = Stopwatch.GetTimestamp() - started;
            return new(ticks, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true) - bytes);
        }
    }
}

/// <summary>A clock that moves on when told, by 20 seconds.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public void Step() => _now += TimeSpan.FromSeconds(20);

    public override DateTimeOffset GetUtcNow() => _now;
}
