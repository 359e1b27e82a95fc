using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>Events to and from their stored form: wire name beside data. The names are those of the closed hierarchy's attributes.</summary>
public sealed class EventCodec<TEvent>
{
    private readonly Dictionary<Type, (string Name, JsonTypeInfo Json)> _byType = [];
    private readonly Dictionary<string, JsonTypeInfo> _byName = new(StringComparer.Ordinal);

    public EventCodec(JsonSerializerContext json)
    {
        foreach (var derived in typeof(TEvent).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false).Cast<JsonDerivedTypeAttribute>())
        {
            var name = (string)derived.TypeDiscriminator!;
            var info = json.GetTypeInfo(derived.DerivedType) ?? throw new InvalidOperationException($"{derived.DerivedType} has no JSON contract.");
            _byType.Add(derived.DerivedType, (name, info));
            _byName.Add(name, info);
        }
    }

    public StoredEvent Encode(Recorded<TEvent> recorded, string? topics)
    {
        var (name, json) = _byType[recorded.Event!.GetType()];
        return new(recorded.Seq, name, recorded.At, recorded.Actor, recorded.Cause, JsonSerializer.SerializeToUtf8Bytes(recorded.Event, json), topics);
    }

    public Recorded<TEvent> Decode(StoredEvent stored) => new(stored.Seq, stored.At, stored.Actor, stored.Cause, _byName.TryGetValue(stored.Type, out var json)
        ? (TEvent)JsonSerializer.Deserialize(stored.Data.Span, json)!
        : throw new InvalidDataException($"Event {stored.Seq} is of type '{stored.Type}', which this version does not know. Run the version that wrote it, or a newer one."));
}
