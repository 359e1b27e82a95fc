using System.Text;
using Conversations.Domain;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Engine.Tests.Projections;

/// <summary>Projections on the real store: effect and checkpoint are one write, and a restart changes no figure.</summary>
public sealed class ProjectionTests : IAsyncLifetime
{
    private const string Name = "test";
    private static readonly AccountId Acme = new("acme"), Other = new("other");

    private readonly DataFolder _folder = new();
    private SqliteStore _store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _store = Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_step_that_starts_where_the_checkpoint_is_not_does_nothing()
    {
        Assert.Null(await _store.Checkpoint(Name, 1, Cancel));
        await _store.Reset(Name, 1, Cancel);
        Assert.True(await _store.Advance(new(Name, 0, 7, [Change(Acme, "a", "1"), Change(Other, "a", "x")]), Cancel));

        Assert.False(await _store.Advance(new(Name, 0, 9, [Change(Acme, "a", "2")]), Cancel));

        Assert.Equal(7, await _store.Checkpoint(Name, 1, Cancel));
        Assert.Equal(["a=1"], await Rows(new(Name, "s", Acme)));
        Assert.Equal(["a=x"], await Rows(new(Name, "s", Other)));
    }

    [Fact]
    public async Task Rows_are_replaced_removed_and_read_in_order_between_bounds()
    {
        await _store.Reset(Name, 1, Cancel);
        await _store.Advance(new(Name, 0, 1, [.. "abcdef".Select(k => Change(Acme, $"{k}", $"{k}1"))]), Cancel);
        await _store.Advance(new(Name, 1, 2, [Change(Acme, "b", "b2"), new(Acme, "s", "c", null), new(Acme, "s", "never", null)]), Cancel);

        Assert.Equal(["a=a1", "b=b2", "d=d1", "e=e1", "f=f1"], await Rows(new(Name, "s", Acme)));
        Assert.Equal(["e=e1", "d=d1", "b=b2"], await Rows(new(Name, "s", Acme, Above: "a", Below: "f", Descending: true)));
        Assert.Equal(["a=a1", "b=b2"], await Rows(new(Name, "s", Acme, Limit: 2)));
        Assert.Empty(await Rows(new(Name, "another", Acme)));
        Assert.Empty(await Rows(new(Name, "s", new("nobody"))));
        Assert.Equal("d1", Encoding.UTF8.GetString((await _store.FindRow(Name, "s", Acme, "d", Cancel))!.Body).Trim('"'));
        Assert.Null(await _store.FindRow(Name, "s", Acme, "c", Cancel));
    }

    [Fact]
    public async Task All_accounts_rows_are_read_page_by_page()
    {
        await _store.Reset(Name, 1, Cancel);
        await _store.Advance(new(Name, 0, 1, [.. "abc".SelectMany(k => new[] { Change(Acme, $"{k}", "1"), Change(Other, $"{k}", "2") })]), Cancel);

        List<ProjectionRow> all = [];
        IReadOnlyList<ProjectionRow> page;
        do
        {
            page = await _store.ReadRows(Name, "s", all.Count > 0 ? all[^1] : null, 2, Cancel);
            all.AddRange(page);
        }
        while (page.Count > 0);

        Assert.Equal(6, all.Count);
        Assert.Equal(6, all.Select(r => (r.Account, r.Key)).Distinct().Count());
    }

    [Fact]
    public async Task Another_format_begins_from_the_first_event()
    {
        await _store.Reset(Name, 1, Cancel);
        await _store.Advance(new(Name, 0, 7, [Change(Acme, "a", "1")]), Cancel);

        Assert.Null(await _store.Checkpoint(Name, 2, Cancel));
        await _store.Reset(Name, 2, Cancel);

        Assert.Equal(0, await _store.Checkpoint(Name, 2, Cancel));
        Assert.Empty(await Rows(new(Name, "s", Acme)));
    }

    [Fact]
    public async Task A_data_file_from_before_projections_gets_their_tables_and_keeps_its_events()
    {
        await Commit(Some.Conversation("c1"));
        await _store.DisposeAsync();
        using (var connection = Connection.ForWriting(_folder.Database, SqliteSynchronous.Off))
        {
            connection.Execute("DROP TABLE projection; DROP TABLE projection_row; UPDATE meta SET value = '1' WHERE key = 'schema'");
        }

        _store = Open();
        await _store.Reset(Name, 1, Cancel);

        Assert.Single(await _store.ReadEvents(0, 10, Cancel));
        Assert.Equal(0, await _store.Checkpoint(Name, 1, Cancel));
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
            var worker = new ProjectionWorker(_store, () => new Counting(), time, NullLogger<ProjectionWorker>.Instance);
            var running = worker.Run(stop.Token);
            await reached;
            await stop.CancelAsync(); // between any two steps
            await running;
            await _store.DisposeAsync();
            _store = Open();
        }

        Assert.Equal(["count=15"], await Rows(new(Counting.Kept, "s", Acme)));
    }

    private async Task Reached(int events)
    {
        while (await _store.FindRow(Counting.Kept, "s", Acme, "count", Cancel) is not { } row || Encoding.UTF8.GetString(row.Body) != $"\"{events}\"")
        {
            await Task.Yield();
        }
    }

    private SqliteStore Open() => SqliteStore.Open(_folder.Options(), TimeProvider.System, NullLogger.Instance);

    private async Task Commit(EntityKey entity) => Assert.IsType<CommitOutcome.Committed>(await _store.Commit(Some.Commit(entity), Cancel));

    private static ProjectionChange Change(AccountId account, string key, string value) => new(account, "s", key, Encoding.UTF8.GetBytes($"\"{value}\""));

    private async Task<string[]> Rows(ProjectionQuery query) =>
        [.. (await _store.Read(query, Cancel)).Select(r => $"{r.Key}={Encoding.UTF8.GetString(r.Body).Trim('"')}")];

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
