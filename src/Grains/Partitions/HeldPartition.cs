using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;
using NodaTime;

namespace Conversations.Grains;

/// <summary>Another worker holds the partition now.</summary>
internal sealed class LeaseLostException() : Exception("Another worker has taken this partition over.");

/// <summary>
/// A partition as its worker holds it. Two workers may live for a moment while the cluster changes: ticks of either are
/// harmless, because commits are compared and set, but a message must not be sent by both.
/// </summary>
/// <remarks>
/// Each worker takes the next epoch of the partition's lease. A try to deliver begins only under the newest epoch, in the same
/// script that notes it; what became of a try is taken from whoever began the last one. So the old worker begins nothing once
/// there is a new one. What it had begun may still be on its way to a platform: unless the old worker said that it was through,
/// the new one leaves messages whose delivery was tried before alone for <see cref="Handover"/>, and their sender then finds
/// out whether they arrived. An old worker that was frozen between beginning and sending looks at the clock before it sends.
/// </remarks>
internal sealed class HeldPartition : IPartition, IDisposable
{
    /// <summary>Longer than beginning a try may take (half of it) and than most platforms take to answer.</summary>
    public static readonly TimeSpan Handover = TimeSpan.FromSeconds(5);

    private readonly RedisPartition _partition;
    private readonly TimeProvider _time;
    private readonly Action _lost;
    private readonly ITimer? _over;
    private volatile bool _careful;
    private Action? _woken;

    private HeldPartition(RedisPartition partition, RedisProjections projections, bool careful, TimeProvider time, Action lost)
    {
        (_partition, _careful, _time, _lost) = (partition, careful, time, lost);
        Projections = new HeldProjections(projections, lost);
        _over = careful ? time.CreateTimer(_ => HandoverIsOver(), null, Handover, Timeout.InfiniteTimeSpan) : null;
    }

    public event Action? Changed
    {
        add
        {
            _partition.Changed += value;
            _woken += value;
        }

        remove
        {
            _partition.Changed -= value;
            _woken -= value;
        }
    }

    /// <summary>What its projections follow and keep, under the same lease.</summary>
    public IProjectionStore Projections { get; }

    public long Epoch => _partition.Epoch;

    /// <param name="lost">Called once another worker is known to hold the partition.</param>
    public static async ValueTask<HeldPartition> Take(RedisStore store, int partition, TimeProvider time, Action lost, CancellationToken cancellation)
    {
        var (held, careful) = await store.Take(partition, cancellation);
        return new(held, store.ProjectionsOf(partition, held.Epoch), careful, time, lost);
    }

    /// <summary>Says that nothing of this worker is under way any more.</summary>
    public ValueTask Release() => _partition.Release();

    public ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation) => _partition.ReadDue(now, limit, cancellation);

    public ValueTask<Instant?> NextDeadline(CancellationToken cancellation) => _partition.NextDeadline(cancellation);

    public async ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation)
    {
        var careful = _careful; // read before: what ends meanwhile is told by Changed
        var entries = await _partition.ReadOutbox(now, limit, cancellation);
        return careful ? [.. entries.Where(e => e.Attempts == 0)] : entries;
    }

    public ValueTask<Instant?> NextOutbox(CancellationToken cancellation) => _partition.NextOutbox(cancellation);

    public async ValueTask BeginAttempt(long id, CancellationToken cancellation)
    {
        var asked = _time.GetTimestamp();
        await Held(_partition.BeginAttempt(id, cancellation));
        if (_time.GetElapsedTime(asked) > Handover / 2)
        {
            throw new TimeoutException("Beginning took so long that another worker may have taken over meanwhile.");
        }
    }

    public ValueTask SaveProgress(long id, string progress, CancellationToken cancellation) => Held(_partition.SaveProgress(id, progress, cancellation));

    public ValueTask Complete(long id, CancellationToken cancellation) => Held(_partition.Complete(id, cancellation));

    public ValueTask Retry(long id, Instant due, string error, CancellationToken cancellation) => Held(_partition.Retry(id, due, error, cancellation));

    public ValueTask Bury(long id, Instant at, string error, CancellationToken cancellation) => Held(_partition.Bury(id, at, error, cancellation));

    public ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation) =>
        _partition.ReadDeadLetters(account, before, limit, cancellation);

    public ValueTask<bool> Replay(AccountId account, long id, Instant at, CancellationToken cancellation) => _partition.Replay(account, id, at, cancellation);

    public ValueTask<bool> Discard(AccountId account, long id, CancellationToken cancellation) => _partition.Discard(account, id, cancellation);

    public void Dispose() => _over?.Dispose();

    private void HandoverIsOver()
    {
        _careful = false;
        _woken?.Invoke();
    }

    private async ValueTask Held(ValueTask write)
    {
        try
        {
            await write;
        }
        catch (LeaseLostException)
        {
            _lost();
            throw;
        }
    }
}
