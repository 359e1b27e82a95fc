using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// What a power cut may leave: the data file and any beginning of its log. A gateway opens it and finds a beginning of the
/// history, with every commit whole or not there.
/// </summary>
public sealed class PowerCutTests
{
    private const int LastGuard = 600_000, AskedAgain = 40;
    private const string Database = "conversations.db", Log = Database + "-wal", Index = Database + "-shm", MasterKey = "master.key";

    /// <summary>SQLite's file format, "WAL-Index File Format" and "WAL File Format": where the index says how far the log goes, and sizes.</summary>
    private const int LastFrame = 16, BackfillAttempted = 128, LogHeader = 32, FrameHeader = 24, PageSize = 4_096;

    /// <summary>So much of the log has not been moved that it can be cut in different places.</summary>
    private const long Worthwhile = 100 * PageSize;

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
        LogEnds at;
        await using (var gateway = GatewayProcess.Start(folder.Path))
        {
            line.Up(await gateway.Listens(Cancellation));
            await Load.RegisterChannels(line, Cancellation);
            load.Begin(Cancellation);
            await load.Ledger.UntilAcknowledged(300, Cancellation);
            do
            {
                before = [.. load.Ledger.Writes.Where(w => w.Answer is { Accepted: true })];
                at = await gateway.Frozen(() => Copy(folder.Path, copy.Path), Cancellation);
            }
            while (at.End - at.Moved < Worthwhile);

            await load.Ledger.UntilAcknowledged(50, Cancellation); // it was writing then, and still is
            await load.Finish(Cancellation);
        }

        long Beyond(double part) => at.Moved + (long)((at.End - at.Moved) * part);
        await OpensWithWholeCommits(copy.Path, _ => { }, load.Ledger, before);
        await OpensWithWholeCommits(copy.Path, log => Cut(log, Beyond(0.9)), load.Ledger, []);
        await OpensWithWholeCommits(copy.Path, log => Cut(log, Beyond(0.3)), load.Ledger, []);
        await OpensWithWholeCommits(copy.Path, log => Scribble(log, Beyond(0.5)), load.Ledger, []);
    }

    /// <summary>
    /// The data file and its log at one moment, while nobody writes: also in the middle of moving the log into the data file.
    /// What is moved was flushed to the log before, so no power cut takes that part of the log away.
    /// </summary>
    private static LogEnds Copy(string from, string to)
    {
        foreach (var file in (string[])[Database, Log, MasterKey])
        {
            File.Copy(Path.Combine(from, file), Path.Combine(to, file), overwrite: true);
        }

        using var index = new FileStream(Path.Combine(from, Index), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> header = stackalloc byte[136];
        index.ReadExactly(header);
        long End(uint frames) => LogHeader + (frames * (FrameHeader + PageSize));
        return new(End(BitConverter.ToUInt32(header[BackfillAttempted..])), End(BitConverter.ToUInt32(header[LastFrame..])));
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

    /// <param name="Moved">Up to here the log may be in the data file, too.</param>
    /// <param name="End">Up to here it is valid.</param>
    private sealed record LogEnds(long Moved, long End);
}
