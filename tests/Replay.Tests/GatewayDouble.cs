using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Conversations.Replaying.Tests;

/// <summary>What goes wrong with one request.</summary>
internal enum Trouble { None, Busy, Overloaded, LostBefore, LostAfter, Refused }

/// <summary>
/// The endpoints a replay uses, on a real server, in memory: strict about what it is sent, pages of three, messages known
/// by their external id. It can be told to have trouble, and to lie about what it keeps.
/// </summary>
internal sealed class GatewayDouble : IAsyncDisposable
{
    public const string Key = "key-of-an-admin";
    private const int PageSize = 3;

    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly HashSet<string> accounts = [];
    private readonly Dictionary<(string Account, string ExternalId), Answer> answers = [];
    private readonly List<Conversation> conversations = [];
    private readonly List<Inbound> arrivals = [];

    private GatewayDouble()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow);
        app = builder.Build();
        app.Use(Disturb);
        app.MapPut("/v1/channels/{channel}/{account}", Register);
        app.MapPost("/v1/inbound", Receive);
        app.MapGet("/v1/conversations", List);
        app.MapGet("/v1/conversations/{id}/events", Events);
    }

    public Uri Url => new(app.Urls.Single());

    /// <summary>Asked before each inbound message with its number, from 1.</summary>
    public Func<int, Trouble> TroubleWith { get; set; } = _ => Trouble.None;

    /// <summary>Takes this message, says so, and does not keep it.</summary>
    public string? Forgets { get; set; }

    public int Requests { get; private set; }

    public Registration? LastRegistration { get; private set; }

    /// <summary>Messages that were new, in order of arrival.</summary>
    public IReadOnlyList<Inbound> Arrivals => arrivals;

    public IReadOnlySet<string> Accounts => accounts;

    public static async Task<GatewayDouble> Start()
    {
        var gateway = new GatewayDouble();
        await gateway.app.StartAsync();
        return gateway;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Disturb(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers.Authorization != $"Bearer {Key}")
        {
            await Problem(401, "unauthenticated").ExecuteAsync(context);
            return;
        }

        var trouble = Trouble.None;
        if (context.Request.Path == "/v1/inbound")
        {
            lock (gate)
            {
                trouble = TroubleWith(++Requests);
            }
        }

        switch (trouble)
        {
            case Trouble.Busy:
                context.Response.Headers.RetryAfter = "7";
                await Problem(429, "too_many_requests").ExecuteAsync(context);
                break;
            case Trouble.Overloaded:
                context.Response.Headers[HeaderNames.RetryAfter] = "7";
                await Problem(503, "overloaded").ExecuteAsync(context);
                break;
            case Trouble.LostBefore:
                context.Abort();
                break;
            case Trouble.LostAfter:
                context.Response.Body = Stream.Null;
                await next(context);
                context.Abort();
                break;
            case Trouble.Refused:
                await Problem(422, "text_too_long").ExecuteAsync(context);
                break;
            default:
                await next(context);
                break;
        }
    }

    private IResult Register(string channel, string account, Registration registration)
    {
        lock (gate)
        {
            accounts.Add($"{channel}/{account}");
            LastRegistration = registration;
            return Results.Ok();
        }
    }

    private IResult Receive(Inbound message)
    {
        lock (gate)
        {
            if (!accounts.Contains($"{message.Channel}/{message.ChannelAccount}"))
            {
                return Problem(404, "unknown_channel_account");
            }

            if (answers.TryGetValue((message.ChannelAccount, message.ExternalId), out var known))
            {
                return Results.Ok(known with { Replayed = true });
            }

            arrivals.Add(message);
            var id = $"c-{message.ChannelAccount}-{message.Thread}";
            var conversation = conversations.Find(c => c.Id == id);
            if (conversation is null)
            {
                conversations.Insert(0, conversation = new(id, message.ChannelAccount, []));
                conversation.Append("conversation.started", new { });
            }

            var index = conversation.Events.Count(e => e.Type.StartsWith("message.", StringComparison.Ordinal)) + 1;
            if (message.ExternalId != Forgets)
            {
                conversation.Append(
                    message.Direction == "inbound" ? "message.received" : "message.recorded",
                    new
                    {
                        message = $"{id}-{index}",
                        index,
                        message.ExternalId,
                        kind = message.Direction == "inbound" ? null : "reply",
                        message.Visibility,
                        sentAt = message.SentAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                        message.Author,
                        message.Text,
                        message.ReplyTo,
                    });
            }

            var answer = new Answer(id, $"{id}-{index}", conversation.Events.Count, index, 1, false);
            answers.Add((message.ChannelAccount, message.ExternalId), answer);
            return Results.Ok(answer);
        }
    }

    private IResult List(string channel, string order, int limit, string? cursor)
    {
        lock (gate)
        {
            var from = cursor is null ? 0 : int.Parse(cursor, CultureInfo.InvariantCulture);
            var size = Math.Min(limit, PageSize);
            return channel != "x" || order != "created" ? Problem(400, "bad_request") : Results.Ok(new
            {
                items = conversations.Skip(from).Take(size).Select(c => new { c.Id, c.ChannelAccount, status = "open" }),
                nextCursor = from + size < conversations.Count ? (from + size).ToString(CultureInfo.InvariantCulture) : null,
                asOf = "now",
            });
        }
    }

    private IResult Events(string id, long after, int limit)
    {
        lock (gate)
        {
            var rest = conversations.Single(c => c.Id == id).Events.Where(e => e.Seq > after).ToList();
            var size = Math.Min(limit, PageSize);
            return Results.Ok(new { items = rest.Take(size), hasMore = rest.Count > size });
        }
    }

    private static IResult Problem(int status, string code) =>
        Results.Problem(statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    internal sealed record Registration(string Name, SlaTarget Sla);

    internal sealed record Inbound(
        string Channel, string ChannelAccount, string Thread, string ExternalId, string Direction, string Visibility,
        DateTimeOffset SentAt, Author Author, string Text, string? ReplyTo);

    internal sealed record Author(string Id, string Name, string Handle);

    private sealed record Answer(string ConversationId, string MessageId, int Seq, int MessageIndex, int Episode, bool Replayed);

    private sealed record Event(long Seq, string Type, string At, object Actor, JsonElement Data);

    private sealed record Conversation(string Id, string ChannelAccount, List<Event> Events)
    {
        private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

        public void Append(string type, object data) =>
            Events.Add(new(Events.Count + 1, type, "2026-11-21T21:00:00.000Z", new { kind = "integrator" }, JsonSerializer.SerializeToElement(data, Web)));
    }
}
