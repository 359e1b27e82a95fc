using System.Diagnostics;
using System.Globalization;
using Conversations.Engine;
using Conversations.Engine.Sqlite;

namespace Conversations.Bench;

/// <summary>(a) Commands through the engine, against the bare store writing the very same rows.</summary>
internal static class EngineBench
{
    private const double Bar = 0.5;
    private const int Senders = 256, ThreadsOfEach = 8;

    public static async Task Run(BenchFolder folder, bool quick)
    {
        Console.WriteLine($"(a) Engine against bare store: {Senders} senders at once, two customer messages to one reply, {Senders * ThreadsOfEach:N0} conversations");
        PrintFlush(folder);
        var full = await Take(folder, SqliteSynchronous.Full, rounds: quick ? 3 : 9, ofEach: quick ? 16 : 64);
        Bars.AtLeast("engine/bare, synchronous=FULL", full.Ratio.Median, Bar);
        await Take(folder, SqliteSynchronous.Off, rounds: quick ? 3 : 5, ofEach: quick ? 16 : 64);
    }

    private static async Task<Rounds> Take(BenchFolder folder, SqliteSynchronous synchronous, int rounds, int ofEach)
    {
        var (commands, batches) = (0L, (Engine: 0L, Bare: 0L));
        await using var engine = await LiveEngine.Open(folder.Database($"engine-{synchronous}"), synchronous);
        await using var bare = BareStore.Open(folder.Database($"bare-{synchronous}"), synchronous);
        var entities = new Dictionary<EntityKey, long>();
        BareWrite[][] writes = [];
        var taken = await Rounds.Take(
            "engine", "bare", rounds,
            async round =>
            {
                engine.Journal.Taken = new();
                var before = engine.Transactions;
                var result = await Round.Measure(Senders * ofEach, latencies => Parallel(latencies, ofEach, (sender, i) => Send(engine, round, sender, i)));
                batches.Engine += engine.Transactions - before;
                commands += Senders * ofEach;
                writes = BySender(engine.Journal.Taken, entities);
                return result;
            },
            async _ =>
            {
                var before = bare.Transactions;
                var result = await Round.Measure(Senders * ofEach, latencies => Parallel(latencies, ofEach, (sender, i) => new(bare.Write(writes[sender][i]))));
                batches.Bare += bare.Transactions - before;
                return result;
            });
        taken.Print(string.Create(
            CultureInfo.InvariantCulture,
            $"synchronous={synchronous.ToString().ToUpperInvariant()}; commits in a batch: engine {(double)commands / batches.Engine:F0}, bare {(double)commands / batches.Bare:F0}"));
        return taken;
    }

    private static ValueTask Send(LiveEngine engine, int round, int sender, int i)
    {
        var address = Talk.Thread($"{sender}-{i % ThreadsOfEach}");
        return engine.Send(address, Talk.Next(address, i / ThreadsOfEach, $"{round}-{sender}-{i}"));
    }

    /// <summary>Each sender has threads of its own, so what it sent can be written again by one producer in the same order.</summary>
    private static BareWrite[][] BySender(IEnumerable<Commit> commits, Dictionary<EntityKey, long> entities)
    {
        var bySender = Enumerable.Range(0, Senders).Select(_ => new List<BareWrite>()).ToArray();
        foreach (var commit in commits)
        {
            var thread = commit.View!.Address.Thread;
            bySender[int.Parse(thread.AsSpan(0, thread.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture)].Add(new(commit, entities));
        }

        return [.. bySender.Select(w => w.ToArray())];
    }

    private static Task Parallel(long[] latencies, int ofEach, Func<int, int, ValueTask> operation) =>
        Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < ofEach; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await operation(sender, i);
                latencies[(sender * ofEach) + i] = Stopwatch.GetTimestamp() - started;
            }
        })));

    /// <summary>What durability costs on this disk: one flush, and a commit of one row with and without it.</summary>
    private static void PrintFlush(BenchFolder folder)
    {
        Directory.CreateDirectory(folder.Path("flush"));
        using var file = new FileStream(Path.Combine(folder.Path("flush"), "flush"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        var flush = Times(200, () =>
        {
            file.Write(page);
            file.Flush(flushToDisk: true);
        });
        Console.WriteLine($"  one append of 4 KB and flush: {flush.Text("F0")} µs; one commit alone: "
            + $"FULL {CommitAlone(folder, SqliteSynchronous.Full).Text("F0")} µs, OFF {CommitAlone(folder, SqliteSynchronous.Off).Text("F0")} µs");
    }

    private static Spread CommitAlone(BenchFolder folder, SqliteSynchronous synchronous)
    {
        using var connection = BareStore.Create(folder.Database($"flush-{synchronous}"), synchronous);
        var i = 0;
        return Times(200, () => connection.Query("INSERT INTO account (name) VALUES (?1)").Bind(1, $"{i++}").Run());
    }

    private static Spread Times(int count, Action action) => Spread.Of(Enumerable.Range(0, count).Select(_ =>
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
    }));
}
