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
        // about:blank: the title is the status's own phrase (RFC 9457, 4.2.1); what went wrong is in the code.
        var problem = new ProblemDetails
        {
            Type = "about:blank",
            Status = status,
            Title = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status),
            Detail = detail,
        };
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

    /// <summary>What an inbound message or change that was not accepted is answered.</summary>
    public static ProblemHttpResult Of(IngressResult failure) => failure switch
    {
        IngressResult.Refused refused => Of(refused.Refusal),
        IngressResult.TryAgain { CertainlyNotExecuted: true } => Overloaded(),
        _ => OutcomeUnknown(),
    };

    /// <summary>Guaranteed not executed. The server adds Retry-After to every 503.</summary>
    public static ProblemHttpResult Overloaded() =>
        Of(StatusCodes.Status503ServiceUnavailable, "overloaded", "Too much at once. Nothing was done; try again.");

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
            BadHttpRequestException bad => Unreadable.Of(bad),
            StoreOverloadedException => Problems.Overloaded(),
            _ => Fail(httpContext, exception),
        };
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    private ProblemHttpResult Fail(HttpContext context, Exception exception)
    {
        LogFailed(logger, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "", exception);
        return Problems.Of(StatusCodes.Status500InternalServerError, "internal_error", "This is our fault. It has been logged.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Endpoint} failed.")]
    private static partial void LogFailed(ILogger logger, string method, string endpoint, Exception exception);
}
