using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace Conversations.Gateway.Routing;

/// <summary>Offers, and why a conversation is where it is (api.md 5, routing.md 2, 3).</summary>
internal static class OfferEndpoints
{
    private static readonly Role[] People = [Role.Agent, Role.Supervisor, Role.Admin];
    private static readonly Role[] Leads = [Role.Supervisor, Role.Admin];

    public static void MapOffers(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/conversations/{id}/offers/{offerId}/accept", Accept).WithName("acceptOffer").For(Role.Agent).WithTags("Routing")
            .WithSummary("Takes the conversation that is offered").ProducesProblem(404).ProducesProblem(410);
        routes.MapPost("/v1/conversations/{id}/offers/{offerId}/reject", Reject).WithName("rejectOffer").For(Role.Agent).WithTags("Routing")
            .WithSummary("Declines it; no penalty").ProducesProblem(400).ProducesProblem(404).ProducesProblem(410);
        routes.MapPost("/v1/conversations/{id}/offers/{offerId}/rescind", Rescind).WithName("rescindOffer").For(Leads).WithTags("Routing")
            .WithSummary("Takes an offer back").ProducesProblem(404);
        routes.MapGet("/v1/conversations/{id}/routing", Explain).WithName("explainRouting").For(People).WithTags("Routing")
            .WithSummary("Why it is here, why not elsewhere, and the last offers").ProducesProblem(404);
        routes.MapPost("/v1/conversations/{id}/boost", Boost).WithName("boostConversation").For(Leads).WithTags("Routing")
            .WithSummary("Moves it forward in its queue").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        routes.MapPost("/v1/conversations/{id}/cancel-transfer", CancelTransfer).WithName("cancelTransfer").For(People).WithTags("Routing")
            .WithSummary("Keeps it after all, until somebody has accepted it").ProducesProblem(404).ProducesProblem(409);
        routes.MapPost("/v1/conversations/{id}/leave", Leave).WithName("leaveConversation").For(People).WithTags("Routing")
            .WithSummary("Leaves a conversation one was asked into, or had joined").ProducesProblem(404);
        routes.MapPost("/v1/conversations/{id}/complete-wrap-up", Complete).WithName("completeWrapUp").For(Leads).WithTags("Routing")
            .WithSummary("Ends an agent's wrap-up, and the episode with it").ProducesProblem(400).ProducesProblem(404);
    }

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Accept(string id, string offerId, Caller caller, [AsParameters] CommandServices services) =>
        services.Send(id, new AcceptOffer(OfferId.Of(offerId), caller.Agent ?? default), caller, ifMatch: false);

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Reject(
        [FromRoute] string id, [FromRoute] string offerId, [FromBody] RejectRequest? request, Caller caller, [AsParameters] CommandServices services) =>
        Input.Text("reason", request?.Reason, Input.LongestShortText) is { } refusal
            ? Task.FromResult<Results<Ok<CommandResponse>, ProblemHttpResult>>(Problems.Of(refusal))
            : services.Send(id, new RejectOffer(OfferId.Of(offerId), caller.Agent ?? default, request?.Reason), caller, ifMatch: false);

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Rescind(string id, string offerId, Caller caller, [AsParameters] CommandServices services) =>
        services.Send(id, new RescindOffer(OfferId.Of(offerId), null, "supervisor"), caller, ifMatch: false);

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Boost(string id, BoostRequest request, Caller caller, [AsParameters] CommandServices services) =>
        Input.Text("reason", request.Reason, Input.LongestShortText) is { } refusal
            ? Task.FromResult<Results<Ok<CommandResponse>, ProblemHttpResult>>(Problems.Of(refusal))
            : services.Send(id, new AddBoost(request.Seconds, request.Reason), caller, ifMatch: false);

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> CancelTransfer(string id, Caller caller, [AsParameters] CommandServices services) =>
        services.Send(id, new CancelTransfer(), caller, ifMatch: false);

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Leave(string id, Caller caller, [AsParameters] CommandServices services) =>
        services.Send(id, new LeaveConversation(new(caller.Actor.Id)), caller, ifMatch: false);

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Complete(string id, WrapUpRequest request, Caller caller, [AsParameters] CommandServices services) =>
        Input.Text("disposition", request.Disposition, Input.LongestName, required: true) is { } refusal
            ? Task.FromResult<Results<Ok<CommandResponse>, ProblemHttpResult>>(Problems.Of(refusal))
            : services.Send(id, new CompleteWrap(request.Disposition), caller, ifMatch: false);

    private static async Task<Results<Ok<RoutingExplanation>, ProblemHttpResult>> Explain(
        string id, Caller caller, Router router, IJournal journal, IViews views, HttpContext context)
    {
        var conversation = ConversationId.Of(id);
        if (await views.Find(caller.Account, conversation, context.RequestAborted) is not { } row)
        {
            return Problems.NotFound("conversation");
        }

        var state = await RoutingReader.Conversation(journal, caller.Account, conversation, context.RequestAborted);
        var routing = state.Routing ?? new();
        var why = await router.Explain(caller.Account, conversation, context.RequestAborted);
        return TypedResults.Ok(new RoutingExplanation(
            row.Routing, row.RoutingReason, row.Queue, row.Assignee, OfferView.Of(row.Offer), row.Transfer, routing.Arrived, routing.Failed, routing.Escalated, why,
            routing.Excluded ?? [], [.. (routing.Offers ?? []).Reverse()]));
    }
}

public sealed record RejectRequest
{
    public string? Reason { get; init; }
}

public sealed record BoostRequest
{
    public required int Seconds { get; init; }
    public string? Reason { get; init; }
}

public sealed record WrapUpRequest
{
    public required string Disposition { get; init; }
}

/// <param name="Since">Since when somebody is needed.</param>
/// <param name="Failed">Offers in a row that came to nothing.</param>
/// <param name="Why">Its place in the queue and who could take it; null when it waits in no routed queue.</param>
/// <param name="Offers">The last 20, newest first.</param>
public sealed record RoutingExplanation(
    RoutingState State, string? Reason, QueueId? Queue, AgentId? Assignee, OfferView? Offer, PendingTransfer? Transfer, Instant? Since, int Failed, bool Escalated, Explanation? Why,
    IReadOnlyList<Exclusion> Excluded, IReadOnlyList<PastOffer> Offers);
