using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Conversations.Engine;

namespace Conversations.Gateway.Feed;

/// <summary>What a watcher is sent.</summary>
internal readonly record struct Frame(FrameKind Kind, string? Cursor, string Data)
{
    public static readonly Frame Ping = new(FrameKind.Ping, null, "{}");

    public string Event => Kind switch
    {
        FrameKind.Change => "change",
        FrameKind.Ping => "ping",
        FrameKind.Reset => "reset",
        FrameKind.GoAway => "goaway",
    };
}

internal enum FrameKind { Change, Ping, Reset, GoAway }

/// <summary>
/// One watcher: first the past from its cursor, read at the client's own speed, then what happens now, from a bounded buffer.
/// A client too slow for the buffer is told so and goes on from the head: never a silent gap (DESIGN.md 7).
/// </summary>
internal sealed class Subscription(Topics topics, FeedPosition from, FeedHub hub, IFeed feed, Cursors cursors) : IDisposable
{
    private const int Page = 500;

    /// <summary>Resets in a minute after which the connection is closed (realtime.md 3).</summary>
    private const int MostResets = 3;

    private readonly Channel<Change> _live = Channel.CreateBounded<Change>(
        new BoundedChannelOptions(hub.Options.BufferedEvents) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Queue<long> _resets = new();
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

    /// <summary>Everything for this watcher, until the caller stops or this gateway goes away.</summary>
    public async IAsyncEnumerable<Frame> Read(TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hub.GoingAway);
        var at = from;
        var live = false;

        // Pings come by the clock, not after quiet: a busy stream shows life too, and its credential is looked at as often.
        var beat = time.GetTimestamp();
        bool BeatIsDue()
        {
            var due = time.GetElapsedTime(beat) >= hub.Options.Heartbeat;
            beat = due ? time.GetTimestamp() : beat;
            return due;
        }

        while (!ends.IsCancellationRequested)
        {
            if (!live)
            {
                await foreach (var change in Past(at, ends.Token))
                {
                    at = change.Entry.Position;
                    yield return new(FrameKind.Change, change.Cursor.Value, change.Json);
                    if (BeatIsDue())
                    {
                        yield return Frame.Ping;
                    }
                }

                at = _caughtUp is { } caughtUp ? at.Furthest(caughtUp) : at;
                live = true;
            }

            while (_live.Reader.TryRead(out var change))
            {
                Interlocked.Add(ref _bytes, -change.Size);
                if (!at.Includes(change.Entry))
                {
                    at = at.Past(change.Entry.Partition, change.Entry.Offset);
                    yield return new(FrameKind.Change, change.Cursor.Value, change.Json);
                }

                if (BeatIsDue())
                {
                    yield return Frame.Ping;
                }
            }

            if (Volatile.Read(ref _overflowed) != 0)
            {
                Drain();
                at = hub.Head;
                live = false; // what the hub dropped while we drained lies after this head; the journal still has it
                yield return Reset("slow", at);
                if (TooManyResets(time))
                {
                    yield break;
                }

                continue;
            }

            if (!await WaitForMore(time, hub.Options.Heartbeat - time.GetElapsedTime(beat), ends.Token) && !ends.IsCancellationRequested && BeatIsDue())
            {
                yield return Frame.Ping;
            }
        }

        if (hub.GoingAway.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // Spread, so that everybody does not come back in the same moment.
            var retry = System.Security.Cryptography.RandomNumberGenerator.GetInt32(500, 5_000);
            yield return new(FrameKind.GoAway, null, $"{{\"retryAfterMs\":{retry}}}");
        }
    }

    public Frame Reset(string reason, FeedPosition at) => new(FrameKind.Reset, cursors.Write(topics.Account, at), $"{{\"reason\":\"{reason}\"}}");

    public void Dispose() => hub.Leave(this);

    private FeedPosition? _caughtUp;

    /// <summary>The journal from the cursor to where the hub stands. The buffer fills meanwhile; if it overflows, the journal still has it.</summary>
    private async IAsyncEnumerable<Change> Past(FeedPosition after, [EnumeratorCancellation] CancellationToken cancellation)
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
                entries = await feed.Read(after, topics.Account, Page, cancellation);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            foreach (var entry in entries)
            {
                if (topics.Match(entry))
                {
                    yield return new(entry, cursors);
                }
            }

            if (entries.Count > 0)
            {
                after = entries[^1].Position;
            }

            _caughtUp = after;

            // Done when the journal has no more and nothing was dropped from the buffer while we read.
            if (entries.Count < Page && Volatile.Read(ref _overflowed) == 0)
            {
                yield break;
            }
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
