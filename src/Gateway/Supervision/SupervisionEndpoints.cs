using Conversations.Domain;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Supervision;

/// <summary>What supervisors do inside a conversation (routing.md 10). Agents may not, on any; all of it is in history and audit.</summary>
internal static class SupervisionEndpoints
{
    private static readonly Role[] Leads = [Role.Supervisor, Role.Admin];

    public static void MapSupervision(this IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/v1/conversations/{id}/monitor", (string id, Caller caller, [AsParameters] CommandServices services) =>
                services.Send(id, new StartMonitoring(), caller, ifMatch: false)), "monitorConversation", "Looks on")
            .WithDescription("Marks nothing as read. Stands for 15 minutes; ask again to go on. At most 5 look on at once. Those who work on it see who does.");
        Describe(routes.MapPost("/v1/conversations/{id}/stop-monitoring", (string id, Caller caller, [AsParameters] CommandServices services) =>
            services.Send(id, new StopMonitoring(), caller, ifMatch: false)), "stopMonitoringConversation", "Looks on no longer");
        Describe(routes.MapPost("/v1/conversations/{id}/whisper", Whisper), "whisper", "A word to whoever has it, which the customer never sees")
            .WithDescription("An internal note with an addressee: message.posted with whisperTo.").ProducesProblem(400);
        Describe(routes.MapPost("/v1/conversations/{id}/barge", (string id, Caller caller, [AsParameters] CommandServices services) =>
                services.Send(id, new Barge(Self(caller)), caller, ifMatch: false)), "bargeConversation", "Joins beside its owner")
            .WithDescription("Leave it again with leave.");
        Describe(routes.MapPost("/v1/conversations/{id}/take-over", (string id, Caller caller, [AsParameters] CommandServices services) =>
                services.Send(id, new TakeOver(Self(caller)), caller, ifMatch: true)), "takeOverConversation", "Takes it from whoever has it")
            .WithDescription("Needs If-Match with the version you saw. The epoch rises: what the old owner asks under the old one is refused.")
            .ProducesProblem(400).ProducesProblem(412).ProducesProblem(428);
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint, string name, string summary) =>
        endpoint.For(Leads).WithName(name).WithTags("Supervision").WithSummary(summary).ProducesProblem(404).ProducesProblem(409);

    private static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> Whisper(
        string id, WhisperRequest request, Caller caller, [AsParameters] CommandServices services)
    {
        if ((Input.Text("text", request.Text, MessageLimits.Text, required: true) ?? Input.Attachments(request.Attachments)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var (answer, problem) = await services.Ask(id, new Whisper(request.Text, request.Attachments), caller, ifMatch: false);
        return problem is not null
            ? problem
            : TypedResults.Created(
                $"/v1/conversations/{id}/events?after={answer!.MessageSeq - 1}&limit=1", new MessageResponse(answer.Message!.Value, answer.MessageSeq!.Value, null, null));
    }

    /// <summary>Who takes part, by the name the history gives its authors.</summary>
    private static AgentId Self(Caller caller) => new(caller.Actor.Id);
}

public sealed record WhisperRequest
{
    public required string Text { get; init; }
    public IReadOnlyList<Attachment>? Attachments { get; init; }
}
