using System.Text.Json;

namespace Conversations.Gateway.Tests;

/// <summary>One event of a stream.</summary>
internal sealed record Heard(string Event, string? Id, string Data)
{
    public JsonElement Json => JsonElement.Parse(Data);
    public string Entity => Json.GetProperty("entity").GetString()!;
    public long Seq => Json.GetProperty("seq").GetInt64();
    public string Type => Json.GetProperty("type").GetString()!;

    public override string ToString() => $"{Event} {Id} {Data}";
}

/// <summary>A client of <c>GET /v1/feed</c> that reads when it is asked to.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;
    private readonly HttpClient? _owned;

    private Watcher(HttpResponseMessage response, StreamReader lines, HttpClient? owned) => (_response, _lines, _owned) = (response, lines, owned);

    /// <param name="owned">A client of its own, for a connection of its own kind.</param>
    public static async Task<Watcher> Start(Api by, string query, string? lastEventId = null, HttpClient? owned = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/feed?{query}");
        request.Headers.Authorization = new("Bearer", by.Key);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await (owned ?? by.Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var watcher = new Watcher(response, new(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)), owned);
        Assert.Equal(": watching", await watcher.Line());
        Assert.Equal("", await watcher.Line());
        return watcher;
    }

    /// <summary>The next event; null when the gateway has ended the stream.</summary>
    public async Task<Heard?> Next()
    {
        string? id = null, name = null, data = null;
        while (await Line() is { } line)
        {
            switch (line)
            {
                case "":
                    return new(name!, id, data!);
                case var _ when line.StartsWith("id: ", StringComparison.Ordinal):
                    id = line[4..];
                    break;
                case var _ when line.StartsWith("event: ", StringComparison.Ordinal):
                    name = line[7..];
                    break;
                case var _ when line.StartsWith("data: ", StringComparison.Ordinal):
                    data = line[6..];
                    break;
                default:
                    Assert.Fail($"Not a line of an event stream: {line}");
                    break;
            }
        }

        return null;
    }

    public async Task<Heard> Next(string kind)
    {
        var heard = await Next();
        Assert.True(heard?.Event == kind, $"Expected {kind}, heard {heard}");
        return heard;
    }

    /// <summary>Changes up to and with the first that is meant; pings are passed over.</summary>
    public async Task<List<Heard>> Until(Func<Heard, bool> last)
    {
        var all = new List<Heard>();
        do
        {
            var heard = await Next();
            if (heard?.Event != "ping")
            {
                Assert.True(heard?.Event == "change", $"Expected change, heard {heard}");
                all.Add(heard);
            }
        }
        while (all.Count == 0 || !last(all[^1]));
        return all;
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _response.Dispose();
        _owned?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A minute is never waited for: it ends a test whose event does not come.</summary>
    private async Task<string?> Line() => await _lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
}
