using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Conversations.Engine;

namespace Conversations.Gateway.Feed;

/// <summary>What a watcher is sent.</summary>
internal readonly record struct Frame(FrameKind Kind, string? Cursor, string Data)
{
    public string Event => Kind switch
    {
        FrameKind.Change => "change",
        FrameKind.State => "state",
        FrameKind.Ping => "ping",
        FrameKind.Reset => "reset",
        FrameKind.GoAway => "goaway",
    };
}

internal enum FrameKind { Change, State, Ping, Reset, GoAway }

/// <summary>
/// One watcher: first the past from its cursor, read at the client's own speed, then what happens now, from a bounded buffer.
/// A client too slow for the buffer is told so and goes on from the head: never a silent gap (DESIGN.md 7).
/// </summary>
internal sealed class Subscription(Topics topics, FeedPosition from, FeedHub hub, IFeed feed, Cursors cursors) : IDisposable
{
    private const int Page = 500;

    /// <summary>Resets in a minute after which the connection is closed (realtime.md 3).</summary>
    private const int MostResets = 3;

    private readonly Channel<Change?> _live = Channel.CreateBounded<Change?>(
        new BoundedChannelOptions(hub.Options.BufferedEvents) { SingleReader = true, SingleWriter = false, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Values of state topics not sent yet: the newest of each (realtime.md 1).</summary>
    private readonly ConcurrentDictionary<string, string> _states = new();

    private readonly Queue<long> _resets = new();
    private FeedPosition _at = from;
    private Change? _lastOffered;
    private int _bytes;
    private int _overflowed;

    public Topics Topics => topics;

    /// <summary>Called by the hub only, in feed order; several times in a row when the change is of several topics watched here.</summary>
    public void Offer(Change change)
    {
        if (Volatile.Read(ref _overflowed) != 0 || ReferenceEquals(change, _lastOffered))
        {
            return;
        }

        _lastOffered = change;

        if (Interlocked.Add(ref _bytes, change.Size) > hub.Options.BufferedBytes || !_live.Writer.TryWrite(change))
        {
            Volatile.Write(ref _overflowed, 1);
        }
    }

    /// <summary>Has it look at what has changed without anything to be sent.</summary>
    public void Wake() => _live.Writer.TryWrite(null); // with a full buffer it is awake

    /// <summary>Replaces a value that was not sent yet: a slow watcher of a state is late, never behind.</summary>
    public void OfferState(string topic, string json)
    {
        var wakes = false;
        _states.AddOrUpdate(topic, _ => Value(first: true), (_, _) => Value(first: false));
        if (wakes)
        {
            Wake(); // with a value waiting it was woken
        }

        string Value(bool first)
        {
            wakes = first;
            return json;
        }
    }

    /// <summary>Everything for this watcher, until the caller stops or this gateway goes away.</summary>
    public async IAsyncEnumerable<Frame> Read(TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hub.GoingAway);

        // Pings come by the clock, not after quiet: a busy stream shows life too, and its credential is looked at as often.
        var beat = time.GetTimestamp();
        bool BeatIsDue()
        {
            var due = time.GetElapsedTime(beat) >= hub.Options.Heartbeat;
            beat = due ? time.GetTimestamp() : beat;
            return due;
        }

        var live = false;
        while (!ends.IsCancellationRequested)
        {
            await foreach (var change in live ? Live() : Past(ends.Token))
            {
                if (change is not null)
                {
                    yield return new(FrameKind.Change, change.Cursor.Value, change.Json);
                }

                if (BeatIsDue())
                {
                    yield return Ping();
                }
            }

            live = true;
            if (feed.Epoch != _at.Epoch)
            {
                Drain();
                _at = await feed.Head(cancellation);
                live = false; // what is offered of the history before is passed over; this one's entries the journal has
                yield return Reset("expired", _at);
                continue;
            }

            if (Volatile.Read(ref _overflowed) != 0)
            {
                Drain();
                _at = hub.Head;
                live = false; // what the hub dropped while we drained lies after this head; the journal still has it
                yield return Reset("slow", _at);
                if (TooManyResets(time))
                {
                    yield break;
                }

                continue;
            }

            foreach (var topic in _states.Keys)
            {
                if (_states.TryRemove(topic, out var value))
                {
                    yield return new(FrameKind.State, null, $"{{\"topic\":\"{topic}\",\"data\":{value}}}");
                }
            }

            if (!await WaitForMore(time, hub.Options.Heartbeat - time.GetElapsedTime(beat), ends.Token) && !ends.IsCancellationRequested && BeatIsDue())
            {
                yield return Ping();
            }
        }

        if (hub.GoingAway.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // Spread, so that everybody does not come back in the same moment.
            var retry = System.Security.Cryptography.RandomNumberGenerator.GetInt32(500, 5_000);
            yield return new(FrameKind.GoAway, null, $"{{\"retryAfterMs\":{retry}}}");
        }
    }

    /// <summary>Carries the place reached: a watcher of a quiet topic moves on with it, and does not outlive its first cursor.</summary>
    private Frame Ping() => new(FrameKind.Ping, cursors.Write(topics.Account, _at), "{}");

    /// <summary>What the hub has offered since, until there is no more.</summary>
    private async IAsyncEnumerable<Change?> Live()
    {
        await Task.CompletedTask;

        // Read before the buffer: all that was offered up to this head is in it, so when it is empty we have seen all up to there.
        var head = hub.Head;
        while (_live.Reader.TryRead(out var change))
        {
            if (change is null)
            {
                continue;
            }

            Interlocked.Add(ref _bytes, -change.Size);
            var seen = change.Entry.Position.Epoch != _at.Epoch || _at.Includes(change.Entry);
            _at = seen ? _at : _at.Past(change.Entry.Partition, change.Entry.Offset);
            yield return seen ? null : change;
        }

        if (Volatile.Read(ref _overflowed) == 0 && head.Epoch == _at.Epoch)
        {
            _at = _at.Furthest(head);
        }
    }

    public Frame Reset(string reason, FeedPosition at) => new(FrameKind.Reset, cursors.Write(topics.Account, at), $"{{\"reason\":\"{reason}\"}}");

    public void Dispose() => hub.Leave(this);

    /// <summary>
    /// The journal from the cursor to where the hub stands; a null after every page, so that a long way without a match shows
    /// life. The buffer fills meanwhile; if it overflows, the journal still has it.
    /// </summary>
    private async IAsyncEnumerable<Change?> Past([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            if (Volatile.Read(ref _overflowed) != 0)
            {
                Drain();
            }

            IReadOnlyList<FeedEntry> entries;
            try
            {
                entries = await feed.Read(_at, topics.Account, Page, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                yield break;
            }

            foreach (var entry in entries)
            {
                if (entry.Position.Epoch != _at.Epoch)
                {
                    yield break; // another history began: we are told
                }

                hub.Hear(entry);
                _at = entry.Position;
                if (topics.Match(entry))
                {
                    yield return new(entry, cursors);
                }
            }

            // Done when the journal has no more and nothing was dropped from the buffer while we read.
            if (entries.Count == 0 && Volatile.Read(ref _overflowed) == 0)
            {
                yield break;
            }

            yield return null;
        }
    }

    private void Drain()
    {
        while (_live.Reader.TryRead(out _))
        {
        }

        Interlocked.Exchange(ref _bytes, 0);
        Volatile.Write(ref _overflowed, 0);
    }

    private bool TooManyResets(TimeProvider time)
    {
        var now = time.GetTimestamp();
        _resets.Enqueue(now);
        while (_resets.Count > 0 && time.GetElapsedTime(_resets.Peek(), now) > TimeSpan.FromMinutes(1))
        {
            _resets.Dequeue();
        }

        return _resets.Count > MostResets;
    }

    /// <returns>False when nothing came in time.</returns>
    private async ValueTask<bool> WaitForMore(TimeProvider time, TimeSpan longest, CancellationToken cancellation)
    {
        if (longest <= TimeSpan.Zero)
        {
            return false;
        }

        using var beat = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, beat.Token);
        try
        {
            return await _live.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
