using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Routing;

/// <summary>What endpoints need that ask something of an agent.</summary>
internal sealed record AgentServices(IEntities Entities, RoutingReader Reader, SettingsCache Settings, TimeProvider Time, HttpContext Http)
{
    public async Task<ProblemHttpResult?> Send(Caller caller, string id, AgentCommand command)
    {
        if ((Input.Name("id", id, required: true) ?? Input.CommandId(Http.Request, caller, out _)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        Input.CommandId(Http.Request, caller, out var commandId);
        switch (await Entities.Send(caller.Account, AgentId.Of(id), new(commandId, caller.Actor, command), Http.RequestAborted))
        {
            case Reply<AgentAnswer>.Done done:
                Http.Response.Headers.ETag = $"\"{done.Answer.Seq}\"";
                if (done.Replayed)
                {
                    Http.Response.Headers["Idempotency-Replayed"] = "true";
                }

                return null;
            case Reply<AgentAnswer>.Refused refused:
                return Problems.Of(refused.Refusal);
            case Reply<AgentAnswer>.Overloaded:
                return Problems.Overloaded();
            default:
                return Problems.OutcomeUnknown();
        }
    }

    /// <summary>Does it, and answers the agent as it is then.</summary>
    public async Task<Results<Ok<AgentBody>, ProblemHttpResult>> Change(Caller caller, string id, AgentCommand command) =>
        await Send(caller, id, command) is { } problem ? problem : TypedResults.Ok(await View(caller, id));

    public async Task<AgentBody> View(Caller caller, string id)
    {
        var agent = await Reader.Agent(caller.Account, AgentId.Of(id), Http.RequestAborted);
        return AgentBody.Of(agent, (await Settings.Get(caller.Account, Http.RequestAborted)).RoutingTerms);
    }

    /// <summary>Agents speak for themselves only; supervisors for everybody.</summary>
    public static ProblemHttpResult? MayActFor(Caller caller, string id) =>
        caller.Role == Role.Agent && caller.Agent?.Value != id ? Problems.Of(403, "forbidden", "An agent acts for itself only.") : null;
}
