using Conversations.Channels;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Mvc;

namespace Conversations.Gateway.Inbound;

/// <summary>
/// The platforms' own webhooks. Everything a request tells is durable before it is answered 200; what cannot be made
/// durable is answered 503, so that the platform delivers again.
/// </summary>
internal static partial class WebhookEndpoints
{
    private const int LargestBody = 4 << 20;

    public static void MapWebhooks(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/v1/webhooks/{channel}/{channelAccount}", ["GET", "POST"], Handle).WithName("webhook").WithTags("Inbound")
            .WithSummary("A platform's webhook: verified by its signature, not by a key")
            .WithDescription("Accounts other than 'default' add ?account={account} to the URL they register with the platform.")
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody))
            .Produces(200).ProducesProblem(401).ProducesProblem(404).ProducesProblem(503);

    private static async Task<IResult> Handle(
        string channel, string channelAccount, string? account, HttpContext context, IEnumerable<IChannel> channels, SettingsCache settings,
        SecretBox secrets, Ingress ingress, IEntities entities, ILogger<Ingress> logger)
    {
        var cancellation = context.RequestAborted;
        var tenant = new AccountId(account ?? AccountId.Default.Value);
        if (channels.FirstOrDefault(c => c.Name == channel) is not { } adapter
            || (await settings.Get(tenant, s => s.Channel(channel, channelAccount) is not null, cancellation)).Channel(channel, channelAccount) is not { } registered)
        {
            return Problems.Of(Refusals.UnknownChannelAccount(channel, channelAccount));
        }

        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellation);
        var read = adapter.Read(
            new(context.Request.Method, context.Request.Headers, context.Request.Query, body.GetBuffer().AsMemory(0, (int)body.Length)),
            secrets.Open(tenant, registered));
        switch (read)
        {
            case WebhookResult.Challenge challenge:
                return TypedResults.Text(challenge.Body, challenge.ContentType);
            case WebhookResult.Refused refused:
                return Problems.Of(refused.Status, refused.Code, refused.Detail);
            case WebhookResult.Accepted accepted:
                if (accepted.Unread is { } reason)
                {
                    LogUnread(logger, channel, channelAccount, reason);
                }

                foreach (var command in accepted.Commands)
                {
                    if (await Apply(tenant, adapter, registered, command, ingress, entities, cancellation) is { } problem)
                    {
                        switch (problem)
                        {
                            case IngressResult.TryAgain again:
                                return Problems.Of(again);
                            case IngressResult.Refused refused:
                                // The platform cannot mend it by delivering again; the rest of the request still counts.
                                LogRefused(logger, channel, channelAccount, refused.Refusal.Code);
                                break;
                        }
                    }
                }

                return TypedResults.Ok();
            default:
                throw new InvalidOperationException($"Unknown result {read}.");
        }
    }

    private static async ValueTask<IngressResult?> Apply(
        AccountId account, IChannel adapter, ChannelSettings channel, InboundCommand command, Ingress ingress, IEntities entities, CancellationToken cancellation)
    {
        Address At(string thread) => new(channel.Channel, channel.ChannelAccount, thread);
        switch (command)
        {
            case InboundCommand.Message message:
                return Failure(await ingress.Receive(account, At(message.Thread), message.Content, cancellation));
            case InboundCommand.Reply reply:
                return Failure(await ingress.ReceiveReply(account, adapter, At(reply.Thread), reply.ParentExternalId, reply.Content, cancellation));
            case InboundCommand.Change change:
                return Failure(await ingress.Change(
                    account, channel.Channel, channel.ChannelAccount, change.EventId, change.ExternalId, change.What, new(ActorKind.Customer, ""), cancellation));
            case InboundCommand.Revoked revoked:
                var id = $"revoked/{Guid.NewGuid():N}";
                var suspended = await entities.Send(
                    account,
                    new Envelope<AccountCommand>(id, Actor.System, new SuspendChannel(channel.Channel, channel.ChannelAccount, revoked.Reason), Strict: false),
                    cancellation);
                return suspended is Reply<AccountAnswer>.Done ? null : new IngressResult.TryAgain(CertainlyNotExecuted: false);
            default:
                throw new InvalidOperationException($"Unknown command {command}.");
        }
    }

    private static IngressResult? Failure(IngressResult result) => result is IngressResult.Accepted ? null : result;

    [LoggerMessage(Level = LogLevel.Warning, Message = "A genuine webhook of {Channel}/{ChannelAccount} could not be read: {Reason}")]
    private static partial void LogUnread(ILogger logger, string channel, string channelAccount, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A part of a webhook of {Channel}/{ChannelAccount} was refused: {Code}")]
    private static partial void LogRefused(ILogger logger, string channel, string channelAccount, string code);
}
