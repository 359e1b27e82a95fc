using System.Globalization;
using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace Conversations.Gateway.Feed;

/// <summary>Watching by Server-Sent Events and asking by pull (api.md 4).</summary>
internal static class FeedEndpoints
{
    private static readonly Role[] Watchers = [Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator];

    public static void MapFeed(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/feed", Stream).WithName("watch").For(Watchers).WithTags("Feed")
            .WithSummary("Streams what happens, as Server-Sent Events")
            .WithDescription("topic: conversation/{id}, agent/{id}, queue/{id}, job/{id}, typing/{conversation}, account or wallboard; several allowed. Resumes after cursor or Last-Event-ID. "
                + "Events: change, state (of wallboard, every second, and of typing: the newest value), ping every 15 s, reset (list again, then go on from its id), goaway (reconnect after retryAfterMs).")
            .Produces<string>(200, "text/event-stream").ProducesProblem(400);
        routes.MapGet("/v1/changes", Changes).WithName("listChanges").For(Role.Supervisor, Role.Admin, Role.Integrator).WithTags("Feed")
            .WithSummary("The same events by pull").Produces<ChangeList>().ProducesProblem(400).ProducesProblem(410);
        routes.MapHub<WatchHub>("/v1/hub").For(Watchers);
    }

    private static async Task<IResult> Stream(
        [FromQuery(Name = "topic")] string[] topic, [FromQuery] string? cursor, [FromHeader(Name = "Last-Event-ID")] string? lastEventId,
        Caller caller, FeedReader reader, ApiKeys keys, AgentLiveness liveness, TimeProvider time, HttpContext context)
    {
        var cancellation = context.RequestAborted;
        if (Topics.Parse(caller, topic, out var topics) is { } refusal)
        {
            return refusal.Code == "forbidden_topic" ? Problems.Of(403, refusal.Code, refusal.Detail) : Problems.Of(refusal);
        }

        // A browser that reconnects asks for the same URL, cursor and all, and says in the header how far it got since.
        var start = await reader.Start(caller.Account, lastEventId is { Length: > 0 } ? lastEventId : cursor, cancellation);
        if (start.Refusal is { } bad)
        {
            return Problems.Of(bad);
        }

        // Before the first word to the client: from then on a stop waits for it to be told.
        using var subscription = reader.Watch(topics!, start.Position);
        using var cut = reader.GivenUp.Register(context.Abort);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // proxies must not hold events back
        await context.Response.WriteAsync(": watching\n\n", cancellation);
        await context.Response.Body.FlushAsync(cancellation);

        if (start.Expired)
        {
            await Write(context, subscription.Reset("expired", start.Position), cancellation);
        }

        await liveness.Seen(caller, topics!, cancellation);
        await foreach (var frame in subscription.Read(time, cancellation))
        {
            await liveness.Seen(caller, topics!, cancellation);
            await Write(context, frame, cancellation);

            // A revoked key, or a token that ran out, stops hearing within a heartbeat.
            if (frame.Kind == FrameKind.Ping && await keys.HasEnded(context, cancellation))
            {
                break;
            }
        }

        return TypedResults.Empty;
    }

    private static async ValueTask Write(HttpContext context, Frame frame, CancellationToken cancellation)
    {
        var text = new StringBuilder(frame.Data.Length + 128);
        if (frame.Cursor is { } id)
        {
            text.Append(CultureInfo.InvariantCulture, $"id: {id}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"event: {frame.Event}\ndata: {frame.Data}\n\n");
        await context.Response.WriteAsync(text.ToString(), cancellation);
        await context.Response.Body.FlushAsync(cancellation);
    }

    private static async Task<IResult> Changes(
        [FromQuery] string? cursor, [FromQuery] int? limit, Caller caller, FeedReader reader, Cursors cursors, HttpContext context)
    {
        if (Input.Limit(limit) is { } outside)
        {
            return Problems.Of(outside);
        }

        var start = await reader.Start(caller.Account, cursor, context.RequestAborted);
        if (start.Refusal is { } refusal)
        {
            return Problems.Of(refusal);
        }

        if (start.Expired)
        {
            return Problems.Of(410, "cursor_expired", "The cursor is older than what is kept. List again, and go on from the list's asOf.");
        }

        var (changes, next) = await reader.Page(caller, start.Position, limit ?? 100, context.RequestAborted);
        return TypedResults.Text(
            $"{{\"items\":[{string.Join(',', changes.Select(c => c.Json))}],\"nextCursor\":\"{cursors.Write(caller.Account, next)}\"}}", "application/json");
    }
}

/// <summary>For the API document.</summary>
public sealed record ChangeList(IReadOnlyList<ChangeItem> Items, string NextCursor);

/// <summary>One event of one entity. Per entity they come in seq order, at least once, without gaps.</summary>
public sealed record ChangeItem(string Entity, long Seq, string Type, Instant At, Actor Actor, System.Text.Json.JsonElement Data);
