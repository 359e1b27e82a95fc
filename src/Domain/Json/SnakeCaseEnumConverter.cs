using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conversations.Domain.Json;

/// <summary>Enum members whose words a specification writes in snake_case, as problem codes are. To the letter, like <see cref="CamelCaseEnumConverter{TEnum}"/>.</summary>
public sealed class SnakeCaseEnumConverter<TEnum> : JsonConverter<TEnum> where TEnum : struct, Enum
{
    private static readonly Dictionary<string, TEnum> Values = Enum.GetValues<TEnum>().ToDictionary(Word);
    private static readonly Dictionary<TEnum, JsonEncodedText> Words = Enum.GetValues<TEnum>().ToDictionary(v => v, v => JsonEncodedText.Encode(Word(v)));

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out var value)
            ? value
            : throw new JsonException($"The value could not be converted: it is one of {string.Join(", ", Values.Keys)}.");

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(Words[value]);

    private static string Word(TEnum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
