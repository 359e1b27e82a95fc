using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>A conversation in a queue: all a match needs to know of it.</summary>
/// <param name="Ticket">Counts the conversation's visits to queues: messages of an earlier visit mean nothing.</param>
/// <param name="Base">First arrival, or the due time (routing.md 3). Kept through transfers.</param>
/// <param name="Entered">When it entered this queue: skills give way with the time since.</param>
/// <param name="Boosts">Why it stands further ahead, in seconds each: the answer to "why here?".</param>
/// <param name="Strict">Regulated or safety: before everything else.</param>
/// <param name="Barred">Who is in the conversation already and cannot be offered it.</param>
public sealed record WaitingItem(
    ConversationId Conversation,
    long Ticket,
    Instant Base,
    Instant Entered,
    ChannelClass Class,
    IReadOnlyList<Boost>? Boosts = null,
    int Boost = 0,
    bool Strict = false,
    IReadOnlyList<SkillNeed>? Skills = null,
    AgentId? Sticky = null,
    IReadOnlyList<AgentId>? Barred = null)
{
    /// <summary>Milliseconds; the smaller is served first. Static: all age alike, so two waiting items never swap places.</summary>
    [JsonIgnore]
    public long Key => Base.ToUnixTimeMilliseconds() - (Boost * 1_000L);
}

public sealed record Boost(string Source, int Seconds, string? Reason = null);

/// <summary>
/// What waits in a queue, in order. Immutable and shared between versions: one change costs O(log n) time and memory, also
/// with 100,000 waiting. Written as a plain list in order.
/// </summary>
[JsonConverter(typeof(WaitingSetConverter))]
public sealed class WaitingSet
{
    public static readonly WaitingSet Empty = new(ImmutableDictionary<ConversationId, WaitingItem>.Empty, ImmutableSortedSet.Create<WaitingItem>(InOrder.Instance));

    private readonly ImmutableDictionary<ConversationId, WaitingItem> _byId;
    private readonly ImmutableSortedSet<WaitingItem> _inOrder;

    private WaitingSet(ImmutableDictionary<ConversationId, WaitingItem> byId, ImmutableSortedSet<WaitingItem> inOrder) => (_byId, _inOrder) = (byId, inOrder);

    public int Count => _byId.Count;

    /// <summary>Who is served first comes first.</summary>
    public IEnumerable<WaitingItem> Items => _inOrder;

    public WaitingItem? First => _inOrder.Count == 0 ? null : _inOrder[0];

    public WaitingItem? Find(ConversationId conversation) => _byId.GetValueOrDefault(conversation);

    /// <summary>How many are before it.</summary>
    public int PositionOf(WaitingItem item) => _inOrder.IndexOf(item);

    public WaitingSet With(WaitingItem item) =>
        new(_byId.SetItem(item.Conversation, item), (_byId.TryGetValue(item.Conversation, out var known) ? _inOrder.Remove(known) : _inOrder).Add(item));

    public WaitingSet Without(ConversationId conversation) =>
        _byId.TryGetValue(conversation, out var known) ? new(_byId.Remove(conversation), _inOrder.Remove(known)) : this;

    public static WaitingSet Of(IEnumerable<WaitingItem> items)
    {
        WaitingItem[] all = [.. items];
        return new(all.ToImmutableDictionary(i => i.Conversation), all.ToImmutableSortedSet(InOrder.Instance));
    }

    /// <summary>Strict ones first, then by key; the id settles ties, the same everywhere.</summary>
    public sealed class InOrder : IComparer<WaitingItem>
    {
        public static readonly InOrder Instance = new();

        public int Compare(WaitingItem? x, WaitingItem? y) =>
            ReferenceEquals(x, y) ? 0
            : x!.Strict != y!.Strict ? (x.Strict ? -1 : 1)
            : x.Key.CompareTo(y.Key) is not 0 and var byKey ? byKey
            : string.CompareOrdinal(x.Conversation.Value, y.Conversation.Value);
    }
}

internal sealed class WaitingSetConverter : JsonConverter<WaitingSet>
{
    public override WaitingSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A waiting set is a list.");
        }

        List<WaitingItem> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(JsonSerializer.Deserialize(ref reader, DomainJson.Contract.WaitingItem)!);
        }

        return WaitingSet.Of(items);
    }

    public override void Write(Utf8JsonWriter writer, WaitingSet value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value.Items)
        {
            JsonSerializer.Serialize(writer, item, DomainJson.Contract.WaitingItem);
        }

        writer.WriteEndArray();
    }
}
