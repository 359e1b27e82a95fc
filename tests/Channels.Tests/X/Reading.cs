using System.Text;
using Conversations.Channels.X;
using Conversations.Domain;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Conversations.Channels.Tests.X;

/// <summary>Reads webhooks the way the gateway does.</summary>
internal static class Reading
{
    public const string Secret = "consumer-secret";
    public const string Brand = "1000";

    public static XChannel Channel { get; } = new(new HttpClient(), TimeProvider.System);

    public static ChannelSecrets Secrets(string brand = Brand) =>
        new(brand, new Dictionary<string, string> { [XChannel.ConsumerSecret] = Secret }, new Dictionary<string, string>());

    public static WebhookResult Post(ReadOnlyMemory<byte> body, string brand = Brand, string? signature = null, string header = "X-Twitter-Webhooks-Signature")
    {
        var headers = new HeaderDictionary { [header] = signature ?? XDouble.Sign(Secret, body.Span) };
        return Channel.Read(new WebhookRequest("POST", headers, new QueryCollection(), body), Secrets(brand));
    }

    public static WebhookResult Get(ChannelSecrets secrets, string? token) => Channel.Read(
        new WebhookRequest(
            "GET", new HeaderDictionary(),
            new QueryCollection(token is null ? [] : new Dictionary<string, StringValues> { ["crc_token"] = token }), default),
        secrets);

    public static IReadOnlyList<InboundCommand> Commands(string json, string brand = Brand) =>
        Assert.IsType<WebhookResult.Accepted>(Post(Encoding.UTF8.GetBytes(json), brand)).Commands;

    public static T Only<T>(string json) where T : InboundCommand => Assert.IsType<T>(Assert.Single(Commands(json)));

    public static (string Thread, InboundMessage Content) Message(string json) => Assert.Single(Commands(json)) switch
    {
        InboundCommand.Message message => (message.Thread, message.Content),
        InboundCommand.Reply reply => (reply.Thread, reply.Content),
        var other => throw new InvalidOperationException($"Not a message: {other}"),
    };
}
