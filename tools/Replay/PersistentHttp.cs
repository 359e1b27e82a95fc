using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conversations.Replaying;

/// <summary>The gateway refused what the run cannot do without, or has not answered for too long.</summary>
internal sealed class ReplayFailedException(string message) : Exception(message);

/// <summary>
/// Asks until it is answered. Every write the tools make may be repeated as it was: its <c>externalId</c> or
/// <c>Idempotency-Key</c> makes the second time harmless. Tried again are 429, 502, 503, 504, lost connections and time-outs,
/// after <c>Retry-After</c> or a growing wait, both with jitter. Anything else is an answer.
/// </summary>
internal sealed class PersistentHttp : IDisposable
{
    /// <summary>One attempt. Longer than the gateway takes to answer 503 by itself.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long one request is tried. Long enough for a gateway to restart; then the run stops.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly TimeProvider time;
    private long retries;

    public PersistentHttp(Uri url, string key, int connections, TimeProvider time)
    {
        this.time = time;
        Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections })
        {
            BaseAddress = new(url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = AttemptTimeout,
            DefaultRequestHeaders = { Authorization = new("Bearer", key) },
        };
    }

    public HttpClient Http { get; }

    /// <summary>Attempts that were made again.</summary>
    public long Retries => Interlocked.Read(ref retries);

    public void Dispose() => Http.Dispose();

    public async Task<T> Get<T>(string path, CancellationToken cancellation)
    {
        var (response, _) = await Ask(() => new(HttpMethod.Get, path), cancellation);
        using (response)
        {
            await Require(response, path, cancellation);
            return (await response.Content.ReadFromJsonAsync<T>(Json, cancellation))!;
        }
    }

    /// <exception cref="ReplayFailedException">No answer for <see cref="Patience"/>.</exception>
    /// <returns>The answer, and how long the attempt took that was answered.</returns>
    public async Task<(HttpResponseMessage Response, TimeSpan Latency)> Ask(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        var asked = time.GetUtcNow();
        for (var attempt = 0; ; attempt++)
        {
            var (response, trouble, latency) = await Try(make, cancellation);
            if (response is not null && trouble is null)
            {
                return (response, latency);
            }

            var wait = WaitBefore(attempt + 1, RetryAfter(response));
            response?.Dispose();
            if (time.GetUtcNow() + wait > asked + Patience)
            {
                throw new ReplayFailedException($"The gateway has not answered for {Patience.TotalSeconds:N0} s: {trouble}.");
            }

            Interlocked.Increment(ref retries);
            await Task.Delay(wait, time, cancellation);
        }
    }

    private async Task<(HttpResponseMessage? Response, string? Trouble, TimeSpan Latency)> Try(
        Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        try
        {
            using var request = make();
            var response = await Http.SendAsync(request, cancellation);
            var again = response.StatusCode is HttpStatusCode.TooManyRequests
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            return (response, again ? $"status {(int)response.StatusCode}" : null, time.GetElapsedTime(started));
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message, default);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"no answer within {AttemptTimeout.TotalSeconds:N0} s", default);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage? response) =>
        response?.Headers.RetryAfter is not { } after ? null : after.Delta ?? (after.Date - time.GetUtcNow());

    /// <summary>What was asked for and up to a quarter more; else doubling from 100 ms to 5 s, give or take half.</summary>
    private static TimeSpan WaitBefore(int attempt, TimeSpan? asked) =>
        asked is { } wait && wait > TimeSpan.Zero
            ? wait * (1 + (Random.Shared.NextDouble() / 4))
            : TimeSpan.FromTicks(Math.Min(LongestWait.Ticks, FirstWait.Ticks << Math.Min(attempt - 1, 16))) * (0.5 + Random.Shared.NextDouble());

    public static async Task Require(HttpResponseMessage response, string what, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
        {
            var (code, detail) = await Problem(response, cancellation);
            throw new ReplayFailedException($"The gateway refused {what}: {code} ({(int)response.StatusCode}). {detail}".TrimEnd());
        }
    }

    /// <summary>The problem's stable code; <c>http_…</c> where there is none.</summary>
    public static async Task<(string Code, string? Detail)> Problem(HttpResponseMessage response, CancellationToken cancellation)
    {
        var none = $"http_{(int)response.StatusCode}";
        try
        {
            var problem = await response.Content.ReadFromJsonAsync<ProblemBody>(Json, cancellation);
            return (problem?.Code ?? none, problem?.Detail);
        }
        catch (JsonException)
        {
            return (none, null);
        }
    }

    private sealed record ProblemBody(string? Code, string? Detail);
}
