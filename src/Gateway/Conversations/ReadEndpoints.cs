using System.Text.Json;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace Conversations.Gateway.Conversations;

internal static class ReadEndpoints
{
    private static readonly Role[] Readers = [Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator];

    public static void MapConversationReads(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/conversations", List).WithName("listConversations").For(Readers).WithTags("Conversations")
            .WithSummary("Lists conversations").ProducesProblem(400);
        routes.MapGet("/v1/conversations/{id}", Get).WithName("getConversation").For(Readers).WithTags("Conversations")
            .WithSummary("One conversation as it is now").ProducesProblem(404);
        routes.MapGet("/v1/conversations/{id}/events", Events).WithName("listEvents").For(Readers).WithTags("Conversations")
            .WithSummary("A conversation's whole history").ProducesProblem(404);
    }

    private static async Task<Results<Ok<ConversationView>, ProblemHttpResult>> Get(
        string id, Caller caller, IViews views, SettingsCache settings, TimeProvider time, HttpContext context)
    {
        if (await views.Find(caller.Account, ConversationId.Of(id), context.RequestAborted) is not { } row)
        {
            return Problems.NotFound("conversation");
        }

        context.Response.Headers.ETag = $"\"{row.Seq}\"";
        return TypedResults.Ok(ConversationView.Of(row, Instant.FromDateTimeOffset(time.GetUtcNow()), await settings.For(caller.Account, [row], context.RequestAborted)));
    }

    private static async Task<Results<Ok<ConversationList>, ProblemHttpResult>> List(
        [AsParameters] ListParameters parameters, Caller caller, IViews views, SettingsCache settings, Cursors cursors, TimeProvider time, HttpContext context)
    {
        if (parameters.ToQuery(caller.Account, out var query) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var page = await views.List(query!, context.RequestAborted);
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        var account = await settings.For(caller.Account, page.Items, context.RequestAborted);
        return TypedResults.Ok(new ConversationList(
            [.. page.Items.Select(row => ConversationView.Of(row, now, account))],
            page.Next is { } next ? ListParameters.CursorOf(query!.Order, next) : null,
            cursors.Write(caller.Account, page.AsOf)));
    }

    private static async Task<Results<Ok<EventList>, ProblemHttpResult>> Events(
        string id, Caller caller, IViews views, IJournal journal, HttpContext context, long after = 0, int limit = 50, string order = "asc")
    {
        if ((Input.Limit(limit)
            ?? (after < 0 ? Input.Invalid("invalid_query", "'after' is not negative.") : null)
            ?? (order is "asc" or "desc" ? null : Input.Invalid("invalid_query", "'order' is asc or desc."))) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var conversation = ConversationId.Of(id);
        var events = await journal.ReadEvents(ConversationType.Key(caller.Account, conversation), after, limit + 1, order == "desc", context.RequestAborted);
        if (events.Count == 0 && await views.Find(caller.Account, conversation, context.RequestAborted) is null)
        {
            return Problems.NotFound("conversation");
        }

        return TypedResults.Ok(new EventList([.. events.Take(limit).Select(View)], events.Count > limit));
    }

    internal static EventView View(StoredEvent stored) => new(stored.Seq, stored.Type, stored.At, stored.Actor, JsonElement.Parse(stored.Data.Span));
}

/// <summary>Query parameters of the list (api.md 3). Conditions add up; <c>status</c> may be several, separated by commas.</summary>
internal sealed record ListParameters(
    [FromQuery] string? Status,
    [FromQuery] string? Queue,
    [FromQuery] string? Assignee,
    [FromQuery] bool? Unassigned,
    [FromQuery] string? Channel,
    [FromQuery] string? Priority,
    [FromQuery] string? Label,
    [FromQuery] string? Sla,
    [FromQuery] string? Customer,
    [FromQuery] string? Order,
    [FromQuery] string? Cursor,
    [FromQuery] int? Limit)
{
    public Refusal? ToQuery(AccountId account, out ConversationQuery? query)
    {
        query = null;
        var statuses = new List<ConversationStatus>();
        foreach (var name in Status?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            if (Word<ConversationStatus>("status", name, out var status) is { } unknown)
            {
                return unknown;
            }

            statuses.Add(status!.Value);
        }

        if (Input.Limit(Limit) is { } outside)
        {
            return outside;
        }

        if (Word<Priority>("priority", Priority, out var priority) is { } unknownPriority)
        {
            return unknownPriority;
        }

        if (Word<SlaState>("sla", Sla, out var sla) is { } unknownSla)
        {
            return unknownSla;
        }

        if (Word<ConversationOrder>("order", Order, out var order) is { } unknownOrder)
        {
            return unknownOrder;
        }

        ConversationKeyset? after = null;
        if (Cursor is { Length: > 0 } && !TryCursor(Cursor, order ?? ConversationOrder.Activity, out after))
        {
            return Input.Invalid("invalid_cursor", "The cursor is not one of this list and order.");
        }

        query = new(
            account, order ?? ConversationOrder.Activity, Limit ?? 50, after, statuses.Count > 0 ? statuses : null,
            Ids.Queue(Queue), Ids.Agent(Assignee), Unassigned ?? false, Channel, priority, Label, sla, Customer);
        return null;
    }

    public static string CursorOf(ConversationOrder order, ConversationKeyset keyset) =>
        Base64Url($"{order}|{keyset.Sort}|{keyset.Id}");

    private static bool TryCursor(string cursor, ConversationOrder order, out ConversationKeyset? keyset)
    {
        keyset = null;
        Span<byte> bytes = stackalloc byte[256];
        if (cursor.Length > 300 || System.Buffers.Text.Base64Url.IsValid(cursor) is false
            || !System.Buffers.Text.Base64Url.TryDecodeFromChars(cursor, bytes, out var length))
        {
            return false;
        }

        var parts = System.Text.Encoding.UTF8.GetString(bytes[..length]).Split('|', 3);
        if (parts.Length != 3 || parts[0] != order.ToString() || !long.TryParse(parts[1], out var sort))
        {
            return false;
        }

        keyset = new(sort, parts[2]);
        return true;
    }

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));

    private static Refusal? Word<T>(string field, string? word, out T? value) where T : struct, Enum
    {
        value = null;
        if (word is not { Length: > 0 })
        {
            return null;
        }

        foreach (var candidate in Enum.GetValues<T>())
        {
            if (JsonNamingPolicy.CamelCase.ConvertName(candidate.ToString()) == word)
            {
                value = candidate;
                return null;
            }
        }

        var known = string.Join(", ", Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName));
        return Input.Invalid("invalid_query", $"'{field}' is one of: {known}.");
    }
}
