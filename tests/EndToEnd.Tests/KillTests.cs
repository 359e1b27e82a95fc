using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// The one invariant: whatever was acknowledged is in the history exactly once, in order, whenever the process is killed.
/// <c>CONVERSATIONS_KILLS</c> sets how often (default 20), <c>CONVERSATIONS_SEED</c> repeats the choices of a run.
/// </summary>
public sealed class KillTests
{
    private const int Writers = 24, MostBetweenKills = 250, LookedAtAfterAKill = 3;

    private static readonly int Kills = Number("CONVERSATIONS_KILLS") ?? 20;
    private static readonly int Seed = Number("CONVERSATIONS_SEED") ?? Random.Shared.Next(1_000_000);

    private readonly Random _random = new(Seed);
    private readonly Checker _checker = new();
    private int _kills, _killsInStart, _killsRightAfterStart;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 3_600_000)]
    public async Task Nothing_acknowledged_is_lost_or_doubled_and_no_deadline_is_missed_however_often_the_process_is_killed()
    {
        using var folder = new TemporaryFolder();
        using var line = new Line(GatewayProcess.Key);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var gateway = Start(folder.Path);
        try
        {
            line.Up(await gateway.Listens(Cancellation));
            await Load.RegisterChannels(line, Cancellation);
            var beginning = (await line.Get("/v1/conversations", Cancellation)).Body.GetProperty("asOf").GetString()!;
            var feed = new FeedClient(line, beginning);
            var watching = feed.Run(ends.Token);
            var load = new Load(line, Writers, Seed);
            load.Begin(ends.Token);

            var rightAfterStart = false;
            while (_kills < Kills)
            {
                await load.Ledger.UntilAcknowledged(rightAfterStart ? 1 : _random.Next(2, MostBetweenKills), Cancellation);
                line.Down();
                await gateway.Kill();
                _kills++;
                _killsRightAfterStart += rightAfterStart ? 1 : 0;
                await KillInStart(folder.Path);

                await gateway.DisposeAsync();
                gateway = Start(folder.Path);
                line.Up(await gateway.Listens(Cancellation));
                rightAfterStart = _random.Next(5) == 0 || (_killsRightAfterStart == 0 && _kills >= Kills / 2);
                if (!rightAfterStart)
                {
                    await LookAtSome(line, load.Ledger);
                }
            }

            await load.Finish(Cancellation);
            var due = await Verdict.Of(_checker, line, load.Ledger, feed, Cancellation);
            _checker.CheckFeed(due.Histories, await Pull(line, beginning));
            await ends.CancelAsync();
            await watching;
            await Console.Out.WriteLineAsync(Summary(load.Ledger, feed, due));

            _checker.AssertNothingFound();
            Assert.Empty(load.Ledger.Faults);
            Assert.Empty(feed.Faults);
            Assert.Equal(due.RanOut, due.Announced);
            Assert.True(due.RanOut > 0 && load.Ledger.Retried > 0 && load.Ledger.Replayed > 0 && load.Ledger.Refused > 0, "The load was too light to show anything.");
            Assert.Equal(Kills, _kills);
            Assert.True(Kills < 10 || (_killsInStart > 0 && _killsRightAfterStart > 0));
        }
        finally
        {
            await ends.CancelAsync();
            await gateway.DisposeAsync();
        }
    }

    /// <summary>Entities leave memory after a second, so that they are also read back while the load goes on.</summary>
    private static GatewayProcess Start(string folder) => GatewayProcess.Start(folder, GatewayProcess.Key, "--Engine:IdleAfterSeconds", "1");

    /// <summary>Sometimes the next process does not even get to listen: killed before it runs, or while it reads its data.</summary>
    private async Task KillInStart(string folder)
    {
        while (_kills < Kills && (_random.Next(4) == 0 || (_killsInStart == 0 && _kills >= Kills / 2)))
        {
            await using var doomed = Start(folder);
            if (_random.Next(3) > 0)
            {
                await doomed.Says(_random.Next(2) == 0 ? GatewayProcess.Opened : GatewayProcess.Started, Cancellation);
            }

            await doomed.Kill();
            _kills++;
            _killsInStart++;
        }
    }

    /// <summary>A few conversations right after a restart, while the load goes on.</summary>
    private async Task LookAtSome(Line line, Ledger ledger)
    {
        var acknowledged = ledger.Writes.Where(w => w.Answer is { Accepted: true }).ToLookup(w => w.Conversation);
        var some = Enumerable.Range(0, LookedAtAfterAKill).Select(_ => Load.Busy[_random.Next(Load.Busy.Count)].Conversation).Distinct();
        foreach (var conversation in some.Where(acknowledged.Contains))
        {
            var history = await History.Read(line, conversation, Cancellation);
            _checker.Check(history is null ? [] : [history], ledger, acknowledged[conversation]);
        }

        _checker.AssertNothingFound();
    }

    /// <summary>What was seen, by pull, in one go, from the cursor the very first process gave.</summary>
    private static async Task<Dictionary<string, Event[]>> Pull(Line line, string cursor)
    {
        List<(string Entity, Event Event)> changes = [];
        while (true)
        {
            var page = await line.Get($"/v1/changes?limit=200&cursor={cursor}", Cancellation);
            JsonElement[] items = [.. page.Body.GetProperty("items").EnumerateArray()];
            if (items.Length == 0)
            {
                break;
            }

            changes.AddRange(items.Select(c => (c.GetProperty("entity").GetString()!, Event.Of(c))));
            cursor = page.Body.GetProperty("nextCursor").GetString()!;
        }

        return changes.Where(c => c.Entity.StartsWith(Event.ConversationPrefix, StringComparison.Ordinal))
            .GroupBy(c => c.Entity[Event.ConversationPrefix.Length..], c => c.Event)
            .ToDictionary(c => c.Key, c => c.ToArray());
    }

    private string Summary(Ledger ledger, FeedClient feed, Verdict due) => string.Create(
        CultureInfo.InvariantCulture,
        $"kills={_kills} (in start {_killsInStart}, right after start {_killsRightAfterStart}) acknowledged={ledger.Acknowledged} refused={ledger.Refused} "
        + $"retried={ledger.Retried} replayed={ledger.Replayed} lost={_checker.Count(Fault.Lost)} duplicated={_checker.Count(Fault.Duplicated)} "
        + $"gaps={_checker.Count(Fault.Gap)} reordered={_checker.Count(Fault.Reordered)} different={_checker.Count(Fault.Different) + ledger.Faults.Count} "
        + $"invented={_checker.Count(Fault.Invented)} feed: connections={feed.Connections} events={feed.Events} repeats={feed.Repeats} resets={feed.Resets} "
        + $"gaps={feed.Faults.Count} differences={_checker.Count(Fault.Feed)} deadlines: due={due.RanOut} fired={due.Announced} "
        + $"wrong={_checker.Count(Fault.Deadline)} (seed {Seed})");

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
