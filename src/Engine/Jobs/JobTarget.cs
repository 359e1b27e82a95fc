using Conversations.Domain;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Works on bulk jobs. The outbox hands it a job until it is over: after a crash, and to whichever process has the job's
/// partition then. Everything it does is a command with a stable id, so doing some of it again is harmless.
/// </summary>
public sealed partial class JobTarget(
    IEntities entities, JobHistory history, JobItems items, JobTrials trials, IViews views, TimeProvider time, ILogger<JobTarget> logger) : IOutboxTarget
{
    /// <summary>Chunks frozen in one command: a page of a list.</summary>
    private const int ChunksAtOnce = 10;

    /// <summary>How often progress is recorded, and shown in the feed (routing.md 9).</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private static readonly Duration Rest = Duration.FromSeconds(5);

    public string Serves => JobType.Target;

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var id = JobId.Of(entry.Message.Body);
        try
        {
            await WorkOn(await history.Find(entry.Account, id, cancellation), cancellation);
            return Delivery.Done.Instance;
        }
#pragma warning disable CA1031 // The store is not answering. The job has lost nothing by it, however long that takes: it goes on where it was.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogRests(logger, id, failure);
            return new Delivery.Wait(failure.Message, Instant.FromDateTimeOffset(time.GetUtcNow()) + Rest);
        }
    }

    private async ValueTask WorkOn(Job job, CancellationToken cancellation)
    {
        while (job.Status == JobStatus.Listing)
        {
            await List(job, cancellation);
            job = await history.Find(job.Account, job.Id, cancellation);
        }

        await (job.Status switch
        {
            JobStatus.Running or JobStatus.Cancelling => Run(job, cancellation),
            JobStatus.Undoing => Undo(job, cancellation),
            _ => ValueTask.CompletedTask,
        });
    }

    private async ValueTask List(Job job, CancellationToken cancellation)
    {
        var (chunks, cursor) = (job.Chunks, job.Cursor);
        var status = JobStatus.Listing;
        while (status == JobStatus.Listing)
        {
            var freeze = job.Named is null
                ? await Filtered(job, chunks, cursor, cancellation)
                : await Named(job, chunks, cancellation);
            var answer = await Ask(job, $"{job.Id}/freeze/{chunks}", freeze, cancellation);
            if (answer.Chunks == chunks && answer.Cursor == cursor)
            {
                return; // somebody else works on it too and is ahead: read again
            }

            (chunks, cursor, status) = (answer.Chunks, answer.Cursor, answer.Status);
        }
    }

    /// <summary>In the order of creation, which never changes: nothing is listed twice or missed, and what comes later is not in it.</summary>
    private async ValueTask<FreezeItems> Filtered(Job job, int chunks, JobCursor? cursor, CancellationToken cancellation)
    {
        var filter = job.Spec!.Filter!;
        var page = await views.List(
            new(job.Account, ConversationOrder.Created, ChunksAtOnce * Job.ChunkSize, cursor is null ? null : new(cursor.Sort, cursor.Id),
                filter.Status ?? Open, filter.Queue, filter.Assignee, filter.Unassigned, filter.Channel, filter.Priority, filter.Label, filter.Sla, filter.Customer),
            cancellation);
        return new(chunks, [.. page.Items.Select(row => Freeze(job, row))], page.Next is { } next ? new(next.Sort, next.Id) : null);
    }

    private static readonly ConversationStatus[] Open =
        [ConversationStatus.Open, ConversationStatus.Pending, ConversationStatus.OnHold, ConversationStatus.Snoozed];

    private async ValueTask<FreezeItems> Named(Job job, int chunks, CancellationToken cancellation)
    {
        List<FrozenItem> frozen = [];
        foreach (var id in await history.Named(job, chunks, ChunksAtOnce, cancellation))
        {
            frozen.Add(await views.Find(job.Account, id, cancellation) is { } row ? Freeze(job, row) : new(id, 0));
        }

        var done = (chunks * Job.ChunkSize) + frozen.Count;
        return new(chunks, frozen, done < job.Named ? new(done, "") : null);
    }

    private static FrozenItem Freeze(Job job, ConversationRow row) =>
        new(
            row.Id, row.Seq, job.Spec!.DryRun ? null : JobUndo.Of(job.Spec.Command, row),
            job.Spec.Command is Assign { Agent: { } agent } && agent != row.Assignee ? row.Address.Channel : null);

    private async ValueTask Run(Job job, CancellationToken cancellation)
    {
        var (worked, status) = (job.Worked, job.Status);
        var trial = job.Spec!.DryRun ? await trials.Of(job, cancellation) : null;
        while (status is JobStatus.Running or JobStatus.Cancelling)
        {
            List<IReadOnlyList<ItemResult>> results = [];
            if (status == JobStatus.Running)
            {
                var since = time.GetTimestamp();
                foreach (var chunk in await history.Frozen(job, worked, ChunksAtOnce, cancellation))
                {
                    results.Add(await (trial?.Do(chunk, cancellation) ?? items.Do(job, chunk, cancellation)));
                    if (time.GetElapsedTime(since) >= Beat)
                    {
                        break;
                    }
                }
            }

            var answer = await Ask(job, $"{job.Id}/results/{worked}{(results.Count == 0 ? "/end" : "")}", new RecordResults(worked, results), cancellation);
            (worked, status) = (answer.Worked, answer.Status);
        }
    }

    private async ValueTask Undo(Job job, CancellationToken cancellation)
    {
        var (worked, status) = (job.UndoWorked, job.Status);
        while (status == JobStatus.Undoing)
        {
            List<IReadOnlyList<ItemResult>> results = [];
            var since = time.GetTimestamp();
            var done = await history.Results(job, worked, ChunksAtOnce, cancellation);
            foreach (var (chunk, before) in (await history.Frozen(job, worked, done.Count, cancellation)).Zip(done))
            {
                results.Add(await items.Undo(job, chunk, before, cancellation));
                if (time.GetElapsedTime(since) >= Beat)
                {
                    break;
                }
            }

            var answer = await Ask(job, $"{job.Id}/undone/{worked}", new RecordUndone(worked, results), cancellation);
            (worked, status) = (answer.UndoWorked, answer.Status);
        }
    }

    private async ValueTask<JobAnswer> Ask(Job job, string commandId, JobCommand command, CancellationToken cancellation) =>
        await entities.Send(job.Account, job.Id, new(commandId, Actor.System, command, Strict: false), cancellation) switch
        {
            Reply<JobAnswer>.Done done => done.Answer,
            Reply<JobAnswer>.Refused refused => throw new InvalidOperationException($"{job.Id}: {refused.Refusal.Code}: {refused.Refusal.Detail}"),
            _ => throw new TimeoutException("The job's record was not taken or not confirmed."),
        };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Bulk job {Job} rests for a few seconds.")]
    private static partial void LogRests(ILogger logger, JobId job, Exception failure);
}
