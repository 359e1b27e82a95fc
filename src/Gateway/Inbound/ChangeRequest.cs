using System.Text.Json.Serialization;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Inbound;

/// <summary>What happened to a message after it was sent. It may come before the message it refers to, and then waits for it.</summary>
public sealed record ChangeRequest
{
    public required string Channel { get; init; }
    public required string ChannelAccount { get; init; }

    /// <summary>The message's id.</summary>
    public required string ExternalId { get; init; }

    /// <summary>This change's own id: the same one again has no second effect.</summary>
    public required string EventId { get; init; }

    public required ChangeKind Kind { get; init; }

    /// <summary>The new text of an edit.</summary>
    public string? Text { get; init; }

    /// <summary>The emoji of a reaction; empty: taken back.</summary>
    public string? Emoji { get; init; }

    /// <summary>Who reacted.</summary>
    public AuthorRequest? Author { get; init; }

    /// <summary>Of a receipt: holds for every earlier message of ours too.</summary>
    public bool UpTo { get; init; }

    /// <summary>Of a failed receipt: the platform's code.</summary>
    public string? Code { get; init; }

    public Instant? At { get; init; }

    internal Refusal? Check() =>
        Input.Name("channel", Channel, required: true)
        ?? Input.Name("channelAccount", ChannelAccount, required: true)
        ?? Input.Text("externalId", ExternalId, Input.LongestExternalId, required: true)
        ?? Input.Text("eventId", EventId, Input.LongestExternalId, required: true)
        ?? Input.Text("text", Text, MessageLimits.Text, required: Kind == ChangeKind.Edited)
        ?? Input.Text("emoji", Emoji, 64)
        ?? Input.Text("code", Code, Input.LongestName)
        ?? Author?.Check("author")
        ?? (Kind == ChangeKind.Reaction && (Author is null || Emoji is null) ? Input.Invalid("missing_field", "A reaction has 'author' and 'emoji'.") : null);

    internal MessageChange ToChange() => Kind switch
    {
        ChangeKind.Edited => new MessageChange.Edited(Text!, At: At),
        ChangeKind.Deleted => new MessageChange.Deleted(At),
        ChangeKind.Reaction => new MessageChange.Reacted(Author!.ToAuthor(), Emoji!),
        ChangeKind.Delivered => new MessageChange.Receipt(DeliveryState.Delivered, UpTo, At: At),
        ChangeKind.Read => new MessageChange.Receipt(DeliveryState.Read, UpTo, At: At),
        ChangeKind.Failed => new MessageChange.Receipt(DeliveryState.Failed, Code: Code, At: At),
    };
}

[JsonConverter(typeof(CamelCaseEnumConverter<ChangeKind>))]
public enum ChangeKind { Edited, Deleted, Reaction, Delivered, Read, Failed }

/// <param name="ConversationId">Null while the message is not known yet: the change waits for it.</param>
public sealed record ChangeResponse(ConversationId? ConversationId, long? Seq, bool Replayed);
