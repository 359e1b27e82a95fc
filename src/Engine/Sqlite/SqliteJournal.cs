using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine.Sqlite;

/// <summary>The journal's and the feed's reads: the feed is the event table in the order of positions.</summary>
internal sealed class SqliteJournal(ReaderPool readers, string epoch)
{
    // CROSS JOIN: SQLite keeps the order of the tables, so it walks the events and looks up their entities.
    private const string FeedFrom =
        $"""
        SELECT {EntityRows.EventColumns}, e.position, a.name, n.kind, n.key
        FROM event e CROSS JOIN entity n ON n.id = e.entity CROSS JOIN account a ON a.id = n.account
        WHERE e.position > ?1
        """;

    internal const string WholeFeedSql = FeedFrom + " ORDER BY e.position LIMIT ?2";

    internal const string AccountFeedSql = FeedFrom + " AND e.account = (SELECT id FROM account WHERE name = ?3) ORDER BY e.position LIMIT ?2";

    /// <summary>Snapshot and tail from one moment: a snapshot saved in between would otherwise leave a gap before the tail.</summary>
    public ValueTask<StoredEntity> Load(EntityKey key, CancellationToken cancellation) => readers.Snapshot(
        connection =>
        {
            if (EntityRows.EntityId(connection, key) is not { } entity)
            {
                return new StoredEntity(null, []);
            }

            var snapshot = FindSnapshot(connection, entity);
            return new(snapshot, EntityRows.Events(connection.Query(
                $"SELECT {EntityRows.EventColumns} FROM event e WHERE e.entity = ?1 AND e.seq > ?2 ORDER BY e.seq")
                .Bind(1, entity).Bind(2, snapshot?.Seq ?? 0)));
        },
        cancellation);

    public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation) =>
        readers.Read(connection => EntityRows.Receipt(connection, account, commandId), cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey key, long after, int limit, bool descending, CancellationToken cancellation) =>
        readers.Read<IReadOnlyList<StoredEvent>>(
            connection =>
            {
                if (EntityRows.EntityId(connection, key) is not { } entity)
                {
                    return [];
                }

                var query = descending
                    ? connection.Query($"SELECT {EntityRows.EventColumns} FROM event e WHERE e.entity = ?1 AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3")
                    : connection.Query($"SELECT {EntityRows.EventColumns} FROM event e WHERE e.entity = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3");
                return EntityRows.Events(query.Bind(1, entity).Bind(2, descending && after == 0 ? long.MaxValue : after).Bind(3, limit));
            },
            cancellation);

    public ValueTask<FeedPosition> Head(CancellationToken cancellation) => readers.Read(connection => Head(connection, epoch), cancellation);

    /// <summary>An embedded store is one partition.</summary>
    private static FeedPosition At(string epoch, long offset) => new(epoch, [offset]);

    public static FeedPosition Head(Connection connection, string epoch)
    {
        using var query = connection.Query("SELECT max(position) FROM event");
        query.Step();
        return At(epoch, query.Long(0)); // NULL of an empty table reads as 0
    }

    /// <remarks>
    /// Only the offset counts here. Whoever takes positions from outside compares their epoch with <see cref="Head(CancellationToken)"/>'s
    /// first: an offset of another journal means nothing in this one.
    /// </remarks>
    public ValueTask<IReadOnlyList<FeedEntry>> ReadFeed(FeedPosition? after, AccountId? account, int limit, CancellationToken cancellation) =>
        readers.Read<IReadOnlyList<FeedEntry>>(
            connection =>
            {
                using var query = account is { } one
                    ? connection.Query(AccountFeedSql).Bind(3, one.Value)
                    : connection.Query(WholeFeedSql);
                query.Bind(1, after?.Offsets[0] ?? 0).Bind(2, limit);
                List<FeedEntry> entries = [];
                while (query.Step())
                {
                    entries.Add(new(
                        0,
                        query.Long(7),
                        At(epoch, query.Long(7)),
                        new(AccountId.Of(query.Text(8)), query.Text(9), query.Text(10)),
                        EntityRows.Event(query)));
                }

                return entries;
            },
            cancellation);

    /// <summary>
    /// Halves the range of positions: an index on the time would cost every write for a question asked once in a while.
    /// Commits are in the order of time but for the milliseconds a commit waited in the queue, and but for a clock that was
    /// set back; the answer is as exact as that.
    /// </summary>
    public ValueTask<FeedPosition> PositionAt(Instant at, CancellationToken cancellation) => readers.Snapshot(
        connection =>
        {
            var (before, last) = (0L, Head(connection, epoch).Offsets[0]); // the answer lies in [before, last]
            while (before < last)
            {
                var middle = before + ((last - before) / 2);
                using var probe = connection.Query("SELECT position, at FROM event WHERE position > ?1 ORDER BY position LIMIT 1").Bind(1, middle);
                probe.Step();
                if (probe.Instant(1) < at)
                {
                    before = probe.Long(0);
                }
                else
                {
                    last = middle;
                }
            }

            return At(epoch, before);
        },
        cancellation);

    private static Snapshot? FindSnapshot(Connection connection, long entity)
    {
        using var query = connection.Query("SELECT seq, format, state FROM snapshot WHERE entity = ?1").Bind(1, entity);
        return query.Step() ? new(query.Long(0), query.Int(1), query.Bytes(2)) : null;
    }
}
