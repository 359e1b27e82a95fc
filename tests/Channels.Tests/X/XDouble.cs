using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Conversations.Channels.Tests.X;

/// <summary>
/// X's API as far as replies need it, as a real HTTP server on this machine: keeps what is posted, refuses duplicates, gives
/// texts back changed the way X does, and fails when told to. Knows nothing of the product, so that any test project can link it.
/// </summary>
public sealed partial class XDouble : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private readonly List<Post> posts = [];
    private readonly List<DirectMessage> messages = [];
    private readonly List<string> calls = [];
    private readonly Queue<Failure> sendFailures = [];
    private readonly Queue<Failure> lookFailures = [];
    private long lastId = 2_100_000_000_000_000_000;
    private int blindLooks;

    private XDouble(TimeProvider time)
    {
        this.time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapPost("/2/tweets", (HttpContext http) => Send(http, AcceptPost));
        app.MapPost(
            "/2/dm_conversations/with/{user}/messages", (HttpContext http, string user) => Send(http, body => AcceptMessage(user, body)));
        app.MapGet("/2/users/{user}/tweets", (HttpContext http, string user) => Look(http, () => Timeline(http, user)));
        app.MapGet("/2/dm_conversations/with/{user}/dm_events", (HttpContext http, string user) => Look(http, () => Events(http, user)));
    }

    public sealed record Post(string Id, string Text, string? InReplyTo, DateTimeOffset At);

    public sealed record DirectMessage(string Id, string Recipient, string Text, DateTimeOffset At);

    /// <summary>What happens to one call instead of success.</summary>
    public abstract record Failure
    {
        private Failure() { }

        /// <summary>429, with whichever headers are given (resets in epoch seconds, the other in seconds).</summary>
        public sealed record RateLimited(long? Reset = null, int? RetryAfter = null, long? DayReset = null) : Failure;

        /// <summary>An error as problem+json.</summary>
        public sealed record Problem(int Status, string Title, string Detail = "") : Failure;

        /// <summary>Nothing is done and the connection breaks.</summary>
        public sealed record Drop : Failure;

        /// <summary>The post is made, then the connection breaks before the answer.</summary>
        public sealed record AcceptThenDrop : Failure;

        /// <summary>The post is made, the answer never comes. <see cref="Begun"/> completes once it is so.</summary>
        public sealed record AcceptThenHang : Failure
        {
            internal TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
            public Task Begun => Hanging.Task;
        }

        /// <summary>The post is made, the answer is 201 with a body that is no JSON.</summary>
        public sealed record AcceptThenGarble : Failure;

        public static Problem NotSummoned { get; } = new(
            403, "Forbidden",
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post "
            + "you are replying to.");

        public static Problem Duplicate { get; } = new(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.");

        public static Problem DmClosed { get; } = new(403, "Forbidden", "You do not have permission to DM one or more participants.");

        public static Problem TargetGone { get; } = new(
            403, "Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you.");

        public static Problem Unauthorized { get; } = new(401, "Unauthorized", "Unauthorized");

        public static Problem ServerError { get; } = new(500, "Internal Server Error");
    }

    /// <summary>The user all tokens belong to.</summary>
    public string Brand { get; init; } = "1000";

    /// <summary>The only bearer token that is accepted.</summary>
    public string AccessToken { get; init; } = "good-token";

    /// <summary>Put in front of every reply's text when it is looked up, as X does with the people answered.</summary>
    public string AutoMention { get; init; } = "@customer ";

    /// <summary>Items in one page of a look-up, however many are asked for.</summary>
    public int PageSize { get; init; } = 100;

    public string BaseUrl => app.Urls.Single();

    public IReadOnlyList<Post> Posts => Copy(posts);

    public IReadOnlyList<DirectMessage> DirectMessages => Copy(messages);

    /// <summary>Every request as <c>METHOD path?query</c>, in the order of arrival.</summary>
    public IReadOnlyList<string> Calls => Copy(calls);

    public static async Task<XDouble> Start(TimeProvider? time = null, int pageSize = 100, CancellationToken cancellation = default)
    {
        var x = new XDouble(time ?? TimeProvider.System) { PageSize = pageSize };
        await x.app.StartAsync(cancellation);
        return x;
    }

    /// <summary>The signature header of a webhook X would send: <c>x-twitter-webhooks-signature</c>.</summary>
    public static string Sign(string consumerSecret, ReadOnlySpan<byte> body) =>
        "sha256=" + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(consumerSecret), body));

    /// <summary>The next calls that send fail like this, in order; after them sending works again.</summary>
    public void FailSends(params Failure[] failures) => Enqueue(sendFailures, failures);

    /// <summary>The next look-ups fail like this.</summary>
    public void FailLooks(params Failure[] failures) => Enqueue(lookFailures, failures);

    /// <summary>The next look-ups see nothing: X's timelines lag behind.</summary>
    public void BlindLooks(int count)
    {
        lock (gate)
        {
            blindLooks = count;
        }
    }

    /// <summary>A post or message somebody made another way.</summary>
    public void Has(Post post)
    {
        lock (gate)
        {
            posts.Add(post);
        }
    }

    public void Has(DirectMessage message)
    {
        lock (gate)
        {
            messages.Add(message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await app.DisposeAsync();
        closing.Dispose();
    }

    private async Task Send(HttpContext http, Func<JsonElement, JsonObject?> accept)
    {
        var failure = Begin(http, sendFailures);
        if (failure is Failure.Drop)
        {
            http.Abort();
            return;
        }

        if (!IsAuthorised(http) || Refuses(http, failure))
        {
            await Problem(http, failure as Failure.Problem ?? Failure.Unauthorized);
            return;
        }

        using var body = await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted);
        var accepted = accept(body.RootElement);
        switch (failure)
        {
            case Failure.AcceptThenDrop:
                http.Abort();
                break;
            case Failure.AcceptThenHang hang:
                await Hang(http, hang);
                break;
            case Failure.AcceptThenGarble:
                http.Response.StatusCode = 201;
                await http.Response.WriteAsync("<html>", http.RequestAborted);
                break;
            default:
                await (accepted is null ? Problem(http, Failure.Duplicate) : Answer(http, 201, new JsonObject { ["data"] = accepted }));
                break;
        }
    }

    private async Task Look(HttpContext http, Func<JsonObject> answer)
    {
        var failure = Begin(http, lookFailures);
        if (failure is Failure.Drop)
        {
            http.Abort();
            return;
        }

        if (!IsAuthorised(http) || Refuses(http, failure))
        {
            await Problem(http, failure as Failure.Problem ?? Failure.Unauthorized);
            return;
        }

        await Answer(http, 200, answer());
    }

    private Failure? Begin(HttpContext http, Queue<Failure> failures)
    {
        lock (gate)
        {
            calls.Add($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
            return failures.TryDequeue(out var failure) ? failure : null;
        }
    }

    private bool IsAuthorised(HttpContext http) => http.Request.Headers.Authorization == $"Bearer {AccessToken}";

    /// <returns>True if a problem is to be answered. A 429 writes its headers here and is a problem like the others.</returns>
    private static bool Refuses(HttpContext http, Failure? failure)
    {
        if (failure is Failure.RateLimited limited)
        {
            http.Response.StatusCode = 429;
            http.Response.Headers["x-rate-limit-limit"] = "100";
            http.Response.Headers["x-rate-limit-remaining"] = "0";
            if (limited.Reset is { } reset)
            {
                http.Response.Headers["x-rate-limit-reset"] = reset.ToString(CultureInfo.InvariantCulture);
            }

            if (limited.DayReset is { } day)
            {
                http.Response.Headers["x-user-limit-24hour-remaining"] = "0";
                http.Response.Headers["x-user-limit-24hour-reset"] = day.ToString(CultureInfo.InvariantCulture);
            }

            if (limited.RetryAfter is { } after)
            {
                http.Response.Headers.RetryAfter = after.ToString(CultureInfo.InvariantCulture);
            }
        }

        return failure is Failure.Problem or Failure.RateLimited;
    }

    private async Task Hang(HttpContext http, Failure.AcceptThenHang hang)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gone = http.RequestAborted.Register(() => over.TrySetResult());
        await using var closed = closing.Token.Register(() => over.TrySetResult());
        hang.Hanging.TrySetResult();
        await over.Task;
        http.Abort();
    }

    private JsonObject? AcceptPost(JsonElement body)
    {
        var text = body.GetProperty("text").GetString()!;
        var target = body.TryGetProperty("reply", out var reply) ? reply.GetProperty("in_reply_to_tweet_id").GetString() : null;
        lock (gate)
        {
            if (posts.Any(post => post.Text == text && post.InReplyTo == target))
            {
                return null;
            }

            var made = new Post(NextId(), text, target, time.GetUtcNow());
            posts.Add(made);
            return new() { ["id"] = made.Id, ["text"] = made.Text };
        }
    }

    private JsonObject AcceptMessage(string recipient, JsonElement body)
    {
        lock (gate)
        {
            var made = new DirectMessage(NextId(), recipient, body.GetProperty("text").GetString()!, time.GetUtcNow());
            messages.Add(made);
            return new() { ["dm_conversation_id"] = $"{Brand}-{recipient}", ["dm_event_id"] = made.Id };
        }
    }

    private JsonObject Timeline(HttpContext http, string user)
    {
        var since = http.Request.Query["start_time"] is [{ } start] ? DateTimeOffset.Parse(start, CultureInfo.InvariantCulture) : default;
        var newestFirst = posts.Where(post => user == Brand && post.At >= since)
            .OrderByDescending(post => post.At).ThenByDescending(post => post.Id);
        return Page(http, newestFirst, post => new JsonObject
        {
            ["id"] = post.Id,
            ["author_id"] = Brand,
            ["created_at"] = Seconds(post.At),
            ["text"] = (post.InReplyTo is null ? "" : AutoMention) + Shown(post.Text),
            ["referenced_tweets"] = post.InReplyTo is null
                ? null
                : new JsonArray(new JsonObject { ["type"] = "replied_to", ["id"] = post.InReplyTo }),
        });
    }

    private JsonObject Events(HttpContext http, string user)
    {
        var newestFirst = messages.Where(message => message.Recipient == user)
            .OrderByDescending(message => message.At).ThenByDescending(message => message.Id);
        return Page(http, newestFirst, message => new JsonObject
        {
            ["id"] = message.Id,
            ["event_type"] = "MessageCreate",
            ["sender_id"] = Brand,
            ["created_at"] = Seconds(message.At),
            ["text"] = Shown(message.Text),
        });
    }

    private JsonObject Page<T>(HttpContext http, IEnumerable<T> newestFirst, Func<T, JsonObject> shape)
    {
        lock (gate)
        {
            if (blindLooks > 0)
            {
                blindLooks--;
                return new() { ["meta"] = new JsonObject { ["result_count"] = 0 } };
            }

            var from = http.Request.Query["pagination_token"] is [{ } token] ? int.Parse(token, CultureInfo.InvariantCulture) : 0;
            var rest = newestFirst.Skip(from).ToList();
            var meta = new JsonObject { ["result_count"] = Math.Min(rest.Count, PageSize) };
            if (rest.Count > PageSize)
            {
                meta["next_token"] = (from + PageSize).ToString(CultureInfo.InvariantCulture);
            }

            return new() { ["data"] = new JsonArray([.. rest.Take(PageSize).Select(item => (JsonNode)shape(item))]), ["meta"] = meta };
        }
    }

    /// <summary>X cuts its times to whole seconds.</summary>
    private static string Seconds(DateTimeOffset at) =>
        at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'.000Z'", CultureInfo.InvariantCulture);

    /// <summary>X wraps URLs and escapes three characters.</summary>
    private static string Shown(string text) => Url().Replace(
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal),
        url => "https://t.co/" + url.Index.ToString("D10", CultureInfo.InvariantCulture));

    private string NextId() => (++lastId).ToString(CultureInfo.InvariantCulture);

    private static Task Problem(HttpContext http, Failure.Problem problem) =>
        Answer(http, http.Response.StatusCode == 429 ? 429 : problem.Status, new JsonObject
        {
            ["title"] = http.Response.StatusCode == 429 ? "Too Many Requests" : problem.Title,
            ["detail"] = problem.Detail,
            ["type"] = "about:blank",
        });

    private static Task Answer(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }

    private void Enqueue(Queue<Failure> queue, Failure[] failures)
    {
        lock (gate)
        {
            foreach (var failure in failures)
            {
                queue.Enqueue(failure);
            }
        }
    }

    private T[] Copy<T>(List<T> list)
    {
        lock (gate)
        {
            return [.. list];
        }
    }

    [GeneratedRegex(@"https?://[A-Za-z0-9./?=_%#\-]*[A-Za-z0-9/]")]
    private static partial Regex Url();
}
