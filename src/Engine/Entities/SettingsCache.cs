using System.Collections.Concurrent;
using Conversations.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Engine;

/// <summary>
/// Every account's configuration at its newest known version. Decisions take it as an immutable value (DESIGN.md 4), so a
/// process that is a version behind is late, never wrong.
/// </summary>
/// <remarks>
/// Where other processes write accounts too, what is known is trusted for a while only (<paramref name="trustedFor"/>), and
/// then the events after it are read: one small read for each account in use, and no message that could be missed. What must
/// not wait for that names the version it has seen (<see cref="AtLeast"/>) or what it looks for (<see cref="Get(AccountId,
/// Func{AccountSettings, bool}, CancellationToken)"/>): a key made a moment ago through another gateway is good here at once.
/// </remarks>
/// <param name="trustedFor">Null: only this process writes accounts, and publishes what it wrote.</param>
public sealed class SettingsCache(IJournal journal, TimeProvider time, TimeSpan? trustedFor)
{
    /// <summary>Default of a cluster: a revoked key stops everywhere within a second; costs a read per second, account and process.</summary>
    public static readonly TimeSpan DefaultTrust = TimeSpan.FromSeconds(1);

    private const int Page = 1_000;

    private readonly ConcurrentDictionary<AccountId, Known> _known = new();
    private readonly ConcurrentDictionary<AccountId, Task<AccountSettings>> _reading = new();
    private int _history;

    /// <summary>Of a process that alone writes accounts.</summary>
    public SettingsCache(IJournal journal) : this(journal, TimeProvider.System, null)
    {
    }

    public ValueTask<AccountSettings> Get(AccountId account, CancellationToken cancellation) =>
        _known.TryGetValue(account, out var known) && !known.IsOutdated && (trustedFor is not { } trust || time.GetElapsedTime(known.ReadAt) < trust)
            ? new(known.Settings)
            : new(ReadAgain(account, cancellation));

    /// <summary>What is known if it is <paramref name="enough"/>; else the newest.</summary>
    public async ValueTask<AccountSettings> Get(AccountId account, Func<AccountSettings, bool> enough, CancellationToken cancellation)
    {
        var settings = await Get(account, cancellation);
        return enough(settings) ? settings : await Newer(settings, cancellation) ?? settings;
    }

    /// <summary>
    /// A version not older than one somebody has seen. It may be written and not yet published, even where only this process
    /// writes: a commit wakes who works on what it sent before its entity has heard of it.
    /// </summary>
    public async ValueTask<AccountSettings> AtLeast(AccountId account, long version, CancellationToken cancellation)
    {
        var settings = await Get(account, cancellation);
        return settings.Version >= version ? settings : await Read(account, cancellation);
    }

    /// <summary>The newest version, or null if it is the one given.</summary>
    public async ValueTask<AccountSettings?> Newer(AccountSettings than, CancellationToken cancellation)
    {
        if (trustedFor is null)
        {
            return null;
        }

        var newest = await Read(than.Id, cancellation);
        return newest.Version > than.Version ? newest : null;
    }

    /// <summary>
    /// A version has been seen in the feed: what is known and older is trusted no more. So whoever has heard of a change reads it
    /// here, too.
    /// </summary>
    public void Heard(AccountId account, long version)
    {
        while (_known.TryGetValue(account, out var known) && known.Heard < version
            && !_known.TryUpdate(account, known with { Heard = version }, known))
        {
        }
    }

    /// <summary>Before anybody is told of an entry: whoever then reads the account's configuration finds it there.</summary>
    public void Heard(FeedEntry entry)
    {
        if (entry.Entity.Kind == AccountType.Name)
        {
            Heard(entry.Entity.Account, entry.Event.Seq);
        }
    }

    /// <summary>
    /// The journal has become another one, in which what is known may never have been: all of it is read again, and what is being
    /// read just now is not kept.
    /// </summary>
    public void Forget()
    {
        Interlocked.Increment(ref _history);
        _known.Clear();
    }

    /// <summary>The newest version known here; 0 if none.</summary>
    public long VersionOf(AccountId account) => _known.TryGetValue(account, out var known) ? known.Settings.Version : 0;

    public AccountSettings Publish(AccountSettings settings) => Publish(settings, time.GetTimestamp());

    private AccountSettings Publish(AccountSettings settings, long readAt) =>
        _known.AddOrUpdate(
            settings.Id,
            new Known(settings, readAt, Heard: 0),
            (_, known) => known with
            {
                Settings = known.Settings.Version >= settings.Version ? known.Settings : settings,
                ReadAt = Math.Max(known.ReadAt, readAt),
            }).Settings;

    private async Task<AccountSettings> ReadAgain(AccountId account, CancellationToken cancellation)
    {
        var read = await ReadShared(account, cancellation);

        // The read that was shared may have been begun before what was heard of was written.
        return _known.TryGetValue(account, out var known) && known.IsOutdated ? await Read(account, cancellation) : read;
    }

    /// <summary>One read for all who ask meanwhile.</summary>
    private async Task<AccountSettings> ReadShared(AccountId account, CancellationToken cancellation)
    {
        var mine = new TaskCompletionSource<AccountSettings>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = _reading.GetOrAdd(account, mine.Task);
        if (reading != mine.Task)
        {
            return await reading.WaitAsync(cancellation);
        }

        try
        {
            // Not the first asker's to cancel: others wait for it too.
            mine.SetResult(await Read(account, CancellationToken.None));
        }
#pragma warning disable CA1031 // Handed to everybody who waits, this one included.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            mine.SetException(failure);
        }
        finally
        {
            _reading.TryRemove(new(account, mine.Task));
        }

        return await mine.Task;
    }

    private async ValueTask<AccountSettings> Read(AccountId account, CancellationToken cancellation)
    {
        var (asked, history) = (time.GetTimestamp(), Volatile.Read(ref _history));
        var type = new AccountType(this);
        if (!_known.TryGetValue(account, out var known))
        {
            var (read, _) = await StoredState.Read(journal, type, AccountType.Key(account), NullLogger.Instance, cancellation);

            // Names that exist nowhere are not remembered: a guesser of account names must not fill the memory.
            return read.Version == 0 ? read : Keep(read);
        }

        var settings = known.Settings;
        IReadOnlyList<StoredEvent> events;
        do
        {
            events = await journal.ReadEvents(AccountType.Key(account), settings.Version, Page, descending: false, cancellation);
            settings = events.Aggregate(settings, (s, e) => type.Evolve(s, type.Events.Decode(e)));
        }
        while (events.Count == Page);
        return Keep(settings);

        AccountSettings Keep(AccountSettings read) => history == Volatile.Read(ref _history) ? Publish(read, asked) : read;
    }

    /// <param name="ReadAt">Timestamp of the moment at which it was certainly the newest.</param>
    /// <param name="Heard">A version that certainly exists.</param>
    private sealed record Known(AccountSettings Settings, long ReadAt, long Heard)
    {
        public bool IsOutdated => Heard > Settings.Version;
    }
}
