using System.Diagnostics;
using Conversations.Domain;
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
        var batches = (Engine: 0L, Bare: 0L);
        await using var engine = await LiveEngine.Open(folder.Database($"engine-{synchronous}"), synchronous);
        await using var rehearsal = await LiveEngine.Open(folder.Database($"rehearsal-{synchronous}"), SqliteSynchronous.Off);
        await using var bare = BareStore.Open(folder.Database($"bare-{synchronous}"), synchronous);
        var recorder = new Recorder(rehearsal);
        (Address Address, Envelope<ConversationCommand> Envelope)[][] commands = [];
        BareWrite[][] writes = [];
        var taken = await Rounds.Take(
            "engine", "bare", rounds,
            async round => writes = await recorder.Record(commands = Commands(round, ofEach)),
            async () =>
            {
                var before = engine.Transactions;
                var result = await Round.Measure(
                    Senders * ofEach, latencies => Parallel(latencies, ofEach, (sender, i) => engine.Send(commands[sender][i].Address, commands[sender][i].Envelope)));
                batches.Engine += engine.Transactions - before;
                return result;
            },
            async () =>
            {
                var before = bare.Transactions;
                var result = await Round.Measure(Senders * ofEach, latencies => Parallel(latencies, ofEach, (sender, i) => new(bare.Write(writes[sender][i]))));
                batches.Bare += bare.Transactions - before;
                return result;
            });
        taken.Print($"synchronous={synchronous.ToString().ToUpperInvariant()}; transactions: engine {batches.Engine:N0}, bare {batches.Bare:N0}");
        return taken;
    }

    /// <summary>Each sender has threads of its own.</summary>
    private static (Address Address, Envelope<ConversationCommand> Envelope)[][] Commands(int round, int ofEach) =>
        [.. Enumerable.Range(0, Senders).Select(sender => Enumerable.Range(0, ofEach).Select(i =>
        {
            var address = Talk.Thread($"{sender}-{i % ThreadsOfEach}");
            return (address, Talk.Next(address, i / ThreadsOfEach, $"{round}-{sender}-{i}"));
        }).ToArray())];

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
