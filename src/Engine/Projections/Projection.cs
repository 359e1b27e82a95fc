namespace Conversations.Engine;

/// <summary>
/// Something computed from a partition's events alone. It may keep things in memory; what it gives back from
/// <see cref="Apply"/> is what it needs to be the same again after <see cref="Load"/>.
/// </summary>
public abstract class Projection
{
    /// <summary>Stable: names what is kept.</summary>
    public abstract string Name { get; }

    /// <summary>Raised when what it keeps changes its meaning: it is then computed anew from the first event.</summary>
    public abstract int Format { get; }

    /// <summary>Reads what it needs in memory. Called once, before the first events.</summary>
    public virtual ValueTask Load(IProjectionStore store, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>What these events change. Of one row only the last change counts.</summary>
    public abstract ValueTask<IReadOnlyList<ProjectionChange>> Apply(IReadOnlyList<FeedEntry> entries, IProjectionStore store, CancellationToken cancellation);

    private protected static async IAsyncEnumerable<ProjectionRow> Rows(
        IProjectionStore store, string projection, string section, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        const int Page = 1_000;
        IReadOnlyList<ProjectionRow> rows = [];
        do
        {
            rows = await store.ReadRows(projection, section, rows.Count > 0 ? rows[^1] : null, Page, cancellation);
            foreach (var row in rows)
            {
                yield return row;
            }
        }
        while (rows.Count == Page);
    }
}
