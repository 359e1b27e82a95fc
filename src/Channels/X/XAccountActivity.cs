using System.Text.Json;
using Conversations.Domain;
using NodaTime;
using NodaTime.Text;

namespace Conversations.Channels.X;

/// <summary>
/// Webhooks of the older Account Activity API: <c>{for_user_id, &lt;kind&gt;_events: […]}</c>, several kinds possible in one
/// envelope (channels.md 1). Posts name their parent but not their root.
/// </summary>
internal static class XAccountActivity
{
    private static readonly OffsetDateTimePattern CreatedAt =
        OffsetDateTimePattern.CreateWithInvariantCulture("ddd MMM dd HH:mm:ss o<+HHmm> uuuu");

    public static IEnumerable<InboundCommand> Read(JsonElement root, string brand)
    {
        if (Revocation(root.At("user_event").At("revoke"), brand) is { } revoked)
        {
            return [revoked];
        }

        var subscriber = root.Id("for_user_id");
        if (subscriber is not null && subscriber != brand)
        {
            return [];
        }

        var people = new XPeople(root.At("users"));
        return root.At("tweet_create_events").Items()
            .Select(post => Post(post, brand, addressed: subscriber is not null)).OfType<InboundCommand>()
            .Concat(root.At("tweet_delete_events").Items().Select(Deleted).OfType<InboundCommand>())
            .Concat(XDirectMessages.Messages(root, people, brand))
            .Concat(root.At("direct_message_mark_read_events").Is(JsonValueKind.Array) ? XDirectMessages.Receipts(root, brand) : []);
    }

    /// <summary>Addressed to nobody: the envelope has no <c>for_user_id</c>, only the user inside.</summary>
    private static InboundCommand.Revoked? Revocation(JsonElement revoke, string brand) =>
        revoke.At("source").Id("user_id") == brand ? new("user_event.revoke") : null;

    private static InboundCommand? Post(JsonElement status, string brand, bool addressed)
    {
        var user = status.At("user");
        if (status.At("retweeted_status").Is(JsonValueKind.Object)
            || status.Id("id_str", "id") is not { } id || user.Id("id_str", "id") is not { } author)
        {
            return null;
        }

        // The classic fields hold 140 characters; "extended_tweet" holds the post.
        var extended = status.At("extended_tweet");
        var truncated = extended.At("full_text").Is(JsonValueKind.String);
        var full = truncated ? extended : status;
        var mentions = full.At("entities").At("user_mentions");
        var answered = status.Id("in_reply_to_user_id_str");
        if (!addressed && author != brand && answered != brand && !mentions.Items().Any(mention => mention.Id("id_str", "id") == brand))
        {
            return null;
        }

        var people = new XPeople(mentions);
        var range = full.At("display_text_range");
        var attachments = XContent.Inline(Media(full));
        return new XPost(
            id,
            XPeople.Read(author, user),
            status.Id("in_reply_to_status_id_str"),
            answered is null ? null : people.Find(answered, status.At("in_reply_to_screen_name").Text()),
            AutoMentioned(mentions, range, people, brand),
            Conversation: null,
            Versions(status),
            status.At("timestamp_ms").Milliseconds() ?? Time(status.At("created_at").Text()),
            XContent.Text(full.At("full_text").Text() ?? full.At("text").Text(), range, attachments),
            attachments,
            XContent.Engagement(
                null, status.At("reply_count").Number(), status.At("retweet_count").Number(), status.At("quote_count").Number(),
                status.At("favorite_count").Number())).Command(brand);
    }

    private static Author? AutoMentioned(JsonElement mentions, JsonElement range, XPeople people, string brand) =>
        mentions.Items()
            .Where(mention => mention.At("indices").At(1).Number() <= range.At(0).Number()
                && mention.Id("id_str", "id") is { } id && id != brand)
            .OrderBy(mention => mention.At("indices").At(0).Number())
            .Select(mention => people.Find(mention.Id("id_str", "id")!))
            .FirstOrDefault();

    /// <summary>"extended_entities" lists all media, "entities" only the first.</summary>
    private static IEnumerable<JsonElement> Media(JsonElement full)
    {
        var all = full.At("extended_entities").At("media");
        return (all.Is(JsonValueKind.Array) ? all : full.At("entities").At("media")).Items();
    }

    private static List<string> Versions(JsonElement status)
    {
        var listed = status.At("edit_history_tweet_ids");
        var ids = listed.Is(JsonValueKind.Array) ? listed : status.At("edit_history").At("edit_tweet_ids");
        return [.. ids.Items().Select(version => version.AsId()).OfType<string>()];
    }

    private static Instant? Time(string? text) =>
        text is not null && CreatedAt.Parse(text) is { Success: true } parsed
        && parsed.Value.ToInstant() is var time && time >= NodaConstants.UnixEpoch
            ? time
            : null;

    private static InboundCommand.Change? Deleted(JsonElement item) =>
        item.At("status").Id("id_str", "id") is { } id
            ? new($"delete:{id}", null, id, new MessageChange.Deleted(item.At("timestamp_ms").Milliseconds()))
            : null;
}
