using System.Net.Http.Headers;
using System.Text.Json;

namespace Conversations.Gateway.Tests;

/// <summary>What the gateway answered, read to its end.</summary>
internal sealed class Answer(int status, string text, string? contentType, HttpResponseHeaders headers)
{
    /// <summary>Words of the framework, which say nothing to a caller.</summary>
    private static readonly string[] Jargon =
        ["Failed to bind", "Nullable", "System.", "Microsoft.", ".NET", "   at ", "Exception", "BytePosition", "Did you mean", "parameter \""];

    private JsonElement? _json;

    public int Status => status;
    public string Text => text;
    public string? ContentType => contentType;
    public HttpResponseHeaders Headers => headers;
    public JsonElement Json => _json ??= JsonElement.Parse(text);
    public bool Replayed => headers.TryGetValues("Idempotency-Replayed", out var values) && values.Single() == "true";
    public string? ETag => headers.ETag?.Tag;

    /// <summary>The seq the ETag holds.</summary>
    public long Version => long.Parse(headers.ETag!.Tag.Trim('"'), System.Globalization.CultureInfo.InvariantCulture);

    public JsonElement this[string member] => Json.GetProperty(member);

    public string Of(string member) => Json.GetProperty(member).GetString()!;

    public Answer Is(int expected)
    {
        Assert.True(status == expected, $"Expected {expected}, got {status}: {text}");
        return this;
    }

    /// <summary>A problem as api.md 1 promises every one to be.</summary>
    public Answer IsProblem(int expected, string code)
    {
        Assert.True(status == expected, $"Expected {expected} {code}, got {status}: {text}");
        Assert.Equal("application/problem+json", contentType);
        IsProblem(Json, expected, code);
        return this;
    }

    public static void IsProblem(JsonElement problem, int expected, string code)
    {
        Assert.True(problem.TryGetProperty("code", out var actual) && actual.GetString() == code, $"Expected {code}, got: {problem}");
        Assert.Equal(expected, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("type").GetString()!);
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.DoesNotContain(Jargon, problem.ToString().Contains);
        Assert.True(problem.ToString().Length < 20_000, "A problem is not as large as what it is about.");
    }
}
