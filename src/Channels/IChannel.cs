using Conversations.Domain;
using Microsoft.AspNetCore.Http;
using NodaTime;

namespace Conversations.Channels;

/// <summary>
/// One kind of channel: how its webhooks are verified and read, and how replies are sent. One folder per channel;
/// docs/add-a-channel.md names every file.
/// </summary>
public interface IChannel
{
    /// <summary>As in addresses and URLs: <c>x</c>, <c>messenger</c>.</summary>
    string Name { get; }

    /// <summary>The secrets and options <c>PUT /v1/channels</c> takes for this channel.</summary>
    ChannelContract Contract { get; }

    /// <summary>
    /// Reads one webhook request. Pure: no I/O and no clock; <paramref name="request"/> holds the raw bytes the platform signed.
    /// </summary>
    WebhookResult Read(WebhookRequest request, ChannelSecrets secrets);

    /// <summary>
    /// The thread of an <see cref="InboundCommand.Reply"/> whose parent is in <paramref name="parentThread"/>: the same one, except where
    /// several customers answer under one root and each has a thread of their own.
    /// </summary>
    string ThreadOfReply(string parentThread, InboundMessage reply) => parentThread;

    /// <summary>Sends one step of a reply. Called again after <see cref="SendResult.Progressed"/> with the progress it returned.</summary>
    ValueTask<SendResult> Send(SendRequest request, CancellationToken cancellation);
}

/// <param name="Secrets">Names of write-only values, with what each is for.</param>
/// <param name="Options">Names of readable values, with what each is for.</param>
/// <param name="SendsWith">The secrets that must all be there before the channel can send.</param>
public sealed record ChannelContract(
    IReadOnlyDictionary<string, string> Secrets, IReadOnlyDictionary<string, string> Options, IReadOnlyList<string> SendsWith);

/// <summary>The opened secrets and the options of one channel account.</summary>
public sealed record ChannelSecrets(
    string ChannelAccount, IReadOnlyDictionary<string, string> Secrets, IReadOnlyDictionary<string, string> Options)
{
    public string? Secret(string name) => Secrets.GetValueOrDefault(name);
    public string? Option(string name) => Options.GetValueOrDefault(name);
}

/// <param name="Body">The raw bytes; signatures are over these, never over re-serialised JSON.</param>
public sealed record WebhookRequest(string Method, IHeaderDictionary Headers, IQueryCollection Query, ReadOnlyMemory<byte> Body);

public abstract record WebhookResult
{
    private WebhookResult() { }

    /// <summary>Genuine. Everything in <paramref name="Commands"/> must be durable before 200 is answered; may be empty.</summary>
    public sealed record Accepted(IReadOnlyList<InboundCommand> Commands) : WebhookResult
    {
        /// <summary>Why nothing could be read although the request is genuine; for the log, the answer is 200 all the same.</summary>
        public string? Unread { get; init; }
    }

    /// <summary>A challenge by the platform, answered with this body.</summary>
    public sealed record Challenge(string Body, string ContentType) : WebhookResult;

    /// <summary>Not genuine: 401 or 403, nothing read.</summary>
    public sealed record Refused(int Status, string Code, string Detail) : WebhookResult;
}

/// <summary>One thing a webhook tells.</summary>
public abstract record InboundCommand
{
    private InboundCommand() { }

    /// <summary>A message with its thread. Deduplicated by the platform's message id.</summary>
    public sealed record Message(string Thread, InboundMessage Content) : InboundCommand;

    /// <summary>
    /// A change to a message. <paramref name="Thread"/> is null where the platform does not say it: then the message is found by its id,
    /// and the change waits until the message is known.
    /// </summary>
    /// <param name="EventId">The id of this change, for deduplication.</param>
    public sealed record Change(string EventId, string? Thread, string ExternalId, MessageChange What) : InboundCommand;

    /// <summary>
    /// A reply whose parent may be in a known thread: if so the message belongs where <see cref="IChannel.ThreadOfReply"/>
    /// says, else in <paramref name="Thread"/>.
    /// </summary>
    public sealed record Reply(string Thread, string ParentExternalId, InboundMessage Content) : InboundCommand;

    /// <summary>Access was taken away: stop sending for this channel account.</summary>
    public sealed record Revoked(string Reason) : InboundCommand;
}

/// <param name="Attempts">Tries begun before this one. If positive, an earlier one may have reached the platform: look first.</param>
/// <param name="Progress">What the previous step returned; null at the first.</param>
public sealed record SendRequest(OutgoingReply Reply, ChannelSecrets Secrets, int Attempts, string? Progress, Instant EnqueuedAt);

/// <summary>What became of one step (channels.md 11).</summary>
public abstract record SendResult
{
    private SendResult() { }

    /// <summary>All of it is with the platform.</summary>
    public sealed record Sent(IReadOnlyList<string> ExternalIds, Instant? At = null) : SendResult;

    /// <summary>One part is with the platform; call again with this progress.</summary>
    public sealed record Progressed(string Progress) : SendResult;

    /// <summary>Will never work for this message: tell the agent.</summary>
    public sealed record Rejected(string Code, string Detail) : SendResult;

    /// <summary>Try again, not before <paramref name="NotBefore"/> if the platform named a time.</summary>
    public sealed record Later(string Reason, Instant? NotBefore = null) : SendResult;

    /// <summary>Access is gone: stop the channel account, keep the message.</summary>
    public sealed record Unauthorised(string Reason) : SendResult;
}
