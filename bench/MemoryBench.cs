using System.Globalization;
using Conversations.Engine.Sqlite;

namespace Conversations.Bench;

/// <summary>(e) Managed memory of a live conversation, and of one that left memory again.</summary>
internal static class MemoryBench
{
    /// <summary>Of each conversation that came and went after the first cycle. Tables that grew once stay grown; nothing may be added by later ones.</summary>
    private const double BytesKept = 4;

    private const int Cycles = 4, AtOnce = 256;

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var count = quick ? 10_000 : 100_000;
        Console.WriteLine($"(e) Memory: {count:N0} conversations of two messages and one reply touched, then evicted; new ones in each cycle; synchronous=OFF");
        await using var engine = await LiveEngine.Open(folder.Database("memory"), SqliteSynchronous.Off);
        await Touch(engine, "warm", AtOnce);
        engine.Entities.Evict(TimeSpan.Zero);
        var empty = Heap();
        Console.WriteLine($"    {"cycle",-8} {"live bytes each",-18} {"left after eviction, bytes each",-34} {"heap after eviction MB",-24}");
        var after = new double[Cycles];
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            var before = Heap();
            await Touch(engine, $"{cycle}", count);
            var live = Heap();
            engine.Entities.Evict(TimeSpan.Zero);
            after[cycle] = Heap();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"    {cycle + 1,-8} {(live - before) / count,-18:N0} {(after[cycle] - before) / count,-34:N1} {after[cycle] / (1 << 20),-24:N1}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    heap before the first cycle: {empty / (1 << 20):N1} MB; in memory now: {engine.Entities.Live}"));
        Bars.AtMost("bytes kept of each evicted conversation, cycles 2 to 4", (after[^1] - after[0]) / ((Cycles - 1) * count), BytesKept);
    }

    private static Task Touch(LiveEngine engine, string cycle, int count) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(sender => Task.Run(async () =>
        {
            for (var i = sender; i < count; i += AtOnce)
            {
                var address = Talk.Thread($"{cycle}-{i}");
                for (var message = 0; message < 3; message++)
                {
                    await engine.Send(address, Talk.Next(address, message, $"{cycle}-{i}-{message}"));
                }
            }
        })));

    private static double Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
