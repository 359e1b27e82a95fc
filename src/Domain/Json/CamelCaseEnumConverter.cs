using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conversations.Domain.Json;

/// <summary>
/// Enum members are camelCase words on the wire, matched to the letter. The framework's own converter also takes numbers,
/// other cases and "agent,admin", which it adds up to a third value.
/// </summary>
public sealed class CamelCaseEnumConverter<TEnum> : JsonConverter<TEnum> where TEnum : struct, Enum
{
    private static readonly Dictionary<string, TEnum> Values = Enum.GetValues<TEnum>().ToDictionary(Word);
    private static readonly Dictionary<TEnum, JsonEncodedText> Words = Enum.GetValues<TEnum>().ToDictionary(v => v, v => JsonEncodedText.Encode(Word(v)));

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out var value)
            ? value
            : throw new JsonException($"The value could not be converted: it is one of {string.Join(", ", Values.Keys)}.");

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(Words[value]);

    public override TEnum ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Values.TryGetValue(reader.GetString()!, out var value)
            ? value
            : throw new JsonException($"The value could not be converted: it is one of {string.Join(", ", Values.Keys)}.");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WritePropertyName(Words[value]);

    private static string Word(TEnum value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
