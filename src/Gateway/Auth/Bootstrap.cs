using System.Security.Cryptography;
using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Gateway.Auth;

/// <summary>The first key: without one nobody could make the others (api.md 1).</summary>
internal static class Bootstrap
{
    public const string Variable = "CONVERSATIONS_BOOTSTRAP_KEY";
    private const int Shortest = 16;

    /// <summary>
    /// If account <c>default</c> has no keys: an admin key from the environment, else a generated one, written to
    /// <c>bootstrap.key</c> in the data folder (mode 600) and printed once.
    /// </summary>
    /// <returns>The key if it was made or taken now; null if keys exist already.</returns>
    public static async ValueTask<string?> EnsureFirstKey(
        IEntities entities, SettingsCache settings, string dataFolder, string? configured, CancellationToken cancellation)
    {
        if ((await settings.Get(AccountId.Default, cancellation)).Keys.Values.Any(key => key.Role == Role.Admin))
        {
            return null;
        }

        configured = configured?.Trim(); // a file mounted as a secret often ends in a line break
        if (configured is { Length: > 0 and < Shortest })
        {
            throw new InvalidOperationException($"{Variable} has fewer than {Shortest} characters. Take a longer one, for example from: openssl rand -hex 24");
        }

        var key = configured is { Length: > 0 } ? configured : $"ck-first-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))}";
        if (configured is not { Length: > 0 })
        {
            PrivateFile.Write(Path.Combine(dataFolder, "bootstrap.key"), key + "\n");
        }

        // A new command each time: after every key was revoked, a start makes a first key once more.
        var hash = ApiKeys.HashOf(key);
        var reply = await entities.Send(
            AccountId.Default,
            new Envelope<AccountCommand>($"bootstrap/{Guid.NewGuid():N}", Actor.System, new CreateKey("bootstrap", hash, "First key", Role.Admin, null), Strict: false),
            cancellation);
        return reply is Reply<AccountAnswer>.Done && (await settings.Get(AccountId.Default, cancellation)).Keys["bootstrap"].Hash == hash
            ? key
            : throw new InvalidOperationException("The first key could not be stored; see the log before this line.");
    }
}
