using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>An invented ticket, in the words of sla.md 10 (snake_case, minutes).</summary>
/// <param name="Rules">What stands still when; absent: as conversations have it.</param>
/// <param name="AsOf">The clocks are read as of then.</param>
public sealed record SimulatedTicket(
    SimulatedTargets Targets,
    IReadOnlyList<SimulatedEvent> Events,
    Instant AsOf,
    SimulatedRules? Rules = null,
    IReadOnlyList<int>? WarnBeforeMinutes = null,
    IReadOnlyList<int>? EscalateAfterMinutes = null)
{
    public const int MostEvents = 10_000, MostLevels = 50;

    /// <summary>A hundred years: far beyond any promise, and far from where time ends.</summary>
    private const int LongestMinutes = 52_560_000;

    /// <summary>No event needs more: a conversation is not simulated over centuries.</summary>
    private static readonly (Instant First, Instant Last) Times = (Instant.FromUtc(1900, 1, 1, 0, 0), Instant.FromUtc(2200, 1, 1, 0, 0));

    /// <returns>What is wrong with it; null if nothing is.</returns>
    public static Refusal? Validate(SimulatedTicket ticket)
    {
        Refusal Invalid(string detail) => new("invalid_value", detail, RefusalKind.Invalid);
        bool WrongTime(Instant at) => at < Times.First || at > Times.Last;
        bool WrongTargets(SimulatedTargets? t) => new[] { t?.FirstResponse, t?.NextResponse, t?.Resolution }.Any(m => m is < 1 or > LongestMinutes);
        return ticket.Targets is null || ticket.Events is null ? Invalid("A ticket has targets, events and as_of.")
            : ticket.Events.Count > MostEvents ? Invalid($"A ticket has at most {MostEvents:N0} events.")
            : WrongTargets(ticket.Targets) || ticket.Events.Any(e => WrongTargets(e.Targets)) ? Invalid("Targets are positive whole minutes, at most a hundred years.")
            : WrongTime(ticket.AsOf) || ticket.Events.Any(e => WrongTime(e.At)) ? Invalid("Times lie between the years 1900 and 2200.")
            : ticket.WarnBeforeMinutes?.Count > MostLevels || ticket.EscalateAfterMinutes?.Count > MostLevels ? Invalid($"At most {MostLevels} levels each.")
            : (ticket.WarnBeforeMinutes ?? []).Concat(ticket.EscalateAfterMinutes ?? []).Any(m => m is < 0 or > LongestMinutes) ? Invalid("Levels are whole minutes and not negative.")
            : null;
    }
}

/// <summary>Minutes; null: not tracked.</summary>
public sealed record SimulatedTargets(int? FirstResponse = null, int? NextResponse = null, int? Resolution = null);

public sealed record SimulatedRules(SimulatedPauses? Pause = null);

/// <summary>The statuses in which each metric stands still; null: as conversations have it.</summary>
public sealed record SimulatedPauses(
    IReadOnlyList<Phase>? FirstResponse = null, IReadOnlyList<Phase>? NextResponse = null, IReadOnlyList<Phase>? Resolution = null);

/// <param name="Status">Of <c>created</c>: the status it began in.</param>
/// <param name="Outbound">Of <c>created</c>: an agent wrote first.</param>
/// <param name="Bot">Of <c>created</c>: a bot held it from the start.</param>
/// <param name="Auto">Of <c>customer_message</c>: out-of-office and the like.</param>
/// <param name="Delivered">Of <c>agent_reply</c>: false if the channel refused it.</param>
/// <param name="Targets">Of <c>policy_applied</c> and <c>policy_changed</c>.</param>
public sealed record SimulatedEvent(
    Instant At,
    SimulatedEventType Type,
    Phase? Status = null,
    bool Outbound = false,
    bool Bot = false,
    bool Auto = false,
    bool Delivered = true,
    SimulatedTargets? Targets = null);

[JsonConverter(typeof(SnakeCaseEnumConverter<SimulatedEventType>))]
public enum SimulatedEventType
{
    Created,
    CustomerMessage,
    AgentReply,
    AgentNote,
    BotReply,
    Pending,
    OnHold,
    Open,
    Closed,
    Reopened,
    Handoff,
    PolicyApplied,
    PolicyChanged,
    PolicyRemoved,
}

/// <param name="NextResponse">In order.</param>
/// <param name="NextDue">The earliest due time of what is not yet fulfilled, also when it has passed.</param>
public sealed record SimulatedClocks(
    SimulatedClock? FirstResponse,
    IReadOnlyList<SimulatedClock> NextResponse,
    SimulatedClock? Resolution,
    Instant? NextDue,
    long? MaxNextResponseMinutes);

/// <param name="Due">Null while it stands still.</param>
/// <param name="RemainingMinutes">Negative once it has run out. Whole minutes, cut down.</param>
/// <param name="PausedSeconds">Open time that did not count.</param>
/// <param name="WarnAt">By the minutes before.</param>
/// <param name="EscalateAt">By the minutes after.</param>
public sealed record SimulatedClock(
    Instant Start,
    Instant? Due,
    ClockStatus Status,
    long ElapsedMinutes,
    long RemainingMinutes,
    long OverMinutes,
    long PausedSeconds,
    Instant? BreachedAt,
    IReadOnlyDictionary<int, Instant?>? WarnAt,
    IReadOnlyDictionary<int, Instant?>? EscalateAt);

/// <summary>The JSON of the simulator: snake_case, times to the second.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(Json.InstantConverter), typeof(LocalDateConverter)])]
[JsonSerializable(typeof(SimulatedTicket))]
[JsonSerializable(typeof(SimulatedClocks))]
public sealed partial class SimulationJson : JsonSerializerContext;
