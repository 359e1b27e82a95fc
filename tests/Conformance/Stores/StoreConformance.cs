using Conversations.Engine;
using Xunit;

namespace Conversations.Conformance.Stores;

/// <summary>What every store must do, whatever it is made of. Each test begins with an empty one.</summary>
public abstract partial class StoreConformance : IAsyncLifetime
{
    private Store? _store;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected Store Store => _store!;

    /// <summary>Opens the test's store; called again after a close, it opens the same data.</summary>
    private protected abstract Task<Store> Open();

    /// <summary>Removes the test's data.</summary>
    protected abstract ValueTask Remove();

    public async ValueTask InitializeAsync() => _store = await Open();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _store!.DisposeAsync();
        await Remove();
    }

    private async Task Reopen()
    {
        await _store!.DisposeAsync();
        _store = await Open();
    }

    private async Task Committed(Commit commit) =>
        Assert.IsType<CommitOutcome.Committed>(await Store.Journal.Commit(commit, Cancel));
}
