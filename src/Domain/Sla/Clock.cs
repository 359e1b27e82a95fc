using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>One instance of a promise. Derived from the timeline, never edited by hand.</summary>
/// <param name="Number">First response and resolution: 1. Next response: 1, 2, … within the episode.</param>
/// <param name="Target">Seconds.</param>
/// <param name="Remaining">Set while the clock stands still (paused or closed): what is left of the target.</param>
/// <param name="Due">When the promise runs out; null while it stands still.</param>
/// <param name="BreachedAt">The due instant, once it is known to have passed unfulfilled (sla.md R-AL3). Stays when fulfilled later.</param>
public sealed record Clock(
    Metric Metric,
    int Number,
    Instant Start,
    int Target,
    double WarnAt,
    Instant? Due,
    Duration? Remaining = null,
    Instant? FulfilledAt = null,
    Instant? BreachedAt = null,
    bool Cancelled = false)
{
    public static Clock Begin(Metric metric, int number, Instant start, int target, double warnAt) =>
        new(metric, number, start, target, warnAt, start + Duration.FromSeconds(target));

    [JsonIgnore]
    public ClockStatus Status =>
        BreachedAt is not null ? ClockStatus.Breached
        : FulfilledAt is not null ? ClockStatus.Met
        : Cancelled ? ClockStatus.Cancelled
        : Due is null ? ClockStatus.Paused
        : ClockStatus.Running;

    /// <summary>Waiting to be fulfilled and able to run out.</summary>
    [JsonIgnore]
    public bool Runs => FulfilledAt is null && Due is not null && !Cancelled;

    /// <summary>When to warn. A lead longer than the target warns at the start (sla.md R-AL1).</summary>
    [JsonIgnore]
    public Instant? WarnsAt => Due is { } due
        ? Instant.Max(Start, due - Duration.FromMilliseconds((long)Math.Round(Target * (1 - WarnAt) * 1_000)))
        : null;

    /// <summary>Still to be fulfilled, now or once the conversation is reopened.</summary>
    [JsonIgnore]
    public bool IsAwaited => FulfilledAt is null && !(Cancelled && Remaining is null);

    /// <summary>
    /// Met when fulfilled at or before the due instant, else breached (sla.md R-ST1). What was cancelled by closing stays
    /// cancelled, and has nothing left to resume.
    /// </summary>
    public Clock Fulfil(Instant at) => FulfilledAt is not null ? this
        : Cancelled ? this with { Remaining = null }
        : this with { FulfilledAt = at, BreachedAt = BreachedAt ?? (Due is { } due && at > due ? due : null) };

    /// <summary>Stops the clock without fulfilling it; what is left is kept. A breach that already happened stays (R-ST3).</summary>
    public Clock Stand(Instant at) => Due is not { } due || FulfilledAt is not null
        ? this
        : at > due
            ? this with { BreachedAt = BreachedAt ?? due }
            : this with { Due = null, Remaining = due - at };

    /// <summary>Runs again from <paramref name="at"/> with what was left (sla.md R-PA2: never added to the start).</summary>
    public Clock Resume(Instant at) => Remaining is { } left
        ? this with { Due = at + left, Remaining = null, Cancelled = false }
        : this;
}
