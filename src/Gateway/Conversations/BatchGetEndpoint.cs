using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace Conversations.Gateway.Conversations;

/// <summary>
/// For clients that watch: the feed tells which conversations changed, this tells in one request what became of them.
/// </summary>
internal static class BatchGetEndpoint
{
    private const int Most = 100;

    public static void MapBatchGet(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/conversations:batchGet", Get).WithName("batchGetConversations").For(Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator)
            .WithTags("Conversations").WithSummary("Several conversations as they are now")
            .WithDescription($"id: 1 to {Most}, repeated. Those that do not exist are left out of the answer.").ProducesProblem(400);

    private static async Task<Results<Ok<ConversationBatch>, ProblemHttpResult>> Get(
        [FromQuery] string[] id, Caller caller, IViews views, SettingsCache settings, TimeProvider time, CancellationToken cancellation)
    {
        if (id.Length is 0 or > Most)
        {
            return Problems.Of(Input.Invalid("invalid_query", $"Name 1 to {Most} conversations, for example id=a&id=b."));
        }

        var found = await Task.WhenAll(id.Distinct(StringComparer.Ordinal).Select(one => views.Find(caller.Account, ConversationId.Of(one), cancellation).AsTask()));
        ConversationRow[] rows = [.. found.OfType<ConversationRow>()];
        var (now, account) = (Instant.FromDateTimeOffset(time.GetUtcNow()), await settings.For(caller.Account, rows, cancellation));
        return TypedResults.Ok(new ConversationBatch([.. rows.Select(row => ConversationView.Of(row, now, account))]));
    }
}

/// <summary>In no particular order.</summary>
public sealed record ConversationBatch(IReadOnlyList<ConversationView> Items);
