using Conversations.Domain;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Gateway.Webhooks;

/// <summary>What holds for every way of telling somebody of a promise.</summary>
internal static class Notices
{
    /// <summary>Before the recipient's hours it waits; and of what is over by then nobody is told (sla.md R-AL4, R-CL1).</summary>
    /// <returns>Null: it is to be told now.</returns>
    public static async ValueTask<Delivery?> Unready(OutboxEntry entry, SlaNotification notice, IViews views, Instant now, CancellationToken cancellation)
    {
        if (notice.NotBefore is { } opens && opens > now)
        {
            return new Delivery.Wait("The recipient's hours have not begun.", opens);
        }

        // One that was neither held nor tried before is told of the instant it is about.
        var waited = notice.NotBefore is not null || entry.Attempts > 0;
        return waited && (await views.Find(entry.Account, notice.Conversation, cancellation))?.Status is ConversationStatus.Closed or ConversationStatus.Spam
            ? Delivery.Done.Instance
            : null;
    }
}
