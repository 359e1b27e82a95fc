using Conversations.Engine;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Hosting;

internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Ok(new HealthView("alive"))).WithName("isAlive").WithTags("Health").WithSummary("The process is alive");
        routes.MapGet("/readyz", IsReady).WithName("isReady").WithTags("Health").WithSummary("It may take traffic").ProducesProblem(503);
    }

    private static async Task<Results<Ok<HealthView>, ProblemHttpResult>> IsReady(GracefulStop stop, IFeed feed, CancellationToken cancellation)
    {
        if (!stop.Ready)
        {
            return Problems.Of(503, "not_ready", "Starting or stopping.");
        }

        await feed.Head(cancellation); // the store answers
        return TypedResults.Ok(new HealthView("ready"));
    }
}

public sealed record HealthView(string Status);
