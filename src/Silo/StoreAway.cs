using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Diagnostics;
using StackExchange.Redis;

namespace Conversations.Silo;

/// <summary>
/// A request that could not read from Redis is no fault of ours, and may be made again: it is told so. A write may have got
/// as far as its commit before a later read failed.
/// </summary>
/// <remarks>
/// The client library cancels what waits on a connection that it gives up: nobody asked for that cancellation. What it was just
/// writing to it fails as its pipe does.
/// </remarks>
internal sealed partial class StoreAway(ILogger<StoreAway> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var isAway = exception is RedisException or RedisTimeoutException or InvalidOperationException { Source: "System.IO.Pipelines" }
            || (exception is OperationCanceledException && !httpContext.RequestAborted.IsCancellationRequested);
        if (!isAway)
        {
            return false;
        }

        LogAway(logger, httpContext.Request.Method, exception.Message, exception is OperationCanceledException ? exception : null);
        var problem = HttpMethods.IsGet(httpContext.Request.Method)
            ? Problems.Of(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The store does not answer just now. Try again.")
            : Problems.OutcomeUnknown();
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A {Method} could not be answered: Redis does not answer. {Reason}")]
    private static partial void LogAway(ILogger logger, string method, string reason, Exception? cancelled);
}
