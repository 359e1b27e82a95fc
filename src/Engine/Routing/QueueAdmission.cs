using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>
/// Whether a queue that refuses when it is full (routing.md 7) let a message's conversation in: told to whoever brought the message, who
/// may tell the customer. The queue's word is exact and comes after the message is durable; this is the outbox's own message to the
/// queue, brought by hand a moment earlier: under its id, so that the two are one.
/// </summary>
public sealed class QueueAdmission(IEntities entities, IJournal journal, SettingsCache settings, TimeProvider time)
{
    private static readonly ConversationType Conversations = new();

    /// <summary>Events of one commit after the message's own, at most.</summary>
    private const int Following = 20;

    /// <summary>Times a queue is asked that is too busy to answer: 2.5 s in all. Then its word comes with the outbox, and the message stands as taken.</summary>
    private const int Tries = 8;

    /// <param name="commandId">Of the message.</param>
    /// <returns>Why it was not let in; null: it was, or nothing there refuses.</returns>
    public async ValueTask<string?> Refused(AccountId account, ConversationAnswer taken, string commandId, CancellationToken cancellation)
    {
        if (taken is not { Queue: { } queue, MessageSeq: { } message } || !Refuses((await settings.Get(account, cancellation)).Queue(queue)))
        {
            return null;
        }

        foreach (var stored in await journal.ReadEvents(ConversationType.Key(account, taken.Conversation), message, Following, descending: false, cancellation))
        {
            if (stored.Cause == commandId && Conversations.Events.Decode(stored).Event is QueueJoined joined)
            {
                return await Ask(account, joined, RoutingTargets.ToQueue(taken.Conversation, stored.Seq), cancellation);
            }
        }

        return null;
    }

    /// <summary>A queue that is too busy to answer is asked again, under the same id: for want of an answer alone nobody is taken to be let in.</summary>
    private async ValueTask<string?> Ask(AccountId account, QueueJoined joined, string id, CancellationToken cancellation)
    {
        var entering = new Envelope<QueueCommand>(id, Actor.System, new EnterQueue(joined.Item, joined.Kind), Strict: false);
        for (var tries = 1; ; tries++)
        {
            var reply = await entities.Send(account, joined.Queue, entering, cancellation);
            if (tries == Tries || reply is Reply<QueueAnswer>.Done or Reply<QueueAnswer>.Refused)
            {
                return (reply as Reply<QueueAnswer>.Done)?.Answer.Refused;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10 * Math.Pow(2, tries)), time, cancellation);
        }
    }

    private static bool Refuses(QueueSettings? queue) => queue?.Overflow?.Any(r => r.Actions.Any(a => a.Do == OverflowDo.Refuse)) == true;
}
