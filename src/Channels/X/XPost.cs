using Conversations.Domain;
using NodaTime;

namespace Conversations.Channels.X;

/// <summary>A public post, the same from either API, and where it belongs (channels.md 1).</summary>
/// <param name="Parent">The post it answers.</param>
/// <param name="Answered">Who wrote that post, or who is addressed.</param>
/// <param name="AutoMentioned">
/// The first person X itself put in front of the text: in a chain of our own posts the only trace of the customer.
/// </param>
/// <param name="Conversation">The root post's id, where the API tells it.</param>
/// <param name="Versions">Every id this post has had, oldest first, if it was ever edited.</param>
internal sealed record XPost(
    string Id,
    Author Author,
    string? Parent,
    Author? Answered,
    Author? AutoMentioned,
    string? Conversation,
    IReadOnlyList<string> Versions,
    Instant? SentAt,
    string Text,
    IReadOnlyList<Attachment>? Attachments,
    long? Engagement)
{
    /// <returns>Null for what is no conversation with a customer: the brand's own posts to nobody.</returns>
    public InboundCommand? Command(string brand)
    {
        var ours = Author.Id == brand;
        var customer = !ours ? Author
            : Answered is { } answered && answered.Id != brand ? answered
            : Answered is not null || Parent is not null ? AutoMentioned
            : null;
        if (customer is null)
        {
            return null;
        }

        var first = Versions.Count > 1 && Versions[0] != Id ? Versions[0] : null;
        var message = new InboundMessage(
            Id, ours ? Direction.Outbound : Direction.Inbound, Visibility.Public, SentAt, Author, Text, Attachments, Parent,
            EditOf: first, Echo: ours, Customer: ours ? customer : null, Engagement: Engagement);
        return Conversation is null && Parent is not null
            ? new InboundCommand.Reply(ThreadKey(Parent, customer.Id), Parent, message)
            : new InboundCommand.Message(ThreadKey(Root(first), customer.Id), message);
    }

    /// <summary>
    /// The thread of a reply whose parent is known. Under one post of the brand every customer has a conversation of their own,
    /// so it shares the parent's root but not necessarily its customer.
    /// </summary>
    public static string ThreadBeside(string parentThread, InboundMessage reply)
    {
        var root = parentThread.IndexOf(':', StringComparison.Ordinal);
        var customer = (reply.Customer ?? reply.Author).Id;
        return root <= 0 || reply.Visibility != Visibility.Public ? parentThread : ThreadKey(parentThread[..root], customer);
    }

    private static string ThreadKey(string root, string customer) => $"{root}:{customer}";

    /// <summary>An edited root gets a new id, but the conversation began with the first one.</summary>
    private string Root(string? first) =>
        Conversation is null || Conversation == Id || Versions.Contains(Conversation) ? first ?? Conversation ?? Id : Conversation;
}
