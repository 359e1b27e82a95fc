using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The live state of one queue: who serves it, what waits in it, and which limits are reached. A conversation stays in it
/// while it is offered, and leaves when it is somebody's, over, parked or elsewhere.
/// </summary>
/// <param name="Held">Came while the queue was closed.</param>
/// <param name="Departed">When work last left to an agent, newest last: the expected wait follows from it.</param>
public sealed record Queue(
    QueueId Id,
    AccountId Account,
    long Seq,
    [property: JsonConverter(typeof(MembersConverter))] ImmutableSortedSet<string> Members,
    WaitingSet Waiting,
    WaitingSet Held,
    IReadOnlyList<Armed> Armed,
    IReadOnlyList<Instant> Departed,
    Instant? OpensAt = null)
{
    public const int Format = 1;

    /// <summary>Departures kept for the expected wait.</summary>
    public const int DeparturesKept = 32;

    public static Queue Empty(AccountId account, QueueId id) =>
        new(id, account, 0, ImmutableSortedSet.Create<string>(StringComparer.Ordinal), WaitingSet.Empty, WaitingSet.Empty, [], []);

    /// <summary>
    /// Events between snapshots. A snapshot costs O(what waits), so it is taken once for as many events: O(1) for each commit.
    /// </summary>
    [JsonIgnore]
    public int SnapshotEvery
    {
        get
        {
            var every = 128;
            while (every < Waiting.Count + Held.Count + Members.Count)
            {
                every *= 2;
            }

            return every;
        }
    }

    /// <summary>
    /// Expected wait of who comes next: items ahead × mean time between departures of the last 15 minutes; null with fewer
    /// than 5 of them (reports.md 1).
    /// </summary>
    public Duration? ExpectedWait(Instant now)
    {
        var from = now - Duration.FromMinutes(15);
        var recent = Departed.Where(d => d >= from).ToArray();
        return recent.Length < 5 ? null : (now - recent[0]) / recent.Length * Waiting.Count;
    }

    public static Instant? NextDue(Queue state) => state.Held.Count > 0 ? state.OpensAt : null;
}

/// <summary>A list in ordinal order: what is read back compares as what was written.</summary>
internal sealed class MembersConverter : JsonConverter<ImmutableSortedSet<string>>
{
    public override ImmutableSortedSet<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<string> members = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            members.Add(reader.GetString()!);
        }

        return members.ToImmutableSortedSet(StringComparer.Ordinal);
    }

    public override void Write(Utf8JsonWriter writer, ImmutableSortedSet<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var member in value)
        {
            writer.WriteStringValue(member);
        }

        writer.WriteEndArray();
    }
}

/// <summary>A limit that has been reached and not yet been left well behind.</summary>
public sealed record Armed(OverflowLimit Limit, Instant Since, IReadOnlyList<QueueId>? Groups = null, int Boost = 0);
