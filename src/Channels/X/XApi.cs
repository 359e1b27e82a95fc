using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Conversations.Channels.X;

/// <summary>Calls to X for one channel account. An answer that never came is an answer with status 0, never an exception.</summary>
internal sealed class XApi(HttpClient http, TimeProvider time, Uri origin, string accessToken)
{
    public Task<XAnswer> Post(string path, JsonObject body, CancellationToken cancellation) =>
        Call(HttpMethod.Post, path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), cancellation);

    public Task<XAnswer> Get(string path, CancellationToken cancellation) => Call(HttpMethod.Get, path, null, cancellation);

    private async Task<XAnswer> Call(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, origin.AbsoluteUri.TrimEnd('/') + path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var timeout = new CancellationTokenSource(XLimits.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(either.Token);
            using var body = XJson.Parse(bytes);
            return new((int)response.StatusCode, body?.RootElement.Clone() ?? default, response.Headers);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(0, default, null, "timeout");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new(0, default, null, "connection");
        }
    }
}
