using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// What one partition's projections follow and keep: rows beside the events, so that effect and checkpoint are one script and a
/// Redis that comes back with less comes back with both as they were.
/// </summary>
/// <param name="epoch">Of the lease the partition is worked under; null: under none.</param>
internal sealed partial class RedisProjections(
    RedisLink link, Keys keys, RedisJournal journal, RedisFeed feed, Heads heads, News news, ILogger log, int partition, long? epoch = null) : IProjectionStore
{
    /// <summary>Accounts looked up at once while reading the rows of all.</summary>
    private const int AccountsAtOnce = 100;

    private readonly RedisKey[] _fixed = link.IsCluster ? [keys.Lease(partition), keys.Never(partition)] : [keys.Lease(partition)];
    private readonly Lock _gate = new();
    private Action? _advanced;
    private long _heard = heads[partition];

    /// <summary>Raised for this partition only: there are many, and each has its workers here.</summary>
    public event Action? Advanced
    {
        add
        {
            lock (_gate)
            {
                if (_advanced is null)
                {
                    news.Advanced += OnNews;
                }

                _advanced += value;
            }
        }

        remove
        {
            lock (_gate)
            {
                _advanced -= value;
                if (_advanced is null)
                {
                    news.Advanced -= OnNews;
                }
            }
        }
    }

    /// <remarks>
    /// Asks Redis only where this process has heard that there is more: idle partitions cost nothing. What it did not hear it finds
    /// out by the safety poll.
    /// </remarks>
    /// <exception cref="InvalidDataException">The partition is not as far as that any more: what was computed from it is of another history.</exception>
    public async ValueTask<IReadOnlyList<FeedEntry>> ReadEvents(long after, int limit, CancellationToken cancellation)
    {
        if (heads[partition] < after)
        {
            await heads.Refresh(cancellation); // or another process has read what this one has not heard of
        }

        if (heads[partition] < after)
        {
            throw new InvalidDataException($"Partition {partition} is at {heads[partition]} and was read up to {after}: Redis came back with less than it had acknowledged.");
        }

        if (heads[partition] == after)
        {
            return [];
        }

        var entries = await feed.ReadPartition(partition, after, limit, cancellation);
        if (entries is [var first, ..] && first.Offset > after + 1)
        {
            LogForgotten(partition, after + 1, first.Offset - 1);
        }

        return entries;
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadHistory(EntityKey entity, long after, int limit, CancellationToken cancellation) =>
        journal.ReadEvents(entity, after, limit, descending: false, cancellation);

    public async ValueTask<long?> Checkpoint(string projection, int format, CancellationToken cancellation) =>
        await link.Reads.HashGetAsync(keys.Checkpoint(partition, projection), ["f", "p"], CommandFlags.DemandMaster).WaitAsync(cancellation) is [{ IsNull: false } f, var p]
            && (int)f == format
            ? (long)p
            : null;

    public async ValueTask Reset(string projection, int format, CancellationToken cancellation) =>
        await Write(projection, "reset", [format], cancellation);

    /// <exception cref="LeaseLostException">Another worker holds the partition. Nothing was changed.</exception>
    public async ValueTask<bool> Advance(ProjectionStep step, CancellationToken cancellation)
    {
        var changes = step.Changes.SelectMany(c => (RedisValue[])[Keys.Section(c.Section, c.Account), c.Key, c.Body ?? RedisValue.EmptyString]);
        return await Write(step.Projection, "advance", [step.From, step.To, .. changes], cancellation) == 1;
    }

    public async ValueTask<IReadOnlyList<ProjectionRow>> ReadRows(
        string projection, string section, ProjectionRow? after, int limit, CancellationToken cancellation)
    {
        List<ProjectionRow> rows = [];
        if (after is not null)
        {
            await Add(Keys.Section(section, after.Account), after.Account, after.Key);
        }

        var last = after is null ? $"{section}/" : Keys.Section(section, after.Account);
        while (rows.Count < limit)
        {
            // A zero follows the slash: all that begin with the section's name and a slash.
            var next = await link.Reads.SortedSetRangeByValueAsync(
                keys.Sections(partition, projection), last, $"{section}0", Exclude.Both, take: AccountsAtOnce, flags: CommandFlags.DemandMaster).WaitAsync(cancellation);
            foreach (var place in next.Select(n => (string)n!))
            {
                await Add(place, AccountId.Of(Uri.UnescapeDataString(place[(section.Length + 1)..])), above: null);
                last = place;
            }

            if (next.Length < AccountsAtOnce)
            {
                break;
            }
        }

        return rows;

        async ValueTask Add(string place, AccountId account, string? above)
        {
            PlaceScan scan = new(link, keys.Projected(partition, projection, place), above, below: null, descending: false);
            while (rows.Count < limit && (scan.First is not null || !scan.Done))
            {
                if (scan.First is null)
                {
                    await scan.Fetch(limit - rows.Count).WaitAsync(cancellation);
                    continue;
                }

                rows.Add(scan.Take(account));
            }
        }
    }

    public async ValueTask<ProjectionRow?> FindRow(string projection, string section, AccountId account, string key, CancellationToken cancellation) =>
        (byte[]?)await link.Reads.HashGetAsync(
            keys.Projected(partition, projection, Keys.Section(section, account))[1], key, CommandFlags.DemandMaster).WaitAsync(cancellation) is { } body
            ? new(account, key, body)
            : null;

    private async Task<int> Write(string projection, string act, RedisValue[] values, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var done = (int)await link.Write(
            Script.Project,
            [keys.Checkpoint(partition, projection), .. _fixed],
            [keys.Prefix(partition), projection, act, epoch ?? RedisValue.EmptyString, .. values]);
        return done < 0 ? throw new LeaseLostException() : done;
    }

    private void OnNews()
    {
        var head = heads[partition];
        if (Interlocked.Exchange(ref _heard, head) != head)
        {
            _advanced?.Invoke();
        }
    }

    [LoggerMessage(EventId = 70, Level = LogLevel.Warning,
        Message = "Partition {Partition}'s feed has forgotten the events {First} to {Last} before a projection read them: audit and wallboard begin after them.")]
    private partial void LogForgotten(int partition, long first, long last);
}
