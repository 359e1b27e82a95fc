using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Gateway.Webhooks;

/// <summary>
/// Calls the addresses a policy names when a promise is at risk or broken: at least once, signed by the Standard Webhooks
/// convention (realtime.md 5), in the recipient's hours if the policy says so.
/// </summary>
public sealed class NoticeTarget(HttpClient http, WebhookSecrets secrets, IViews views, TimeProvider time) : IOutboxTarget
{
    /// <summary>A receiver takes note and answers; what takes longer is tried again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public string Serves => "notify/webhook";

    /// <summary>Redirects are not followed: the address is what the administrator has signed for.</summary>
    public static HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = 64 * 1024,
    };

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        var notice = JsonSerializer.Deserialize(entry.Message.Body, DomainJson.Contract.SlaNotification)!;
        if (await Notices.Unready(entry, notice, views, Now(), cancellation) is { } unready)
        {
            return unready;
        }

        await beginAttempt();
        try
        {
            using var request = Request(entry.Account, notice);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return response.IsSuccessStatusCode ? Delivery.Done.Instance
                : response.StatusCode == HttpStatusCode.Gone ? new Delivery.Dead("The receiver wants no more of it (410).")
                : new Delivery.Again($"The receiver answered {(int)response.StatusCode}.", RetryAfter(response.Headers.RetryAfter));
        }
        catch (HttpRequestException failure)
        {
            return new Delivery.Again(failure.Message);
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Delivery.Again("The receiver did not answer in time.");
        }
    }

    private HttpRequestMessage Request(AccountId account, SlaNotification notice)
    {
        var now = Now();
        var body = JsonSerializer.SerializeToUtf8Bytes(new(notice.Type, notice.At, NoticeData.Of(notice)), NoticeJson.Default.NoticeMessage);
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, notice.To) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("webhook-id", notice.Key);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", secrets.Sign(account, notice.Key, timestamp, body));
        return request;
    }

    private Instant? RetryAfter(RetryConditionHeaderValue? told) =>
        told?.Delta is { } delta ? Now() + Duration.FromTimeSpan(delta)
        : told?.Date is { } date ? Instant.FromDateTimeOffset(date)
        : null;

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds();
}

/// <summary>Each account's secret for signing what it is told, derived from the installation's master key.</summary>
public sealed class WebhookSecrets(Auth.MasterKey master)
{
    /// <returns>As receivers' libraries take it: <c>whsec_</c> and the key in base64.</returns>
    public string Of(AccountId account) => "whsec_" + Convert.ToBase64String(Key(account));

    /// <returns><c>v1,</c> and HMAC-SHA256 over <c>id.timestamp.body</c> in base64.</returns>
    public string Sign(AccountId account, string id, string timestamp, ReadOnlySpan<byte> body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(Key(account), (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body]));

    private byte[] Key(AccountId account) => master.Derive($"webhooks/{account}");
}

/// <summary>What is posted.</summary>
internal sealed record NoticeMessage(string Type, Instant Timestamp, NoticeData Data);

internal sealed record NoticeData(
    ConversationId Conversation, long Seq, Metric Metric, int Instance, IReadOnlyList<string> Levels, Instant? Due, Instant? BreachedAt,
    string? Policy, Priority Priority, QueueId? Queue, AgentId? Assignee)
{
    public static NoticeData Of(SlaNotification n) => new(
        n.Conversation, n.Seq, n.Metric, n.Instance, n.Levels, n.Due, n.BreachedAt, n.Policy, n.Priority, n.Queue, n.Assignee);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(NoticeMessage))]
internal sealed partial class NoticeJson : JsonSerializerContext;
