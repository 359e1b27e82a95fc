using System.Text.RegularExpressions;
using Conversations.Domain;
using Conversations.Gateway.Auth;

namespace Conversations.Gateway.Http;

/// <summary>Checks of what callers send. The first thing wrong is refused, with its field named.</summary>
internal static partial class Input
{
    /// <summary>Characters of names we are given: agents, queues, accounts, channels.</summary>
    public const int LongestName = 128;

    /// <summary>Characters of platforms' ids and thread keys.</summary>
    public const int LongestExternalId = 512;

    public const int LongestShortText = 2_000;

    /// <summary>Refuses what cannot be stored or shown: NULs, lone surrogates, and more than <paramref name="longest"/> characters.</summary>
    public static Refusal? Text(string field, string? value, int longest, bool required = false)
    {
        if (value is null || value.Length == 0)
        {
            return required ? Invalid("missing_field", $"'{field}' must not be empty.") : null;
        }

        return value.Length > longest ? Invalid("field_too_long", $"'{field}' has at most {longest:N0} characters; this one has {value.Length:N0}.")
            : value.Contains('\0') ? Invalid("invalid_text", $"'{field}' contains a NUL character.")
            : HasLoneSurrogate(value) ? Invalid("invalid_text", $"'{field}' contains half of a surrogate pair.")
            : null;
    }

    /// <summary>An id that also appears in URLs and topics.</summary>
    public static Refusal? Name(string field, string? value, bool required = false) =>
        Text(field, value, LongestName, required)
        ?? (value is { Length: > 0 } && !NameForm().IsMatch(value) ? Invalid("invalid_id", $"'{field}' has letters, digits and . _ : @ + - only.") : null);

    public static Refusal? Attachments(IReadOnlyList<Attachment>? attachments)
    {
        foreach (var attachment in attachments ?? [])
        {
            if (attachment is null)
            {
                return Invalid("invalid_value", "An attachment cannot be null.");
            }

            if ((Text("attachments.url", attachment.Url, 4_000, required: true) ?? Text("attachments.contentType", attachment.ContentType, 256)
                ?? Text("attachments.name", attachment.Name, 512)) is { } refusal)
            {
                return refusal;
            }

            if (!Uri.TryCreate(attachment.Url, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            {
                return Invalid("invalid_url", "'attachments.url' is an absolute http or https URL.");
            }
        }

        return null;
    }

    public static Refusal Invalid(string code, string detail) => new(code, detail, RefusalKind.Invalid);

    /// <summary>The command's id: the caller's Idempotency-Key in the caller's own scope, or one made up for this request.</summary>
    public static Refusal? CommandId(HttpRequest request, Caller caller, out string commandId)
    {
        var key = request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0)
        {
            commandId = $"request/{Guid.NewGuid():N}";
            return request.Headers.ContainsKey("Idempotency-Key") ? Invalid("invalid_idempotency_key", "The Idempotency-Key is empty.") : null;
        }

        commandId = $"key/{Uri.EscapeDataString(caller.Id)}/{key}"; // escaped: a/b with c is not a with b/c
        return key.Length > 255 || key.Any(c => c is < ' ' or > '~')
            ? Invalid("invalid_idempotency_key", "An Idempotency-Key has at most 255 printable ASCII characters.")
            : null;
    }

    /// <summary>If-Match: <c>"42"</c>, the seq the caller saw. Null when absent and not required. <c>*</c> says that nothing was seen, which is what it is there to prevent.</summary>
    public static Refusal? IfMatch(HttpRequest request, bool required, out long? seq)
    {
        seq = null;
        var header = request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            return required
                ? new("precondition_required", "Send If-Match with the ETag of the conversation you saw, so that two people never overwrite each other.", RefusalKind.Precondition)
                : null;
        }

        if (TagForm().Match(header) is not { Success: true } match || !long.TryParse(match.Groups[1].Value, out var parsed))
        {
            return Invalid("invalid_if_match", "If-Match is the one ETag you saw, for example \"42\".");
        }

        seq = parsed;
        return null;
    }

    public static Refusal? Limit(int? limit) =>
        limit is < 1 or > 200 ? Invalid("invalid_limit", "'limit' is between 1 and 200.") : null;

    private static bool HasLoneSurrogate(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(value[i]))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(@"\A[\p{L}\p{Nd}._:@+-]+\z")]
    private static partial Regex NameForm();

    [GeneratedRegex(@"^(?:W/)?""v?(\d{1,18})""$")]
    private static partial Regex TagForm();
}
