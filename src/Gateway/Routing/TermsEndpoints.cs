using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Administration;
using Conversations.Gateway.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Routing;

/// <summary>The numbers an account's routing works with (routing.md: defaults are configuration per account).</summary>
internal static class TermsEndpoints
{
    public static void MapRoutingTerms(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/routing", Put).WithName("putRoutingTerms").For(Role.Admin).WithTags("Queues")
            .WithSummary("Sets the account's routing numbers; what is not named goes back to its default").ProducesProblem(400);
        routes.MapGet("/v1/routing", Get).WithName("getRoutingTerms").For(Role.Supervisor, Role.Admin).WithTags("Queues").WithSummary("The account's routing numbers");
    }

    private static async Task<Results<Ok<RoutingTerms>, ProblemHttpResult>> Put(RoutingTerms request, Caller caller, [AsParameters] AccountServices services) =>
        await services.Send(caller, new PutRouting(request)) is { } problem ? problem : TypedResults.Ok(request);

    private static async Task<Ok<RoutingTerms>> Get(Caller caller, SettingsCache settings, CancellationToken cancellation) =>
        TypedResults.Ok((await settings.Get(caller.Account, cancellation)).RoutingTerms);
}
