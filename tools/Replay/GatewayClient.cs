using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Conversations.Replaying;

/// <summary>What became of one delivery. Exactly one of the two is set.</summary>
/// <param name="Latency">Of the attempt that was answered, without the waits before it.</param>
internal sealed record DeliveryResult(AcceptedMessage? Accepted, string? Refusal, TimeSpan Latency);

internal sealed record AcceptedMessage(string ConversationId, bool Replayed);

internal sealed record ListedConversation(string Id, string ChannelAccount);

/// <param name="Data">As stored; its shape depends on the type.</param>
internal sealed record HistoryEvent(long Seq, string Type, JsonElement Data);

/// <summary>The part of the gateway's HTTP API a replay needs.</summary>
internal sealed class GatewayClient(Uri url, string key, int connections, TimeProvider time) : IDisposable
{
    public const string Channel = "x";
    public const int PageSize = 200;

    private readonly PersistentHttp http = new(url, key, connections, time);

    /// <inheritdoc cref="PersistentHttp.Retries"/>
    public long Retries => http.Retries;

    public void Dispose() => http.Dispose();

    /// <summary>Registers a brand's account, or sets it to these targets again.</summary>
    public async Task Register(string account, SlaTarget sla, CancellationToken cancellation)
    {
        var body = new { name = account, sla };
        var path = $"v1/channels/{Channel}/{Uri.EscapeDataString(account)}";
        var (response, _) = await http.Ask(() => new(HttpMethod.Put, path) { Content = JsonContent.Create(body, options: PersistentHttp.Json) }, cancellation);
        using (response)
        {
            await PersistentHttp.Require(response, $"registering {account}", cancellation);
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
        var (response, latency) = await http.Ask(() => new(HttpMethod.Post, "v1/inbound") { Content = JsonContent.Create(body, options: PersistentHttp.Json) }, cancellation);
        using (response)
        {
            return response.IsSuccessStatusCode
                ? new((await response.Content.ReadFromJsonAsync<AcceptedMessage>(PersistentHttp.Json, cancellation))!, null, latency)
                : new(null, (await PersistentHttp.Problem(response, cancellation)).Code, latency);
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
            var page = await http.Get<Page<ListedConversation>>($"v1/conversations?channel={Channel}&order=created&limit={PageSize}{from}", cancellation);
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
            page = await http.Get<HistoryPage>($"v1/conversations/{Uri.EscapeDataString(conversation)}/events?after={after}&limit={PageSize}", cancellation);
            if (page.HasMore && (page.Items.Count == 0 || page.Items[^1].Seq <= after))
            {
                throw new ReplayFailedException($"The history of {conversation} says there is more after {after}, but gives nothing.");
            }

            all.AddRange(page.Items);
        }
        while (page.HasMore);
        return all;
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);

    private sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

    private sealed record HistoryPage(IReadOnlyList<HistoryEvent> Items, bool HasMore);
}

/// <summary>Promises of a brand's account, in seconds.</summary>
/// <param name="WarnAt">Share of the time after which a warning is given.</param>
internal sealed record SlaTarget(int FirstResponse, int NextResponse = 3_600, int Resolution = 86_400, double WarnAt = 0.8);
