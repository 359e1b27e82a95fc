using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>What projections keep, merged from all partitions: a few rows from each, and more from those that turn out to have many.</summary>
internal sealed class ProjectedRows(RedisLink link, Keys keys) : IProjections
{
    public async ValueTask<IReadOnlyList<ProjectionRow>> Read(ProjectionQuery query, CancellationToken cancellation)
    {
        var place = Keys.Section(query.Section, query.Account);
        var scans = Enumerable.Range(0, keys.Partitions)
            .Select(p => new PlaceScan(link, keys.Projected(p, query.Projection, place), query.Above, query.Below, query.Descending)).ToArray();
        await Task.WhenAll(scans.Select(s => s.Fetch(Share(query.Limit)))).WaitAsync(cancellation);
        PriorityQueue<PlaceScan, byte[]> waiting = new(query.Descending ? KeyOrder.Against : KeyOrder.Along);
        foreach (var scan in scans.Where(s => s.First is not null))
        {
            waiting.Enqueue(scan, scan.First!);
        }

        List<ProjectionRow> rows = [];
        while (rows.Count < query.Limit && waiting.TryDequeue(out var scan, out _))
        {
            rows.Add(scan.Take(query.Account));
            if (scan is { First: null, Done: false })
            {
                await scan.Fetch(query.Limit - rows.Count).WaitAsync(cancellation); // nobody's first can be named while another's is not known
            }

            if (scan.First is { } next)
            {
                waiting.Enqueue(scan, next);
            }
        }

        return rows;
    }

    /// <summary>Three times the even share: where keys are spread evenly, one round does.</summary>
    private int Share(int limit) => (3 * limit / keys.Partitions) + 3;

    /// <summary>By their bytes, as Redis orders them: strings here compare otherwise beyond the basic plane.</summary>
    private sealed class KeyOrder(int sign) : IComparer<byte[]>
    {
        public static readonly KeyOrder Along = new(1), Against = new(-1);

        public int Compare(byte[]? x, byte[]? y) => sign * x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>One account's rows in one section and partition, read in bounded pieces.</summary>
/// <param name="of">As <see cref="Keys.Projected"/> names them.</param>
internal sealed class PlaceScan(RedisLink link, RedisKey[] of, string? above, string? below, bool descending)
{
    /// <summary>The most rows one script reads: well under a millisecond in which nobody else is served.</summary>
    private const int Most = 1_000;

    private readonly Queue<(byte[] Key, byte[] Body)> _found = [];
    private RedisValue _low = above is null ? "-" : $"({above}";
    private RedisValue _high = below is null ? "+" : $"({below}";

    public bool Done { get; private set; }

    public byte[]? First => _found.TryPeek(out var first) ? first.Key : null;

    public ProjectionRow Take(AccountId account)
    {
        var (key, body) = _found.Dequeue();
        return new(account, Encoding.UTF8.GetString(key), body);
    }

    public async Task Fetch(int wanted)
    {
        var most = Math.Min(wanted, Most);
        var piece = (RedisValue[])(await link.Read(
            Script.Rows, of, descending ? ["desc", _high, _low, most] : ["asc", _low, _high, most]))!;
        for (var i = 0; i < piece.Length; i += 2)
        {
            _found.Enqueue(((byte[])piece[i]!, (byte[])piece[i + 1]!));
        }

        Done = piece.Length < 2 * most;
        if (piece.Length > 0)
        {
            RedisValue last = (byte[])[(byte)'(', .. (byte[])piece[^2]!];
            (_low, _high) = descending ? (_low, last) : (last, _high);
        }
    }
}
