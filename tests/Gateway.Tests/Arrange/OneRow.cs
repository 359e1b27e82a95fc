using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Gateway.Tests;

/// <summary>List rows of an account whose every conversation is in one status.</summary>
internal sealed class OneRow(ConversationStatus status) : IViews
{
    public ValueTask<ConversationRow?> Find(AccountId account, ConversationId id, CancellationToken cancellation) =>
        new(ConversationView.Row(Conversation.Empty(account, id) with { Status = status }));

    public ValueTask<ConversationPage> List(ConversationQuery query, CancellationToken cancellation) => throw new NotSupportedException();
}
