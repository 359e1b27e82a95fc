using System.Globalization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Administration;

/// <summary>What could not be delivered, for a person to decide: try again, or give up for good.</summary>
internal static class DeadLetterEndpoints
{
    private static readonly Role[] Allowed = [Role.Operator, Role.Admin];

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/dead-letters", List).WithName("listDeadLetters").For(Allowed).WithTags("Administration").WithSummary("What could not be delivered, newest first").ProducesProblem(400);
        routes.MapPost("/v1/dead-letters/{id:long}/replay", Replay).WithName("replayDeadLetter").For(Allowed).WithTags("Administration").WithSummary("Delivers it again").ProducesProblem(404);
        routes.MapPost("/v1/dead-letters/{id:long}/discard", Discard).WithName("discardDeadLetter").For(Allowed).WithTags("Administration")
            .WithSummary("Gives it up for good").ProducesProblem(404);
    }

    private static async Task<Results<Ok<DeadLetterList>, ProblemHttpResult>> List(
        Caller caller, IDeadLetters dead, CancellationToken cancellation, string? cursor = null, int limit = 50)
    {
        long? before = null;
        if (Input.Limit(limit) is { } outside)
        {
            return Problems.Of(outside);
        }

        if (cursor is not null)
        {
            if (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return Problems.Of(Input.Invalid("invalid_cursor", "The cursor is not one of this list."));
            }

            before = id;
        }

        var letters = await dead.ReadDeadLetters(caller.Account, before, limit + 1, cancellation);
        return TypedResults.Ok(new DeadLetterList(
            [.. letters.Take(limit).Select(l => new DeadLetterView(l.Id, l.Message.Id, l.Message.Target, l.EnqueuedAt, l.DiedAt, l.Attempts, l.Error))],
            letters.Count > limit ? letters[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Replay(
        long id, Caller caller, IDeadLetters dead, TimeProvider time, CancellationToken cancellation) =>
        await dead.Replay(caller.Account, id, Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds(), cancellation)
            ? TypedResults.NoContent()
            : Problems.NotFound("dead letter");

    private static async Task<Results<NoContent, ProblemHttpResult>> Discard(long id, Caller caller, IDeadLetters dead, CancellationToken cancellation) =>
        await dead.Discard(caller.Account, id, cancellation) ? TypedResults.NoContent() : Problems.NotFound("dead letter");
}

/// <param name="Message">The id of the message it carries.</param>
public sealed record DeadLetterView(long Id, string Message, string Target, Instant EnqueuedAt, Instant DiedAt, int Attempts, string Error);

public sealed record DeadLetterList(IReadOnlyList<DeadLetterView> Items, string? NextCursor);
