using Microsoft.AspNetCore.Http;

namespace Conversations.Channels.X;

/// <summary>X: public posts and direct messages of one user (channels.md 1). The channel account is that user's id.</summary>
public sealed class XChannel : IChannel
{
    public const string ConsumerSecret = "consumerSecret";
    public const string AccessToken = "accessToken";
    public const string BaseUrl = "baseUrl";
    public const string DefaultBaseUrl = "https://api.x.com";

    private readonly XSender sender;

    /// <param name="http">Must not follow redirects: a POST would become a GET, or be repeated.</param>
    /// <param name="time">For timeouts and for a Retry-After in seconds.</param>
    public XChannel(HttpClient http, TimeProvider time) => sender = new XSender(http, time);

    public string Name => "x";

    public ChannelContract Contract { get; } = new(
        Secrets: new Dictionary<string, string>
        {
            [ConsumerSecret] = "The app's consumer secret (API secret key): proves webhooks and answers X's challenge.",
            [AccessToken] = "The user's OAuth 2.0 access token with tweet.read, tweet.write, users.read, dm.read and dm.write.",
        },
        Options: new Dictionary<string, string> { [BaseUrl] = $"Where X's API is. Default {DefaultBaseUrl}." },
        SendsWith: [AccessToken]);

    public WebhookResult Read(WebhookRequest request, ChannelSecrets secrets)
    {
        if (secrets.Secret(ConsumerSecret) is not { Length: > 0 } consumerSecret)
        {
            return new WebhookResult.Refused(
                StatusCodes.Status401Unauthorized, "no_consumer_secret", "Set consumerSecret for this channel account.");
        }

        if (HttpMethods.IsGet(request.Method))
        {
            return request.Query[XSignature.ChallengeParameter] is [{ Length: > 0 } token]
                ? new WebhookResult.Challenge(XSignature.ChallengeAnswer(consumerSecret, token), "application/json")
                : new WebhookResult.Refused(StatusCodes.Status403Forbidden, "missing_crc_token", "X's challenge carries one crc_token.");
        }

        if (!XSignature.IsGenuine(consumerSecret, request))
        {
            return new WebhookResult.Refused(
                StatusCodes.Status401Unauthorized, "invalid_signature", "The signature is missing or was made with another secret.");
        }

        using var json = XJson.Parse(request.Body);

        // X signed these very bytes: it would only repeat them, and an endpoint that keeps failing is switched off.
        return json is null
            ? new WebhookResult.Accepted([]) { Unread = "malformed_json" }
            : new WebhookResult.Accepted(XActivity.Is(json.RootElement)
                ? [.. XActivity.Read(json.RootElement, secrets.ChannelAccount)]
                : [.. XAccountActivity.Read(json.RootElement, secrets.ChannelAccount)]);
    }

    public string ThreadOfReply(string parentThread, Domain.InboundMessage reply) => XPost.ThreadBeside(parentThread, reply);

    public ValueTask<SendResult> Send(SendRequest request, CancellationToken cancellation) => sender.Send(request, cancellation);
}
