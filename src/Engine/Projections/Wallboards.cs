using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>The wallboard of an account, added up over all partitions.</summary>
public sealed class Wallboards(IProjections projections, TimeProvider time, Router? router = null, SettingsCache? settings = null)
{
    /// <summary>Rows: one for each queue and partition, more than any account has.</summary>
    private const int MostBoards = 1_000_000;

    /// <summary>Rows: one for each five minutes of a day and each of a thousand partitions.</summary>
    private const int MostSlots = 300_000;

    private static readonly Duration Rolling = Duration.FromMinutes(30), Departures = Duration.FromMinutes(15);

    /// <summary>
    /// What happened today before the last half hour, by account and queue. It no longer changes unless a projection is that far
    /// behind, and it is most of what there is to read: 288 slots of a day for each queue and partition, once a second, against 7.
    /// Read anew every five minutes, so what came late is in it then.
    /// </summary>
    private readonly ConcurrentDictionary<(AccountId Account, string Queue), Settled> _settled = new();

    /// <param name="only">Only this queue, in the list and in the total.</param>
    public async ValueTask<WallboardView> Read(AccountId account, QueueId? only, CancellationToken cancellation)
    {
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        var rollingFrom = SlotFigures.Of(now - Rolling);
        var todayFrom = now.InUtc().Date.AtMidnight().InUtc().ToInstant();
        var departuresFrom = SlotFigures.Of(now - Departures);
        var staff = router is null ? null : await router.Agents(account, cancellation);
        var members = staff?.SelectMany(a => a.Queues.Select(q => (Queue: q, Agent: a))).ToLookup(m => m.Queue, m => m.Agent);
        var terms = settings is null ? RoutingTerms.Default : (await settings.Get(account, cancellation)).RoutingTerms;
        List<(string Queue, BoardFigures Board, SlotFigures Rolling, SlotFigures Today, int Departed)> queues = [];
        foreach (var (queue, board) in await Boards(account, only, cancellation))
        {
            var (rolling, today, departed) = (SlotFigures.None, await Before(rollingFrom, account, queue, todayFrom, cancellation), 0);
            foreach (var (slot, figures) in await Slots(account, queue, rollingFrom, until: null, cancellation))
            {
                rolling = rolling.Plus(figures);
                today = slot >= todayFrom ? today.Plus(figures) : today;
                departed += slot >= departuresFrom ? figures.Answered : 0;
            }

            queues.Add((queue, board, rolling, today, departed));
        }

        WallboardTile Tile(QueueId? queue, BoardFigures board, SlotFigures rolling, SlotFigures today, int departed) =>
            WallboardTile.Of(queue, board, rolling, rollingFrom, today, todayFrom, now) with
            {
                ExpectedWait = WallboardTile.Expected(board.WaitingCount, departed, now - departuresFrom),
                Staff = staff is null ? null : StaffFigures.Of((queue ?? only) is { } one ? members![one] : staff.Where(a => a.Profile is not null), terms),
            };
        return new(
            now,
            Tile(
                null,
                queues.Aggregate(BoardFigures.None, (sum, q) => sum.Plus(q.Board)),
                queues.Aggregate(SlotFigures.None, (sum, q) => sum.Plus(q.Rolling)),
                queues.Aggregate(SlotFigures.None, (sum, q) => sum.Plus(q.Today)),
                queues.Sum(q => q.Departed)),
            [.. queues.Where(q => q.Queue.Length > 0).OrderBy(q => q.Queue, StringComparer.Ordinal).Select(q => Tile(new QueueId(q.Queue), q.Board, q.Rolling, q.Today, q.Departed))]);
    }

    private async ValueTask<Dictionary<string, BoardFigures>> Boards(AccountId account, QueueId? only, CancellationToken cancellation)
    {
        Dictionary<string, BoardFigures> boards = new(StringComparer.Ordinal);
        foreach (var row in await projections.Read(new(WallboardProjection.ProjectionName, WallboardProjection.Board, account, Limit: MostBoards), cancellation))
        {
            var queue = row.Key == "/" ? "" : row.Key;
            if (only is null || only.Value.Value == queue)
            {
                var figures = JsonSerializer.Deserialize(row.Body, DomainJson.Contract.BoardFigures)!;
                boards[queue] = boards.TryGetValue(queue, out var other) ? other.Plus(figures) : figures;
            }
        }

        return boards;
    }

    /// <summary>The sum of the slots from one up to another, which is not in it.</summary>
    private async ValueTask<SlotFigures> Before(Instant until, AccountId account, string queue, Instant from, CancellationToken cancellation)
    {
        if (from >= until)
        {
            return SlotFigures.None;
        }

        if (!_settled.TryGetValue((account, queue), out var settled) || (settled.From, settled.Until) != (from, until))
        {
            var slots = await Slots(account, queue, from, until, cancellation);
            settled = new(from, until, slots.Aggregate(SlotFigures.None, (sum, s) => sum.Plus(s.Figures)));
            _settled[(account, queue)] = settled;
        }

        return settled.Figures;
    }

    /// <param name="until">Exclusive; null: to the newest.</param>
    private async ValueTask<IEnumerable<(Instant Slot, SlotFigures Figures)>> Slots(
        AccountId account, string queue, Instant from, Instant? until, CancellationToken cancellation)
    {
        var rows = await projections.Read(
            new(WallboardProjection.ProjectionName, WallboardProjection.Slot, account,
                Above: WallboardProjection.SlotKey(queue, from - Duration.FromSeconds(1)),
                Below: until is { } end ? WallboardProjection.SlotKey(queue, end) : $"{queue}/~",
                Limit: MostSlots),
            cancellation);
        return rows.Select(row => (
            Instant.FromUnixTimeSeconds(long.Parse(row.Key.AsSpan(queue.Length + 1), CultureInfo.InvariantCulture)),
            JsonSerializer.Deserialize(row.Body, DomainJson.Contract.SlotFigures)!));
    }

    private sealed record Settled(Instant From, Instant Until, SlotFigures Figures);
}

/// <param name="Total">Of all queues, and of what is in none.</param>
public sealed record WallboardView(Instant At, WallboardTile Total, IReadOnlyList<WallboardTile> Queues);
