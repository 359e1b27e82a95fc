using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using NodaTime;

namespace Conversations.Channels.X;

/// <summary>X's numbers as of 2026-11 (channels.md 1). They change: all of them are here.</summary>
internal static class XLimits
{
    /// <summary>Weighted; see <see cref="XText"/>.</summary>
    public const int PostWeight = 280;
    public const int UrlWeight = 23;
    public const int HeavyWeight = 2;

    /// <summary>Characters.</summary>
    public const int DirectMessageLength = 10_000;

    /// <summary>A reply in more parts would use up the user's posts for 15 minutes (100) by itself.</summary>
    public const int Parts = 100;

    /// <summary>Posts or messages in one page of a look-up.</summary>
    public const int PageSize = 100;

    /// <summary>X shows a user's newest 3,200 posts; looking further back finds nothing.</summary>
    public const int Pages = 32;

    /// <summary>
    /// How far before our own clock a post may seem to be made: X cuts its times to seconds and clocks differ. Generous,
    /// because X refuses the same text to the same post twice, so an older one cannot be mistaken.
    /// </summary>
    public static readonly Duration PostMargin = Duration.FromMinutes(1);

    /// <summary>Tight, because saying "yes" twice in a minute is common in direct messages and the first is not the second.</summary>
    public static readonly Duration DirectMessageMargin = Duration.FromSeconds(2);

    /// <summary>After which a call to X counts as unanswered. X itself is silent about it; its webhooks get 10 s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>Tries after which "duplicate" is believed although our own post cannot be found: timelines lag by seconds.</summary>
    public const int DuplicatePatience = 3;
}

/// <summary>What X's answers mean for a reply: one table, as of 2026-11 (channels.md 1 and 11).</summary>
internal static class XErrors
{
    public const string InternalMessage = "internal_message";
    public const string ReplyNotPermitted = "reply_not_permitted";
    public const string DuplicateContent = "duplicate_content";
    public const string TargetGone = "target_gone";
    public const string DmClosed = "dm_closed";
    public const string Forbidden = "forbidden";
    public const string Invalid = "invalid";
    public const string TextTooLong = "text_too_long";
    public const string EmptyText = "empty_text";
    public const string NoReplyTarget = "no_reply_target";
    public const string AttachmentsUnsupported = "attachments_unsupported";

    /// <summary>
    /// X has no machine-readable codes for these, only sentences; the first line whose words all occur decides.
    /// <c>null</c> in the second column: for posts and direct messages alike.
    /// </summary>
    private static readonly (int Status, bool? Private, string[] Words, string Code)[] Sentences =
    [
        (403, false, ["duplicate"], DuplicateContent),
        (403, false, ["mentioned"], ReplyNotPermitted), // "… you have not been mentioned or otherwise engaged by the author …"
        (403, false, ["engaged"], ReplyNotPermitted),
        (403, false, ["quoted"], ReplyNotPermitted),
        (403, false, ["summoned"], ReplyNotPermitted),
        (403, false, ["reply", "not allowed"], ReplyNotPermitted),
        (403, false, ["reply", "not permitted"], ReplyNotPermitted),
        (403, false, ["reply", "restricted"], ReplyNotPermitted),
        (403, false, ["deleted"], TargetGone), // "You attempted to reply to a Tweet that is deleted or not visible to you."
        (403, false, ["not visible"], TargetGone),
        (400, false, ["deleted"], TargetGone),
        (400, false, ["not visible"], TargetGone),
        (403, true, ["cannot send"], DmClosed), // "You cannot send messages to this user."
        (403, true, ["permission", "dm"], DmClosed), // "You do not have permission to DM one or more participants."
        (403, true, ["direct message"], DmClosed),
        (403, true, ["not following"], DmClosed),
        (403, true, ["dm conversation"], DmClosed),
        (403, null, [], Forbidden),
        (404, null, [], TargetGone),
        (400, null, [], Invalid),
    ];

    /// <param name="now">For a Retry-After in seconds.</param>
    public static SendResult Failure(XAnswer answer, bool isPrivate, Instant now) => answer switch
    {
        { Status: 0 } => new SendResult.Later(answer.Reason),
        { Status: 429 } => new SendResult.Later("rate_limited", NotBefore(answer.Headers, now)),
        { Status: 401 } => new SendResult.Unauthorised(Detail(answer)),
        { Status: 402 } => new SendResult.Later("credits_depleted"), // the plan is used up: the message is not to blame
        { Status: 408 or 425 or >= 500 } => new SendResult.Later(Status(answer), NotBefore(answer.Headers, now)),
        { Status: >= 400 } => new SendResult.Rejected(Code(answer, isPrivate), Detail(answer)),
        _ => new SendResult.Later("unreadable_answer"), // a redirect, or a success without an id: look before the next try
    };

    private static string Code(XAnswer answer, bool isPrivate)
    {
        var said = Detail(answer);
        foreach (var (status, only, words, code) in Sentences)
        {
            if (answer.Status == status && (only is null || only == isPrivate)
                && words.All(word => said.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                return code;
            }
        }

        return Invalid;
    }

    /// <summary>problem+json's detail and title, and the messages of the older <c>errors</c> list.</summary>
    private static string Detail(XAnswer answer)
    {
        string?[] said =
        [
            answer.Body.At("title").Text(), answer.Body.At("detail").Text(),
            .. answer.Body.At("errors").Items().SelectMany(error => new[] { error.At("message").Text(), error.At("detail").Text() }),
        ];
        var told = said.OfType<string>().Where(text => text.Length > 0).Distinct().ToList();
        return told.Count == 0 ? Status(answer) : string.Join(": ", told);
    }

    private static string Status(XAnswer answer) => string.Create(CultureInfo.InvariantCulture, $"http_{answer.Status}");

    /// <summary>
    /// The reset of the limit that is used up: the 15-minute one, or a 24-hour one of the user or the app. Failing that,
    /// Retry-After; failing that, the caller backs off.
    /// </summary>
    private static Instant? NotBefore(HttpResponseHeaders? headers, Instant now)
    {
        if (headers is null)
        {
            return null;
        }

        Instant? latest = null;
        foreach (var limit in (ReadOnlySpan<string>)["x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"])
        {
            if (Number(headers, limit + "-remaining") == 0 && Reset(headers, limit) is { } reset && (latest is null || reset > latest))
            {
                latest = reset;
            }
        }

        return latest ?? Reset(headers, "x-rate-limit") ?? RetryAfter(headers.RetryAfter, now);
    }

    private static Instant? Reset(HttpResponseHeaders headers, string limit) =>
        Number(headers, limit + "-reset") is > 0 and < 253402300800 and var seconds ? Instant.FromUnixTimeSeconds(seconds) : null;

    private static Instant? RetryAfter(RetryConditionHeaderValue? after, Instant now) =>
        after?.Delta is { } delta ? now + Duration.FromTimeSpan(delta)
        : after?.Date is { } date ? Instant.FromDateTimeOffset(date)
        : null;

    private static long? Number(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values)
        && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>X's answer to one call.</summary>
/// <param name="Status">0: none came; whether the call was carried out is not known.</param>
/// <param name="Reason">Why none came.</param>
internal sealed record XAnswer(int Status, JsonElement Body, HttpResponseHeaders? Headers, string Reason = "")
{
    public bool IsSuccess => Status is >= 200 and < 300;
}
