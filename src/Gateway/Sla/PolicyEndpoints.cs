using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Engine;
using Conversations.Gateway.Administration;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Sla;

/// <summary>What is promised to whom (api.md 6, sla.md 6). Supervisors set targets; having them hold for what runs is the administrator's.</summary>
internal static class PolicyEndpoints
{
    private static readonly Role[] Readers = [Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator];

    public static void MapPolicies(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/sla/policies/{id}", Put).WithName("putPolicy").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("Defines a policy, or changes it for what begins from now on")
            .WithDescription("Each change is a new version; what runs keeps its own. With If-Match, only if it is still the version you saw.")
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(412);
        routes.MapGet("/v1/sla/policies/{id}", Get).WithName("getPolicy").For(Readers).WithTags("Promises")
            .WithSummary("A policy, as it is or as it was in one version").ProducesProblem(404);
        routes.MapDelete("/v1/sla/policies/{id}", Remove).WithName("removePolicy").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("Takes a policy out of the order; what runs under it goes on").ProducesProblem(404);
        routes.MapGet("/v1/sla/policies", List).WithName("listPolicies").For(Readers).WithTags("Promises").WithSummary("The policies in the order they are looked at");
        routes.MapPost("/v1/sla/policies:apply", Apply).WithName("applyPolicies").For(Role.Admin).WithTags("Promises")
            .WithSummary("Has today's policies hold for what runs in open conversations too")
            .WithDescription("With dryRun it only says what would change (of the newest 1,000). What would be due in the past breaks at once, with cause policyChange.")
            .Produces<PolicyPreview>().ProducesProblem(400).ProducesProblem(409);
        routes.MapGet("/v1/sla/runs/{id}", Run).WithName("getPolicyRun").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("How far applying the policies has come").ProducesProblem(404);
    }

    private static async Task<Results<Ok<PolicyView>, ProblemHttpResult>> Put(
        string id, PolicyRequest request, Caller caller, SettingsCache settings, [AsParameters] AccountServices services)
    {
        if ((Input.Name("id", id, required: true) ?? request.Check() ?? Input.IfMatch(services.Http.Request, required: false, out _)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        Input.IfMatch(services.Http.Request, required: false, out var seen);
        return await services.Send(caller, new PutPolicy(PolicyId.Of(id), request.ToPolicy(), seen)) is { } problem
            ? problem
            : Shown((await settings.Get(caller.Account, services.Http.RequestAborted)).Policies![PolicyId.Of(id)][^1], services.Http);
    }

    private static async Task<Results<Ok<PolicyView>, ProblemHttpResult>> Get(
        string id, Caller caller, SettingsCache settings, HttpContext context, int? version = null)
    {
        var known = await settings.Get(caller.Account, context.RequestAborted);
        return (version is { } one ? known.Policy(PolicyId.Of(id), one) : known.Policy(PolicyId.Of(id))) is { } policy
            ? Shown(policy, context)
            : Problems.NotFound(version is null ? "policy" : "version of a policy");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(string id, Caller caller, [AsParameters] AccountServices services) =>
        await services.Send(caller, new RemovePolicy(PolicyId.Of(id))) is { } problem ? problem : TypedResults.NoContent();

    private static async Task<Ok<PolicyList>> List(Caller caller, SettingsCache settings, CancellationToken cancellation) =>
        TypedResults.Ok(new PolicyList([.. (await settings.Get(caller.Account, cancellation)).PoliciesInOrder.Select(PolicyView.Of)]));

    private static async Task<Results<Ok<PolicyPreview>, Accepted<PolicyRunView>, ProblemHttpResult>> Apply(
        ApplyRequest? request, Caller caller, SettingsCache settings, PolicyTrial trial, [AsParameters] AccountServices services)
    {
        if (request?.DryRun == true)
        {
            return TypedResults.Ok(PolicyPreview.Of(await trial.Run(caller.Account, caller.Actor, services.Http.RequestAborted)));
        }

        if (Input.CommandId(services.Http.Request, caller, out var commandId) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var run = "r" + StableHash.Hex(caller.Account.Value, commandId)[..16];
        return await services.Send(caller, new ApplyToOpen(run), commandId: commandId) is { } problem
            ? problem
            : TypedResults.Accepted($"/v1/sla/runs/{run}", PolicyRunView.Of(RunOf(await settings.Get(caller.Account, services.Http.RequestAborted), run)!));
    }

    private static async Task<Results<Ok<PolicyRunView>, ProblemHttpResult>> Run(string id, Caller caller, SettingsCache settings, CancellationToken cancellation) =>
        RunOf(await settings.Get(caller.Account, cancellation), id) is { } run ? TypedResults.Ok(PolicyRunView.Of(run)) : Problems.NotFound("run");

    private static PolicyRun? RunOf(AccountSettings settings, string id) => settings.Runs?.FirstOrDefault(r => r.Id == id);

    private static Ok<PolicyView> Shown(PolicyVersion policy, HttpContext context)
    {
        context.Response.Headers.ETag = $"\"{policy.Version}\"";
        return TypedResults.Ok(PolicyView.Of(policy));
    }
}
