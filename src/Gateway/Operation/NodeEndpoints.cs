using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Operation;

/// <summary>What runs, and how it is: for the operator's page, and for whoever has no metrics store.</summary>
internal static class NodeEndpoints
{
    /// <summary>There where the engine can tell.</summary>
    public static void MapNodes(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(INodes)))
        {
            app.MapGet("/v1/nodes", Get).WithName("listNodes").For(Role.Operator, Role.Admin).WithTags("Administration")
                .WithSummary("The processes and partitions of this system")
                .WithDescription("Times in seconds, of the last minute; null: nothing happened. outboxDue is counted to 200.");
        }
    }

    private static async Task<Ok<NodeList>> Get(INodes nodes, EngineDescription engine, TimeProvider time, CancellationToken cancellation) => TypedResults.Ok(new NodeList(
        Instant.FromDateTimeOffset(time.GetUtcNow()), engine.Text, await nodes.Processes(cancellation), await nodes.Partitions(cancellation)));
}

/// <param name="At">The gateway's time, for judging what is overdue.</param>
/// <param name="Engine">What runs behind the gateway, for a person.</param>
public sealed record NodeList(Instant At, string Engine, IReadOnlyList<Node> Nodes, IReadOnlyList<PartitionState> Partitions);
