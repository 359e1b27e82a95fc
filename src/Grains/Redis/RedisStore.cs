using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.Logging;
using NodaTime;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Journal, deadlines, outbox, feed, list rows and projections in Redis: the cluster engine's store (docs/adr/0006-redis-journal.md). Any
/// number of processes may have it open.
/// </summary>
public sealed partial class RedisStore : IJournal, IFeed, IViews, IProjections, IAsyncDisposable
{
    private readonly RedisLink _link;
    private readonly Keys _keys;
    private readonly News _news;
    private readonly ReplicaBarrier? _replicas;
    private readonly ISnapshots _snapshots;
    private readonly RedisJournal _journal;
    private readonly RedisCommits _commits;
    private readonly RedisFeed _feed;
    private readonly RedisViews _views;
    private readonly ProjectedRows _projected;
    private readonly RedisPartition[] _partitions;
    private readonly Heads _heads;
    private readonly ILogger _log;
    private int _disposed;

    private RedisStore(
        RedisLink link, Keys keys, Heads heads, News news, RedisSignals signals, ReplicaBarrier? replicas, ISnapshots? snapshots, RedisOptions options, TimeProvider time, ILogger log)
    {
        (_link, _keys, _heads, _news, _replicas, _log) = (link, keys, heads, news, replicas, log);
        Signals = signals;
        _snapshots = snapshots ?? new RedisSnapshots(link, keys);
        _journal = new(link, keys, _snapshots);
        _commits = new(link, keys, new(link, keys, time), news, replicas, options);
        _feed = new(link, keys, heads);
        _views = new(link, keys, heads);
        _projected = new(link, keys);
        _partitions = [.. Enumerable.Range(0, keys.Partitions).Select(p => new RedisPartition(link, keys, news, p))];
        Whole = new AllPartitions(_partitions, news);
    }

    /// <summary>
    /// Raised where the acknowledgement is handled, for commits of this process, and when others' become known. Handlers must not block.
    /// </summary>
    public event Action? Advanced
    {
        add => _news.Advanced += value;
        remove => _news.Advanced -= value;
    }

    public string Epoch => _heads.Epoch;

    /// <summary>Redis came back with another history; raised before <see cref="Epoch"/> says so. Handlers must not block.</summary>
    public event Action? Replaced
    {
        add => _heads.Replaced += value;
        remove => _heads.Replaced -= value;
    }

    /// <summary>What each partition's worker drives.</summary>
    public IReadOnlyList<IPartition> Partitions => _partitions;

    /// <summary>What lasts seconds, to and from every process that has this journal open.</summary>
    public ISignals Signals { get; }

    /// <summary>All partitions as one, for a gateway's dead letters.</summary>
    public IPartition Whole { get; }

    /// <summary>Opens the journal, creating it if Redis has none under this prefix.</summary>
    /// <param name="snapshots">Where snapshots are kept; null: beside the events.</param>
    /// <exception cref="StoreUnavailableException">No Redis there, one that may lose what it acknowledges, or a journal of another form. The message says what to do.</exception>
    public static async Task<RedisStore> Open(
        RedisOptions options, TimeProvider time, ILogger log, ISnapshots? snapshots = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var link = await RedisLink.Connect(options, log);
        ReplicaBarrier? replicas = null;
        try
        {
            await new Durability(options, log).Check(link.CommitConnection);
            Keys keys = new(options.Prefix, await Schema.Prepare(link, options, time));
            replicas = await ReplicaBarrier.Connect(options, keys);
            Heads heads = new(link, keys, log);
            await heads.ReadEpochs(cancellation);
            await heads.Refresh(cancellation);
            News news = new(link, keys, heads, options, time, log);
            await news.Start();
            RedisSignals signals = new(link, keys, log);
            await signals.Start();
            LogOpened(log, options.Prefix, heads.Epoch, keys.Partitions, link.IsCluster ? "a Redis Cluster" : "one Redis");
            return new(link, keys, heads, news, signals, replicas, snapshots, options, time, log);
        }
        catch (Exception e)
        {
            await link.DisposeAsync();
            if (replicas is not null)
            {
                await replicas.DisposeAsync();
            }

            if (e is RedisException or TimeoutException or StoreOverloadedException)
            {
                throw new StoreUnavailableException($"The journal '{options.Prefix}' could not be opened: {e.Message} Look at Redis' own log, and start again.", e);
            }

            throw;
        }
    }

    /// <summary>Where an entity lives.</summary>
    public int PartitionOf(EntityKey entity) => _keys.PartitionOf(EntityText.Of(entity));

    /// <summary>The key of an entity's snapshot: on the node of its events. For snapshots kept by somebody else in the same Redis.</summary>
    public string SnapshotKeyOf(EntityKey entity) => _keys.Of(EntityText.Of(entity)).Snapshot;

    public ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation) => _journal.Load(entity, cancellation);

    public ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation) => _commits.Commit(commit, cancellation);

    public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation) =>
        _journal.FindReceipt(account, commandId, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation) =>
        _journal.ReadEvents(entity, after, limit, descending, cancellation);

    public ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation) => _snapshots.Save(entity, snapshot, cancellation);

    public ValueTask<FeedPosition> Head(CancellationToken cancellation) => _feed.Head(cancellation);

    public ValueTask<IReadOnlyList<FeedEntry>> Read(FeedPosition? after, AccountId? account, int limit, CancellationToken cancellation) =>
        _feed.Read(after, account, limit, cancellation);

    public ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation) => _feed.PositionAt(at, cancellation);

    public ValueTask<ConversationRow?> Find(AccountId account, ConversationId id, CancellationToken cancellation) => _views.Find(account, id, cancellation);

    public ValueTask<ConversationPage> List(ConversationQuery query, CancellationToken cancellation) => _views.List(query, cancellation);

    public ValueTask<IReadOnlyList<ProjectionRow>> Read(ProjectionQuery query, CancellationToken cancellation) => _projected.Read(query, cancellation);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _news.DisposeAsync();
        if (_replicas is not null)
        {
            await _replicas.DisposeAsync();
        }

        await _link.DisposeAsync();
    }

    [LoggerMessage(EventId = 60, Level = LogLevel.Information, Message = "Opened the journal {Prefix}, {Epoch}, of {Partitions} partitions in {Where}")]
    private static partial void LogOpened(ILogger log, string prefix, string epoch, int partitions, string where);
}
