using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Wallboard;

/// <summary>How the queues stand (reports.md 1).</summary>
internal static class WallboardEndpoints
{
    public static void MapWallboard(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/wallboard", Get).WithName("getWallboard").For(Role.Agent, Role.Supervisor, Role.Admin).WithTags("Supervision")
            .WithSummary("How the queues stand, each and together")
            .WithDescription("Computed from the events alone; freshness says how old the newest of them is. The same, every second, by topic wallboard of the feed.")
            .ProducesProblem(400);

    private static async Task<Results<Ok<WallboardView>, ProblemHttpResult>> Get(
        Caller caller, Wallboards boards, CancellationToken cancellation, string? queue = null) =>
        Input.Name("queue", queue) is { } refusal
            ? Problems.Of(refusal)
            : TypedResults.Ok(await boards.Read(caller.Account, Ids.Queue(queue), cancellation));
}
