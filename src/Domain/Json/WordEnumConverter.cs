using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conversations.Domain.Json;

/// <summary>
/// Enum members are words on the wire, matched to the letter. The framework's own converter also takes numbers,
/// other cases and "agent,admin", which it adds up to a third value.
/// </summary>
public abstract class WordEnumConverter<TEnum> : JsonConverter<TEnum> where TEnum : struct, Enum
{
    private readonly Dictionary<string, TEnum> _values;
    private readonly Dictionary<TEnum, JsonEncodedText> _words;

    private protected WordEnumConverter(JsonNamingPolicy naming)
    {
        _values = Enum.GetValues<TEnum>().ToDictionary(value => naming.ConvertName(value.ToString()));
        _words = _values.ToDictionary(v => v.Value, v => JsonEncodedText.Encode(v.Key));
    }

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Of(reader.TokenType == JsonTokenType.String ? reader.GetString() : null);

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(_words[value]);

    public override TEnum ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WritePropertyName(_words[value]);

    private TEnum Of(string? word) => word is not null && _values.TryGetValue(word, out var value)
        ? value
        : throw new JsonException($"The value could not be converted: it is one of {string.Join(", ", _values.Keys)}.");
}

/// <summary>Enum members are camelCase words on the wire.</summary>
public sealed class CamelCaseEnumConverter<TEnum>() : WordEnumConverter<TEnum>(JsonNamingPolicy.CamelCase) where TEnum : struct, Enum;

/// <summary>Enum members whose words a specification writes in snake_case, as problem codes are.</summary>
public sealed class SnakeCaseEnumConverter<TEnum>() : WordEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower) where TEnum : struct, Enum;
