using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Engine.Tests.Stores;

public sealed class SqliteStoreTests : StoreConformance
{
    private readonly DataFolder _folder = new();

    private protected override Task<Store> Open()
    {
        var store = SqliteStore.Open(_folder.Options(), TimeProvider.System, NullLogger.Instance);
        return Task.FromResult(new Store(store, store, store, store, store.DisposeAsync));
    }

    protected override ValueTask Remove()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
