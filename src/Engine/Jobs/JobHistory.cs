using Conversations.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Engine;

/// <summary>Reads jobs and their items from the journal, chunk by chunk.</summary>
public sealed class JobHistory(IJournal journal)
{
    /// <summary>More than the promises of one conversation can have to say.</summary>
    private const int MostByTime = 32;

    private static readonly JobType Type = new();
    private static readonly ConversationType Conversations = new();

    /// <returns>A job that does not <see cref="Job.Exists"/> if there is none.</returns>
    public async ValueTask<Job> Find(AccountId account, JobId id, CancellationToken cancellation) =>
        (await StoredState.Read(journal, Type, JobType.Key(account, id), NullLogger.Instance, cancellation)).State;

    /// <summary>Frozen items, from a chunk on.</summary>
    public async ValueTask<IReadOnlyList<IReadOnlyList<FrozenItem>>> Frozen(Job job, int chunk, int chunks, CancellationToken cancellation) =>
        [.. (await Read<ItemsFrozen>(job, job.FrozenFrom + chunk, Math.Min(chunks, job.Chunks - chunk), cancellation)).Select(e => e.Items)];

    public async ValueTask<IReadOnlyList<ConversationId>> Named(Job job, int chunk, int chunks, CancellationToken cancellation) =>
        [.. (await Read<ItemsNamed>(job, 2 + chunk, Math.Min(chunks, job.NamedChunks - chunk), cancellation)).SelectMany(e => e.Ids)];

    /// <summary>Results of whole chunks; fewer where the job has not come so far.</summary>
    /// <remarks>The request to cancel is the one event that may lie between them: one more is read.</remarks>
    public async ValueTask<IReadOnlyList<IReadOnlyList<ItemResult>>> Results(Job job, int chunk, int chunks, CancellationToken cancellation) =>
        [.. (await Read<JobProgressed>(job, job.ResultsFrom + chunk, Math.Min(chunks, job.Worked - chunk) + 1, cancellation))
            .Where(e => e.Chunk >= chunk && e.Chunk < chunk + chunks).Select(e => e.Results)];

    /// <inheritdoc cref="Results"/>
    public async ValueTask<IReadOnlyList<IReadOnlyList<ItemResult>>> Undone(Job job, int chunk, int chunks, CancellationToken cancellation) =>
        [.. (await Read<UndoProgressed>(job, job.UndoFrom + chunk, Math.Min(chunks, job.UndoWorked - chunk), cancellation)).Select(e => e.Results)];

    /// <returns>A conversation's version now, if since <paramref name="seq"/> nothing happened to it but that promises ran out; else null.</returns>
    public async ValueTask<long?> SeqIfOnlyTimePassed(AccountId account, ConversationId id, long seq, CancellationToken cancellation)
    {
        var since = await journal.ReadEvents(ConversationType.Key(account, id), seq, MostByTime, descending: false, cancellation);
        return since.Count < MostByTime && since.All(e => JobUndo.IsOnlyTime(Conversations.Events.Decode(e).Event)) ? seq + since.Count : null;
    }

    private async ValueTask<IEnumerable<TEvent>> Read<TEvent>(Job job, long from, int events, CancellationToken cancellation)
    {
        if (events <= 0)
        {
            return [];
        }

        var stored = await journal.ReadEvents(JobType.Key(job.Account, job.Id), from - 1, events, descending: false, cancellation);
        return stored.Select(e => Type.Events.Decode(e).Event).OfType<TEvent>();
    }
}
