using System.Net;
using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

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

    public void Dispose() => _clients.ForEach(c => c.Dispose());

    private static TaskCompletionSource<HttpClient> NotYet() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
