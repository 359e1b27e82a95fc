using System.Globalization;
using Conversations.Domain;
using Conversations.Engine;
using NodaTime;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>One partition's deadlines and outbox, for its worker. Ids carry the partition, so that any process can address one from an id alone.</summary>
/// <param name="epoch">Of the lease it is worked under; null: under none, for whoever only reads and for dead letters.</param>
internal sealed class RedisPartition(RedisLink link, Keys keys, News news, int partition, long? epoch = null) : IPartition
{
    /// <summary>Ids are (number, partition): number × this + partition. Below 2^53, so that a browser can hold them.</summary>
    private const int Radix = RedisOptions.MostPartitions;

    /// <summary>
    /// The number of a dead letter is made of the time: eighths of a millisecond since 2020, at least one more than the last. So
    /// the letters of all partitions sort by it, newest first, without anybody counting for all of them. Good until 2054.
    /// </summary>
    private static readonly Instant LettersBegin = Instant.FromUtc(2020, 1, 1, 0, 0);

    private const int LettersOfMillisecond = 8;

    private readonly RedisKey[] _outbox = link.IsCluster
        ? [keys.Outbox(partition), keys.Lease(partition), keys.Never(partition)]
        : [keys.Outbox(partition), keys.Lease(partition)];
    private readonly string _prefix = keys.Prefix(partition);

    public event Action? Changed
    {
        add => news.OnChanged(partition, value!, add: true);
        remove => news.OnChanged(partition, value!, add: false);
    }

    public long Epoch => epoch ?? 0;

    public static int PartitionOf(long id) => (int)(id % Radix);

    public async ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation)
    {
        var due = await link.Reads.SortedSetRangeByScoreWithScoresAsync(
            keys.Deadlines(partition), stop: now.ToUnixTimeMilliseconds(), take: limit, flags: CommandFlags.DemandMaster).WaitAsync(cancellation);
        return [.. due.Select(d => new DueEntity(EntityText.Parse(d.Element!), At(d.Score)))];
    }

    public ValueTask<Instant?> NextDeadline(CancellationToken cancellation) => First(keys.Deadlines(partition), cancellation);

    public async ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation)
    {
        var entries = await link.Read(Script.ReadOutbox, [_outbox[0]], [_prefix, now.ToUnixTimeMilliseconds(), limit]).WaitAsync(cancellation);
        return [.. ((RedisResult[])entries!).Select(Entry)];
    }

    public ValueTask<Instant?> NextOutbox(CancellationToken cancellation) => First(keys.Outbox(partition), cancellation);

    public async ValueTask BeginAttempt(long id, CancellationToken cancellation) => await Change("begin", id, [], cancellation);

    public async ValueTask SaveProgress(long id, string progress, CancellationToken cancellation) => await Change("progress", id, [progress], cancellation);

    public async ValueTask Complete(long id, CancellationToken cancellation) => await Change("complete", id, [], cancellation);

    public async ValueTask Retry(long id, Instant due, string error, CancellationToken cancellation) =>
        await Change("retry", id, [due.ToUnixTimeMilliseconds(), error], cancellation);

    public async ValueTask Bury(long id, Instant at, string error, CancellationToken cancellation)
    {
        var number = Math.Max(1, (long)(at - LettersBegin).TotalMilliseconds * LettersOfMillisecond);
        await Change("bury", id, [at.ToUnixTimeMilliseconds(), number, error], cancellation);
    }

    public async ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation)
    {
        // The largest number with number × Radix + partition < before.
        RedisValue largest = before is { } id ? Math.DivRem(id - partition - 1, Radix, out var rest) - (rest < 0 ? 1 : 0) : "+inf";
        var letters = await link.Read(Script.Letters, [keys.DeadLetters(partition, account)], [_prefix, largest, limit]).WaitAsync(cancellation);
        return [.. ((RedisResult[])letters!).Select(Letter)];
    }

    public async ValueTask<bool> Replay(AccountId account, long id, Instant at, CancellationToken cancellation) =>
        await ChangeLetter("replay", id, [EntityText.Escape(account.Value), at.ToUnixTimeMilliseconds()], cancellation);

    public async ValueTask<bool> Discard(AccountId account, long id, CancellationToken cancellation) =>
        await ChangeLetter("discard", id, [EntityText.Escape(account.Value)], cancellation, changes: false);

    /// <summary>Says that nothing is under way here any more, if nobody else has taken the partition over.</summary>
    public async ValueTask Release() => await link.Write(Script.Lease, [_outbox[1]], ["release", Epoch]);

    private OutboxEntry Entry(RedisResult result)
    {
        var fields = (RedisValue[])result!;
        var (account, message, enqueuedAt) = StoredForm.Message((byte[])fields[1]!);
        return new(
            (long.Parse((string)fields[0]!, CultureInfo.InvariantCulture) * Radix) + partition, account, message, enqueuedAt,
            Instant.FromUnixTimeMilliseconds((long)fields[2]), (int)fields[3], fields[4], fields[5]);
    }

    private DeadLetter Letter(RedisResult result)
    {
        var fields = (RedisValue[])result!;
        var (_, message, enqueuedAt) = StoredForm.Message((byte[])fields[1]!);
        return new(((long)fields[0] * Radix) + partition, message, enqueuedAt, Instant.FromUnixTimeMilliseconds((long)fields[3]), (int)fields[2], fields[4]!);
    }

    private Task<bool> Change(string act, long id, RedisValue[] values, CancellationToken cancellation) =>
        Run(act, (id / Radix).ToString("D16", CultureInfo.InvariantCulture), values, changes: true, cancellation);

    private Task<bool> ChangeLetter(string act, long id, RedisValue[] values, CancellationToken cancellation, bool changes = true) =>
        PartitionOf(id) == partition
            ? Run(act, (id / Radix).ToString(CultureInfo.InvariantCulture), values, changes, cancellation)
            : Task.FromResult(false);

    private async Task<bool> Run(string act, string number, RedisValue[] values, bool changes, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var result = (int)await link.Write(Script.Outbox, _outbox, [_prefix, act, number, .. values, epoch ?? RedisValue.EmptyString]);
        if (result < 0)
        {
            throw new LeaseLostException();
        }

        var done = result == 1;
        if (done && changes)
        {
            news.Committed(partition, head: 0, advanced: false, changed: true);
        }

        return done;
    }

    private async ValueTask<Instant?> First(string index, CancellationToken cancellation)
    {
        var first = await link.Reads.SortedSetRangeByRankWithScoresAsync(index, 0, 0, flags: CommandFlags.DemandMaster).WaitAsync(cancellation);
        return first.Length == 0 ? null : At(first[0].Score);
    }

    private static Instant At(double score) => Instant.FromUnixTimeMilliseconds((long)score);
}
