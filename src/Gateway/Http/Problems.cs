using System.Text.Json;
using Conversations.Channels;
using Conversations.Domain;
using Conversations.Engine;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Conversations.Gateway.Http;

/// <summary>Every error is an RFC 9457 problem with a stable <c>code</c> (api.md 1).</summary>
internal static class Problems
{
    public static ProblemHttpResult Of(int status, string code, string detail, object? current = null, object? events = null)
    {
        var problem = new ProblemDetails { Status = status, Title = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), Detail = detail };
        problem.Extensions["code"] = code;
        if (current is not null)
        {
            problem.Extensions["current"] = current;
        }

        if (events is not null)
        {
            problem.Extensions["events"] = events;
        }

        return TypedResults.Problem(problem);
    }

    public static ProblemHttpResult Of(Refusal refusal) => Of(StatusOf(refusal), refusal.Code, refusal.Detail, refusal.Current);

    public static ProblemHttpResult NotFound(string what) => Of(Refusals.NotFound(what));

    public static IResult Of(IngressResult.TryAgain again, HttpContext context) => again.CertainlyNotExecuted ? Overloaded(context) : OutcomeUnknown();

    /// <summary>Guaranteed not executed.</summary>
    public static ProblemHttpResult Overloaded(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return Of(StatusCodes.Status503ServiceUnavailable, "overloaded", "Too much at once. Nothing was done; try again.");
    }

    public static ProblemHttpResult OutcomeUnknown() => Of(
        StatusCodes.Status504GatewayTimeout, "outcome_unknown", "The write was not confirmed; it may have happened. Repeat the request with the same Idempotency-Key or externalId.");

    public static int StatusOf(Refusal refusal) => refusal switch
    {
        { Code: "idempotency_key_reused" } => StatusCodes.Status422UnprocessableEntity,
        { Kind: RefusalKind.Invalid } => StatusCodes.Status400BadRequest,
        { Kind: RefusalKind.NotFound } => StatusCodes.Status404NotFound,
        { Kind: RefusalKind.Conflict } => StatusCodes.Status409Conflict,
        { Kind: RefusalKind.Precondition } => StatusCodes.Status412PreconditionFailed,
        { Kind: RefusalKind.Gone } => StatusCodes.Status410Gone,
        { Kind: RefusalKind.TooMany } => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>What a body that could not be read is told. The reader's messages are the framework's; only the code is ours.</summary>
    public static Refusal Of(JsonException failure)
    {
        var path = failure.Path is { Length: > 1 } at ? $" at {at}" : "";
        var message = failure.Message;
        var (code, detail) = message switch
        {
            _ when message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) => ("unknown_field", $"There is no such field{path}."),
            _ when message.Contains("missing required properties", StringComparison.Ordinal) =>
                ("missing_field", $"A required field is missing: {message[(message.LastIndexOf(':') + 1)..].Trim()}"),
            _ when message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase) => ("duplicate_field", $"A field is given twice{path}."),
            _ when message.Contains("surrogate", StringComparison.OrdinalIgnoreCase) || message.Contains("UTF-16", StringComparison.Ordinal)
                || message.Contains("UTF-8", StringComparison.Ordinal) => ("invalid_text", $"The text is not valid Unicode{path}."),
            _ when failure.InnerException is null or InvalidOperationException or FormatException or InvalidCastException
                && (message.Contains("could not be converted", StringComparison.Ordinal) || message.Contains("doesn't allow", StringComparison.Ordinal)
                    || message.StartsWith("A time", StringComparison.Ordinal) || message.StartsWith("An id", StringComparison.Ordinal)) =>
                ("invalid_value", $"The value is not of the right kind{path}."),
            _ when message.Contains("maximum configured depth", StringComparison.Ordinal) => ("too_deep", "The document is nested too deeply."),
            _ => ("malformed_json", $"This is not valid JSON{(failure.LineNumber is { } line ? $" (line {line + 1})" : "")}."),
        };
        return new(code, detail, RefusalKind.Invalid);
    }
}

/// <summary>Turns what the server itself refuses, or what failed, into problems.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = exception switch
        {
            BadHttpRequestException { InnerException: JsonException json } => Problems.Of(Problems.Of(json)),
            BadHttpRequestException bad => Of(bad),
            StoreOverloadedException => Problems.Overloaded(httpContext),
            _ => Fail(httpContext, exception),
        };
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Of(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => Problems.Of(bad.StatusCode, "body_too_large", "The body is larger than this endpoint takes."),
        StatusCodes.Status408RequestTimeout => Problems.Of(bad.StatusCode, "body_too_slow", "The body arrived too slowly."),
        StatusCodes.Status415UnsupportedMediaType => Problems.Of(bad.StatusCode, "unsupported_media_type", "Send application/json."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => Problems.Of(bad.StatusCode, "headers_too_large", "The headers are too large."),
        _ => Problems.Of(StatusCodes.Status400BadRequest, "invalid_request", bad.Message),
    };

    private Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Fail(HttpContext context, Exception exception)
    {
        LogFailed(logger, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "", exception);
        return Problems.Of(StatusCodes.Status500InternalServerError, "internal_error", "This is our fault. It has been logged.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Endpoint} failed.")]
    private static partial void LogFailed(ILogger logger, string method, string endpoint, Exception exception);
}
