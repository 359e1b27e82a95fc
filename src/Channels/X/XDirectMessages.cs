using System.Text.Json;
using Conversations.Domain;

namespace Conversations.Channels.X;

/// <summary>Direct messages and their read marks: the same inner shape in both APIs.</summary>
internal static class XDirectMessages
{
    public static IEnumerable<InboundCommand> Messages(JsonElement holder, XPeople people, string brand) =>
        holder.At("direct_message_events").Items().Select(item => Message(item, people, brand)).OfType<InboundCommand>();

    /// <summary>
    /// The customer has read everything up to a message. That the brand has read the customer's is not told to anyone here.
    /// </summary>
    public static IEnumerable<InboundCommand> Receipts(JsonElement holder, string brand)
    {
        var marks = holder.At("direct_message_mark_read_events");
        return (marks.Is(JsonValueKind.Array) ? marks.Items() : [holder]).Select(mark => Receipt(mark, brand)).OfType<InboundCommand>();
    }

    /// <summary>One key for both directions and for either subscriber: the two ids, the smaller number first.</summary>
    public static string ThreadKey(string one, string other)
    {
        var order = one.Length != other.Length ? one.Length - other.Length : string.CompareOrdinal(one, other);
        return order <= 0 ? $"dm:{one}:{other}" : $"dm:{other}:{one}";
    }

    private static InboundCommand.Message? Message(JsonElement item, XPeople people, string brand)
    {
        var body = item.At("message_create");
        if ((item.At("type").Text() ?? "message_create") != "message_create"
            || item.Id("id_str", "id") is not { } id || body.Id("sender_id") is not { } sender)
        {
            return null;
        }

        var recipient = body.At("target").Id("recipient_id") ?? (sender == brand ? null : brand);
        var ours = sender == brand;
        var customer = ours ? recipient : recipient == brand ? sender : null;
        if (customer is null || customer == brand)
        {
            return null; // a note to oneself, or between two others
        }

        var data = body.At("message_data");
        var attachment = data.At("attachment");
        var media = attachment.Is(JsonValueKind.Array) ? attachment.Items() : [attachment];
        var attachments = XContent.Inline(media.Select(one => one.At("media")));
        return new(ThreadKey(brand, customer), new InboundMessage(
            id, ours ? Direction.Outbound : Direction.Inbound, Visibility.Private, item.At("created_timestamp").Milliseconds(),
            people.Find(sender), XContent.Text(data.At("text").Text(), default, attachments), attachments,
            Echo: ours, Customer: ours ? people.Find(customer) : null));
    }

    private static InboundCommand.Change? Receipt(JsonElement mark, string brand)
    {
        if (mark.Id("last_read_event_id") is not { } last || mark.Id("sender_id") is not { } reader || reader == brand)
        {
            return null;
        }

        var other = mark.At("target").Id("recipient_id") ?? brand;
        return other != brand ? null : new(
            $"read:{reader}:{last}", ThreadKey(brand, reader), last,
            new MessageChange.Receipt(DeliveryState.Read, UpTo: true, At: mark.At("created_timestamp").Milliseconds()));
    }
}
