using Conversations.Domain;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Inbound;

/// <summary>A message seen on a channel (api.md 2).</summary>
public sealed record InboundRequest
{
    public required string Channel { get; init; }
    public required string ChannelAccount { get; init; }
    public required string Thread { get; init; }

    /// <summary>The platform's id: accepted once for a channel account, for ever.</summary>
    public required string ExternalId { get; init; }

    public Direction Direction { get; init; } = Direction.Inbound;
    public Visibility Visibility { get; init; } = Visibility.Private;

    /// <summary>The platform's own time; default: now.</summary>
    public Instant? SentAt { get; init; }

    /// <summary>Inbound: the customer. Outbound: <c>id</c> is the agent's.</summary>
    public required AuthorRequest Author { get; init; }

    public string? Text { get; init; }
    public IReadOnlyList<Attachment>? Attachments { get; init; }
    public string? ReplyTo { get; init; }

    /// <summary>Out-of-office, bounce and the like: kept, but starts no clock.</summary>
    public bool Auto { get; init; }

    /// <summary>Outbound: who it was written to, if the conversation does not know yet.</summary>
    public AuthorRequest? Customer { get; init; }

    internal Address Address => new(Channel, ChannelAccount, Thread);

    internal Refusal? Check() =>
        Input.Name("channel", Channel, required: true)
        ?? Input.Name("channelAccount", ChannelAccount, required: true)
        ?? Input.Text("thread", Thread, Input.LongestExternalId, required: true)
        ?? Input.Text("externalId", ExternalId, Input.LongestExternalId, required: true)
        ?? Input.Text("text", Text, MessageLimits.Text)
        ?? Input.Text("replyTo", ReplyTo, Input.LongestExternalId)
        ?? Author.Check("author")
        ?? Customer?.Check("customer")
        ?? Input.Attachments(Attachments)
        ?? (SentAt < NodaConstants.UnixEpoch ? Input.Invalid("invalid_time", "'sentAt' lies after 1970.") : null)
        ?? (Visibility == Visibility.Internal ? Input.Invalid("invalid_visibility", "A message on a channel is public or private.") : null);

    internal InboundMessage ToMessage() => new(
        ExternalId, Direction, Visibility, SentAt, Author.ToAuthor(), Text ?? "", Attachments, ReplyTo, Auto, Customer: Customer?.ToAuthor());
}

public sealed record AuthorRequest
{
    public required string Id { get; init; }
    public string? Name { get; init; }
    public string? Handle { get; init; }
    public long? Followers { get; init; }

    internal Refusal? Check(string field) =>
        Input.Text($"{field}.id", Id, Input.LongestExternalId, required: true)
        ?? Input.Text($"{field}.name", Name, Input.LongestShortText)
        ?? Input.Text($"{field}.handle", Handle, Input.LongestShortText)
        ?? (Followers < 0 ? Input.Invalid("invalid_value", $"'{field}.followers' is not negative.") : null);

    internal Author ToAuthor() => new(Id, Name, Handle, Followers);
}

/// <summary>Where the message went.</summary>
/// <param name="MessageIndex">Null when the message changed an earlier one (an edit) or waits (an echo of a reply under way).</param>
public sealed record InboundResponse(
    ConversationId ConversationId, MessageId? MessageId, long Seq, long? MessageIndex, int Episode, bool Replayed)
{
    internal static InboundResponse Of(ConversationAnswer answer, bool replayed) =>
        new(answer.Conversation, answer.Message, answer.MessageSeq ?? answer.Seq, answer.MessageIndex, answer.Episode, replayed);
}
