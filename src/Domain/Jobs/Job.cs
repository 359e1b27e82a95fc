using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The live state of a bulk job (routing.md 9). Bounded, however many items it has: they lie in the history in chunks of
/// <see cref="ChunkSize"/>, and where each chunk lies follows from the numbers kept here.
/// </summary>
/// <param name="By">Who started it: its items' changes are theirs.</param>
/// <param name="Named">Conversations named; null where a filter says which.</param>
/// <param name="Cursor">Where listing goes on.</param>
/// <param name="Chunks">Chunks frozen so far.</param>
/// <param name="Total">Items frozen so far.</param>
/// <param name="Worked">Chunks whose results are recorded.</param>
/// <param name="ResultsFrom">Seq of the first chunk's results.</param>
/// <param name="UndoFrom">Seq of the first chunk's results of the undo.</param>
public sealed record Job(
    JobId Id,
    AccountId Account,
    long Seq,
    JobSpec? Spec,
    JobStatus Status,
    Actor? By,
    Instant CreatedAt,
    int? Named,
    JobCursor? Cursor,
    int Chunks,
    int Total,
    int Worked,
    JobTally Tally,
    long ResultsFrom,
    Instant? FinishedAt = null,
    bool WasCancelled = false,
    Actor? UndoneBy = null,
    int UndoWorked = 0,
    JobTally? UndoTally = null,
    long UndoFrom = 0,
    Instant? UndoneAt = null)
{
    public const int Format = 1;

    /// <summary>Items in a chunk: about 10 KB of history, and a fraction of a second's work.</summary>
    public const int ChunkSize = 100;

    /// <summary>Conversations that may be named in one request: what fits into its body.</summary>
    public const int MostNamed = 10_000;

    /// <summary>How long after its end a job can be undone (routing.md 9).</summary>
    public static readonly Duration UndoWindow = Duration.FromMinutes(10);

    public static Job Empty(AccountId account, JobId id) =>
        new(id, account, 0, null, JobStatus.Listing, null, default, null, null, 0, 0, 0, new(), 0);

    [JsonIgnore]
    public bool Exists => Seq > 0;

    /// <summary>Chunks of named conversations, which lie right after the start.</summary>
    [JsonIgnore]
    public int NamedChunks => ((Named ?? 0) + ChunkSize - 1) / ChunkSize;

    /// <summary>Seq of the first frozen chunk; the others follow one by one.</summary>
    [JsonIgnore]
    public long FrozenFrom => 2 + NamedChunks;

    [JsonIgnore]
    public bool IsOver => Status is JobStatus.Finished or JobStatus.Cancelled or JobStatus.Undoing or JobStatus.Undone;

    /// <summary>Until when it can be undone; null if it cannot.</summary>
    [JsonIgnore]
    public Instant? UndoUntil =>
        Status is JobStatus.Finished or JobStatus.Cancelled && Spec is { DryRun: false } spec && JobUndo.Knows(spec.Command) && Tally.Done > 0
            ? FinishedAt + UndoWindow
            : null;

    public static Job Evolve(Job state, Recorded<JobEvent> recorded)
    {
        var next = recorded.Event switch
        {
            JobStarted e => state with { Spec = e.Spec, Named = e.Named, By = recorded.Actor, CreatedAt = recorded.At },
            ItemsFrozen e => state with
            {
                Chunks = state.Chunks + (e.Items.Count > 0 ? 1 : 0),
                Total = state.Total + e.Items.Count,
                Cursor = e.Next ?? state.Cursor,
                Status = e.Complete ? JobStatus.Running : state.Status,
                ResultsFrom = recorded.Seq + 1,
            },
            JobProgressed e => state with { Worked = e.Chunk + 1, Tally = e.Tally },
            JobCancelling => state with { Status = JobStatus.Cancelling },
            JobFinished e => state with
            {
                Status = e.Cancelled ? JobStatus.Cancelled : JobStatus.Finished,
                WasCancelled = e.Cancelled,
                FinishedAt = recorded.At,
            },
            UndoStarted => state with { Status = JobStatus.Undoing, UndoneBy = recorded.Actor, UndoFrom = recorded.Seq + 1, UndoTally = new() },
            UndoProgressed e => state with { UndoWorked = e.Chunk + 1, UndoTally = e.Tally },
            UndoFinished => state with { Status = JobStatus.Undone, UndoneAt = recorded.At },
            _ => state,
        };
        return next with { Seq = recorded.Seq };
    }
}

/// <summary>How far the job is: all that whoever works on it needs to go on.</summary>
public sealed record JobAnswer(JobId Job, long Seq, JobStatus Status, Instant CreatedAt, int Chunks, int Worked, int UndoWorked, JobCursor? Cursor)
{
    public static JobAnswer Of(Job state) =>
        new(state.Id, state.Seq, state.Status, state.CreatedAt, state.Chunks, state.Worked, state.UndoWorked, state.Cursor);
}
