using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Conversations.Grains.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Conversations.Bench;

/// <summary>What a message and an activation cost late in a long history, against early in a short one, in the grains of a silo.</summary>
internal static class HistoryBench
{
    private const double MessageBar = 1.1, ActivationBar = 2;
    private const int Short = 100;

    /// <summary>Messages in a row. Whole rounds of <see cref="Talk.Next"/>: as many answers early as late.</summary>
    private const int Block = 9;

    public static async Task Run(bool quick)
    {
        var length = quick ? 10_000 : 100_000;
        Console.WriteLine($"History: message 10 against message {length:N0} of one conversation, one sender, appendfsync no; our clock runs {FastTime.Rate:N0} times as fast, so that nothing is flood");
        await using var server = await RedisServer.Start("--appendfsync", "no");
        using var silo = await LiveSilo.Start(
            new RedisOptions { Configuration = server.Endpoint, Prefix = "history", Durability = DurabilityCheck.Warn }, time: new FastTime(), workers: false);
        await Talk.Register(silo.Services.GetRequiredService<IEntities>());
        var (longest, hundred) = (new Thread(silo, "long"), new Thread(silo, "hundred"));
        await longest.Write(length - 1);
        await hundred.Write(Short);
        await Messages(silo, longest, length, quick ? 10 : 30);
        await Activations(hundred, longest, length, quick ? 30 : 200);
    }

    private static async Task Messages(IHost silo, Thread longest, int length, int rounds)
    {
        List<(long Fresh, long Late)> taken = [];
        for (var round = -2; round < rounds; round++)
        {
            long fresh = 0, late = 0;
            for (var i = 0; i < 20; i++)
            {
                var young = new Thread(silo, string.Create(CultureInfo.InvariantCulture, $"fresh-{round}-{i}"));
                await young.Write(9);
                fresh += await young.Measure(Block);
                late += await longest.Measure(Block);
            }

            if (round >= 0)
            {
                taken.Add((fresh, late));
            }
        }

        Console.WriteLine($"    message 10–{9 + Block}: {Spread.Of(taken.Select(t => Micros(t.Fresh) / 20 / Block)).Text()} µs, "
            + $"message {length:N0}–: {Spread.Of(taken.Select(t => Micros(t.Late) / 20 / Block)).Text()} µs");
        Ratio($"time of message {length:N0} / message 10", Spread.Of(taken.Select(t => t.Late / (double)t.Fresh)), MessageBar);
    }

    /// <summary>The first message after the grain has left memory: what is read is bounded by the snapshot, not by the history.</summary>
    private static async Task Activations(Thread hundred, Thread longest, int length, int rounds)
    {
        List<(long Hundred, long Long)> taken = [];
        for (var round = -5; round < rounds; round++)
        {
            await hundred.Leave();
            var young = await hundred.Measure(1);
            await longest.Leave();
            var old = await longest.Measure(1);
            if (round >= 0)
            {
                taken.Add((young, old));
            }
        }

        Console.WriteLine($"    first message after leaving memory: of {Short}+ messages {Spread.Of(taken.Select(t => Micros(t.Hundred))).Text()} µs, "
            + $"of {length:N0} {Spread.Of(taken.Select(t => Micros(t.Long))).Text()} µs");
        Ratio($"activation with {length:N0} / {Short} messages", Spread.Of(taken.Select(t => t.Long / (double)t.Hundred)), ActivationBar);
    }

    private static void Ratio(string what, Spread ratio, double bar)
    {
        Console.WriteLine($"    {what}: {ratio.Text("F2")}");
        Bars.AtMost(what, ratio.Median, bar);
    }

    private static double Micros(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    /// <summary>A conversation and how long it is.</summary>
    private sealed class Thread(IHost silo, string name)
    {
        private readonly IEntities _entities = silo.Services.GetRequiredService<IEntities>();
        private readonly IManagementGrain _management = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        private readonly Address _address = Talk.Thread(name);
        private int _length;

        public async Task Write(int messages)
        {
            for (var i = 0; i < messages; i++)
            {
                await Talk.Send(_entities, (_address, Talk.Next(_address, _length, string.Create(CultureInfo.InvariantCulture, $"{name}-{_length}"))));
                _length++;
            }
        }

        public async Task<long> Measure(int messages)
        {
            var started = Stopwatch.GetTimestamp();
            await Write(messages);
            return Stopwatch.GetTimestamp() - started;
        }

        /// <summary>Has every conversation leave memory, and waits until it has.</summary>
        public async Task Leave()
        {
            while (await LiveSilo.Conversations(_management) > 0)
            {
                await _management.ForceActivationCollection(TimeSpan.Zero);
            }
        }
    }

    /// <summary>A clock that runs fast. Its timers do not: only what is written down is later.</summary>
    private sealed class FastTime : TimeProvider
    {
        public const int Rate = 1_000;

        private readonly DateTimeOffset _from = System.GetUtcNow();
        private readonly long _started = System.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => _from + (System.GetElapsedTime(_started) * Rate);
    }
}
