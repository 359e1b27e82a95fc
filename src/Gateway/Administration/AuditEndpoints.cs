using System.Buffers.Text;
using System.Text;
using System.Text.RegularExpressions;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace Conversations.Gateway.Administration;

/// <summary>Who did what in configuration and supervision: the events themselves, so it cannot differ from the histories.</summary>
internal static partial class AuditEndpoints
{
    private const int LongestCursor = 100;

    public static void MapAudit(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/audit", List).WithName("listAudit").For(Role.Admin).WithTags("Administration")
            .WithSummary("Who did what in configuration and supervision, newest first")
            .WithDescription("actor: the id of who did it. kind: of what it was done to: account, job, agent, queue or conversation. from (inclusive) and to "
                + "(exclusive): RFC 3339. A page may hold fewer than limit and go on. It is up to a second behind the events.")
            .Produces<AuditList>().ProducesProblem(400);

    private static async Task<IResult> List(
        [FromQuery] string? actor, [FromQuery] string? kind, [FromQuery] string? from, [FromQuery] string? to, [FromQuery] string? cursor, [FromQuery] int? limit,
        Caller caller, AuditLog audit, HttpContext context)
    {
        string? before = null;
        var (notFrom, notTo) = (Time("from", from, out var since), Time("to", to, out var until));
        if ((Input.Limit(limit) ?? Input.Text("actor", actor, Input.LongestExternalId) ?? Kind(kind) ?? notFrom ?? notTo
            ?? (cursor is { Length: > 0 } && !TryRead(cursor, out before) ? Input.Invalid("invalid_cursor", "The cursor is not one of this list.") : null)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var page = await audit.Read(
            new(caller.Account, limit ?? 50, Given(actor), Given(kind), since, until, before), context.RequestAborted);
        var next = page.Next is { } key ? $"\"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key))}\"" : "null";
        return TypedResults.Text(
            $"{{\"items\":[{string.Join(',', page.Items.Select(e => Change.Render(e.Entity, e.Event)))}],\"nextCursor\":{next}}}", "application/json");
    }

    private static string? Given(string? value) => value is { Length: > 0 } ? value : null;

    private static Refusal? Kind(string? kind) => kind is null or "" or "account" or "job" or "agent" or "queue" or "conversation"
        ? null
        : Input.Invalid("invalid_query", "'kind' is one of: account, job, agent, queue, conversation.");

    private static Refusal? Time(string field, string? text, out Instant? time)
    {
        time = null;
        if (text is not { Length: > 0 })
        {
            return null;
        }

        time = InstantConverter.TryParse(text, out var parsed) ? parsed : null;
        return time is null ? Input.Invalid("invalid_query", $"'{field}' is a time in RFC 3339, for example 2026-11-21T21:00:00Z.") : null;
    }

    private static bool TryRead(string cursor, out string? key)
    {
        key = cursor.Length <= LongestCursor && Base64Url.IsValid(cursor) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) : null;
        return key is not null && KeyForm().IsMatch(key);
    }

    [GeneratedRegex(@"\A\d{14}-\d{4}-\d{14}\z")]
    private static partial Regex KeyForm();
}

/// <summary>For the API document.</summary>
public sealed record AuditList(IReadOnlyList<ChangeItem> Items, string? NextCursor);
