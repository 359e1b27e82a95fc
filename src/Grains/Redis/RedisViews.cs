using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Reads of the list rows. A page is merged from all partitions: first the ids in order, a few from each and more from those
/// that turn out to have many, then the rows of those that made it.
/// </summary>
internal sealed class RedisViews(RedisLink link, Keys keys, Heads heads) : IViews
{
    public async ValueTask<ConversationRow?> Find(AccountId account, ConversationId id, CancellationToken cancellation) =>
        Row(await link.Reads.HashGetAsync(RowKey(account, id.Value), "v", CommandFlags.DemandMaster).WaitAsync(cancellation));

    public async ValueTask<ConversationPage> List(ConversationQuery query, CancellationToken cancellation)
    {
        if (query.Status is [])
        {
            await heads.Refresh(cancellation);
            return new([], null, new(heads.Epoch, heads.Copy()));
        }

        var plan = ListPlan.Of(query);
        var epoch = heads.Epoch;
        var scans = Enumerable.Range(0, keys.Partitions).Select(p => new PartitionScan(link, keys, p, query, plan)).ToArray();
        var (found, more) = await Merge(scans, query.Limit, plan.Descending, cancellation);
        var rows = await Task.WhenAll(found.Select(f => link.Reads.HashGetAsync(RowKey(query.Account, f.Id), "v", CommandFlags.DemandMaster)))
            .WaitAsync(cancellation);
        foreach (var scan in scans)
        {
            heads.Discover(scan.Partition, scan.Head);
        }

        // A row that has changed meanwhile so that it belongs elsewhere is left out: its event is after the position.
        return new(
            [.. rows.Select(Row).OfType<ConversationRow>().Where(r => ListPlan.Matches(query, r))],
            more ? found[^1] : null,
            new(epoch, [.. scans.Select(s => s.Head)]));
    }

    /// <summary>The first of all partitions in the asked order, and whether there are more.</summary>
    private static async ValueTask<(List<ConversationKeyset> Found, bool More)> Merge(
        PartitionScan[] scans, int limit, bool descending, CancellationToken cancellation)
    {
        List<ConversationKeyset> found = [];
        HashSet<string> seen = [];
        var order = new KeysetOrder(descending);
        var waiting = new PriorityQueue<PartitionScan, ConversationKeyset>(order);
        IEnumerable<PartitionScan> empty = scans;
        while (true)
        {
            // Nobody's first can be named while another's first is not known.
            PartitionScan[] asked = [.. empty];
            await Task.WhenAll(asked.Select(s => s.Fetch(Share(limit, scans.Length), order))).WaitAsync(cancellation);
            foreach (var scan in asked.Where(s => s.First is not null))
            {
                waiting.Enqueue(scan, scan.First!.Value);
            }

            var starved = asked.Where(s => s is { First: null, Done: false }).ToArray();
            while (starved.Length == 0 && waiting.TryDequeue(out var first, out var next))
            {
                if (found.Count == limit)
                {
                    return (found, true);
                }

                // A row that moved on between two pieces may come up twice.
                if (seen.Add(next.Id))
                {
                    found.Add(next);
                }

                first.Take();
                if (first.First is { } following)
                {
                    waiting.Enqueue(first, following);
                }
                else if (!first.Done)
                {
                    starved = [first];
                }
            }

            if (starved.Length == 0)
            {
                return (found, false);
            }

            empty = starved;
        }
    }

    /// <summary>Three times the even share: with ids spread by hash, one round nearly always does.</summary>
    private static int Share(int limit, int partitions) => (3 * (limit + 1) / partitions) + 3;

    private string RowKey(AccountId account, string id) => keys.Of(EntityText.Of(new(account, ConversationType.Name, id))).Row;

    private static ConversationRow? Row(RedisValue body) =>
        body.IsNull ? null : JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)body).Span, DomainJson.Contract.ConversationRow);
}

/// <summary>Sort value, then id; both the other way round when descending. Ids compare by their bytes, as in Redis' sorted sets.</summary>
internal sealed class KeysetOrder(bool descending) : IComparer<ConversationKeyset>
{
    public int Compare(ConversationKeyset x, ConversationKeyset y)
    {
        var order = x.Sort != y.Sort ? x.Sort.CompareTo(y.Sort) : string.CompareOrdinal(x.Id, y.Id);
        return descending ? -order : order;
    }
}

/// <summary>One partition's part of a list, read in bounded pieces.</summary>
internal sealed class PartitionScan(RedisLink link, Keys keys, int partition, ConversationQuery query, ListPlan plan)
{
    /// <summary>The most rows one script looks at when it filters or gathers: about 0.3 ms in which nobody else is served.</summary>
    private const int MostLookedAt = 128;

    private readonly Queue<ConversationKeyset> _found = [];
    private readonly RedisKey[] _keys = [keys.List(partition, query.Account, plan.List), keys.Head(partition)];
    private readonly string _rows = keys.Rows(partition, query.Account);
    private (RedisValue Sort, RedisValue Id) _at = !plan.Gather && query.After is { } after ? (after.Sort, after.Id) : (RedisValue.EmptyString, RedisValue.EmptyString);

    /// <summary>Before everything that was read: with the first piece.</summary>
    public long Head { get; private set; } = -1;

    public bool Done { get; private set; }

    public int Partition => partition;

    public ConversationKeyset? First => _found.TryPeek(out var first) ? first : null;

    public void Take() => _found.Dequeue();

    /// <summary>Looks at more, unless that was all. Gathering looks at everything before anything is known to be the first.</summary>
    public async Task Fetch(int wanted, KeysetOrder order)
    {
        do
        {
            await FetchPiece(plan is { Filter: null, Gather: false } ? wanted : MostLookedAt, order);
        }
        while (plan.Gather && !Done);

        if (plan.Gather)
        {
            ConversationKeyset[] sorted = [.. _found.Order(order)];
            _found.Clear();
            Array.ForEach(sorted, _found.Enqueue);
        }
    }

    private async Task FetchPiece(int most, KeysetOrder order)
    {
        var piece = (RedisValue[])(await link.Read(
            Script.List,
            _keys,
            [_rows, plan.Descending ? "desc" : "asc", _at.Sort, _at.Id, most, plan.Gather ? plan.Order : RedisValue.EmptyString, plan.Filter ?? RedisValue.EmptyString]))!;
        Head = Head < 0 ? (long)piece[0] : Head;
        Done = (int)piece[1] == 1;
        _at = (piece[2], piece[3]);
        for (var i = 4; i < piece.Length; i += 2)
        {
            ConversationKeyset found = new((long)piece[i], (string)piece[i + 1]!);
            if (query.After is not { } after || order.Compare(found, after) > 0)
            {
                _found.Enqueue(found);
            }
        }
    }
}
