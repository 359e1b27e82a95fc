using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// Watches the whole account as a wallboard would: it goes on from its last cursor whenever the gateway comes back, and
/// knows what it has seen before by (entity, seq).
/// </summary>
/// <param name="silence">Without a ping for this long, the gateway is taken to be gone; null: never.</param>
internal sealed class FeedClient(Line line, string cursor, TimeSpan? silence = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Event>> _seen = [];
    private readonly List<(Func<IReadOnlyDictionary<string, List<Event>>, bool> Condition, TaskCompletionSource Met)> _waiting = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _cursor = cursor;

    public int Connections { get; private set; }
    public int Resets { get; private set; }
    public long Events { get; private set; }
    public long Repeats { get; private set; }

    /// <summary>Entity and seq that came without the one before, or differed from what had come before.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Ends when cancelled; fails when the gateway ends the stream or refuses it without having been killed.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Watch(await line.Now(cancellation), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // the test is over
        }
        catch (Exception failure)
        {
            _failed.TrySetException(failure);
            throw;
        }
    }

    /// <summary>Waits until the condition holds for what was seen, by entity.</summary>
    public async Task Until(Func<IReadOnlyDictionary<string, List<Event>>, bool> condition, CancellationToken cancellation)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (condition(_seen))
            {
                return;
            }

            _waiting.Add((condition, met));
        }

        await await Task.WhenAny(met.Task, _failed.Task).WaitAsync(cancellation);
    }

    /// <summary>What was seen of every conversation, as it is now.</summary>
    public Dictionary<string, Event[]> Conversations()
    {
        lock (_gate)
        {
            return _seen.Where(e => e.Key.StartsWith(Event.ConversationPrefix, StringComparison.Ordinal))
                .ToDictionary(e => e.Key[Event.ConversationPrefix.Length..], e => e.Value.ToArray());
        }
    }

    private async Task Watch(HttpClient http, CancellationToken cancellation)
    {
        using var heard = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        heard.CancelAfter(silence ?? Timeout.InfiniteTimeSpan);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/feed?topic=account");
            request.Headers.Add("Last-Event-ID", _cursor);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, heard.Token);
            response.EnsureSuccessStatusCode();
            Connections++;
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(heard.Token));
            await foreach (var frame in ServerSentEvents.Read(reader, heard.Token))
            {
                heard.CancelAfter(silence ?? Timeout.InfiniteTimeSpan);
                switch (frame.Event)
                {
                    case "change":
                        See(JsonElement.Parse(frame.Data));
                        _cursor = frame.Id!;
                        break;
                    case "reset" when frame.Data.Contains("slow", StringComparison.Ordinal):
                        Resets++;
                        return; // what it skipped is still kept: go on from our own cursor
                    case "goaway" when !line.IsUp(http):
                        return;
                    case "reset" or "goaway":
                        throw new InvalidOperationException($"The feed said {frame.Event} {frame.Data}.");
                }
            }

            if (line.IsUp(http))
            {
                throw new InvalidOperationException("The feed ended although the gateway was not killed.");
            }
        }
        catch (Exception lost) when (lost is IOException or HttpRequestException && !line.IsUp(http))
        {
            // killed
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // silent for too long
        }
    }

    private void See(JsonElement change)
    {
        var entity = change.GetProperty("entity").GetString()!;
        var now = Event.Of(change);
        lock (_gate)
        {
            Events++;
            if (!_seen.TryGetValue(entity, out var seen))
            {
                _seen[entity] = seen = [];
            }

            // The account's own events began before this client did.
            var next = seen.Count > 0 ? seen[^1].Seq + 1 : entity.StartsWith(Event.ConversationPrefix, StringComparison.Ordinal) ? 1 : now.Seq;
            if (now.Seq == next)
            {
                seen.Add(now);
            }
            else if (now.Seq < next && seen.Find(e => e.Seq == now.Seq) is { } before && before.IsSame(now))
            {
                Repeats++;
            }
            else
            {
                Faults.Add($"{entity}: {now.Seq} {now.Type} came where {next} was next");
            }

            foreach (var waiting in _waiting.FindAll(w => w.Condition(_seen)))
            {
                waiting.Met.TrySetResult();
                _waiting.Remove(waiting);
            }
        }
    }
}

internal readonly record struct ServerSentEvent(string? Id, string Event, string Data);

internal static class ServerSentEvents
{
    /// <summary>Every whole event; half of one at the end of a broken stream is none.</summary>
    public static async IAsyncEnumerable<ServerSentEvent> Read(
        StreamReader reader, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        string? id = null;
        var (name, data) = ("", "");
        while (await reader.ReadLineAsync(cancellation) is { } text)
        {
            if (text.Length == 0)
            {
                if (name.Length > 0)
                {
                    yield return new(id, name, data);
                }

                (id, name, data) = (null, "", "");
            }
            else if (text.Split(": ", 2) is [var field, var value])
            {
                _ = field switch
                {
                    "id" => id = value,
                    "event" => name = value,
                    "data" => data = value,
                    _ => null,
                };
            }
        }
    }
}
