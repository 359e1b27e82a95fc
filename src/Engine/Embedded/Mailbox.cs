using Microsoft.Extensions.Logging;

namespace Conversations.Engine.Embedded;

/// <summary>Gives one live entity its commands one at a time.</summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.
internal sealed class Mailbox<TState, TCommand, TEvent, TAnswer>(EntityHost<TState, TCommand, TEvent, TAnswer> host, TimeProvider time)
#pragma warning restore CA1001
    where TState : class
    where TCommand : class
{
    /// <summary>Commands that may wait for one entity. At one fsync each this is seconds of work already; more is overload.</summary>
    private const int MostWaiting = 1_000;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _waiting;
    private long _lastUsed = time.GetTimestamp();

    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <returns>Null when the mailbox was retired just now: get a new one.</returns>
    public async ValueTask<Reply<TAnswer>?> Send(Envelope<TCommand>? envelope, CancellationToken cancellation)
    {
        // Retired mailboxes count from int.MinValue, so a late sender sees a negative number.
        var waiting = Interlocked.Increment(ref _waiting);
        if (waiting < 0)
        {
            return null;
        }

        try
        {
            if (waiting > MostWaiting)
            {
                return new Reply<TAnswer>.Overloaded();
            }

            // Once its turn has come the command runs to its end even if the caller has gone: half a turn must not exist.
            return await host.Finish(async () =>
            {
                var begun = await Begin(envelope, cancellation);
                cancellation = CancellationToken.None;
                return begun;
            });
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>One decides at a time; their commits share flushes.</summary>
    private async ValueTask<Task<Reply<TAnswer>?>> Begin(Envelope<TCommand>? envelope, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            Volatile.Write(ref _lastUsed, time.GetTimestamp());
            return envelope is null ? await host.BeginTick() : await host.Begin(envelope);
        }
        finally
        {
            _turn.Release();
        }
    }

    public bool TryRetire() => Interlocked.CompareExchange(ref _waiting, int.MinValue, 0) == 0;
}

/// <summary>The mailboxes of one kind of entity.</summary>
internal sealed class Mailboxes<TState, TCommand, TEvent, TAnswer>(
    EntityType<TState, TCommand, TEvent, TAnswer> type, IJournal journal, SettingsCache settings, TimeProvider time, ILogger logger)
    where TState : class
    where TCommand : class
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<EntityKey, Mailbox<TState, TCommand, TEvent, TAnswer>> _live = new();

    public int Count => _live.Count;

    /// <param name="envelope">Null: look at your deadlines.</param>
    public async ValueTask<Reply<TAnswer>> Send(EntityKey key, Envelope<TCommand>? envelope, CancellationToken cancellation)
    {
        while (true)
        {
            var mailbox = _live.GetOrAdd(key, static (k, self) => self.New(k), this);
            if (await mailbox.Send(envelope, cancellation) is { } reply)
            {
                return reply;
            }

            _live.TryRemove(new(key, mailbox));
        }
    }

    /// <summary>Lets go of entities not used since <paramref name="before"/>. Their state is in the journal.</summary>
    public void Evict(long before)
    {
        foreach (var (key, mailbox) in _live)
        {
            if (mailbox.LastUsed < before && mailbox.TryRetire())
            {
                _live.TryRemove(new(key, mailbox));
            }
        }
    }

    private Mailbox<TState, TCommand, TEvent, TAnswer> New(EntityKey key) => new(new(key, type, journal, settings, time, logger), time);
}
