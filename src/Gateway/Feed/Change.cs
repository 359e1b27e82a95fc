using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;

namespace Conversations.Gateway.Feed;

/// <summary>
/// One feed entry as clients get it. Rendered once, however many watch; never holds a secret.
/// </summary>
internal sealed class Change
{
    /// <summary>What it counts for in a slow client's buffer beside its text.</summary>
    private const int Overhead = 64;

    private const int LongestOfJob = 1_024;

    private readonly Lazy<string> _json;

    public Change(FeedEntry entry, Cursors cursors)
    {
        Entry = entry;
        _json = new(() => Render(entry.Entity, entry.Event));
        Cursor = new(() => cursors.Write(entry.Entity.Account, entry.Position));
    }

    public FeedEntry Entry { get; }
    public AccountId Account => Entry.Entity.Account;
    public Lazy<string> Cursor { get; }

    /// <summary><c>{"entity","seq","type","at","actor","data"}</c> on one line (api.md 4).</summary>
    public string Json => _json.Value;

    /// <summary>A job's items are not sent: what is left of them is short.</summary>
    public int Size => (Entry.Entity.Kind == JobType.Name ? Math.Min(Entry.Event.Data.Length, LongestOfJob) : Entry.Event.Data.Length) + Overhead;

    /// <summary>Inner bookkeeping nobody outside watches.</summary>
    public static bool IsPublic(FeedEntry entry) => entry.Entity.Kind != ReferenceType.Name;

    public static string Render(EntityKey entity, StoredEvent stored)
    {
        var buffer = new ArrayBufferWriter<byte>(stored.Data.Length + 256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("entity", $"{entity.Kind}/{entity.Id}");
            json.WriteNumber("seq", stored.Seq);
            json.WriteString("type", stored.Type);
            json.WriteString("at", InstantConverter.Format(stored.At));
            json.WritePropertyName("actor");
            JsonSerializer.Serialize(json, stored.Actor, DomainJson.Contract.Actor);
            json.WritePropertyName("data");
            if (entity.Kind == AccountType.Name)
            {
                WithoutSecrets(stored.Data).WriteTo(json);
            }
            else if (entity.Kind == JobType.Name)
            {
                WithoutItems(stored.Data).WriteTo(json);
            }
            else
            {
                json.WriteRawValue(stored.Data.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Progress is a few numbers, once a second; the items themselves are read by page.</summary>
    private static JsonObject WithoutItems(ReadOnlyMemory<byte> data)
    {
        var node = JsonNode.Parse(data.Span)!.AsObject();
        foreach (var list in (string[])["ids", "items", "results"])
        {
            if (node.Remove(list, out var items))
            {
                node["count"] = items!.AsArray().Count;
            }
        }

        return node;
    }

    /// <summary>Configuration events keep protected secrets and key hashes; watchers see only that there are some.</summary>
    private static JsonNode WithoutSecrets(ReadOnlyMemory<byte> data)
    {
        var node = JsonNode.Parse(data.Span)!;
        foreach (var (name, _) in (node["secrets"] as JsonObject ?? []).ToArray())
        {
            node["secrets"]![name] = "set";
        }

        (node["channel"] as JsonObject)?.Remove("secrets");
        (node["key"] as JsonObject)?.Remove("hash");
        return node;
    }
}
