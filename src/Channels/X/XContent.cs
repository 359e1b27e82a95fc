using System.Text.Json;
using System.Text.RegularExpressions;
using Conversations.Domain;

namespace Conversations.Channels.X;

/// <summary>What a post or direct message holds, whatever envelope brought it.</summary>
internal static partial class XContent
{
    /// <summary>
    /// Stands for a message in which we can read nothing (a card, a kind of attachment that is new): the customer wrote, so an
    /// agent must see it, but a message without text and attachments is not a message to the domain.
    /// </summary>
    public const string Unreadable = "(no text)";

    /// <summary>
    /// The text as the customer typed it: without the mentions X put in front of a reply, and with <c>&amp;amp;</c>,
    /// <c>&amp;lt;</c>, <c>&amp;gt;</c>, the only entities X writes, decoded.
    /// </summary>
    /// <param name="range"><c>display_text_range</c>, in code points. Its end is not used: it has been seen past the end of the text.</param>
    public static string Text(string? text, JsonElement range, IReadOnlyList<Attachment>? attachments)
    {
        var written = Decoded(WithoutAutoMentions(text ?? "", range.At(0).Number() ?? 0));
        return !string.IsNullOrWhiteSpace(written) ? written
            : attachments is not null ? ""
            : string.IsNullOrWhiteSpace(text) ? Unreadable
            : Decoded(text); // nothing but mentions: somebody calling us is still something said
    }

    /// <summary>A wrong range must not eat words: only mentions are ever cut.</summary>
    private static string WithoutAutoMentions(string text, long start)
    {
        var cut = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (start-- <= 0)
            {
                break;
            }

            cut += rune.Utf16SequenceLength;
        }

        return OnlyMentions().IsMatch(text.AsSpan(0, cut)) ? text[cut..].TrimStart() : text;
    }

    /// <summary>In this order, so that <c>&amp;amp;lt;</c> becomes the <c>&amp;lt;</c> somebody typed.</summary>
    public static string Decoded(string text) => text.Contains('&', StringComparison.Ordinal)
        ? text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
        : text;

    /// <summary>
    /// How far a message has gone: impressions where X tells them, but at least one for everybody who answered, reposted,
    /// quoted or liked it, because impressions are counted late.
    /// </summary>
    public static long? Engagement(long? impressions, params ReadOnlySpan<long?> interactions)
    {
        long? sum = null;
        foreach (var count in interactions)
        {
            sum = count is >= 0 and < int.MaxValue ? (sum ?? 0) + count : sum;
        }

        return impressions is >= 0 && !(sum > impressions) ? impressions : sum;
    }

    /// <summary>v2: the post names keys, the envelope holds the media.</summary>
    public static IReadOnlyList<Attachment>? Included(JsonElement post, JsonElement media)
    {
        var keys = post.At("attachments").At("media_keys").Items().Select(key => key.AsId()).OfType<string>().ToHashSet();
        return Listed(media.Items().Where(item => item.Id("media_key") is { } key && keys.Contains(key)).Select(Media));
    }

    /// <summary>v1.1: media inside the post or direct message.</summary>
    public static IReadOnlyList<Attachment>? Inline(IEnumerable<JsonElement> media) => Listed(media.Select(Media));

    private static List<Attachment>? Listed(IEnumerable<Attachment?> attachments)
    {
        var listed = attachments.OfType<Attachment>().DistinctBy(attachment => attachment.Url).Take(MessageLimits.Attachments).ToList();
        return listed.Count == 0 ? null : listed;
    }

    /// <summary>A moving picture by its best MP4; if there is none, by its still.</summary>
    private static Attachment? Media(JsonElement media)
    {
        var variants = media.At("variants").Is(JsonValueKind.Array) ? media.At("variants") : media.At("video_info").At("variants");
        var film = variants.Items()
            .Where(variant => variant.At("content_type").Text() == "video/mp4" && Url(variant, "url") is not null)
            .OrderByDescending(variant => variant.At("bit_rate").Number() ?? variant.At("bitrate").Number() ?? 0)
            .FirstOrDefault();
        return Url(film, "url") is { } mp4 ? new(mp4, "video/mp4")
            : (Url(media, "media_url_https") ?? Url(media, "url") ?? Url(media, "preview_image_url")) is { } still ? new(still, Picture(still))
            : null;
    }

    private static string? Url(JsonElement element, string name) =>
        element.At(name).Text() is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" ? url : null;

    /// <summary>X stores photos as JPEG unless the address says otherwise (<c>….png</c>, <c>?format=png</c>).</summary>
    private static string Picture(string url) =>
        NamedFormat().Match(url) is { Success: true } named ? $"image/{named.Groups[1].Value.ToLowerInvariant()}" : "image/jpeg";

    [GeneratedRegex(@"^(@\w+\s*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyMentions();

    [GeneratedRegex(@"(?:\.|[?&]format=)(png|gif|webp)(?:$|[?&#])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NamedFormat();
}
