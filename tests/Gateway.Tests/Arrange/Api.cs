using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests;

/// <summary>One caller of the API.</summary>
internal sealed class Api(HttpClient http, string? key)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public HttpClient Http => http;
    public string Key => key!;

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Delete(string path) => Send(HttpMethod.Delete, path);

    public Task<Answer> Put(string path, object? body, string? idempotencyKey = null) => Send(HttpMethod.Put, path, body, idempotencyKey: idempotencyKey);

    public Task<Answer> Post(string path, object? body, object? ifMatch = null, string? idempotencyKey = null) =>
        Send(HttpMethod.Post, path, body, ifMatch, idempotencyKey);

    /// <param name="body">A string or bytes go as they are; null: none; anything else as JSON.</param>
    /// <param name="ifMatch">A number becomes an ETag; a string goes as it is.</param>
    public async Task<Answer> Send(
        HttpMethod method, string path, object? body = null, object? ifMatch = null, string? idempotencyKey = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Bytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        Add(request.Headers, "If-Match", ifMatch is int or long ? $"\"{ifMatch}\"" : ifMatch as string);
        Add(request.Headers, "Idempotency-Key", idempotencyKey);
        return await Send(request);
    }

    public async Task<Answer> Send(HttpRequestMessage request)
    {
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return new(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Content.Headers.ContentType?.MediaType,
            response.Headers);
    }

    /// <summary>Where the feed stands: equal strings mean that nothing was committed in between.</summary>
    public async Task<string> Head() => (await Get("/v1/conversations?limit=1")).Is(200).Of("asOf");

    /// <summary>The feed's changes from a cursor to its head.</summary>
    public async Task<(List<JsonElement> Changes, string Next)> Changes(string cursor, int page = 200)
    {
        var all = new List<JsonElement>();
        while (true)
        {
            var answer = (await Get($"/v1/changes?cursor={cursor}&limit={page}")).Is(200);
            cursor = answer.Of("nextCursor");
            all.AddRange(answer["items"].EnumerateArray());
            if (answer["items"].GetArrayLength() == 0)
            {
                return (all, cursor);
            }
        }
    }

    private static byte[] Bytes(object body) => body switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        JsonNode node => Encoding.UTF8.GetBytes(node.ToJsonString()),
        _ => JsonSerializer.SerializeToUtf8Bytes(body, Web),
    };

    private static void Add(HttpRequestHeaders headers, string name, string? value)
    {
        if (value is not null)
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }
}
