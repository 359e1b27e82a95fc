using System.Text.Encodings.Web;
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
    Converters = [typeof(InstantConverter), typeof(DurationConverter), typeof(Sla.LocalDateConverter)])]
[JsonSerializable(typeof(ConversationCommand))]
[JsonSerializable(typeof(ConversationEvent))]
[JsonSerializable(typeof(ConversationAnswer))]
[JsonSerializable(typeof(Conversation))]
[JsonSerializable(typeof(ConversationRow))]
[JsonSerializable(typeof(OutgoingReply))]
[JsonSerializable(typeof(SlaNotification))]
[JsonSerializable(typeof(ReferenceCommand))]
[JsonSerializable(typeof(ReferenceEvent))]
[JsonSerializable(typeof(ReferenceAnswer))]
[JsonSerializable(typeof(Reference))]
[JsonSerializable(typeof(AccountCommand))]
[JsonSerializable(typeof(AccountEvent))]
[JsonSerializable(typeof(AccountAnswer))]
[JsonSerializable(typeof(AccountSettings))]
[JsonSerializable(typeof(Sla.CalendarDefinition))]
[JsonSerializable(typeof(Sla.SlaPolicy))]
[JsonSerializable(typeof(Actor))]
[JsonSerializable(typeof(JobCommand))]
[JsonSerializable(typeof(JobEvent))]
[JsonSerializable(typeof(JobAnswer))]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(ConversationFact))]
[JsonSerializable(typeof(BoardFigures))]
[JsonSerializable(typeof(SlotFigures))]
[JsonSerializable(typeof(AgentCommand))]
[JsonSerializable(typeof(AgentEvent))]
[JsonSerializable(typeof(AgentAnswer))]
[JsonSerializable(typeof(Agent))]
[JsonSerializable(typeof(QueueCommand))]
[JsonSerializable(typeof(QueueEvent))]
[JsonSerializable(typeof(QueueAnswer))]
[JsonSerializable(typeof(Queue))]
[JsonSerializable(typeof(WaitingItem))]
public sealed partial class DomainJson : JsonSerializerContext
{
    /// <summary>
    /// Everything but <c>"</c>, <c>\</c> and control characters is written as it is: escaped, a Japanese or Cyrillic text takes
    /// twice its bytes or more. What is stored is never put into HTML.
    /// </summary>
    public static DomainJson Contract => Relaxed.Contract;

    /// <summary>A class of its own, so that it is made after <see cref="Default"/> whatever the order of the generated files.</summary>
    private static class Relaxed
    {
        public static readonly DomainJson Contract = new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}

/// <summary>Durations are whole milliseconds.</summary>
public sealed class DurationConverter : JsonConverter<NodaTime.Duration>
{
    public override NodaTime.Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        NodaTime.Duration.FromMilliseconds(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, NodaTime.Duration value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((long)value.TotalMilliseconds);
}
