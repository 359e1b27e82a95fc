using System.Text.Json.Serialization;
using Conversations.Domain.Json;

namespace Conversations.Domain;

// ids → commands → events → state + Evolve → Decide, as everywhere (DESIGN.md 4).

/// <summary>One bulk job. Follows from the request that started it, so a retry of that request is the same job.</summary>
[JsonConverter(typeof(StringIdConverter<JobId>))]
public readonly record struct JobId(string Value) : IStringId<JobId>
{
    public static JobId Of(string value) => new(value);

    public static JobId Of(AccountId account, string commandId) => new("j" + StableHash.Hex(account.Value, commandId));

    /// <summary>The command id of one item (routing.md 9): doing it again has no second effect.</summary>
    public string Item(ConversationId conversation) => $"{Value}:{conversation.Value}";

    public string UndoOf(ConversationId conversation) => $"{Value}:{conversation.Value}:undo";

    /// <summary>Whether a command was an item of some job.</summary>
    public static bool IsItem(string commandId) => commandId.Length > 34 && commandId[0] == 'j' && commandId[33] == ':';

    public override string ToString() => Value;
}

/// <summary>What a job does to whom.</summary>
/// <param name="Command">What is asked of each conversation.</param>
/// <param name="Filter">Which conversations; null: those named when it was started.</param>
/// <param name="RespectCapacity">False: agents get more than fits; the conversations' histories say so.</param>
/// <param name="KeepAge">False: what moves begins to wait anew.</param>
/// <param name="DryRun">Tells what would happen and does nothing.</param>
public sealed record JobSpec(
    ConversationCommand Command, JobFilter? Filter = null, bool RespectCapacity = true, bool KeepAge = true, bool DryRun = false);

/// <summary>All conditions that are set must hold.</summary>
/// <param name="Status">Null: everything that is not closed or spam.</param>
public sealed record JobFilter(
    IReadOnlyList<ConversationStatus>? Status = null,
    QueueId? Queue = null,
    AgentId? Assignee = null,
    bool Unassigned = false,
    string? Channel = null,
    Priority? Priority = null,
    string? Label = null,
    SlaState? Sla = null,
    string? Customer = null);

[JsonDerivedType(typeof(StartJob), "startJob")]
[JsonDerivedType(typeof(FreezeItems), "freezeItems")]
[JsonDerivedType(typeof(RecordResults), "recordResults")]
[JsonDerivedType(typeof(CancelJob), "cancelJob")]
[JsonDerivedType(typeof(UndoJob), "undoJob")]
[JsonDerivedType(typeof(RecordUndone), "recordUndone")]
public abstract record JobCommand;

/// <param name="Ids">The conversations, where no filter says which. Doubles count once.</param>
public sealed record StartJob(JobSpec Spec, IReadOnlyList<ConversationId>? Ids = null) : JobCommand;

/// <summary>The next conversations the job is about, at the versions they have now.</summary>
/// <param name="Chunk">Of the first of them.</param>
/// <param name="Next">Where listing goes on; null: these were the last.</param>
public sealed record FreezeItems(int Chunk, IReadOnlyList<FrozenItem> Items, JobCursor? Next) : JobCommand;

/// <summary>What became of whole chunks, from <paramref name="Chunk"/> on.</summary>
public sealed record RecordResults(int Chunk, IReadOnlyList<IReadOnlyList<ItemResult>> Chunks) : JobCommand;

/// <summary>No further items. Those done stay done.</summary>
public sealed record CancelJob : JobCommand;

public sealed record UndoJob : JobCommand;

/// <inheritdoc cref="RecordResults"/>
public sealed record RecordUndone(int Chunk, IReadOnlyList<IReadOnlyList<ItemResult>> Chunks) : JobCommand;

[JsonDerivedType(typeof(JobStarted), "job.started")]
[JsonDerivedType(typeof(ItemsNamed), "job.named")]
[JsonDerivedType(typeof(ItemsFrozen), "job.frozen")]
[JsonDerivedType(typeof(JobProgressed), "job.progressed")]
[JsonDerivedType(typeof(JobCancelling), "job.cancelling")]
[JsonDerivedType(typeof(JobFinished), "job.finished")]
[JsonDerivedType(typeof(UndoStarted), "job.undoStarted")]
[JsonDerivedType(typeof(UndoProgressed), "job.undoProgressed")]
[JsonDerivedType(typeof(UndoFinished), "job.undone")]
public abstract record JobEvent;

/// <param name="Named">Conversations named; null where a filter says which.</param>
public sealed record JobStarted(JobSpec Spec, int? Named = null) : JobEvent;

/// <summary>One chunk of the conversations named. They follow right after the start, so a chunk's place in the history is known.</summary>
public sealed record ItemsNamed(IReadOnlyList<ConversationId> Ids) : JobEvent;

/// <summary>One chunk of items, frozen: every chunk but the last is full.</summary>
/// <param name="Next">Where listing goes on after the last chunk of a page.</param>
/// <param name="Complete">There are no more.</param>
public sealed record ItemsFrozen(int Chunk, IReadOnlyList<FrozenItem> Items, JobCursor? Next = null, bool Complete = false) : JobEvent;

/// <param name="Tally">Of the whole job so far.</param>
public sealed record JobProgressed(int Chunk, JobTally Tally, IReadOnlyList<ItemResult> Results) : JobEvent;

public sealed record JobCancelling : JobEvent;

public sealed record JobFinished(bool Cancelled) : JobEvent;

public sealed record UndoStarted : JobEvent;

/// <inheritdoc cref="JobProgressed"/>
public sealed record UndoProgressed(int Chunk, JobTally Tally, IReadOnlyList<ItemResult> Results) : JobEvent;

public sealed record UndoFinished : JobEvent;

/// <param name="Seq">The version it is done at, or not at all; 0: there is no such conversation.</param>
/// <param name="Undo">What takes it back; null: nothing does.</param>
/// <param name="Channel">Where it goes to an agent: what it weighs there follows from it.</param>
public sealed record FrozenItem(ConversationId Conversation, long Seq, ConversationCommand? Undo = null, string? Channel = null);

/// <summary>Where listing goes on: the sort value (Unix milliseconds) and id of the last one listed.</summary>
public sealed record JobCursor(long Sort, string Id);

/// <param name="Seq">The version after it; null if it was not done.</param>
/// <param name="Changed">False when the conversation was already as asked.</param>
/// <param name="Code">Of a failure: the refusal's.</param>
/// <param name="Retryable">The same may work later.</param>
public sealed record ItemResult(ItemOutcome Outcome, long? Seq = null, bool Changed = false, string? Code = null, string? Detail = null, bool Retryable = false);

public sealed record JobTally(int Done = 0, int SkippedChanged = 0, int NoCapacity = 0, int Failed = 0)
{
    [JsonIgnore]
    public int All => Done + SkippedChanged + NoCapacity + Failed;

    public JobTally With(IReadOnlyList<ItemResult> results) => new(
        Done + results.Count(r => r.Outcome == ItemOutcome.Done),
        SkippedChanged + results.Count(r => r.Outcome == ItemOutcome.SkippedChanged),
        NoCapacity + results.Count(r => r.Outcome == ItemOutcome.NoCapacity),
        Failed + results.Count(r => r.Outcome == ItemOutcome.Failed));
}

/// <summary>The words of routing.md 9. NotDone is an item of an undo that the job had not done.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ItemOutcome>))]
public enum ItemOutcome { Done, SkippedChanged, NoCapacity, Failed, NotDone }

[JsonConverter(typeof(CamelCaseEnumConverter<JobStatus>))]
public enum JobStatus { Listing, Running, Cancelling, Finished, Cancelled, Undoing, Undone }
