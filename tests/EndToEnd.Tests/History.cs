using System.Collections.Concurrent;
using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

/// <summary>A conversation read back: its list row, and after that its whole history.</summary>
internal sealed record History(string Conversation, JsonElement Row, IReadOnlyList<Event> Events)
{
    private const int Page = 200, AtOnce = 8;

    /// <summary>Every conversation there is.</summary>
    public static async Task<IReadOnlyList<History>> ReadAll(Line line, CancellationToken cancellation)
    {
        var rows = await Rows(line, cancellation);
        var histories = new ConcurrentBag<History>();
        await Parallel.ForEachAsync(rows, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (row, token) =>
        {
            var id = row.GetProperty("id").GetString()!;
            histories.Add(new(id, row, await EventsOf(line, id, token)));
        });
        return [.. histories];
    }

    /// <summary>One conversation; null if there is none.</summary>
    public static async Task<History?> Read(Line line, string conversation, CancellationToken cancellation) =>
        await line.Get($"/v1/conversations/{conversation}", cancellation) is { Accepted: true } row
            ? new(conversation, row.Body, await EventsOf(line, conversation, cancellation))
            : null;

    public static async Task<IReadOnlyList<JsonElement>> Rows(Line line, CancellationToken cancellation)
    {
        List<JsonElement> rows = [];
        var cursor = "";
        while (true)
        {
            var page = await line.Get($"/v1/conversations?order=created&limit={Page}{cursor}", cancellation);
            rows.AddRange(page.Body.GetProperty("items").EnumerateArray());
            if (page.Body.GetProperty("nextCursor").GetString() is not { } next)
            {
                return rows;
            }

            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }
    }

    private static async Task<IReadOnlyList<Event>> EventsOf(Line line, string conversation, CancellationToken cancellation)
    {
        List<Event> events = [];
        while (true)
        {
            var after = events.Count == 0 ? 0 : events[^1].Seq;
            var page = await line.Get($"/v1/conversations/{conversation}/events?after={after}&limit={Page}", cancellation);
            events.AddRange(page.Body.GetProperty("items").EnumerateArray().Select(Event.Of));
            if (!page.Body.GetProperty("hasMore").GetBoolean())
            {
                return events;
            }
        }
    }
}
