using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Channels.X;

/// <summary>
/// Reads JSON whose shape is not promised: what is missing or of another type is simply not there. Nothing here throws.
/// </summary>
internal static class XJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 512 };

    /// <summary>An id as a JSON number is believed only up to 2^53: beyond it some program on the way may have rounded it.</summary>
    private const long LargestExactNumber = 1L << 53;

    /// <summary>X's ids have at most 20 characters; anything far longer is not an id and would only bloat keys.</summary>
    private const int LongestId = 100;

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <returns>Null if this is not JSON.</returns>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith(Utf8Mark))
        {
            body = body[Utf8Mark.Length..];
        }

        try
        {
            return Utf8.IsValid(body.Span) && body.Span.IndexOf("\\u"u8) < 0
                ? JsonDocument.Parse(body, Options)
                : JsonDocument.Parse(Mended(Encoding.UTF8.GetString(body.Span)), Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Takes out NULs and replaces half surrogate pairs by U+FFFD while they are still escapes: JSON may carry them, but
    /// neither a .NET JSON string nor the journal can.
    /// </summary>
    private static string Mended(string json)
    {
        var mended = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length;)
        {
            if (json[i] != '\\' || Escaped(json, i) is not { } unit)
            {
                // Any other escape is copied as a whole, so that the second half of \\ never starts one.
                var length = json[i] == '\\' && i + 1 < json.Length ? 2 : 1;
                mended.Append(json, i, length);
                i += length;
                continue;
            }

            var pair = char.IsHighSurrogate(unit) && Escaped(json, i + 6) is { } low && char.IsLowSurrogate(low);
            if (pair || !(unit == '\0' || char.IsSurrogate(unit)))
            {
                mended.Append(json, i, pair ? 12 : 6);
            }
            else if (unit != '\0')
            {
                mended.Append('\uFFFD');
            }

            i += pair ? 12 : 6;
        }

        return mended.ToString();
    }

    private static char? Escaped(string json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && ushort.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;

    public static JsonElement At(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    public static JsonElement At(this JsonElement element, int index) =>
        element.ValueKind == JsonValueKind.Array && index < element.GetArrayLength() ? element[index] : default;

    public static bool Is(this JsonElement element, JsonValueKind kind) => element.ValueKind == kind;

    /// <summary>The items of an array; nothing for anything else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element) => element.Is(JsonValueKind.Array) ? element.EnumerateArray() : [];

    /// <summary>X wraps some objects as <c>{"data": {…}}</c> and gives the same ones bare elsewhere.</summary>
    public static JsonElement Unwrapped(this JsonElement element) =>
        element.At("id").Is(JsonValueKind.Undefined) && element.At("data") is { ValueKind: JsonValueKind.Object } data ? data : element;

    public static string? Text(this JsonElement element) => element.Is(JsonValueKind.String) ? element.GetString() : null;

    /// <summary>The first member that holds an id.</summary>
    public static string? Id(this JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.At(name).AsId() is { } id)
            {
                return id;
            }
        }

        return null;
    }

    public static string? AsId(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String when element.GetString() is { } id && id.Length <= LongestId && !string.IsNullOrWhiteSpace(id) => id,
        JsonValueKind.Number when element.TryGetInt64(out var id) && id is >= 0 and <= LargestExactNumber =>
            id.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    public static long? Number(this JsonElement element) =>
        element.Is(JsonValueKind.Number) && element.TryGetInt64(out var number) ? number
        : long.TryParse(element.Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) ? number
        : null;

    /// <summary>RFC 3339, as in v2 objects.</summary>
    public static Instant? Time(this JsonElement element) =>
        element.Text() is { } text && InstantConverter.TryParse(text, out var time) && time >= NodaConstants.UnixEpoch ? time : null;

    /// <summary>Milliseconds since 1970 as a string or number, as in direct messages.</summary>
    public static Instant? Milliseconds(this JsonElement element) =>
        element.Number() is >= 0 and <= 253402300799999 and var milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
}
