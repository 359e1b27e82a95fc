using System.Net;
using System.Text.Json;

namespace Conversations.EndToEnd.Tests;

/// <summary>
/// The way to a cluster's gateways, as a careful client goes it: whatever is not answered is asked again with the same key,
/// of the next gateway. Any of them may be gone, frozen or cut off at any time, and nobody tells this client.
/// </summary>
internal sealed class Line : IDisposable
{
    /// <summary>A gateway that has not answered by then is given up for this attempt. Longer than the cluster's own time-outs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(1);

    private readonly HttpClient[] _gateways;
    private int _next;

    public Line(string key, IEnumerable<Uri> gateways, Waits waits)
    {
        _gateways = [.. gateways.Select(url =>
        {
            var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
            return http;
        })];
        Waits = waits;
    }

    /// <summary>How long every request took, from the first attempt to the answer.</summary>
    public Waits Waits { get; }

    /// <summary>Nothing is ever known to be up.</summary>
#pragma warning disable CA1822, IDE0060 // The one-process line, which stands in its place elsewhere, does know.
    public bool IsUp(HttpClient http) => false;
#pragma warning restore CA1822, IDE0060

    public async Task<HttpClient> Now(CancellationToken cancellation)
    {
        await Task.Delay(Pause, TimeProvider.System, cancellation); // whoever lost a stream does not come back in a hot loop
        return Next();
    }

    public async Task<Answer> Ask(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetUtcNow();
        var pause = Pause;
        for (var attempts = 1; ; attempts++)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            try
            {
                using var request = make();
                var path = request.RequestUri!.OriginalString;
                using var response = await Next().SendAsync(request, patience.Token);
                var text = await response.Content.ReadAsStringAsync(patience.Token);
                if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
                {
                    var answer = new Answer((int)response.StatusCode, JsonElement.Parse(text), response.Headers.Contains("Idempotency-Replayed"), attempts);
                    Waits.Add(path, began, answer);
                    return answer;
                }
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException || (lost is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // gone, frozen or cut off: the next one
            }

            await Task.Delay(pause, TimeProvider.System, cancellation);
            pause = pause + pause < LongestPause ? pause + pause : LongestPause;
        }
    }

    public Task<Answer> Get(string path, CancellationToken cancellation) => Ask(() => new(HttpMethod.Get, path), cancellation);

    public void Dispose() => Array.ForEach(_gateways, g => g.Dispose());

    private HttpClient Next() => _gateways[(uint)Interlocked.Increment(ref _next) % (uint)_gateways.Length];
}
