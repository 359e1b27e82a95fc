using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Conversations.Gateway.Routing;

/// <summary>For clients that watch: the feed tells which agents changed, this tells in one request how they are now.</summary>
internal static class AgentBatchEndpoint
{
    private const int Most = 100;

    public static void MapAgentBatch(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/agents:batchGet", BatchGet).WithName("batchGetAgents").For(Role.Agent, Role.Supervisor, Role.Admin).WithTags("Agents")
            .WithSummary("Several agents as they are now")
            .WithDescription($"id: 1 to {Most}, repeated. Those that do not exist are left out of the answer.").ProducesProblem(400);

    private static async Task<Results<Ok<AgentBatch>, ProblemHttpResult>> BatchGet(
        [FromQuery] string[] id, Caller caller, RoutingReader reader, SettingsCache settings, CancellationToken cancellation)
    {
        if (id.Length is 0 or > Most)
        {
            return Problems.Of(Input.Invalid("invalid_query", $"Name 1 to {Most} agents, for example id=ann&id=ben."));
        }

        var terms = (await settings.Get(caller.Account, cancellation)).RoutingTerms;
        var agents = await Task.WhenAll(id.Distinct(StringComparer.Ordinal).Select(one => reader.Agent(caller.Account, AgentId.Of(one), cancellation).AsTask()));
        return TypedResults.Ok(new AgentBatch([.. agents.Where(a => a.Profile is not null).Select(a => AgentBody.Of(a, terms))]));
    }
}

/// <summary>In no particular order.</summary>
public sealed record AgentBatch(IReadOnlyList<AgentBody> Items);
