using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Everything that can be asked of a conversation. Closed: a new command is added here (docs/add-a-command.md).</summary>
[JsonDerivedType(typeof(ReceiveMessage), "receiveMessage")]
[JsonDerivedType(typeof(ChangeMessage), "changeMessage")]
[JsonDerivedType(typeof(PostMessage), "postMessage")]
[JsonDerivedType(typeof(RecordDelivery), "recordDelivery")]
[JsonDerivedType(typeof(Assign), "assign")]
[JsonDerivedType(typeof(Transfer), "transfer")]
[JsonDerivedType(typeof(PutBack), "putBack")]
[JsonDerivedType(typeof(Close), "close")]
[JsonDerivedType(typeof(Reopen), "reopen")]
[JsonDerivedType(typeof(Pend), "pend")]
[JsonDerivedType(typeof(Hold), "hold")]
[JsonDerivedType(typeof(Snooze), "snooze")]
[JsonDerivedType(typeof(SetPriority), "setPriority")]
[JsonDerivedType(typeof(ChangeLabels), "changeLabels")]
[JsonDerivedType(typeof(MarkSpam), "markSpam")]
[JsonDerivedType(typeof(MarkRead), "markRead")]
[JsonDerivedType(typeof(HandOff), "handOff")]
[JsonDerivedType(typeof(BlockCustomer), "blockCustomer")]
[JsonDerivedType(typeof(OverrideDue), "overrideDue")]
[JsonDerivedType(typeof(ApplyPolicies), "applyPolicies")]
[JsonDerivedType(typeof(SetCustomerTier), "setCustomerTier")]
[JsonDerivedType(typeof(Tick), "tick")]
public abstract partial record ConversationCommand;

/// <summary>A command whose author may act under an ownership that has since changed (conversation.md 4).</summary>
public interface IFromOwner
{
    /// <summary>The ownership epoch the author knows; an older one than the current is refused. Null: not fenced.</summary>
    long? Epoch { get; }
}

/// <summary>A message seen on the channel: from the customer, or written by our side elsewhere (<see cref="Direction.Outbound"/>).</summary>
/// <param name="Existing">Filled by the engine: the message an edit or echo refers to, if the history has it.</param>
public sealed record ReceiveMessage(Address Address, InboundMessage Message, MessageRef? Existing = null)
    : ConversationCommand, IRefersToMessage<ConversationCommand>
{
    /// <summary>An edited post is a new version of its first id (channels.md 1).</summary>
    [JsonIgnore]
    public string? RefersTo => Message.EditOf is { } first ? MessageKey.Of(Address, first) : null;

    public ConversationCommand With(MessageRef? message) => this with { Existing = message };
}

/// <summary>
/// An edit, delete, reaction or receipt that refers to a message by the platform's id. One that comes before its message
/// waits in a <see cref="Reference"/>, not here.
/// </summary>
/// <param name="Key">The message's <see cref="MessageKey"/>.</param>
public sealed record ChangeMessage(string Key, MessageChange Change, MessageRef? Existing = null)
    : ConversationCommand, IRefersToMessage<ConversationCommand>
{
    [JsonIgnore]
    public string? RefersTo => Key;

    public ConversationCommand With(MessageRef? message) => this with { Existing = message };
}

/// <summary>An agent's or bot's reply, or an internal note.</summary>
/// <param name="Visibility">Of a reply: null means the conversation's own. A public answer is refused where the thread is private.</param>
/// <param name="BasedOnSeq">The newest event the author had seen; a newer message refuses the reply (stale-reply guard).</param>
/// <param name="Epoch">The ownership epoch the author acts under; an older one is refused (conversation.md 4).</param>
public sealed record PostMessage(
    PostKind Kind,
    string Text,
    IReadOnlyList<Attachment>? Attachments = null,
    Visibility? Visibility = null,
    long? BasedOnSeq = null,
    bool Force = false,
    long? Epoch = null) : ConversationCommand, IFromOwner;

/// <summary>What became of a reply on its way out. From the outbox or from a channel's status callback.</summary>
public sealed record RecordDelivery(MessageId Message, DeliveryReport Report) : ConversationCommand;

/// <summary>Gives the conversation to an agent, to a queue, or (both null) to nobody.</summary>
public sealed record Assign(AgentId? Agent, QueueId? Queue, bool Override = false, long? Epoch = null) : ConversationCommand, IFromOwner;

/// <summary>Hands the conversation on. Exactly one target.</summary>
public sealed record Transfer(QueueId? ToQueue, AgentId? ToAgent, string? ToSkill, string? Note = null, long? Epoch = null, TransferMode? Mode = null)
    : ConversationCommand, IFromOwner;

/// <summary>To whom it belonged before: takes back an assignment or a transfer.</summary>
public sealed record PutBack(QueueId? Queue, AgentId? Agent, string? Skill) : ConversationCommand;

public sealed record Close(string? Disposition = null, string? Note = null, long? Epoch = null) : ConversationCommand, IFromOwner;

public sealed record Reopen(long? Epoch = null) : ConversationCommand, IFromOwner;

/// <summary>Waiting for the customer, optionally until a time at which it opens again.</summary>
public sealed record Pend(Instant? Until = null, long? Epoch = null) : ConversationCommand, IFromOwner;

public sealed record Hold(long? Epoch = null) : ConversationCommand, IFromOwner;

public sealed record Snooze(Instant Until, long? Epoch = null) : ConversationCommand, IFromOwner;

public sealed record SetPriority(Priority Priority, string? Reason = null, long? Epoch = null) : ConversationCommand, IFromOwner;

public sealed record ChangeLabels(IReadOnlyList<string>? Add = null, IReadOnlyList<string>? Remove = null, long? Epoch = null) : ConversationCommand, IFromOwner;

public sealed record MarkSpam(long? Epoch = null) : ConversationCommand, IFromOwner;

/// <summary>Moves the read horizon forward to a message index. Never back.</summary>
public sealed record MarkRead(long UpTo) : ConversationCommand;

/// <summary>The bot lets go; people take over and the response clock starts (sla.md R-BT3).</summary>
public sealed record HandOff(QueueId? ToQueue = null, string? Note = null) : ConversationCommand;

/// <summary>Keeps the customer's messages but opens nothing and alerts no one (conversation.md 2).</summary>
public sealed record BlockCustomer(bool Blocked) : ConversationCommand;

/// <summary>Sets the due time of the running instance of a metric by hand, until it ends (sla.md R-PO8).</summary>
/// <param name="Due">Later than now.</param>
public sealed record OverrideDue(Metric Metric, Instant Due, string Reason) : ConversationCommand;

/// <summary>Has today's policies apply to what runs, as if the conversation matched them only now (sla.md R-PO5). A job sends it to each open conversation.</summary>
public sealed record ApplyPolicies : ConversationCommand;

/// <param name="Tier">The account's own word, for example <c>gold</c>; null: none.</param>
public sealed record SetCustomerTier(string? Tier) : ConversationCommand;

/// <summary>"Look at your deadlines now." Late, early or repeated ticks are harmless.</summary>
public sealed record Tick : ConversationCommand;

/// <summary>A command that names a message by the platform's id. The engine looks it up in the receipts before deciding.</summary>
public interface IRefersToMessage<out TCommand>
{
    /// <summary>The <see cref="MessageKey"/> of the message referred to, or null if the command refers to none.</summary>
    string? RefersTo { get; }
    TCommand With(MessageRef? message);
}

public static class MessageKey
{
    /// <summary>
    /// The command id of an inbound message: (channel, channel account, platform's id) is accepted once in an account,
    /// for ever (conversation.md 3).
    /// </summary>
    public static string Of(string channel, string channelAccount, string externalId) => $"in/{channel}/{channelAccount}/{externalId}";

    public static string Of(Address address, string externalId) => Of(address.Channel, address.ChannelAccount, externalId);
}

/// <summary>A message already in the history.</summary>
public sealed record MessageRef(ConversationId Conversation, MessageId Message, long Seq);

/// <param name="ExternalId">The platform's id, unique per channel account.</param>
/// <param name="SentAt">The platform's time; null means "now". More than 5 minutes ahead of our clock is cut to it (sla.md R-EV6).</param>
/// <param name="Auto">Out-of-office, bounce and the like: kept, but starts no clock (sla.md R-EV3).</param>
/// <param name="EditOf">This is a new version of an earlier message with that id.</param>
/// <param name="Echo">Our own side's message seen back on the channel: it merges with what we sent (channels.md 0).</param>
public sealed record InboundMessage(
    string ExternalId,
    Direction Direction,
    Visibility Visibility,
    Instant? SentAt,
    Author Author,
    string Text,
    IReadOnlyList<Attachment>? Attachments = null,
    string? ReplyTo = null,
    bool Auto = false,
    string? EditOf = null,
    bool Echo = false,
    Author? Customer = null,
    long? Engagement = null);

/// <param name="Id">The channel's own id of the person, never the display name.</param>
/// <param name="Followers">The size of the audience when the message was sent, where the channel tells.</param>
public sealed record Author(string Id, string? Name = null, string? Handle = null, long? Followers = null);

/// <summary>A reference to a file, never its bytes.</summary>
public sealed record Attachment(string Url, string? ContentType = null, string? Name = null);

/// <summary>What happened to a message after it was sent.</summary>
[JsonDerivedType(typeof(Edited), "edited")]
[JsonDerivedType(typeof(Deleted), "deleted")]
[JsonDerivedType(typeof(Reacted), "reacted")]
[JsonDerivedType(typeof(Receipt), "receipt")]
public abstract record MessageChange
{
    public sealed record Edited(string Text, IReadOnlyList<Attachment>? Attachments = null, Instant? At = null) : MessageChange;

    public sealed record Deleted(Instant? At = null) : MessageChange;

    /// <param name="Emoji">Empty: the reaction was taken back.</param>
    public sealed record Reacted(Author By, string Emoji) : MessageChange;

    /// <param name="State">Delivered, read or failed.</param>
    /// <param name="UpTo">A watermark: it holds for every earlier message of ours too.</param>
    public sealed record Receipt(DeliveryState State, bool UpTo = false, string? Code = null, Instant? At = null) : MessageChange;
}

/// <summary>What the channel said of a reply.</summary>
/// <param name="ExternalIds">The platform's ids of the posts that carried it; several if it had to be split.</param>
public sealed record DeliveryReport(
    DeliveryState State,
    IReadOnlyList<string>? ExternalIds = null,
    Instant? At = null,
    string? Code = null,
    string? Detail = null);

[JsonConverter(typeof(CamelCaseEnumConverter<Direction>))]
public enum Direction { Inbound, Outbound }

[JsonConverter(typeof(CamelCaseEnumConverter<Visibility>))]
public enum Visibility { Public, Private, Internal }

[JsonConverter(typeof(CamelCaseEnumConverter<PostKind>))]
public enum PostKind { Reply, Note, BotReply }

[JsonConverter(typeof(CamelCaseEnumConverter<MessageKind>))]
public enum MessageKind { Customer, Reply, BotReply, Note, System }

[JsonConverter(typeof(CamelCaseEnumConverter<Priority>))]
public enum Priority { Low, Normal, High, Urgent }

[JsonConverter(typeof(CamelCaseEnumConverter<ConversationStatus>))]
public enum ConversationStatus { Open, Pending, OnHold, Snoozed, Closed, Spam }

/// <summary>Forward only; failed is final (conversation.md 3).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<DeliveryState>))]
public enum DeliveryState { Queued, Sent, Delivered, Read, Failed }
