using Conversations.Engine;

namespace Conversations.Conformance.Stores;

/// <summary>A store under test, whichever it is.</summary>
public sealed record Store(IJournal Journal, IPartition Partition, IFeed Feed, IViews Views, Func<ValueTask> Close) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Close();
}
