using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Gateway.Auth;

/// <summary>
/// API keys: <c>ck.{account}.{id}.{secret}</c>. Only a hash is stored. A key is derived from the request that made it, so a
/// retry of that request gets the same key again without it ever being kept.
/// </summary>
public sealed partial class ApiKeys(MasterKey master, SettingsCache settings, TimeProvider time)
{
    private readonly byte[] _key = master.Derive("api-keys");

    /// <summary>The key that the command makes in the account, with its id.</summary>
    public (string Id, string Key) Make(AccountId account, string commandId)
    {
        var secret = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{account}\n{commandId}"));
        var id = Convert.ToHexStringLower(secret.AsSpan(0, 6));
        return (id, $"ck.{account}.{id}.{Convert.ToHexStringLower(secret.AsSpan(8))}");
    }

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <returns>The caller, or null if the key is not (or no longer) valid.</returns>
    public async ValueTask<Caller?> Check(string key, CancellationToken cancellation)
    {
        var parts = Form().Match(key);
        var account = parts.Success ? new AccountId(parts.Groups["account"].Value) : AccountId.Default;
        var hash = Encoding.ASCII.GetBytes(HashOf(key));

        // A key that is not known here may have been made a moment ago through another gateway: it is looked for once more.
        var known = await settings.Get(account, s => Find(s, parts, hash) is not null, cancellation);
        return Find(known, parts, hash) is { } found ? new(account, found.Id, found.Role, found.Agent) : null;
    }

    private static ApiKey? Find(AccountSettings known, Match parts, byte[] hash)
    {
        // A key of another form is one an operator chose for the first start; the default account holds at most a few of those.
        var candidates = parts.Success && known.Keys.TryGetValue(parts.Groups["id"].Value, out var named) ? [named] : known.Keys.Values;
        return candidates.FirstOrDefault(candidate => CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(candidate.Hash)));
    }

    /// <summary>
    /// Whether the credential a long connection was opened with has ended meanwhile: its key was revoked, its token ran out.
    /// </summary>
    public async ValueTask<bool> HasEnded(HttpContext context, CancellationToken cancellation) =>
        context.User.FindFirst(Caller.ExpiresClaim) is { Value: var expires }
            ? time.GetUtcNow().ToUnixTimeSeconds() >= long.Parse(expires, CultureInfo.InvariantCulture)
            : Authentication.Token(context.Request) is not { } key || await Check(key, cancellation) is null;

    [GeneratedRegex(@"^ck\.(?<account>[^.]+)\.(?<id>[0-9a-f]{12})\.[0-9a-f]{48}$")]
    private static partial Regex Form();
}
