using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Engine.Tests.Projections;

public sealed class ProjectionTests : ProjectionConformance
{
    private readonly DataFolder _folder = new();

    private protected override Task<ProjectedStore> Open()
    {
        var store = SqliteStore.Open(_folder.Options(), TimeProvider.System, NullLogger.Instance);
        return Task.FromResult(new ProjectedStore(store, store, store, store.DisposeAsync));
    }

    protected override ValueTask Remove()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class ProjectionFileTests : IDisposable
{
    private readonly DataFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_data_file_from_before_projections_gets_their_tables_and_keeps_its_events()
    {
        await using (var before = Sqlite())
        {
            Assert.IsType<CommitOutcome.Committed>(await before.Commit(Some.Commit(Some.Conversation("c1")), Cancel));
        }

        using (var connection = Connection.ForWriting(_folder.Database, SqliteSynchronous.Off))
        {
            connection.Execute("DROP TABLE projection; DROP TABLE projection_row; UPDATE meta SET value = '1' WHERE key = 'schema'");
        }

        await using var store = Sqlite();
        await store.Reset("test", 1, Cancel);

        Assert.Single(await store.ReadEvents(0, 10, Cancel));
        Assert.Equal(0, await store.Checkpoint("test", 1, Cancel));
    }

    private SqliteStore Sqlite() => SqliteStore.Open(_folder.Options(), TimeProvider.System, NullLogger.Instance);
}
