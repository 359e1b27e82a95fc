using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Gateway.Sla;

// An invented ticket in the words of sla.md 10: snake_case and minutes.

public sealed record TicketTargets
{
    [JsonPropertyName("first_response")]
    public int? FirstResponse { get; init; }

    [JsonPropertyName("next_response")]
    public int? NextResponse { get; init; }

    [JsonPropertyName("resolution")]
    public int? Resolution { get; init; }

    internal SimulatedTargets ToTargets() => new(FirstResponse, NextResponse, Resolution);
}

public sealed record TicketRules
{
    public TicketPauses? Pause { get; init; }
}

/// <summary>The statuses in which each metric stands still.</summary>
public sealed record TicketPauses
{
    [JsonPropertyName("first_response")]
    public IReadOnlyList<Phase>? FirstResponse { get; init; }

    [JsonPropertyName("next_response")]
    public IReadOnlyList<Phase>? NextResponse { get; init; }

    [JsonPropertyName("resolution")]
    public IReadOnlyList<Phase>? Resolution { get; init; }
}

public sealed record TicketEvent
{
    public required Instant At { get; init; }
    public required SimulatedEventType Type { get; init; }

    /// <summary>created: the status it began in.</summary>
    public Phase? Status { get; init; }

    /// <summary>created: an agent wrote first.</summary>
    public bool Outbound { get; init; }

    /// <summary>created: a bot held it.</summary>
    public bool Bot { get; init; }

    /// <summary>customer_message: out-of-office and the like.</summary>
    public bool Auto { get; init; }

    /// <summary>agent_reply: false if the channel refused it.</summary>
    public bool Delivered { get; init; } = true;

    /// <summary>policy_applied, policy_changed.</summary>
    public TicketTargets? Targets { get; init; }

    internal SimulatedEvent ToEvent() => new(At, Type, Status, Outbound, Bot, Auto, Delivered, Targets?.ToTargets());
}

/// <param name="NextResponse">In order.</param>
/// <param name="NextDue">The earliest due time of what is not yet fulfilled.</param>
public sealed record TicketPreview(
    [property: JsonPropertyName("first_response")] TicketClock? FirstResponse,
    [property: JsonPropertyName("next_response")] IReadOnlyList<TicketClock> NextResponse,
    [property: JsonPropertyName("resolution")] TicketClock? Resolution,
    [property: JsonPropertyName("next_due"), JsonConverter(typeof(PlainInstantConverter))] Instant? NextDue,
    [property: JsonPropertyName("max_next_response_minutes")] long? MaxNextResponseMinutes) : PreviewAnswer
{
    internal static TicketPreview Of(SimulatedClocks clocks) => new(
        TicketClock.Of(clocks.FirstResponse), [.. clocks.NextResponse.Select(c => TicketClock.Of(c)!)], TicketClock.Of(clocks.Resolution), clocks.NextDue, clocks.MaxNextResponseMinutes);
}

/// <param name="Due">Null while it stands still.</param>
/// <param name="RemainingMinutes">Negative once it has run out. Whole minutes, cut down.</param>
/// <param name="PausedSeconds">Open time that did not count.</param>
/// <param name="WarnAt">By the minutes before that were asked for.</param>
/// <param name="EscalateAt">By the minutes after that were asked for.</param>
public sealed record TicketClock(
    [property: JsonConverter(typeof(PlainInstantConverter))] Instant Start,
    [property: JsonConverter(typeof(PlainInstantConverter))] Instant? Due,
    ClockStatus Status,
    [property: JsonPropertyName("elapsed_minutes")] long ElapsedMinutes,
    [property: JsonPropertyName("remaining_minutes")] long RemainingMinutes,
    [property: JsonPropertyName("over_minutes")] long OverMinutes,
    [property: JsonPropertyName("paused_seconds")] long PausedSeconds,
    [property: JsonPropertyName("breached_at"), JsonConverter(typeof(PlainInstantConverter))] Instant? BreachedAt,
    [property: JsonPropertyName("warn_at")] IReadOnlyDictionary<int, PlainTime?>? WarnAt,
    [property: JsonPropertyName("escalate_at")] IReadOnlyDictionary<int, PlainTime?>? EscalateAt)
{
    internal static TicketClock? Of(SimulatedClock? c) => c is null ? null : new(
        c.Start, c.Due, c.Status, c.ElapsedMinutes, c.RemainingMinutes, c.OverMinutes, c.PausedSeconds, c.BreachedAt, Plain(c.WarnAt), Plain(c.EscalateAt));

    private static Dictionary<int, PlainTime?>? Plain(IReadOnlyDictionary<int, Instant?>? times) =>
        times?.ToDictionary(t => t.Key, t => t.Value is { } at ? new PlainTime(at) : (PlainTime?)null);
}

/// <summary>An instant as a value of a dictionary, written as the others here.</summary>
[JsonConverter(typeof(PlainTimeConverter))]
public readonly record struct PlainTime(Instant At);

internal sealed class PlainTimeConverter : JsonConverter<PlainTime>
{
    private static readonly PlainInstantConverter Times = new();

    public override PlainTime Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        new(Times.Read(ref reader, typeof(Instant), options));

    public override void Write(System.Text.Json.Utf8JsonWriter writer, PlainTime value, System.Text.Json.JsonSerializerOptions options) =>
        Times.Write(writer, value.At, options);
}
