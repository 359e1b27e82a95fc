using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace Conversations.Domain.Sla;

/// <summary>Dates are <c>2025-12-25</c>, also as names of members.</summary>
public sealed class LocalDateConverter : JsonConverter<LocalDate>
{
    public override LocalDate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : throw Wrong();

    public override void Write(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options) => writer.WriteStringValue(Format(value));

    public override LocalDate ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options) => writer.WritePropertyName(Format(value));

    public static string Format(LocalDate date) => LocalDatePattern.Iso.Format(date);

    /// <remarks>Dates before the year 1 and their like are no one's holidays, and their arithmetic ends early.</remarks>
    private static LocalDate Parse(string text) =>
        text.Length == 10 && LocalDatePattern.Iso.Parse(text) is { Success: true, Value: { Year: >= 1 } date } ? date : throw Wrong();

    private static JsonException Wrong() => new("The value could not be converted: a date is like 2025-12-25.");
}

/// <summary><c>["09:00","17:00"]</c>. Whether the start lies before the end is for <see cref="CalendarDefinition.Validate"/> to say.</summary>
public sealed class HoursConverter : JsonConverter<Hours>
{
    public override Hours Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong();
        }

        var hours = new Hours(Minutes(ref reader), Minutes(ref reader));
        return reader.Read() && reader.TokenType == JsonTokenType.EndArray ? hours : throw Wrong();
    }

    public override void Write(Utf8JsonWriter writer, Hours value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(Hours.Text(value.Start));
        writer.WriteStringValue(Hours.Text(value.End));
        writer.WriteEndArray();
    }

    private static int Minutes(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.String || reader.GetString() is not [var h1, var h2, ':', var m1, var m2]
            || !char.IsAsciiDigit(h1) || !char.IsAsciiDigit(h2) || m1 is < '0' or > '5' || !char.IsAsciiDigit(m2))
        {
            throw Wrong();
        }

        var minutes = (((h1 - '0') * 10) + h2 - '0') * 60 + ((m1 - '0') * 10) + m2 - '0';
        return minutes <= Hours.MinutesOfDay ? minutes : throw Wrong();
    }

    private static JsonException Wrong() => new("The value could not be converted: hours are like [\"09:00\",\"17:00\"].");
}
