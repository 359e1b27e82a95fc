using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conversations.Domain.Json;

/// <summary>
/// The one JSON contract of journal, snapshots and list rows. Additive only: absent members read as their defaults,
/// unknown members are ignored.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(ConversationCommand))]
[JsonSerializable(typeof(ConversationEvent))]
[JsonSerializable(typeof(ConversationAnswer))]
[JsonSerializable(typeof(Conversation))]
[JsonSerializable(typeof(ConversationRow))]
[JsonSerializable(typeof(OutgoingReply))]
[JsonSerializable(typeof(ReferenceCommand))]
[JsonSerializable(typeof(ReferenceEvent))]
[JsonSerializable(typeof(ReferenceAnswer))]
[JsonSerializable(typeof(Reference))]
[JsonSerializable(typeof(AccountCommand))]
[JsonSerializable(typeof(AccountEvent))]
[JsonSerializable(typeof(AccountAnswer))]
[JsonSerializable(typeof(AccountSettings))]
[JsonSerializable(typeof(Actor))]
public sealed partial class DomainJson : JsonSerializerContext;

/// <summary>Durations are whole milliseconds.</summary>
public sealed class DurationConverter : JsonConverter<NodaTime.Duration>
{
    public override NodaTime.Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        NodaTime.Duration.FromMilliseconds(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, NodaTime.Duration value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((long)value.TotalMilliseconds);
}
