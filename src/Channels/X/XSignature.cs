using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Conversations.Channels.X;

/// <summary>
/// How X proves that a request is its own, and we prove to X that the URL is ours: both are HMAC-SHA256 with the app's
/// consumer secret, written <c>sha256=</c> + base64 (channels.md 0 and 1).
/// </summary>
internal static class XSignature
{
    public const string Header = "x-twitter-webhooks-signature";
    public const string ChallengeParameter = "crc_token";

    public static string Of(string consumerSecret, ReadOnlySpan<byte> message)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(consumerSecret), message, hash);
        return "sha256=" + Convert.ToBase64String(hash);
    }

    public static string ChallengeAnswer(string consumerSecret, string token) =>
        new JsonObject { ["response_token"] = Of(consumerSecret, Encoding.UTF8.GetBytes(token)) }.ToJsonString();

    /// <summary>Constant time in the contents: how much of a forged signature is right cannot be measured.</summary>
    public static bool IsGenuine(string consumerSecret, WebhookRequest request) =>
        Given(request.Headers) is { } given
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Of(consumerSecret, request.Body.Span)));

    /// <summary>Several signatures on one request are as good as none: which of them would count?</summary>
    private static string? Given(IHeaderDictionary headers)
    {
        string? given = null;
        foreach (var (name, values) in headers)
        {
            if (!name.Equals(Header, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (given is not null || values.Count != 1)
            {
                return null;
            }

            given = values[0];
        }

        return given;
    }
}
