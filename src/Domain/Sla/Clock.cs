using System.Text.Json.Serialization;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// One instance of a promise as it was last read with its calendar (sla.md R-ST4), and recorded by an event: what rows show
/// and deadlines are taken from needs no calendar then.
/// </summary>
/// <param name="Number">First response and resolution: 1. Next response: 1, 2, … within the episode.</param>
/// <param name="Target">Seconds, of business time if there is a calendar.</param>
/// <param name="Due">When the promise runs out; null while it stands still or is not within reach.</param>
/// <param name="Remaining">Set while the clock stands still: what is left of the target, in its own time.</param>
/// <param name="BreachedAt">When the promise broke: the due instant, however late that was found (sla.md R-AL3), or that of the
/// change that left too little time. Stays when it is kept after all.</param>
/// <param name="StoppedAt">When it was fulfilled or cut short: from then on no figure moves.</param>
/// <param name="Calendar">Null: 24×7.</param>
/// <param name="Counted">What was counted before <paramref name="CountedTo"/> under earlier versions of the calendar, in seconds.</param>
/// <param name="Elapsed">Seconds of its own time, once it has stopped.</param>
/// <param name="Overrun">Seconds of its own time beyond the target, once it has stopped.</param>
/// <param name="OverrunWall">Seconds of wall-clock time beyond the due instant, once it was fulfilled.</param>
/// <param name="ByHand">The due time was set by hand (R-PO8).</param>
/// <param name="Next">When it wants to be looked at again; null: never.</param>
/// <param name="Fired">The levels that have fired, each once (R-AL2).</param>
public sealed record Clock(
    Metric Metric,
    int Number,
    Instant Start,
    int Target,
    Instant? Due,
    Duration? Remaining = null,
    Instant? FulfilledAt = null,
    Instant? BreachedAt = null,
    BreachCause? BreachCause = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Cancelled = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Merged = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Unreachable = false,
    Instant? StoppedAt = null,
    string Policy = "",
    long PolicyVersion = 0,
    CalendarRef? Calendar = null,
    IReadOnlyList<Pause>? Pauses = null,
    Instant? CountedTo = null,
    long? Counted = null,
    long? Elapsed = null,
    long? Overrun = null,
    long? OverrunWall = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool ByHand = false,
    Instant? Next = null,
    IReadOnlyList<string>? Fired = null)
{
    [JsonIgnore]
    public ClockStatus Status =>
        Merged ? ClockStatus.Merged
        : BreachedAt is not null ? ClockStatus.Breached
        : FulfilledAt is not null ? ClockStatus.Met
        : Cancelled ? ClockStatus.Cancelled
        : Remaining is not null ? ClockStatus.Paused
        : ClockStatus.Running;

    /// <summary>Waiting to be fulfilled and able to run out.</summary>
    [JsonIgnore]
    public bool Runs => StoppedAt is null && Due is not null;

    public bool HasFired(string level)
    {
        for (var i = 0; i < Fired?.Count; i++)
        {
            if (Fired[i] == level)
            {
                return true;
            }
        }

        return false;
    }

    internal bool IsOf(Instance instance) => Metric == instance.Metric && Number == instance.Number;

    /// <summary>As equality, but collections compare by what is in them.</summary>
    internal bool SameAs(Clock other) =>
        (Fired ?? []).SequenceEqual(other.Fired ?? []) && (Pauses ?? []).SequenceEqual(other.Pauses ?? [])
        && this with { Fired = null, Pauses = null } == other with { Fired = null, Pauses = null };
}
