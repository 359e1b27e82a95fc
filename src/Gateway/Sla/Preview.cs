using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Sla;

/// <summary>A question to the clocks. What an operation does not ask for is not looked at.</summary>
public sealed record PreviewRequest
{
    internal const string Add = "add", Between = "between", NextOpen = "next_open", Ticket = "ticket";

    /// <summary>What keeps a question from being work: each is far more than a conversation has. The dearest ticket let in takes a second.</summary>
    private const int MostPauses = 1_000, MostEvents = 1_000, MostLevels = 10, MostTicketDates = 1_000;

    public required CalendarDefinition Calendar { get; init; }

    /// <summary>add, between, next_open or ticket.</summary>
    public required string Op { get; init; }

    /// <summary>add, next_open.</summary>
    public Instant? Start { get; init; }

    /// <summary>add: whole seconds of open time, at most ten years.</summary>
    public long? Seconds { get; init; }

    /// <summary>between.</summary>
    public Instant? From { get; init; }

    /// <summary>between.</summary>
    public Instant? To { get; init; }

    /// <summary>add, between: times that do not count.</summary>
    public IReadOnlyList<PauseSpan>? Pauses { get; init; }

    /// <summary>add: also tell the open time it took and what was passed over.</summary>
    public bool? Explain { get; init; }

    /// <summary>ticket: minutes for each metric; without one it is not tracked.</summary>
    public TicketTargets? Targets { get; init; }

    /// <summary>ticket: without it, as conversations have it.</summary>
    public TicketRules? Rules { get; init; }

    /// <summary>ticket: what happened, in any order.</summary>
    public IReadOnlyList<TicketEvent>? Events { get; init; }

    /// <summary>ticket: the clocks are read as of then.</summary>
    [JsonPropertyName("as_of")]
    public Instant? AsOf { get; init; }

    /// <summary>ticket: tell when each would warn.</summary>
    [JsonPropertyName("warn_before_minutes")]
    public IReadOnlyList<int>? WarnBeforeMinutes { get; init; }

    /// <summary>ticket: tell when each would escalate.</summary>
    [JsonPropertyName("escalate_after_minutes")]
    public IReadOnlyList<int>? EscalateAfterMinutes { get; init; }

    [JsonIgnore]
    internal IReadOnlyList<Pause> Paused => [.. (Pauses ?? []).Select(p => new Pause(p.From, p.To))];

    internal Refusal? Check() =>
        Op switch
        {
            Add => Needs("start", Start) ?? Needs("seconds", Seconds),
            Between => Needs("from", From) ?? Needs("to", To),
            NextOpen => Needs("start", Start),
            Ticket => Needs("targets", Targets) ?? Needs("events", Events) ?? Needs("as_of", AsOf) ?? CheckTicket(),
            _ => Input.Invalid("invalid_value", $"'op' is one of: {Add}, {Between}, {NextOpen}, {Ticket}."),
        }
        ?? (Seconds is < 0 or > 315_360_000 ? Input.Invalid("invalid_value", "'seconds' is a number of seconds from 0 to ten years.") : null)
        ?? (Pauses?.Count > MostPauses ? Input.Invalid("too_many_pauses", $"'pauses' has at most {MostPauses:N0} entries.") : null)
        ?? (Pauses?.Any(p => p.To < p.From) == true ? Input.Invalid("invalid_pause", "A pause does not end before it begins.") : null)
        ?? CalendarRequest.Null("overrides", Calendar.Overrides)
        ?? CalendarRequest.Null("breaks", Calendar.Breaks)
        ?? CalendarDefinition.Validate(Calendar);

    internal SimulatedTicket ToTicket() => new(
        Targets!.ToTargets(),
        [.. Events!.Select(e => e.ToEvent())],
        AsOf!.Value,
        Rules?.Pause is { } pause ? new(new(pause.FirstResponse, pause.NextResponse, pause.Resolution)) : null,
        WarnBeforeMinutes,
        EscalateAfterMinutes);

    private Refusal? CheckTicket() =>
        PolicyRequest.Full("events", Events)
        ?? (Events!.Count > MostEvents ? Input.Invalid("too_many_events", $"'events' has at most {MostEvents:N0} entries.")
            : WarnBeforeMinutes?.Count > MostLevels || EscalateAfterMinutes?.Count > MostLevels ? Input.Invalid("too_many_levels", $"There are at most {MostLevels} levels before and {MostLevels} after.")
            : Calendar.Holidays?.Count > MostTicketDates || Calendar.Overrides?.Count > MostTicketDates || Calendar.Breaks?.Count > MostTicketDates
                ? Input.Invalid("too_many_dates", $"A ticket's calendar has at most {MostTicketDates:N0} dates of a kind.")
            : SimulatedTicket.Validate(ToTicket()));

    private static Refusal? Needs(string field, object? value) =>
        value is null ? Input.Invalid("missing_field", $"This operation needs '{field}'.") : null;
}

[JsonConverter(typeof(PauseSpanConverter))]
public readonly record struct PauseSpan(Instant From, Instant? To);

internal sealed class PauseSpanConverter : JsonConverter<PauseSpan>
{
    private static readonly InstantConverter Times = new();

    public override PauseSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray || !reader.Read())
        {
            throw Wrong();
        }

        var from = Times.Read(ref reader, typeof(Instant), options);
        reader.Read();
        Instant? to = reader.TokenType == JsonTokenType.Null ? null : Times.Read(ref reader, typeof(Instant), options);
        return reader.Read() && reader.TokenType == JsonTokenType.EndArray ? new(from, to) : throw Wrong();
    }

    public override void Write(Utf8JsonWriter writer, PauseSpan value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        Times.Write(writer, value.From, options);
        if (value.To is { } to)
        {
            Times.Write(writer, to, options);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteEndArray();
    }

    private static JsonException Wrong() => new("The value could not be converted: a pause is [from, to].");
}

[JsonDerivedType(typeof(DuePreview))]
[JsonDerivedType(typeof(OpenTimePreview))]
[JsonDerivedType(typeof(OpeningPreview))]
[JsonDerivedType(typeof(TicketPreview))]
public abstract record PreviewAnswer;

/// <param name="Due">Null: not within 400 days beyond the target, or not before a pause that has no end.</param>
/// <param name="Explanation">When it was asked for.</param>
public sealed record DuePreview(
    [property: JsonConverter(typeof(PlainInstantConverter))] Instant? Due,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DueExplanation? Explanation = null) : PreviewAnswer
{
    internal static DuePreview Of(DueExplanation explanation) => new(explanation.Due, explanation);
}

public sealed record OpenTimePreview(long Seconds) : PreviewAnswer;

/// <param name="Opens">Null: not within 400 days.</param>
public sealed record OpeningPreview([property: JsonConverter(typeof(PlainInstantConverter))] Instant? Opens) : PreviewAnswer;

/// <summary>Whole seconds without a fraction, as people write the times they ask about.</summary>
internal sealed class PlainInstantConverter : JsonConverter<Instant>
{
    private static readonly InstantConverter Times = new();

    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Times.Read(ref reader, typeToConvert, options);

    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
        writer.WriteStringValue(InstantConverter.Format(value).Replace(".000Z", "Z", StringComparison.Ordinal));
}
