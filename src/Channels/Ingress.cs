using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.Logging;

namespace Conversations.Channels;

/// <summary>What became of an inbound message.</summary>
public abstract record IngressResult
{
    private IngressResult() { }

    public sealed record Accepted(ConversationAnswer Answer, bool Replayed) : IngressResult;

    public sealed record Refused(Refusal Refusal) : IngressResult;

    /// <summary>Not (certainly) durable: the platform must deliver again.</summary>
    public sealed record TryAgain(bool CertainlyNotExecuted) : IngressResult;
}

/// <summary>
/// The way in for every channel: turns what a webhook or an integrator told into commands. When a call returns
/// <see cref="IngressResult.Accepted"/>, it is durable and the platform may be answered 200.
/// </summary>
public sealed partial class Ingress(IEntities entities, IJournal journal, IViews views, ILogger<Ingress> logger)
{
    /// <summary>A message. The platform's id is the command id, so a redelivery gets the first answer and changes nothing.</summary>
    public async ValueTask<IngressResult> Receive(AccountId account, Address address, InboundMessage message, CancellationToken cancellation)
    {
        var key = MessageKey.Of(address, message.ExternalId);
        var actor = new Actor(message.Direction == Direction.Inbound ? ActorKind.Customer : ActorKind.Agent, message.Author.Id);
        var first = message.EditOf is { } id ? MessageKey.Of(address, id) : null;

        // A new version belongs where its message is, whatever thread it names.
        var conversation = first is not null && await FindEntity(account, first, cancellation) is { } known ? known : ConversationId.Of(account, address);
        var reply = await entities.Send(
            account, conversation, new(key, actor, new ReceiveMessage(address, message), Strict: false), cancellation);
        if (reply is Reply<ConversationAnswer>.Refused { Refusal.Code: ConversationDecider.MessageElsewhere })
        {
            return await Receive(account, address, message, cancellation); // it came while we looked: now it is found
        }

        if (reply is Reply<ConversationAnswer>.Done { Replayed: false })
        {
            await Recall(account, key);
            if (first is not null)
            {
                await Recall(account, first);
            }
        }

        return Result(reply);
    }

    /// <summary>A reply whose thread is known only through its parent; if the parent is not known, <paramref name="guess"/> is its thread.</summary>
    public async ValueTask<IngressResult> ReceiveReply(
        AccountId account, IChannel channel, Address guess, string parentExternalId, InboundMessage message, CancellationToken cancellation)
    {
        var parent = await FindConversation(account, MessageKey.Of(guess, parentExternalId), cancellation);
        var address = parent is null ? guess : guess with { Thread = channel.ThreadOfReply(parent.Address.Thread, message) };
        return await Receive(account, address, message, cancellation);
    }

    /// <summary>An edit, delete, reaction or receipt. If its message is not known yet, it waits for it.</summary>
    /// <param name="eventId">Identifies this change; delivered again, it has no second effect.</param>
    public async ValueTask<IngressResult> Change(
        AccountId account, string channel, string channelAccount, string eventId, string externalId, MessageChange change, Actor actor, CancellationToken cancellation)
    {
        var key = MessageKey.Of(channel, channelAccount, externalId);
        var commandId = $"change/{channel}/{channelAccount}/{externalId}/{eventId}";
        if (await FindEntity(account, key, cancellation) is { } conversation)
        {
            var reply = await entities.Send(
                account, conversation, new(commandId, actor, new ChangeMessage(key, change), Strict: false), cancellation);
            if (reply is not Reply<ConversationAnswer>.Refused { Refusal.Code: "unknown_message" })
            {
                return Result(reply);
            }
        }

        var waits = await entities.Send(
            account, new Envelope<ReferenceCommand>($"await/{commandId}", actor, new AwaitMessage(key, new(commandId, change)), Strict: false), cancellation);

        // Look again after writing: the message may have come between our look and our write. One of the two sees the other.
        if (waits is Reply<ReferenceAnswer>.Done && await journal.FindReceipt(account, key, cancellation) is not null)
        {
            await Recall(account, key);
        }

        return waits switch
        {
            Reply<ReferenceAnswer>.Done { Replayed: var replayed } => new IngressResult.Accepted(
                new(default, 0, 0, 0, ConversationStatus.Open, Changed: false), replayed),
            Reply<ReferenceAnswer>.Refused { Refusal: var refusal } => new IngressResult.Refused(refusal),
            Reply<ReferenceAnswer>.Overloaded => new IngressResult.TryAgain(CertainlyNotExecuted: true),
            _ => new IngressResult.TryAgain(CertainlyNotExecuted: false),
        };
    }

    /// <summary>Changes may have come before this message: have them look now instead of at their next deadline.</summary>
    /// <remarks>Best effort: what it is called for is durable already, and the changes look again by themselves.</remarks>
    private async ValueTask Recall(AccountId account, string key)
    {
        try
        {
            if (await journal.FindReceipt(account, ReferenceType.Receipt(key), CancellationToken.None) is not null)
            {
                await entities.Send(
                    account, new Envelope<ReferenceCommand>($"look/{Guid.NewGuid():N}", Actor.System, new LookAgain(key), Strict: false), CancellationToken.None);
            }
        }
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogRecallFailed(logger, failure);
        }
    }

    private async ValueTask<ConversationRow?> FindConversation(AccountId account, string key, CancellationToken cancellation) =>
        await FindEntity(account, key, cancellation) is { } conversation ? await views.Find(account, conversation, cancellation) : null;

    /// <summary>The conversation that holds a message.</summary>
    private async ValueTask<ConversationId?> FindEntity(AccountId account, string key, CancellationToken cancellation) =>
        await journal.FindReceipt(account, key, cancellation) is { Entity: { Kind: ConversationType.Name } entity } ? ConversationId.Of(entity.Id) : null;

    private static IngressResult Result(Reply<ConversationAnswer> reply) => reply switch
    {
        Reply<ConversationAnswer>.Done done => new IngressResult.Accepted(done.Answer, done.Replayed),
        Reply<ConversationAnswer>.Refused refused => new IngressResult.Refused(refused.Refusal),
        Reply<ConversationAnswer>.Overloaded => new IngressResult.TryAgain(CertainlyNotExecuted: true),
        _ => new IngressResult.TryAgain(CertainlyNotExecuted: false),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes that wait for a message could not be told that it has come; they look again by themselves.")]
    private static partial void LogRecallFailed(ILogger logger, Exception failure);
}
