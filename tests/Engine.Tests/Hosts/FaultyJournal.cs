using System.Threading.Channels;
using Conversations.Domain;

namespace Conversations.Engine.Tests.Hosts;

/// <summary>A journal that counts, and fails where a test wants it to.</summary>
internal sealed class FaultyJournal(IJournal inner) : IJournal
{
    private readonly Channel<Snapshot> _snapshots = Channel.CreateUnbounded<Snapshot>();
    private int _commits;
    private int _loads;
    private Exception? _failNextLoad;

    /// <summary>What happens around a commit: the second argument is the true one.</summary>
    public Func<Commit, Func<ValueTask<CommitOutcome>>, ValueTask<CommitOutcome>> OnCommit { get; set; } = static (_, commit) => commit();

    public Exception? FailSnapshots { get; set; }

    public Exception? FailLoads { get; set; }

    /// <summary>A load begins when this is done.</summary>
    public Task LoadsWhen { get; set; } = Task.CompletedTask;

    public int Commits => Volatile.Read(ref _commits);

    public int Loads => Volatile.Read(ref _loads);

    /// <summary>Events read by the last load.</summary>
    public int Replayed { get; private set; }

    /// <summary>The next snapshot that was kept.</summary>
    public ValueTask<Snapshot> Kept(CancellationToken cancellation) => _snapshots.Reader.ReadAsync(cancellation);

    public async ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _loads);
        await LoadsWhen;
        if ((Interlocked.Exchange(ref _failNextLoad, null) ?? FailLoads) is { } failure)
        {
            throw failure;
        }

        var stored = await inner.Load(entity, cancellation);
        Replayed = stored.Tail.Count;
        return stored;
    }

    public ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _commits);
        return OnCommit(commit, () => inner.Commit(commit, cancellation));
    }

    public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation) =>
        inner.FindReceipt(account, commandId, cancellation);

    public async ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation)
    {
        var events = await inner.ReadEvents(entity, after, limit, descending, cancellation);
        Replayed = events.Count;
        return events;
    }

    public async ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation)
    {
        if (FailSnapshots is { } failure)
        {
            throw failure;
        }

        await inner.SaveSnapshot(entity, snapshot, cancellation);
        await _snapshots.Writer.WriteAsync(snapshot, cancellation);
    }

    public void FailNextLoad(Exception failure) => _failNextLoad = failure;

    /// <summary>The write never happens.</summary>
    public void FailBeforeNext(Exception failure) => Once((_, _) => throw failure);

    /// <summary>The write happens, its acknowledgement does not arrive.</summary>
    public void FailAfterNext(Exception failure) => Once(async (_, commit) =>
    {
        await commit();
        throw failure;
    });

    private void Once(Func<Commit, Func<ValueTask<CommitOutcome>>, ValueTask<CommitOutcome>> act) => OnCommit = (c, commit) =>
    {
        OnCommit = static (_, go) => go();
        return act(c, commit);
    };
}
