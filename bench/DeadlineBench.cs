using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Conversations.Bench;

/// <summary>
/// (d) How late deadlines fire while a million wait. The conversations are real ones (each decided by the domain from a
/// customer's message an hour ago); only their rows are written past the engine, because that is quicker. None is in memory
/// when its deadline comes.
/// </summary>
internal static class DeadlineBench
{
    private const double Bar = 250;
    private const int PerSecond = 1_000, Target = 3_600, Chunk = 10_000;

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
        // In the order of their keys, so that the index on them is filled from one end; due times are spread at random over it.
        var addresses = Enumerable.Range(0, pending)
            .Select(i => (Address: Talk.Thread($"{i}"), Due: FirstDue + Duration.FromMilliseconds(i < measured ? (long)i * 1_000 / PerSecond : 3_600_000 + (i * 10L))))
            .Select(a => (a.Address, a.Due, Id: ConversationId.Of(AccountId.Default, a.Address)))
            .OrderBy(a => a.Id.Value, StringComparer.Ordinal).ToArray();

        var decided = System.Threading.Channels.Channel.CreateBounded<Commit[]>(4);
        var deciding = Task.Run(async () =>
        {
            foreach (var chunk in addresses.Chunk(Chunk))
            {
                var commits = new Commit[chunk.Length];
                Parallel.For(0, chunk.Length, i => commits[i] = FirstMessage(chunk[i].Id, chunk[i].Address, chunk[i].Due));
                await decided.Writer.WriteAsync(commits);
            }

            decided.Writer.Complete();
        });

        using var connection = BareStore.Create(path, SqliteSynchronous.Off);
        connection.Execute("PRAGMA cache_size = -1000000");
        var indexes = DropIndexes(connection);
        var entities = new Dictionary<EntityKey, long>();
        await foreach (var commits in decided.Reader.ReadAllAsync())
        {
            connection.Query("BEGIN").Run();
            foreach (var commit in commits)
            {
                new BareWrite(commit, entities).To(connection);
            }

            connection.Query("COMMIT").Run();
        }

        await deciding;
        connection.Execute(string.Join(';', indexes));
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return addresses.Where(a => a.Due < FirstDue + Duration.FromHours(1)).ToDictionary(a => a.Id.Value, a => a.Due);
    }

    /// <summary>A customer's message, due for an answer at <paramref name="due"/>: exactly what the engine would commit.</summary>
    private static Commit FirstMessage(ConversationId id, Address address, Instant due)
    {
        var type = Conversation;
        var key = ConversationType.Key(AccountId.Default, id);
        var command = Talk.Receive(address, $"m-{address.Thread}");
        var context = new Context(due - Duration.FromSeconds(Target), command.Actor, Settings);
        var before = type.Empty(key);
        var events = ((Decision<ConversationEvent>.Accepted)type.Decide(before, command.Command, context)).Events;
        Recorded<ConversationEvent>[] recorded = [.. events.Select((e, i) => new Recorded<ConversationEvent>(i + 1, context.Now, command.Actor, command.CommandId, e))];
        var after = recorded.Aggregate(before, type.Evolve);
        var answer = type.Answer(before, after, command.Command, recorded);
        var topics = type.Topics(before, after);
        return new(
            key, 0, command.CommandId, null, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(answer, DomainJson.Contract.ConversationAnswer),
            [.. recorded.Select(e => type.Events.Encode(e, topics))], context.Now, type.NextDue(after), [], [], type.Row(after));
    }

    private static readonly ConversationType Conversation = new();

    /// <summary>One promise, which warns only when it is over: each conversation fires once, as a breach.</summary>
    private static readonly AccountSettings Settings = AccountSettings.Empty(AccountId.Default) with
    {
        Channels = new Dictionary<string, ChannelSettings>
        {
            [ChannelSettings.KeyOf(LiveEngine.Channel, LiveEngine.ChannelAccount)] = new(
                LiveEngine.Channel, LiveEngine.ChannelAccount, Queue: new QueueId("support"), Sla: new("bench", 1, Target, null, null, WarnAt: 1)),
        },
    };

    /// <summary>Filled once at the end, an index costs a sort instead of a search for each row. Unique ones stay.</summary>
    private static List<string> DropIndexes(Connection connection)
    {
        List<(string Name, string Sql)> indexes = [];
        using (var query = connection.QueryOnce("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"))
        {
            while (query.Step())
            {
                indexes.Add((query.Text(0), query.Text(1)));
            }
        }

        foreach (var (name, _) in indexes)
        {
            connection.Execute($"DROP INDEX {name}");
        }

        return [.. indexes.Select(i => i.Sql)];
    }

    /// <summary>The system's clock, set to another time.</summary>
    private sealed class ShiftedTime(DateTimeOffset start) : TimeProvider
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => start + Stopwatch.GetElapsedTime(_started);
    }
}
