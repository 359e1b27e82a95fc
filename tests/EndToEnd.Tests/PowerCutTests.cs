using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// What a power cut may leave: the data file and any beginning of its log. A gateway opens it and finds a beginning of the
/// history, with every commit whole or not there.
/// </summary>
public sealed class PowerCutTests
{
    private const int LastGuard = 600_000, AskedAgain = 40;
    private const string Database = "conversations.db", Log = Database + "-wal", MasterKey = "master.key";

    private readonly Random _random = new(20261121);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LastGuard)]
    public async Task A_copy_taken_while_it_writes_opens_with_whole_commits_and_everything_acknowledged_before()
    {
        using var folder = new TemporaryFolder();
        using var copy = new TemporaryFolder();
        using var line = new Line(GatewayProcess.Key);
        var load = new Load(line, writers: 16, seed: 1);
        List<Write> before;
        await using (var gateway = GatewayProcess.Start(folder.Path))
        {
            line.Up(await gateway.Listens(Cancellation));
            await Load.RegisterChannels(line, Cancellation);
            load.Begin(Cancellation);
            await load.Ledger.UntilAcknowledged(300, Cancellation);
            do
            {
                before = [.. load.Ledger.Writes.Where(w => w.Answer is { Accepted: true })];
            }
            while (!Copy(folder.Path, copy.Path));

            await load.Ledger.UntilAcknowledged(50, Cancellation); // it was writing then, and still is
            await load.Finish(Cancellation);
        }

        var whole = new FileInfo(Path.Combine(copy.Path, Log)).Length;
        await OpensWithWholeCommits(copy.Path, _ => { }, load.Ledger, before);
        await OpensWithWholeCommits(copy.Path, log => Cut(log, whole * 9 / 10), load.Ledger, []);
        await OpensWithWholeCommits(copy.Path, log => Cut(log, whole / 3), load.Ledger, []);
        await OpensWithWholeCommits(copy.Path, log => Scribble(log, whole / 2), load.Ledger, []);
    }

    /// <summary>The data file, then its log. False if the log was moved into the data file in between: no power cut leaves that.</summary>
    private static bool Copy(string from, string to)
    {
        var (database, log) = (Path.Combine(from, Database), Path.Combine(from, Log));
        var written = File.GetLastWriteTimeUtc(database);
        File.Copy(database, Path.Combine(to, Database), overwrite: true);
        File.Copy(log, Path.Combine(to, Log), overwrite: true);
        File.Copy(Path.Combine(from, MasterKey), Path.Combine(to, MasterKey), overwrite: true);
        return File.GetLastWriteTimeUtc(database) == written;
    }

    private void Cut(string log, long around)
    {
        using var stream = new FileStream(log, FileMode.Open);
        stream.SetLength(around + _random.Next(4_096));
    }

    /// <summary>The disk had begun a sector and wrote what nobody sent.</summary>
    private void Scribble(string log, long at)
    {
        var noise = new byte[1_500];
        _random.NextBytes(noise);
        using var stream = new FileStream(log, FileMode.Open);
        stream.Position = at;
        stream.Write(noise);
    }

    private static async Task OpensWithWholeCommits(string copy, Action<string> damage, Ledger ledger, IReadOnlyCollection<Write> acknowledged)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(copy))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        damage(Path.Combine(folder.Path, Log));
        await using var gateway = GatewayProcess.Start(folder.Path);
        using var line = new Line(GatewayProcess.Key);
        line.Up(await gateway.Listens(Cancellation));
        var histories = await History.ReadAll(line, Cancellation);
        var checker = new Checker();
        checker.Check(histories, ledger, acknowledged);
        checker.AssertNothingFound();

        // A conversation's first commit brings three events or none.
        Assert.All(histories, h => Assert.Equal(["conversation.started", "episode.started", "message.received"], h.Events.Take(3).Select(e => e.Type)));

        var there = histories.SelectMany(h => h.Events).Select(e => e.Text("text")).OfType<string>().ToHashSet();
        foreach (var writer in ledger.Writes.Where(w => w.IsMessage && w.Answer is { Accepted: true }).GroupBy(w => w.Writer))
        {
            var kept = writer.OrderBy(w => w.Number).Select(w => there.Contains(w.Marker)).ToList();
            Assert.True(kept.SkipWhile(k => k).All(k => !k), $"Writer {writer.Key}'s messages are not a beginning of what it wrote.");
        }

        // The receipt is there exactly if its message is: what is there is not written again, what is not is.
        var inbound = ledger.Writes.Where(w => w.Kind == WriteKind.Inbound).ToLookup(w => there.Contains(w.Marker));
        foreach (var write in inbound[true].OrderBy(w => w.Number).TakeLast(AskedAgain).Concat(inbound[false].OrderBy(w => w.Number).Take(AskedAgain)))
        {
            var again = await line.Ask(write.Make, Cancellation);
            Assert.True(again.Accepted, again.ToString());
            Assert.Equal(there.Contains(write.Marker), again.Replayed);
            if (again.Replayed)
            {
                Assert.Equal(write.Answer!.Seq, again.Seq);
            }
        }

        checker.Check(await History.ReadAll(line, Cancellation), ledger, acknowledged);
        checker.AssertNothingFound();
    }
}
