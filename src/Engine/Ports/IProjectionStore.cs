using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>
/// What a partition's projections follow and keep (DESIGN.md 6). Their effect and how far they have read are one write, so a
/// crash can neither lose nor repeat an effect.
/// </summary>
public interface IProjectionStore
{
    /// <summary>This partition's events after an offset, oldest first; where a feed forgets, from the oldest it has.</summary>
    ValueTask<IReadOnlyList<FeedEntry>> ReadEvents(long after, int limit, CancellationToken cancellation);

    /// <summary>An entity's own history after a seq, oldest first: also what <see cref="ReadEvents"/> no longer has.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadHistory(EntityKey entity, long after, int limit, CancellationToken cancellation);

    /// <summary>How far a projection has read; null if it never has, or was of another format.</summary>
    ValueTask<long?> Checkpoint(string projection, int format, CancellationToken cancellation);

    /// <summary>Forgets all that a projection keeps here and puts it before the first event.</summary>
    ValueTask Reset(string projection, int format, CancellationToken cancellation);

    /// <summary>Applies all changes and moves the checkpoint, or does nothing.</summary>
    /// <returns>False: the checkpoint is not at <see cref="ProjectionStep.From"/>; somebody else follows this partition too.</returns>
    ValueTask<bool> Advance(ProjectionStep step, CancellationToken cancellation);

    /// <summary>A section's rows of all accounts in this partition, by account and key.</summary>
    /// <param name="after">The last row seen; null: from the first.</param>
    ValueTask<IReadOnlyList<ProjectionRow>> ReadRows(string projection, string section, ProjectionRow? after, int limit, CancellationToken cancellation);

    ValueTask<ProjectionRow?> FindRow(string projection, string section, AccountId account, string key, CancellationToken cancellation);

    /// <summary>Raised after events were committed.</summary>
    event Action? Advanced;
}

/// <summary>What projections keep, of all partitions together: for whoever shows it.</summary>
public interface IProjections
{
    /// <summary>
    /// One account's rows whose keys lie between two (both exclusive; null: no bound), in their order or against it. The same
    /// key may come once from each partition.
    /// </summary>
    ValueTask<IReadOnlyList<ProjectionRow>> Read(ProjectionQuery query, CancellationToken cancellation);
}

public sealed record ProjectionQuery(
    string Projection, string Section, AccountId Account, string? Above = null, string? Below = null, bool Descending = false, int Limit = 1_000);

/// <param name="From">The checkpoint it was computed from.</param>
public sealed record ProjectionStep(string Projection, long From, long To, IReadOnlyList<ProjectionChange> Changes);

/// <param name="Body">JSON; null removes the row.</param>
public readonly record struct ProjectionChange(AccountId Account, string Section, string Key, byte[]? Body);

public sealed record ProjectionRow(AccountId Account, string Key, byte[] Body);
