using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Conversations.Gateway.Routing;

/// <summary>
/// Everybody who serves a queue. The queues know their members, so there is no list of agents to keep beside them; who serves
/// none is found by id only.
/// </summary>
internal static class AgentListEndpoints
{
    private const int Most = 100;

    private static readonly Role[] People = [Role.Agent, Role.Supervisor, Role.Admin];

    public static void MapAgentLists(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/agents", List).WithName("listAgents").For(People).WithTags("Agents")
            .WithSummary("The agents who serve a queue, or one queue, by id").ProducesProblem(400);
        routes.MapGet("/v1/agents:batchGet", BatchGet).WithName("batchGetAgents").For(People).WithTags("Agents")
            .WithSummary("Several agents as they are now")
            .WithDescription($"id: 1 to {Most}, repeated. Those that do not exist are left out of the answer.").ProducesProblem(400);
    }

    private static async Task<Results<Ok<AgentList>, ProblemHttpResult>> List(
        Caller caller, RoutingReader reader, SettingsCache settings, IFeed feed, Cursors cursors, CancellationToken cancellation,
        string? queue = null, string? cursor = null, int limit = 50)
    {
        if ((Input.Limit(limit) ?? Input.Name("queue", queue) ?? Input.Name("cursor", cursor)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var asOf = await feed.Head(cancellation); // before anything is read: watching from it misses nothing
        var account = await settings.Get(caller.Account, cancellation);
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var each in account.Queues?.Keys.Where(q => queue is not { Length: > 0 } || q.Value == queue) ?? [])
        {
            ids.UnionWith((await reader.Queue(caller.Account, each, cancellation)).Members);
        }

        var after = ids.Where(id => cursor is not { Length: > 0 } || string.CompareOrdinal(id, cursor) > 0).Take(limit + 1).ToList();
        return TypedResults.Ok(new AgentList(
            await Read(caller.Account, after.Take(limit), reader, account, cancellation),
            after.Count > limit ? after[limit - 1] : null,
            cursors.Write(caller.Account, asOf)));
    }

    private static async Task<Results<Ok<AgentBatch>, ProblemHttpResult>> BatchGet(
        [FromQuery] string[] id, Caller caller, RoutingReader reader, SettingsCache settings, CancellationToken cancellation) =>
        id.Length is 0 or > Most
            ? Problems.Of(Input.Invalid("invalid_query", $"Name 1 to {Most} agents, for example id=ann&id=ben."))
            : TypedResults.Ok(new AgentBatch(
                await Read(caller.Account, id.Distinct(StringComparer.Ordinal), reader, await settings.Get(caller.Account, cancellation), cancellation)));

    private static async Task<IReadOnlyList<AgentBody>> Read(
        AccountId account, IEnumerable<string> ids, RoutingReader reader, AccountSettings settings, CancellationToken cancellation)
    {
        var agents = await Task.WhenAll(ids.Select(id => reader.Agent(account, AgentId.Of(id), cancellation).AsTask()));
        return [.. agents.Where(a => a.Profile is not null).Select(a => AgentBody.Of(a, settings.RoutingTerms))];
    }
}

/// <param name="NextCursor">Where the next page starts; null when this was the last.</param>
/// <param name="AsOf">A feed cursor: watching from it misses nothing that happened since.</param>
public sealed record AgentList(IReadOnlyList<AgentBody> Items, string? NextCursor, string AsOf);

/// <summary>In no particular order.</summary>
public sealed record AgentBatch(IReadOnlyList<AgentBody> Items);
