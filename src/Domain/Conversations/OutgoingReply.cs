namespace Conversations.Domain;

/// <summary>What a channel's sender gets through the outbox. Never made for an internal note (conversation.md 3).</summary>
/// <param name="Customer">The recipient's id on the channel.</param>
/// <param name="ReplyTo">The platform's id of the customer message answered, where known.</param>
/// <param name="Kind">Reply or bot reply; a sender refuses anything else.</param>
public sealed record OutgoingReply(
    ConversationId Conversation,
    MessageId Message,
    Address Address,
    MessageKind Kind,
    Visibility Visibility,
    string Customer,
    string? CustomerHandle,
    string? ReplyTo,
    string Text,
    IReadOnlyList<Attachment>? Attachments);
