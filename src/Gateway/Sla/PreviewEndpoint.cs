using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Sla;

/// <summary>What the clocks would do (sla.md 10): the code conversations run, on nothing but what the request brings.</summary>
internal static class PreviewEndpoint
{
    public static void MapPreview(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/sla/preview", Preview).WithName("previewSla").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("Computes due times, open time, openings and whole tickets without touching anything")
            .WithDescription("add: when seconds of open time have passed since start. between: the open seconds from one time to another. next_open: when it opens. ticket: how the clocks of an invented ticket stand.")
            .ProducesProblem(400);

    private static Results<Ok<PreviewAnswer>, ProblemHttpResult> Preview(PreviewRequest request, Caller caller) =>
        request.Check() is { } refusal ? Problems.Of(refusal) : TypedResults.Ok(Answer(request));

    private static PreviewAnswer Answer(PreviewRequest request)
    {
        var calendar = BusinessCalendar.Compile(request.Calendar);
        return request.Op switch
        {
            PreviewRequest.Add when request.Explain == true => DuePreview.Of(calendar.Explain(request.Start!.Value, request.Seconds!.Value, request.Paused)),
            PreviewRequest.Add => new DuePreview(calendar.Due(request.Start!.Value, request.Seconds!.Value, request.Paused)),
            PreviewRequest.Between => new OpenTimePreview(calendar.Elapsed(request.From!.Value, request.To!.Value, request.Paused)),
            PreviewRequest.Ticket => TicketPreview.Of(SlaSimulation.Run(request.ToTicket(), calendar)),
            _ => new OpeningPreview(calendar.NextOpen(request.Start!.Value)),
        };
    }
}
