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

/// <summary>Requests that can be made again exactly as they were.</summary>
internal static class Requests
{
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
}
