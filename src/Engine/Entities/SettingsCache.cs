using System.Collections.Concurrent;
using Conversations.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Engine;

/// <summary>
/// Every account's configuration at its newest known version. Decisions take it as an immutable value (DESIGN.md 4), so a
/// process that is a version behind is late, never wrong.
/// </summary>
public sealed class SettingsCache(IJournal journal)
{
    private readonly ConcurrentDictionary<AccountId, AccountSettings> _known = new();

    public async ValueTask<AccountSettings> Get(AccountId account, CancellationToken cancellation)
    {
        if (_known.TryGetValue(account, out var known))
        {
            return known;
        }

        var (read, _) = await StoredState.Read(journal, new AccountType(this), AccountType.Key(account), NullLogger.Instance, cancellation);

        // Names that exist nowhere are not remembered: a guesser of account names must not fill the memory.
        return read.Version == 0 ? read : Publish(read);
    }

    public AccountSettings Publish(AccountSettings settings) =>
        _known.AddOrUpdate(settings.Id, settings, (_, known) => known.Version >= settings.Version ? known : settings);
}
