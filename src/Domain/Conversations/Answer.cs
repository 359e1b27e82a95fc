namespace Conversations.Domain;

/// <summary>What a command on a conversation answers: stored with its receipt, given again to every retry.</summary>
/// <param name="Message">The message the command brought or changed, if any.</param>
/// <param name="Changed">False when the state was already as asked and nothing was recorded.</param>
public sealed record ConversationAnswer(
    ConversationId Conversation,
    long Seq,
    long Epoch,
    int Episode,
    ConversationStatus Status,
    QueueId? Queue = null,
    AgentId? Assignee = null,
    MessageId? Message = null,
    long? MessageIndex = null,
    long? MessageSeq = null,
    DeliveryState? Delivery = null,
    bool Changed = true);
