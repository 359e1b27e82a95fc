using Conversations.Domain;
using NodaTime;

namespace Conversations.Gateway.BulkJobs;

/// <summary>What starting a job answers. Where it stands: <c>GET /v1/bulk-jobs/{id}</c>.</summary>
public sealed record BulkJobAccepted(JobId Id, JobStatus Status, Instant CreatedAt);

/// <param name="Total">Conversations it is about; null while they are being listed.</param>
/// <param name="Processed">Items with a result.</param>
/// <param name="UndoUntil">Until when it can be undone; null if it cannot.</param>
public sealed record BulkJobView(
    JobId Id,
    JobStatus Status,
    BulkAction Action,
    TargetView Target,
    FilterView? Filter,
    bool RespectCapacity,
    bool KeepAge,
    bool DryRun,
    Actor By,
    Instant CreatedAt,
    Instant? FinishedAt,
    int? Total,
    int Processed,
    JobTally Counts,
    Instant? UndoUntil,
    UndoView? Undo)
{
    internal static BulkJobView Of(Job job, Instant now)
    {
        var (action, target) = TargetView.Of(job.Spec!.Command);
        return new(
            job.Id, job.Status, action, target, FilterView.Of(job.Spec.Filter), job.Spec.RespectCapacity, job.Spec.KeepAge, job.Spec.DryRun, job.By!,
            job.CreatedAt, job.FinishedAt, job.Status == JobStatus.Listing ? null : job.Total, job.Tally.All, job.Tally,
            job.UndoUntil is { } until && until >= now ? until : null,
            job.UndoneBy is { } by ? new(by, job.UndoneAt, job.UndoTally!) : null);
    }
}

/// <param name="Counts">What it had not done itself is not counted.</param>
public sealed record UndoView(Actor By, Instant? FinishedAt, JobTally Counts);

public sealed record TargetView(
    AgentId? Agent = null, QueueId? Queue = null, string? Skill = null, string? Note = null, string? Disposition = null, Priority? Priority = null,
    string? Reason = null, IReadOnlyList<string>? Add = null, IReadOnlyList<string>? Remove = null)
{
    internal static (BulkAction Action, TargetView Target) Of(ConversationCommand command) => command switch
    {
        Assign c => (BulkAction.Assign, new(c.Agent, c.Queue)),
        Transfer c => (BulkAction.Transfer, new(c.ToAgent, c.ToQueue, c.ToSkill, c.Note)),
        Close c => (BulkAction.Close, new(Note: c.Note, Disposition: c.Disposition)),
        SetPriority c => (BulkAction.Priority, new(Priority: c.Priority, Reason: c.Reason)),
        ChangeLabels c => (BulkAction.Labels, new(Add: c.Add, Remove: c.Remove)),
        _ => throw new InvalidOperationException($"No job does {command.GetType().Name}."),
    };
}

public sealed record FilterView(
    IReadOnlyList<ConversationStatus>? Status, QueueId? Queue, AgentId? Assignee, bool Unassigned, string? Channel, Priority? Priority, string? Label,
    SlaState? Sla, string? Customer)
{
    internal static FilterView? Of(JobFilter? filter) => filter is null
        ? null
        : new(filter.Status, filter.Queue, filter.Assignee, filter.Unassigned, filter.Channel, filter.Priority, filter.Label, filter.Sla, filter.Customer);
}

/// <summary>One conversation of a job.</summary>
/// <param name="Result">Null while it has none: it waits for its turn, or the job was cancelled before.</param>
/// <param name="Changed">False when the conversation was already as asked.</param>
/// <param name="Undone">What became of it in the undo; null without one.</param>
public sealed record BulkItemView(
    ConversationId Conversation, ItemOutcome? Result, bool Changed, long? Seq, string? Code, string? Detail, bool Retryable, ItemOutcome? Undone)
{
    internal static BulkItemView Of(FrozenItem item, ItemResult? result, ItemResult? undone) => new(
        item.Conversation, result?.Outcome, result?.Changed ?? false, result?.Seq, result?.Code, result?.Detail, result?.Retryable ?? false, undone?.Outcome);
}

public sealed record BulkItemList(IReadOnlyList<BulkItemView> Items, string? NextCursor);
