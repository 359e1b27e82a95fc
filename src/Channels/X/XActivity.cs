using System.Text.Json;
using Conversations.Domain;

namespace Conversations.Channels.X;

/// <summary>
/// Webhooks of the X Activity API: <c>{data: {event_uuid, filter, event_type, payload, includes}}</c> (channels.md 1).
/// <c>event_uuid</c> is not used: the same post comes under several, so ids of changes are made from what changed.
/// </summary>
internal static class XActivity
{
    public static bool Is(JsonElement root) => !root.At("data").Is(JsonValueKind.Undefined);

    public static IEnumerable<InboundCommand> Read(JsonElement root, string brand)
    {
        var data = root.At("data");
        return data.Is(JsonValueKind.Array) ? data.Items().SelectMany(item => Event(item, brand)) : Event(data, brand);
    }

    private static IEnumerable<InboundCommand> Event(JsonElement data, string brand)
    {
        var subscriber = data.At("filter").Id("user_id");
        if (subscriber is not null && subscriber != brand)
        {
            return []; // one URL may serve several brands of one app; each event is read for its own
        }

        var payload = data.At("payload").Unwrapped();
        var includes = data.At("includes").Is(JsonValueKind.Object) ? data.At("includes") : payload.At("includes");
        var people = new XPeople(includes.At("users"), payload.At("users"));
        return data.At("event_type").Text() switch
        {
            "post.mention.create" or "post.reply.create" or "post.quote.create" =>
                Post(payload, includes, people, brand, addressed: subscriber is not null),
            "post.create" => Post(payload, includes, people, brand, addressed: false),
            "post.delete" => Deleted(payload),
            "dm.received" or "dm.sent" => XDirectMessages.Messages(payload, people, brand),
            "dm.read" => XDirectMessages.Receipts(payload, brand),
            "oauth.revoke" when (payload.Id("user_id") ?? subscriber) == brand => [new InboundCommand.Revoked("oauth.revoke")],
            _ => [], // likes, follows, reposts, typing, encrypted chat, and whatever comes next
        };
    }

    /// <param name="addressed">The event itself says the post is for the brand. If not, the post must show it.</param>
    private static IEnumerable<InboundCommand> Post(JsonElement payload, JsonElement includes, XPeople people, string brand, bool addressed)
    {
        if (payload.Id("id") is not { } id || payload.Id("author_id") is not { } author)
        {
            return [];
        }

        var referred = payload.At("referenced_tweets").Items().ToLookup(post => post.At("type").Text() ?? "", post => post.Id("id"));
        if (referred.Contains("retweeted"))
        {
            return [];
        }

        var parent = payload.Id("in_reply_to_tweet_id") ?? referred["replied_to"].FirstOrDefault();
        var answered = payload.Id("in_reply_to_user_id") ?? AuthorOf(parent, includes);
        var mentions = payload.At("entities").At("mentions");
        var concerns = addressed || author == brand || answered == brand || mentions.Items().Any(mention => mention.Id("id") == brand)
            || referred["quoted"].Any(quoted => AuthorOf(quoted, includes) == brand);
        if (!concerns)
        {
            return [];
        }

        var range = payload.At("display_text_range");
        var attachments = XContent.Included(payload, includes.At("media"));
        var metrics = payload.At("public_metrics");
        var post = new XPost(
            id,
            people.Find(author),
            parent,
            answered is null ? null : people.Find(answered),
            AutoMentioned(mentions, range, people, brand),
            payload.Id("conversation_id"),
            [.. payload.At("edit_history_tweet_ids").Items().Select(version => version.AsId()).OfType<string>()],
            payload.At("created_at").Time(),
            XContent.Text(payload.At("note_tweet").At("text").Text() ?? payload.At("text").Text(), range, attachments),
            attachments,
            XContent.Engagement(
                metrics.At("impression_count").Number(), metrics.At("reply_count").Number(), metrics.At("retweet_count").Number(),
                metrics.At("quote_count").Number(), metrics.At("like_count").Number()));
        return post.Command(brand) is { } command ? [command] : [];
    }

    private static string? AuthorOf(string? post, JsonElement includes) => post is null ? null
        : includes.At("tweets").Items().Where(tweet => tweet.Id("id") == post).Select(tweet => tweet.Id("author_id")).FirstOrDefault();

    /// <summary>Mentions before the shown text were put there by X.</summary>
    private static Author? AutoMentioned(JsonElement mentions, JsonElement range, XPeople people, string brand) =>
        mentions.Items()
            .Where(mention => mention.At("end").Number() <= range.At(0).Number() && mention.Id("id") is { } id && id != brand)
            .OrderBy(mention => mention.At("start").Number())
            .Select(mention => people.Find(mention.Id("id")!, mention.At("username").Text()))
            .FirstOrDefault();

    private static IEnumerable<InboundCommand> Deleted(JsonElement payload) => payload.Id("id") is { } id ? [Deletion(id, payload)] : [];

    private static InboundCommand.Change Deletion(string id, JsonElement payload) =>
        new($"delete:{id}", null, id, new MessageChange.Deleted(payload.At("deleted_at").Time()));
}
