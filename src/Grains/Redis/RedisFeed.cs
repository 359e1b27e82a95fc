using System.Globalization;
using Conversations.Domain;
using Conversations.Engine;
using NodaTime;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>The feed: a stream for each partition, and one for each account in it, that say where the events are.</summary>
internal sealed class RedisFeed(RedisLink link, Keys keys, Heads heads)
{
    /// <summary>The last answer of <see cref="PositionAt"/>, to look on from: it is asked for a little later each time.</summary>
    private volatile Answered? _answered;

    private int _turn;

    public async ValueTask<FeedPosition> Head(CancellationToken cancellation)
    {
        await heads.Refresh(cancellation);
        return Known();
    }

    /// <summary>As far as this process knows; never behind what it has read.</summary>
    public FeedPosition Known() => new(heads.Epoch, heads.Copy());

    /// <remarks>
    /// First from the partitions known to have more. Only when they have nothing is Redis asked which do: an idle tail costs one
    /// small read, a busy one none, and nothing that was committed is overlooked.
    /// </remarks>
    public async ValueTask<IReadOnlyList<FeedEntry>> Read(FeedPosition? after, AccountId? account, int limit, CancellationToken cancellation)
    {
        var from = From(after);
        var seen = heads.Copy();
        if (await ReadKnown(from, account, limit, cancellation) is { Count: > 0 } known)
        {
            return known;
        }

        await heads.Refresh(cancellation);

        // Whoever found out in between: compared with what was known when we read.
        return Enumerable.Range(0, seen.Length).Any(p => heads[p] > Math.Max(seen[p], from[p])) ? await ReadKnown(from, account, limit, cancellation) : [];
    }

    /// <remarks>In another history an offset means nothing; whoever still holds one goes on from the head (and should list again).</remarks>
    private long[] From(FeedPosition? after)
    {
        if (after is null)
        {
            return new long[keys.Partitions];
        }

        if (after.Offsets.Count != keys.Partitions)
        {
            throw new ArgumentException($"The position has {after.Offsets.Count} offsets; this journal has {keys.Partitions} partitions.", nameof(after));
        }

        return [.. after.Epoch == heads.Epoch ? after.Offsets : after.Offsets.Select((offset, p) => Math.Min(offset, heads[p]))];
    }

    private async ValueTask<IReadOnlyList<FeedEntry>> ReadKnown(long[] from, AccountId? account, int limit, CancellationToken cancellation)
    {
        // Beginning at another one each time, so that a busy partition does not keep a quiet one from its turn.
        var turn = (int)((uint)Interlocked.Increment(ref _turn) % (uint)keys.Partitions);
        Queue<int> ahead = new(Enumerable.Range(0, keys.Partitions).Select(i => (i + turn) % keys.Partitions).Where(p => heads[p] > from[p]));
        Page page = new(new(heads.Epoch, from), limit);
        while (ahead.Count > 0 && page.Room > 0)
        {
            // An equal share of the room for each; who has more is asked again while there is room.
            int[] asked = [.. Enumerable.Range(0, Math.Min(ahead.Count, page.Room)).Select(_ => ahead.Dequeue())];
            var share = (page.Room + asked.Length - 1) / asked.Length;
            var answers = await Task.WhenAll(asked.Select(p => link.Read(
                Script.Feed, [keys.Feed(p, account)], [keys.Prefix(p), page.Position.Offsets[p] + 1, share]))).WaitAsync(cancellation);
            for (var i = 0; i < asked.Length; i++)
            {
                var commits = (RedisResult[])answers[i]!;
                Array.ForEach(commits, commit => page.Add(asked[i], commit));
                if (commits.Length == share)
                {
                    ahead.Enqueue(asked[i]);
                }
            }
        }

        return page.Entries;
    }

    /// <summary>One partition's events after an offset, as far as the feed still has them.</summary>
    public async ValueTask<IReadOnlyList<FeedEntry>> ReadPartition(int partition, long after, int limit, CancellationToken cancellation)
    {
        var from = new long[keys.Partitions];
        from[partition] = after;
        Page page = new(new(heads.Epoch, from), limit);
        var commits = await link.Read(Script.Feed, [keys.Feed(partition, account: null)], [keys.Prefix(partition), after + 1, limit]).WaitAsync(cancellation);
        Array.ForEach((RedisResult[])commits!, commit => page.Add(partition, commit));
        return page.Entries;
    }

    public async ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation)
    {
        var epoch = heads.Epoch;
        var known = _answered is { } answered && answered.At <= at && answered.Position.Epoch == epoch ? answered.Position.Offsets : null;
        var offsets = await Task.WhenAll(Enumerable.Range(0, keys.Partitions).Select(async p => (long)await link.Read(
            Script.Position, [keys.Feed(p, account: null), keys.Head(p)], [at.ToUnixTimeMilliseconds(), known?[p] ?? 0]))).WaitAsync(cancellation);
        FeedPosition position = new(epoch, offsets);
        _answered = new(at, position);
        return position;
    }

    private sealed record Answered(Instant At, FeedPosition Position);

    /// <summary>Entries in the order they are read, and the place reached by them.</summary>
    private sealed class Page(FeedPosition from, int limit)
    {
        public List<FeedEntry> Entries { get; } = [];

        public FeedPosition Position { get; private set; } = from;

        public int Room => limit - Entries.Count;

        /// <param name="commit">As <c>feed.lua</c> returns it.</param>
        public void Add(int partition, RedisResult commit)
        {
            var fields = (RedisResult[])commit!;
            var events = (byte[][])fields[3]!;
            var entity = EntityText.Parse((string)fields[1]!);
            var (last, first) = (Offset((string)fields[0]!), (long)fields[2]);
            for (var n = 0; n < events.Length && Room > 0; n++)
            {
                var offset = last - events.Length + 1 + n;
                if (offset > Position.Offsets[partition]) // else the position lies inside this commit
                {
                    Position = Position.Past(partition, offset);
                    Entries.Add(new(partition, offset, Position, entity, StoredForm.Event(first + n, events[n])));
                }
            }
        }

        private static long Offset(string streamId) => long.Parse(streamId.AsSpan(0, streamId.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }
}
