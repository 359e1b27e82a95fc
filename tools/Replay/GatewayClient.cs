using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conversations.Replaying;

/// <summary>What became of one delivery. Exactly one of the two is set.</summary>
/// <param name="Latency">Of the attempt that was answered, without the waits before it.</param>
internal sealed record DeliveryResult(AcceptedMessage? Accepted, string? Refusal, TimeSpan Latency);

internal sealed record AcceptedMessage(string ConversationId, bool Replayed);

internal sealed record ListedConversation(string Id, string ChannelAccount);

/// <param name="Data">As stored; its shape depends on the type.</param>
internal sealed record HistoryEvent(long Seq, string Type, JsonElement Data);

/// <summary>The gateway refused what the replay cannot do without, or has not answered for too long.</summary>
internal sealed class ReplayFailedException(string message) : Exception(message);

/// <summary>
/// The part of the gateway's HTTP API a replay needs. A request whose outcome is not known is made again as it was: the
/// tweet's id is its <c>externalId</c>, so the second time is harmless. Tried again are 429, 502, 503, 504, lost connections
/// and time-outs, after <c>Retry-After</c> or a growing wait, both with jitter. Anything else is an answer.
/// </summary>
internal sealed class GatewayClient : IDisposable
{
    public const string Channel = "x";
    public const int PageSize = 200;

    /// <summary>One attempt. Longer than the gateway takes to answer 503 by itself.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long one request is tried. Long enough for a gateway to restart; then the replay stops.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private long retries;

    public GatewayClient(Uri url, string key, int connections, TimeProvider time)
    {
        this.time = time;
        http = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections })
        {
            BaseAddress = new(url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = AttemptTimeout,
            DefaultRequestHeaders = { Authorization = new("Bearer", key) },
        };
    }

    /// <summary>Attempts that were made again.</summary>
    public long Retries => Interlocked.Read(ref retries);

    public void Dispose() => http.Dispose();

    /// <summary>Registers a brand's account, or sets it to these targets again.</summary>
    public async Task Register(string account, SlaTarget sla, CancellationToken cancellation)
    {
        var body = new { name = account, sla };
        var path = $"v1/channels/{Channel}/{Uri.EscapeDataString(account)}";
        var (response, _) = await Ask(() => new(HttpMethod.Put, path) { Content = JsonContent.Create(body, options: Json) }, cancellation);
        using (response)
        {
            await Require(response, $"registering {account}", cancellation);
        }
    }

    public async Task<DeliveryResult> Deliver(Delivery delivery, CancellationToken cancellation)
    {
        var tweet = delivery.Tweet;
        var body = new
        {
            channel = Channel,
            channelAccount = delivery.Thread.Account,
            thread = Text(delivery.Thread.Root),
            externalId = Text(tweet.Id),
            direction = tweet.Inbound ? "inbound" : "outbound",
            visibility = "public",
            sentAt = tweet.SentAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            author = new { id = tweet.Author, name = tweet.Author, handle = "@" + tweet.Author },
            text = tweet.Text,
            replyTo = tweet.InReplyTo is { } parent ? Text(parent) : null,
        };
        var (response, latency) = await Ask(() => new(HttpMethod.Post, "v1/inbound") { Content = JsonContent.Create(body, options: Json) }, cancellation);
        using (response)
        {
            return response.IsSuccessStatusCode
                ? new((await response.Content.ReadFromJsonAsync<AcceptedMessage>(Json, cancellation))!, null, latency)
                : new(null, (await Problem(response, cancellation)).Code, latency);
        }
    }

    /// <summary>Every conversation of the channel, newest first, those of other accounts too.</summary>
    public async Task<IReadOnlyList<ListedConversation>> ListConversations(CancellationToken cancellation)
    {
        List<ListedConversation> all = [];
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            var page = await Get<Page<ListedConversation>>($"v1/conversations?channel={Channel}&order=created&limit={PageSize}{from}", cancellation);
            all.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    /// <summary>The whole history of a conversation, oldest first.</summary>
    public async Task<IReadOnlyList<HistoryEvent>> ReadHistory(string conversation, CancellationToken cancellation)
    {
        List<HistoryEvent> all = [];
        HistoryPage page;
        do
        {
            var after = all.Count == 0 ? 0 : all[^1].Seq;
            page = await Get<HistoryPage>($"v1/conversations/{Uri.EscapeDataString(conversation)}/events?after={after}&limit={PageSize}", cancellation);
            if (page.HasMore && (page.Items.Count == 0 || page.Items[^1].Seq <= after))
            {
                throw new ReplayFailedException($"The history of {conversation} says there is more after {after}, but gives nothing.");
            }

            all.AddRange(page.Items);
        }
        while (page.HasMore);
        return all;
    }

    private async Task<T> Get<T>(string path, CancellationToken cancellation)
    {
        var (response, _) = await Ask(() => new(HttpMethod.Get, path), cancellation);
        using (response)
        {
            await Require(response, path, cancellation);
            return (await response.Content.ReadFromJsonAsync<T>(Json, cancellation))!;
        }
    }

    /// <exception cref="ReplayFailedException">No answer for <see cref="Patience"/>.</exception>
    private async Task<(HttpResponseMessage Response, TimeSpan Latency)> Ask(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        var asked = time.GetUtcNow();
        for (var attempt = 0; ; attempt++)
        {
            var (response, trouble, latency) = await Try(make, cancellation);
            if (response is not null && trouble is null)
            {
                return (response, latency);
            }

            var wait = WaitBefore(attempt + 1, RetryAfter(response));
            response?.Dispose();
            if (time.GetUtcNow() + wait > asked + Patience)
            {
                throw new ReplayFailedException($"The gateway has not answered for {Patience.TotalSeconds:N0} s: {trouble}.");
            }

            Interlocked.Increment(ref retries);
            await Task.Delay(wait, time, cancellation);
        }
    }

    private async Task<(HttpResponseMessage? Response, string? Trouble, TimeSpan Latency)> Try(
        Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        try
        {
            using var request = make();
            var response = await http.SendAsync(request, cancellation);
            var again = response.StatusCode is HttpStatusCode.TooManyRequests
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            return (response, again ? $"status {(int)response.StatusCode}" : null, time.GetElapsedTime(started));
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message, default);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"no answer within {AttemptTimeout.TotalSeconds:N0} s", default);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage? response) =>
        response?.Headers.RetryAfter is not { } after ? null : after.Delta ?? (after.Date - time.GetUtcNow());

    /// <summary>What was asked for and up to a quarter more; else doubling from 100 ms to 5 s, give or take half.</summary>
    private static TimeSpan WaitBefore(int attempt, TimeSpan? asked) =>
        asked is { } wait && wait > TimeSpan.Zero
            ? wait * (1 + (Random.Shared.NextDouble() / 4))
            : TimeSpan.FromTicks(Math.Min(LongestWait.Ticks, FirstWait.Ticks << Math.Min(attempt - 1, 16))) * (0.5 + Random.Shared.NextDouble());

    private static async Task Require(HttpResponseMessage response, string what, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
        {
            var (code, detail) = await Problem(response, cancellation);
            throw new ReplayFailedException($"The gateway refused {what}: {code} ({(int)response.StatusCode}). {detail}".TrimEnd());
        }
    }

    /// <summary>The problem's stable code; <c>http_…</c> where there is none.</summary>
    private static async Task<(string Code, string? Detail)> Problem(HttpResponseMessage response, CancellationToken cancellation)
    {
        var none = $"http_{(int)response.StatusCode}";
        try
        {
            var problem = await response.Content.ReadFromJsonAsync<ProblemBody>(Json, cancellation);
            return (problem?.Code ?? none, problem?.Detail);
        }
        catch (JsonException)
        {
            return (none, null);
        }
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);

    private sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

    private sealed record HistoryPage(IReadOnlyList<HistoryEvent> Items, bool HasMore);

    private sealed record ProblemBody(string? Code, string? Detail);
}

/// <summary>Promises of a brand's account, in seconds.</summary>
/// <param name="WarnAt">Share of the time after which a warning is given.</param>
internal sealed record SlaTarget(int FirstResponse, int NextResponse = 3_600, int Resolution = 86_400, double WarnAt = 0.8);
