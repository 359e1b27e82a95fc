using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;

namespace Conversations.Channels.X;

/// <summary>
/// Finds out whether a part that may have been posted was: by its text and by what it answers, among what the brand has sent
/// since the reply was queued.
/// </summary>
internal static class XLook
{
    private static readonly InstantPattern Seconds = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss'Z'");

    private const string PostFields = "created_at,note_tweet,referenced_tweets";
    private const string MessageFields = "id,text,created_at,sender_id";

    public static Task<Seen> ForPost(Step step, string target)
    {
        var since = step.EnqueuedAt - XLimits.PostMargin;
        var path = string.Create(CultureInfo.InvariantCulture, $"""
            /2/users/{Uri.EscapeDataString(step.Brand)}/tweets?max_results={XLimits.PageSize}&start_time={Uri.EscapeDataString(Seconds.Format(since))}&tweet.fields={PostFields}
            """);
        return Search(step, path, since, post => Answers(post, target) && SameText(step.Text, Shown(post)));
    }

    public static Task<Seen> ForDirectMessage(Step step)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"""
            /2/dm_conversations/with/{Uri.EscapeDataString(step.Reply.Customer)}/dm_events?max_results={XLimits.PageSize}&event_types=MessageCreate&dm_event.fields={MessageFields}
            """);
        return Search(
            step, path, step.EnqueuedAt - XLimits.DirectMessageMargin,
            message => message.Id("sender_id") == step.Brand && SameText(step.Text, message.At("text").Text()));
    }

    /// <summary>Both lists are newest first, so the first page that reaches back before the reply is the last one needed.</summary>
    private static async Task<Seen> Search(Step step, string path, Instant since, Func<JsonElement, bool> matches)
    {
        var next = "";
        for (var page = 0; page < XLimits.Pages; page++)
        {
            var answer = await step.Api.Get(path + next, step.Cancellation);
            if (!answer.IsSuccess || !answer.Body.Is(JsonValueKind.Object))
            {
                return new Seen.Unknown(answer);
            }

            foreach (var item in answer.Body.At("data").Items())
            {
                var at = item.At("created_at").Time();
                if (at < since)
                {
                    return new Seen.Nothing();
                }

                if (item.Id("id") is { } id && !step.Sent.Contains(id) && matches(item))
                {
                    return new Seen.Found(id, at);
                }
            }

            if (answer.Body.At("meta").At("next_token").Text() is not { Length: > 0 } token)
            {
                return new Seen.Nothing();
            }

            next = "&pagination_token=" + Uri.EscapeDataString(token);
        }

        return new Seen.Nothing();
    }

    private static bool Answers(JsonElement post, string target) =>
        post.At("referenced_tweets").Items().Any(other => other.At("type").Text() == "replied_to" && other.Id("id") == target);

    private static string? Shown(JsonElement post) => post.At("note_tweet").At("text").Text() ?? post.At("text").Text();

    /// <summary>
    /// X gives a text back changed: the people answered in front, URLs replaced by its own, <c>&amp;</c> and brackets as
    /// entities, white space trimmed, letters composed. All of that is taken out on both sides before comparing.
    /// </summary>
    internal static bool SameText(string ours, string? theirs)
    {
        var one = Essence(ours);
        var other = Essence(XContent.Decoded(theirs ?? ""));
        return one.Count == other.Count && one.Zip(other).All(pair => SameLetter(pair.First, pair.Second));
    }

    private static List<string> Essence(string text)
    {
        var essence = new List<string>();
        var leading = true;
        foreach (var atom in XText.Atoms(text))
        {
            var written = text.Substring(atom.At, atom.Length);
            if (string.IsNullOrWhiteSpace(written) || (leading && written[0] == '@'))
            {
                continue;
            }

            leading = false;
            essence.Add(atom.IsUrl ? "URL" : written);
        }

        return essence;
    }

    /// <summary>
    /// The same letter in composed and decomposed form. There is no normalisation data in this process
    /// (InvariantGlobalization), but two different letters of which only one is a sequence with marks or jamo, in an otherwise
    /// equal text, are one letter in two forms.
    /// </summary>
    private static bool SameLetter(string one, string other) =>
        one == other
        || (one.Length > other.Length && IsSequence(one) && IsLetter(other))
        || (other.Length > one.Length && IsSequence(other) && IsLetter(one));

    private static bool IsSequence(string cluster) => cluster.EnumerateRunes().Skip(1).Any(rune =>
        rune.Value is >= 0x1161 and <= 0x11FF
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);

    private static bool IsLetter(string cluster) => !char.IsAscii(cluster[0]);
}

/// <summary>What a look-up saw.</summary>
internal abstract record Seen
{
    private Seen() { }

    public sealed record Found(string Id, Instant? At) : Seen;

    public sealed record Nothing : Seen;

    public sealed record Unknown(XAnswer Answer) : Seen;

    /// <returns>False if the part is not there and must be posted.</returns>
    public bool Settles(Step step, [NotNullWhen(true)] out SendResult? result, Instant now)
    {
        result = this switch
        {
            Found found => step.Done(found.Id, found.At ?? now),
            Unknown unknown => XErrors.Failure(unknown.Answer, step.Reply.Visibility == Domain.Visibility.Private, now) switch
            {
                SendResult.Rejected => new SendResult.Later("look_failed"), // refused to show, which says nothing about the reply
                var failure => failure,
            },
            _ => null,
        };
        return result is not null;
    }
}
