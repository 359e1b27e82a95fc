using System.Net;
using System.Text;
using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

/// <summary>What came back for a request, after as many attempts as it took.</summary>
/// <param name="Replayed">The gateway said that it had done this before.</param>
internal sealed record Answer(int Status, JsonElement Body, bool Replayed, int Attempts)
{
    public bool Accepted => Status is >= 200 and < 300;

    public long Seq => Body.GetProperty("seq").GetInt64();

    public override string ToString() => $"{Status} {Body}";
}

/// <summary>The way to the gateway, for clients that outlive it: they wait while it is away, and ask again what was not answered.</summary>
internal sealed class Line(string key) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<HttpClient> _clients = [];
    private TaskCompletionSource<HttpClient> _now = NotYet();
    private HttpClient? _up;

    public void Up(Uri url)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        lock (_gate)
        {
            _clients.Add(http);
            _up = http;
            _now.SetResult(http);
        }
    }

    /// <summary>To be called before the gateway is killed, so that whoever loses a connection knows why.</summary>
    public void Down()
    {
        lock (_gate)
        {
            _up = null;
            _now = NotYet();
        }
    }

    public bool IsUp(HttpClient http)
    {
        lock (_gate)
        {
            return _up == http;
        }
    }

    public Task<HttpClient> Now(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _now.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Asks until there is an answer. A lost connection, "try again" and "outcome unknown" are none.</summary>
    public async Task<Answer> Ask(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        for (var attempts = 1; ; attempts++)
        {
            var http = await Now(cancellation);
            try
            {
                using var request = make();
                using var response = await http.SendAsync(request, cancellation);
                var text = await response.Content.ReadAsStringAsync(cancellation);
                if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
                {
                    return new((int)response.StatusCode, JsonElement.Parse(text), response.Headers.Contains("Idempotency-Replayed"), attempts);
                }
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException)
            {
                if (IsUp(http))
                {
                    throw new InvalidOperationException("The connection broke although the gateway was not killed.", lost);
                }
            }
        }
    }

    public Task<Answer> Get(string path, CancellationToken cancellation) => Ask(() => new(HttpMethod.Get, path), cancellation);

    /// <summary>A request that can be made again exactly as it was.</summary>
    public static Func<HttpRequestMessage> Request(HttpMethod method, string path, object body, string? key = null, long? ifMatch = null)
    {
        var json = JsonSerializer.Serialize(body, JsonSerializerOptions.Web);
        return () =>
        {
            var request = new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            if (key is not null)
            {
                request.Headers.Add("Idempotency-Key", key);
            }

            if (ifMatch is { } seen)
            {
                request.Headers.IfMatch.Add(new($"\"{seen}\""));
            }

            return request;
        };
    }

    public static Func<HttpRequestMessage> Post(string path, object body, string? key = null, long? ifMatch = null) =>
        Request(HttpMethod.Post, path, body, key, ifMatch);

    public void Dispose() => _clients.ForEach(c => c.Dispose());

    private static TaskCompletionSource<HttpClient> NotYet() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
