using System.Globalization;
using System.Text;
using Conversations.Clusters;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// Three silos, two gateways and a Redis, all real processes, under load, while they are killed, frozen, drained, upgraded and
/// cut off. Afterwards the histories are read: whatever was acknowledged is there exactly once, in order.
/// <c>CONVERSATIONS_FAULTS</c> sets how many faults (default 15), <c>CONVERSATIONS_SEED</c> repeats the choices of a run.
/// </summary>
public sealed class ChaosTests
{
    private const int Writers = 16, MostBetweenFaults = 200;

    /// <summary>Leaves the machine to what recovers: a cluster that is short of processors is another test.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Within which a dead silo's conversations must answer again.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(20);

    private static readonly int Wanted = Number("CONVERSATIONS_FAULTS") ?? 15;
    private static readonly int Seed = Number("CONVERSATIONS_SEED") ?? Random.Shared.Next(1_000_000);

    private readonly Random _random = new(Seed);
    private readonly Checker _checker = new(lateAttempts: true);
    private readonly List<(FaultKind Kind, DateTimeOffset At)> _done = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 4 * 3_600_000)]
    public async Task Nothing_acknowledged_is_lost_doubled_or_reordered_whatever_happens_to_the_cluster()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server") || File.Exists("/usr/local/bin/redis-server"), "REDIS-SERVER IS NOT INSTALLED: THE CLUSTER WAS NOT TESTED");
        var folder = Directory.CreateTempSubdirectory("conversations-chaos-").FullName;
        var wires = new Dictionary<string, Proxy>();
        using var cluster = new Cluster(folder, TimeProvider.System) { RedisSeenBy = (name, port) => Wire(wires, name, port) };
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        try
        {
            var state = await cluster.Up(silos: 3, gateways: 2, Cancellation);
            using var line = new Line(state.AdminKey, state.Of(NodeKind.Gateway).Select(g => g.Url), new());
            await Load.RegisterChannels(line, Cancellation);
            var beginning = (await line.Get("/v1/conversations", Cancellation)).Body.GetProperty("asOf").GetString()!;
            var feed = new FeedClient(line, beginning, silence: TimeSpan.FromSeconds(25));
            var watching = feed.Run(ends.Token);
            var load = new Load(line, Writers, Seed, Pause);
            load.Begin(ends.Token);

            var faults = new Faults(cluster, wires, _random);
            foreach (var kind in Plan())
            {
                await load.Ledger.UntilAcknowledged(_random.Next(100, MostBetweenFaults), Cancellation);
                _done.Add((kind, TimeProvider.System.GetUtcNow()));
                await faults.Inject(kind, Cancellation);
            }

            await load.Ledger.UntilAcknowledged(MostBetweenFaults, Cancellation);
            await load.Finish(Cancellation);
            var due = await Verdict.Of(_checker, line, load.Ledger, feed, Cancellation);
            await ends.CancelAsync();
            await watching;

            var (silos, _) = Percentiles(line.Waits, FaultKind.KillSilo);
            await Console.Out.WriteLineAsync($"FIGURES chaos {Summary(load.Ledger, feed, due)}\n{Table(line.Waits)}");

            Nothing(load.Ledger.Faults); // first: an answer that no rule allows explains what is found wrong in the histories
            _checker.AssertNothingFound();
            Nothing(feed.Faults);
            Nothing(line.Waits.Errors);
            Assert.Equal(due.RanOut, due.Announced);
            Assert.True(due.RanOut > 0 && load.Ledger.Retried > 0 && load.Ledger.Refused > 0, "The load was too light to show anything.");
            Assert.True(silos is null || silos.Value.P99 <= Recovery, $"After the loss of a silo conversations answered again only after {silos?.P99}.");
        }
        catch (Exception) when (Keep(folder))
        {
            throw;
        }
        finally
        {
            await ends.CancelAsync();
            await cluster.Down(forget: true, CancellationToken.None);
            foreach (var wire in wires.Values)
            {
                await wire.DisposeAsync();
            }
        }
    }

    /// <summary>Every kind once, as often as it fits, in random order; what is left over at random.</summary>
    private IEnumerable<FaultKind> Plan()
    {
        var kinds = Enum.GetValues<FaultKind>();
        for (var left = Wanted; left > 0; left -= kinds.Length)
        {
            foreach (var kind in kinds.OrderBy(_ => _random.Next()).Take(left))
            {
                yield return kind;
            }
        }
    }

    private static int Wire(Dictionary<string, Proxy> wires, string name, int redis)
    {
        lock (wires)
        {
            return (wires.TryGetValue(name, out var wire) ? wire : wires[name] = new(redis)).Port;
        }
    }

    private string Summary(Ledger ledger, FeedClient feed, Verdict due) => string.Create(
        CultureInfo.InvariantCulture,
        $"faults={_done.Count} acknowledged={ledger.Acknowledged} refused={ledger.Refused} retried={ledger.Retried} replayed={ledger.Replayed} "
        + $"lost={_checker.Count(Fault.Lost)} duplicated={_checker.Count(Fault.Duplicated)} gaps={_checker.Count(Fault.Gap)} reordered={_checker.Count(Fault.Reordered)} "
        + $"different={_checker.Count(Fault.Different) + ledger.Faults.Count} invented={_checker.Count(Fault.Invented)} feed: connections={feed.Connections} events={feed.Events} "
        + $"repeats={feed.Repeats} gaps={feed.Faults.Count} differences={_checker.Count(Fault.Feed)} deadlines: due={due.RanOut} fired={due.Announced} "
        + $"wrong={_checker.Count(Fault.Deadline)} (seed {Seed})");

    private string Table(Waits waits)
    {
        var table = new StringBuilder("FIGURES | fault | times | longest wait of a conversation's requests, p50 | p99 |\nFIGURES |---|---|---|---|\n");
        foreach (var kind in _done.Select(d => d.Kind).Distinct().Order())
        {
            var (percentiles, times) = Percentiles(waits, kind);
            table.Append(CultureInfo.InvariantCulture, $"FIGURES | {kind} | {times} | {percentiles?.P50.TotalSeconds:0.00} s | {percentiles?.P99.TotalSeconds:0.00} s |\n");
        }

        return table.ToString().TrimEnd();
    }

    private ((TimeSpan P50, TimeSpan P99)? Percentiles, int Times) Percentiles(Waits waits, FaultKind kind)
    {
        var faults = _done.Where(d => d.Kind == kind).ToList();
        var all = faults.SelectMany(f => waits.Around(f.At, Recovery)).Order().ToList();
        return (all.Count == 0 ? null : (all[all.Count / 2], all[Math.Min(all.Count - 1, all.Count * 99 / 100)]), faults.Count);
    }

    private static void Nothing(IEnumerable<string> faults) => Assert.True(!faults.Any(), $"{faults.Count()} faults, among them:\n{string.Join('\n', faults.Take(10))}");

    /// <summary>For whoever has to find out what happened: the processes' logs.</summary>
    private static bool Keep(string folder)
    {
        foreach (var log in Directory.GetFiles(folder, "*.log"))
        {
            File.Copy(log, Path.Combine(AppContext.BaseDirectory, Path.GetFileName(log)), overwrite: true);
        }

        return true;
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
