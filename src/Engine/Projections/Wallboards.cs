using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>The wallboard of an account, added up over all partitions.</summary>
public sealed class Wallboards(IProjections projections, TimeProvider time, Router? router = null, SettingsCache? settings = null)
{
    /// <summary>More queues than any account has.</summary>
    private const int MostQueues = 10_000;

    private static readonly Duration Rolling = Duration.FromMinutes(30), Departures = Duration.FromMinutes(15);

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
            var (rolling, today, departed) = (SlotFigures.None, SlotFigures.None, 0);
            foreach (var (slot, figures) in await Slots(account, queue, Instant.Min(rollingFrom, todayFrom), cancellation))
            {
                rolling = slot >= rollingFrom ? rolling.Plus(figures) : rolling;
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
        foreach (var row in await projections.Read(new(WallboardProjection.ProjectionName, WallboardProjection.Board, account, Limit: MostQueues), cancellation))
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

    private async ValueTask<IEnumerable<(Instant Slot, SlotFigures Figures)>> Slots(AccountId account, string queue, Instant from, CancellationToken cancellation)
    {
        const int MostSlots = 100_000; // of a day and all partitions
        var rows = await projections.Read(
            new(WallboardProjection.ProjectionName, WallboardProjection.Slot, account,
                Above: WallboardProjection.SlotKey(queue, from - Duration.FromSeconds(1)), Below: $"{queue}/~", Limit: MostSlots),
            cancellation);
        return rows.Select(row => (
            Instant.FromUnixTimeSeconds(long.Parse(row.Key.AsSpan(queue.Length + 1), CultureInfo.InvariantCulture)),
            JsonSerializer.Deserialize(row.Body, DomainJson.Contract.SlotFigures)!));
    }
}

/// <param name="Total">Of all queues, and of what is in none.</param>
public sealed record WallboardView(Instant At, WallboardTile Total, IReadOnlyList<WallboardTile> Queues);
