using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Conformance.Stores;

/// <summary>A store under test as projections see it: one partition, and what is kept in all (here: in that one).</summary>
public sealed record ProjectedStore(IJournal Journal, IProjectionStore Partition, IProjections Whole, Func<ValueTask> Close);

/// <summary>What every store must do for projections: effect and checkpoint are one write, and a restart changes no figure.</summary>
public abstract class ProjectionConformance : IAsyncLifetime
{
    private const string Name = "test";
    private static readonly AccountId Acme = new("acme"), Other = new("other");

    private ProjectedStore? _open;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IProjectionStore Store => _open!.Partition;

    /// <summary>Opens the test's store, of one partition; called again after a close, it opens the same data.</summary>
    private protected abstract Task<ProjectedStore> Open();

    /// <summary>Removes the test's data.</summary>
    protected abstract ValueTask Remove();

    public async ValueTask InitializeAsync() => _open = await Open();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await (_open?.Close() ?? ValueTask.CompletedTask);
        await Remove();
    }

    [Fact]
    public async Task A_step_that_starts_where_the_checkpoint_is_not_does_nothing()
    {
        Assert.Null(await Store.Checkpoint(Name, 1, Cancel));
        await Store.Reset(Name, 1, Cancel);
        Assert.True(await Store.Advance(new(Name, 0, 7, [Change(Acme, "a", "1"), Change(Other, "a", "x")]), Cancel));

        Assert.False(await Store.Advance(new(Name, 0, 9, [Change(Acme, "a", "2")]), Cancel));

        Assert.Equal(7, await Store.Checkpoint(Name, 1, Cancel));
        Assert.Equal(["a=1"], await Rows(new(Name, "s", Acme)));
        Assert.Equal(["a=x"], await Rows(new(Name, "s", Other)));
    }

    [Fact]
    public async Task Rows_are_replaced_removed_and_read_in_order_between_bounds()
    {
        await Store.Reset(Name, 1, Cancel);
        await Store.Advance(new(Name, 0, 1, [.. "abcdef".Select(k => Change(Acme, $"{k}", $"{k}1"))]), Cancel);
        await Store.Advance(new(Name, 1, 2, [Change(Acme, "b", "b2"), new(Acme, "s", "c", null), new(Acme, "s", "never", null)]), Cancel);

        Assert.Equal(["a=a1", "b=b2", "d=d1", "e=e1", "f=f1"], await Rows(new(Name, "s", Acme)));
        Assert.Equal(["e=e1", "d=d1", "b=b2"], await Rows(new(Name, "s", Acme, Above: "a", Below: "f", Descending: true)));
        Assert.Equal(["a=a1", "b=b2"], await Rows(new(Name, "s", Acme, Limit: 2)));
        Assert.Empty(await Rows(new(Name, "another", Acme)));
        Assert.Empty(await Rows(new(Name, "s", new("nobody"))));
        Assert.Equal("d1", Encoding.UTF8.GetString((await Store.FindRow(Name, "s", Acme, "d", Cancel))!.Body).Trim('"'));
        Assert.Null(await Store.FindRow(Name, "s", Acme, "c", Cancel));
    }

    [Fact]
    public async Task All_accounts_rows_are_read_page_by_page()
    {
        await Store.Reset(Name, 1, Cancel);
        await Store.Advance(new(Name, 0, 1, [.. "abc".SelectMany(k => new[] { Change(Acme, $"{k}", "1"), Change(Other, $"{k}", "2") })]), Cancel);

        List<ProjectionRow> all = [];
        IReadOnlyList<ProjectionRow> page;
        do
        {
            page = await Store.ReadRows(Name, "s", all.Count > 0 ? all[^1] : null, 2, Cancel);
            all.AddRange(page);
        }
        while (page.Count > 0);

        Assert.Equal(6, all.Count);
        Assert.Equal(6, all.Select(r => (r.Account, r.Key)).Distinct().Count());
    }

    [Fact]
    public async Task Another_format_begins_from_the_first_event()
    {
        await Store.Reset(Name, 1, Cancel);
        await Store.Advance(new(Name, 0, 7, [Change(Acme, "a", "1")]), Cancel);

        Assert.Null(await Store.Checkpoint(Name, 2, Cancel));
        await Store.Reset(Name, 2, Cancel);

        Assert.Equal(0, await Store.Checkpoint(Name, 2, Cancel));
        Assert.Empty(await Rows(new(Name, "s", Acme)));
    }

    [Fact]
    public async Task A_reset_forgets_the_rows_of_all_accounts_and_nothing_of_other_projections()
    {
        await Store.Reset(Name, 1, Cancel);
        await Store.Reset("another", 1, Cancel);
        await Store.Advance(new(Name, 0, 1, [Change(Acme, "a", "1"), Change(Other, "a", "2"), new(Acme, "t", "a", "3"u8.ToArray())]), Cancel);
        await Store.Advance(new("another", 0, 1, [Change(Acme, "a", "kept")]), Cancel);

        await Store.Reset(Name, 1, Cancel);

        Assert.Empty(await Rows(new(Name, "s", Acme)));
        Assert.Empty(await Rows(new(Name, "s", Other)));
        Assert.Empty(await Rows(new(Name, "t", Acme)));
        Assert.Empty(await Store.ReadRows(Name, "s", null, 10, Cancel));
        Assert.Equal(["a=kept"], await Rows(new("another", "s", Acme)));
        Assert.Equal(1, await Store.Checkpoint("another", 1, Cancel));
    }

    [Fact]
    public async Task Events_are_read_from_any_offset_each_once_and_in_order()
    {
        await Commit(Some.Conversation("c1"), events: 3);
        await Commit(Some.Conversation("c2"), events: 2);

        var all = await Store.ReadEvents(0, 10, Cancel);
        Assert.Equal(["c1 1", "c1 2", "c1 3", "c2 1", "c2 2"], all.Select(e => $"{e.Entity.Id} {e.Event.Seq}"));
        Assert.Equal(all.Select(e => e.Offset).Order(), all.Select(e => e.Offset));
        foreach (var (place, entry) in all.Index())
        {
            Assert.Equal(all.Skip(place + 1).Select(e => e.Offset), (await Store.ReadEvents(entry.Offset, 10, Cancel)).Select(e => e.Offset));
        }

        Assert.Equal(all.Take(2).Select(e => e.Offset), (await Store.ReadEvents(0, 2, Cancel)).Select(e => e.Offset));
        Assert.Equal([2, 3], (await Store.ReadHistory(Some.Conversation("c1"), 1, 10, Cancel)).Select(e => e.Seq));
    }

    [Fact]
    public async Task Many_rows_are_read_whole_by_keys_of_any_characters()
    {
        string[] keys = [.. Enumerable.Range(0, 2_500).Select(i => $"k{i:D5}"), "a/b", "a b", "ü", "\U0001F600", "\uFFFD"];
        await Store.Reset(Name, 1, Cancel);
        await Store.Advance(new(Name, 0, 1, [.. keys.Select(k => Change(Acme, k, "1"))]), Cancel);
        var expected = keys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal).ToList();

        Assert.Equal(expected, (await _open!.Whole.Read(new(Name, "s", Acme, Limit: 5_000), Cancel)).Select(r => r.Key));
        Assert.Equal(expected, (await Store.ReadRows(Name, "s", null, 5_000, Cancel)).Select(r => r.Key));
        Assert.Equal(
            expected.AsEnumerable().Reverse().Take(2_000), (await _open.Whole.Read(new(Name, "s", Acme, Descending: true, Limit: 2_000), Cancel)).Select(r => r.Key));
    }

    [Fact]
    public async Task Whenever_the_process_ends_every_event_has_counted_once()
    {
        var time = new ManualTime(Some.Noon.ToDateTimeOffset());
        for (var round = 0; round < 5; round++)
        {
            for (var n = 0; n < 3; n++)
            {
                await Commit(Some.Conversation($"c{round}-{n}"));
            }

            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var reached = Reached((round + 1) * 3);
            var worker = new ProjectionWorker(Store, () => new Counting(), time, NullLogger<ProjectionWorker>.Instance);
            var running = worker.Run(stop.Token);
            await reached;
            await stop.CancelAsync(); // between any two steps
            await running;
            await _open!.Close();
            _open = await Open();
        }

        Assert.Equal(["count=15"], await Rows(new(Counting.Kept, "s", Acme)));
    }

    private async Task Reached(int events)
    {
        while (await Store.FindRow(Counting.Kept, "s", Acme, "count", Cancel) is not { } row || Encoding.UTF8.GetString(row.Body) != $"\"{events}\"")
        {
            await Task.Yield();
        }
    }

    private async Task Commit(EntityKey entity, int events = 1) =>
        Assert.IsType<CommitOutcome.Committed>(await _open!.Journal.Commit(Some.Commit(entity, events: events), Cancel));

    private static ProjectionChange Change(AccountId account, string key, string value) => new(account, "s", key, Encoding.UTF8.GetBytes($"\"{value}\""));

    private async Task<string[]> Rows(ProjectionQuery query) =>
        [.. (await _open!.Whole.Read(query, Cancel)).Select(r => $"{r.Key}={Encoding.UTF8.GetString(r.Body).Trim('"')}")];

    /// <summary>Counts events in memory, as the wallboard does: what it has stored is all a new one knows.</summary>
    private sealed class Counting : Projection
    {
        public const string Kept = "counting";
        private int _count;

        public override string Name => Kept;
        public override int Format => 1;

        public override async ValueTask Load(IProjectionStore store, CancellationToken cancellation) =>
            _count = await store.FindRow(Kept, "s", Acme, "count", cancellation) is { } row
                ? int.Parse(Encoding.UTF8.GetString(row.Body).Trim('"'), System.Globalization.CultureInfo.InvariantCulture)
                : 0;

        public override ValueTask<IReadOnlyList<ProjectionChange>> Apply(IReadOnlyList<FeedEntry> entries, IProjectionStore store, CancellationToken cancellation) =>
            new([Change(Acme, "count", $"{_count += entries.Count}")]);
    }
}
