using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Conversations.Gateway.Attendance;

/// <summary>Where people say that they are at a conversation, so that two do not answer it.</summary>
internal static class AttendanceEndpoint
{
    public static void AddAttendance(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AttendanceBoard>();
        builder.Services.AddHostedService(sp => sp.GetRequiredService<AttendanceBoard>());
    }

    public static void MapAttendance(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/conversations/{id}/typing", Say).WithName("sayTyping").For(Role.Agent, Role.Supervisor, Role.Admin).WithTags("Conversations")
            .WithSummary("Says that the caller is looking at it, is writing, or has gone")
            .WithDescription(
                $"Holds for {AttendanceBoard.Lasting.TotalSeconds} s: repeat it every {AttendanceBoard.Lasting.TotalSeconds / 2}. It is kept nowhere. Who is there: topic typing/{{conversation}} of the feed.")
            .ProducesProblem(400).ProducesProblem(404);

    private static async Task<Results<NoContent, ProblemHttpResult>> Say(
        string id, TypingRequest request, Caller caller, IViews views, AttendanceBoard board, HttpContext context)
    {
        if (Input.CommandId(context.Request, caller, out _) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        if (await views.Find(caller.Account, ConversationId.Of(id), context.RequestAborted) is not { } row)
        {
            return Problems.NotFound("conversation");
        }

        board.Say(caller.Account, row.Id, caller.Actor, request.State);
        return TypedResults.NoContent();
    }
}

public sealed record TypingRequest
{
    public required AttendanceState State { get; init; }
}
