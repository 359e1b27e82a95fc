using System.Security.Cryptography;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Hosting;

namespace Conversations.Gateway.Auth;

/// <summary>The first key: without one nobody could make the others (api.md 1).</summary>
internal static class Bootstrap
{
    public const string Variable = "CONVERSATIONS_BOOTSTRAP_KEY";
    private const string Id = "bootstrap";
    private const int Shortest = 16;

    /// <summary>Each takes as long as a call may, seconds: a minute or so in all.</summary>
    private const int Tries = 12;

    /// <summary>
    /// If account <c>default</c> has no admin key: one from the environment, else a generated one, written to
    /// <c>bootstrap.key</c> in the data folder (mode 600) and printed once. Of several gateways that start at once, one makes it.
    /// </summary>
    /// <returns>The key if it was generated now.</returns>
    public static async ValueTask<FirstKey.Generated?> EnsureFirstKey(
        IEntities entities, SettingsCache settings, string dataFolder, string? configured, CancellationToken cancellation)
    {
        if (HasAdmin(await settings.Get(AccountId.Default, HasAdmin, cancellation)))
        {
            return null;
        }

        configured = configured?.Trim(); // a file mounted as a secret often ends in a line break
        if (configured is { Length: > 0 and < Shortest })
        {
            throw new InvalidOperationException($"{Variable} has fewer than {Shortest} characters. Take a longer one, for example from: openssl rand -hex 24");
        }

        if (configured is { Length: > 0 })
        {
            await Store(entities, settings, configured, cancellation);
            return null;
        }

        var file = Path.Combine(dataFolder, "bootstrap.key");
        var key = $"ck-first-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))}";
        PrivateFolder.Create(dataFolder);
        PrivateFile.Write(file, key + "\n"); // before it counts: a crash in between must not lose it
        if (await Store(entities, settings, key, cancellation))
        {
            return new(key, file);
        }

        if (File.Exists(file) && (await File.ReadAllTextAsync(file, cancellation)).Trim() == key)
        {
            File.Delete(file);
        }

        return null;
    }

    /// <returns>False when another gateway of this cluster has made one in the meantime.</returns>
    private static async ValueTask<bool> Store(IEntities entities, SettingsCache settings, string key, CancellationToken cancellation)
    {
        // A new command each time: after every key was revoked, a start makes a first key once more.
        var hash = ApiKeys.HashOf(key);
        var envelope = new Envelope<AccountCommand>($"bootstrap/{Guid.NewGuid():N}", Actor.System, new CreateKey(Id, hash, "First key", Role.Admin, null), Strict: false);
        var reply = await entities.Send(AccountId.Default, envelope, cancellation);
        for (var tries = 1; tries < Tries && reply is Reply<AccountAnswer>.Unknown or Reply<AccountAnswer>.Overloaded; tries++)
        {
            reply = await entities.Send(AccountId.Default, envelope, cancellation); // a cluster that is just starting may take its time
        }

        var stored = reply is Reply<AccountAnswer>.Done ? await settings.Get(AccountId.Default, HasAdmin, cancellation) : null;
        return stored is not null && HasAdmin(stored)
            ? stored.Keys.TryGetValue(Id, out var first) && first.Hash == hash
            : throw new InvalidOperationException("The first key could not be stored; see the log before this line.");
    }

    private static bool HasAdmin(AccountSettings settings) => settings.Keys.Values.Any(key => key.Role == Role.Admin);
}

/// <summary>Sees to the first key once the engine runs and before the server takes requests.</summary>
internal sealed class FirstKey(IEntities entities, SettingsCache settings, GatewayOptions options) : IHostedService
{
    /// <param name="File">Where it is kept.</param>
    public sealed record Generated(string Key, string File);

    /// <summary>The key if this start generated it.</summary>
    public Generated? Made { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken) =>
        Made = await Bootstrap.EnsureFirstKey(entities, settings, options.DataFolder, options.BootstrapKey, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
