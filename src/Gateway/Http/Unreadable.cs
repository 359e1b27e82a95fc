using System.Text.Json;
using System.Text.RegularExpressions;
using Conversations.Domain;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Http;

/// <summary>
/// Requests that never reached an endpoint. What the server and the JSON reader say of them is about their own insides; here
/// it becomes a code of ours and a sentence about the request.
/// </summary>
internal static partial class Unreadable
{
    /// <summary>Field names of the caller's own, cut: a problem is not to be as large as what it is about.</summary>
    private const int LongestPath = 200;

    public static ProblemHttpResult Of(BadHttpRequestException bad) => bad switch
    {
        { InnerException: JsonException json } => Problems.Of(Of(json)),
        { StatusCode: StatusCodes.Status400BadRequest } => Problems.Of(OfBinding(bad.Message)),
        _ => Of(bad.StatusCode),
    };

    /// <summary>Of a status the server chose.</summary>
    public static ProblemHttpResult Of(int status) => status switch
    {
        StatusCodes.Status404NotFound => Problems.Of(status, "not_found", "There is nothing at this address."),
        StatusCodes.Status405MethodNotAllowed => Problems.Of(status, "method_not_allowed", "This address takes other methods; see Allow."),
        StatusCodes.Status408RequestTimeout => Problems.Of(status, "body_too_slow", "The body arrived too slowly."),
        StatusCodes.Status413PayloadTooLarge => Problems.Of(status, "body_too_large", "The body is larger than this endpoint takes."),
        StatusCodes.Status414UriTooLong => Problems.Of(status, "url_too_long", "The URL is too long."),
        StatusCodes.Status415UnsupportedMediaType => Problems.Of(status, "unsupported_media_type", "This address does not take that Content-Type. Send application/json; to a batch, application/x-ndjson."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => Problems.Of(status, "headers_too_large", "The headers are too large."),
        _ => Problems.Of(status, "invalid_request", "The request could not be understood."),
    };

    /// <summary>What a body that could not be read is told.</summary>
    public static Refusal Of(JsonException failure)
    {
        // "<what> Path: $.a | LineNumber: 0 | …": the path holds names the caller chose, so it is never searched.
        var what = failure.Message.Split(" Path: ", 2)[0];
        var cause = failure.InnerException is InvalidOperationException { Message: var inner } ? inner : what;
        var path = failure.Path is { Length: > 1 } at ? $" at {(at.Length > LongestPath ? at[..LongestPath] + "…" : at)}" : "";
        var (code, detail) = what switch
        {
            _ when what.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) => ("unknown_field", $"There is no such field{path}."),
            _ when what.Contains("missing required properties", StringComparison.Ordinal) =>
                ("missing_field", $"A required field is missing: {what[(what.LastIndexOf(':') + 1)..].Trim(' ', '.')}."),
            _ when what.StartsWith("Duplicate", StringComparison.Ordinal) => ("duplicate_field", $"A field is given twice{path}."),
            _ when cause.Contains("UTF-16", StringComparison.Ordinal) || cause.Contains("UTF-8", StringComparison.Ordinal) =>
                ("invalid_text", $"The text is not valid Unicode{path}."),
            _ when what.Contains("maximum configured depth", StringComparison.Ordinal) => ("too_deep", "The document is nested too deeply."),
            _ when failure.InnerException is null or InvalidOperationException or FormatException or InvalidCastException
                && (what.Contains("could not be converted", StringComparison.Ordinal) || what.Contains("doesn't allow", StringComparison.Ordinal)
                    || what.StartsWith("A time", StringComparison.Ordinal) || what.StartsWith("An id", StringComparison.Ordinal)) =>
                ("invalid_value", $"The value is not of the right kind{path}."),
            _ => ("malformed_json", $"This is not valid JSON{(failure.LineNumber is { } line ? $" (line {line + 1})" : "")}."),
        };
        return Input.Invalid(code, detail);
    }

    private static Refusal OfBinding(string message) =>
        UnreadValue().Match(message) is { Success: true } unread
            ? Input.Invalid("invalid_query", $"'{JsonNamingPolicy.CamelCase.ConvertName(unread.Groups["name"].Value)}' is not of the right kind.")
        : message.Contains("body", StringComparison.Ordinal) ? Input.Invalid("missing_body", "Send a JSON object as the body.")
        : Input.Invalid("invalid_request", "The request could not be understood.");

    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>\w+)" from """)]
    private static partial Regex UnreadValue();
}
