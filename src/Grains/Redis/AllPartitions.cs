using Conversations.Domain;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Grains.Redis;

/// <summary>
/// All partitions as one: for whoever has no partition of their own, such as a gateway that shows and replays dead letters.
/// What is read is merged; what is changed finds its partition by its id.
/// </summary>
internal sealed class AllPartitions(IReadOnlyList<RedisPartition> partitions, News news) : IPartition
{
    public event Action? Changed
    {
        add => news.AnyChanged += value;
        remove => news.AnyChanged -= value;
    }

    public async ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation) =>
        [.. (await All(p => p.ReadDue(now, limit, cancellation))).SelectMany(d => d).OrderBy(d => d.Due).Take(limit)];

    public async ValueTask<Instant?> NextDeadline(CancellationToken cancellation) => (await All(p => p.NextDeadline(cancellation))).Min();

    public async ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation) =>
        [.. (await All(p => p.ReadOutbox(now, limit, cancellation))).SelectMany(e => e).OrderBy(e => e.Due).ThenBy(e => e.Id).Take(limit)];

    public async ValueTask<Instant?> NextOutbox(CancellationToken cancellation) => (await All(p => p.NextOutbox(cancellation))).Min();

    public ValueTask BeginAttempt(long id, CancellationToken cancellation) => Of(id).BeginAttempt(id, cancellation);

    public ValueTask SaveProgress(long id, string progress, CancellationToken cancellation) => Of(id).SaveProgress(id, progress, cancellation);

    public ValueTask Complete(long id, CancellationToken cancellation) => Of(id).Complete(id, cancellation);

    public ValueTask Retry(long id, Instant due, string error, CancellationToken cancellation) => Of(id).Retry(id, due, error, cancellation);

    public ValueTask Bury(long id, Instant at, string error, CancellationToken cancellation) => Of(id).Bury(id, at, error, cancellation);

    public async ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation) =>
        [.. (await All(p => p.ReadDeadLetters(account, before, limit, cancellation))).SelectMany(l => l).OrderByDescending(l => l.Id).Take(limit)];

    /// <remarks>An id from outside may be of no partition at all.</remarks>
    public ValueTask<bool> Replay(AccountId account, long id, Instant at, CancellationToken cancellation) =>
        Exists(id) ? Of(id).Replay(account, id, at, cancellation) : new(false);

    public ValueTask<bool> Discard(AccountId account, long id, CancellationToken cancellation) => Exists(id) ? Of(id).Discard(account, id, cancellation) : new(false);

    private bool Exists(long id) => id > 0 && RedisPartition.PartitionOf(id) < partitions.Count;

    private RedisPartition Of(long id) => partitions[RedisPartition.PartitionOf(id)];

    private Task<T[]> All<T>(Func<RedisPartition, ValueTask<T>> read) => Task.WhenAll(partitions.Select(p => read(p).AsTask()));
}
