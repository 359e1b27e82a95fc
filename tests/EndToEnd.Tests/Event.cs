using System.Globalization;
using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

/// <summary>One event as the history and the feed show it.</summary>
internal sealed record Event(long Seq, string Type, string At, JsonElement Actor, JsonElement Data)
{
    public const string ConversationPrefix = "conversation/";

    public static Event Of(JsonElement json) => new(
        json.GetProperty("seq").GetInt64(),
        json.GetProperty("type").GetString()!,
        json.GetProperty("at").GetString()!,
        json.GetProperty("actor"),
        json.GetProperty("data"));

    /// <summary>Its place among the messages the customer sees; null if it is none.</summary>
    public long? Index => Type.StartsWith("message.", StringComparison.Ordinal) && Data.TryGetProperty("index", out var index) && index.ValueKind == JsonValueKind.Number
        ? index.GetInt64()
        : null;

    public DateTimeOffset Time => TimeOf(At);

    public string? Text(string member) => Data.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public long Number(string member) => Data.GetProperty(member).GetInt64();

    public DateTimeOffset TimeAt(string member) => TimeOf(Text(member)!);

    public bool IsSame(Event other) =>
        (Seq, Type, At) == (other.Seq, other.Type, other.At) && JsonElement.DeepEquals(Actor, other.Actor) && JsonElement.DeepEquals(Data, other.Data);

    private static DateTimeOffset TimeOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
