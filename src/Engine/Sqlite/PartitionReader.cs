using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine.Sqlite;

/// <summary>What is due: deadlines and outbox messages. Every query walks an index that holds only what can be due.</summary>
internal sealed class PartitionReader(ReaderPool readers)
{
    internal const string DueSql =
        """
        SELECT a.name, n.kind, n.key, n.next_due FROM entity n INDEXED BY entity_due CROSS JOIN account a ON a.id = n.account
        WHERE n.next_due <= ?1 ORDER BY n.next_due LIMIT ?2
        """;

    internal const string OutboxSql =
        """
        SELECT o.id, a.name, o.message, o.target, o.order_key, o.body, o.enqueued_at, o.due, o.attempts, o.progress, o.last_error
        FROM outbox o INDEXED BY outbox_due CROSS JOIN account a ON a.id = o.account
        WHERE o.head = 1 AND o.due <= ?1 ORDER BY o.due, o.id LIMIT ?2
        """;

    internal const string NextDueSql = "SELECT next_due FROM entity INDEXED BY entity_due WHERE next_due IS NOT NULL ORDER BY next_due LIMIT 1";

    internal const string NextOutboxSql = "SELECT due FROM outbox INDEXED BY outbox_due WHERE head = 1 ORDER BY due LIMIT 1";

    public ValueTask<IReadOnlyList<DueEntity>> ReadDue(Instant now, int limit, CancellationToken cancellation) =>
        readers.Read<IReadOnlyList<DueEntity>>(
            connection =>
            {
                using var query = connection.Query(DueSql).Bind(1, now).Bind(2, limit);
                List<DueEntity> due = [];
                while (query.Step())
                {
                    due.Add(new(new(AccountId.Of(query.Text(0)), query.Text(1), query.Text(2)), query.Instant(3)));
                }

                return due;
            },
            cancellation);

    public ValueTask<Instant?> NextDeadline(CancellationToken cancellation) =>
        First(NextDueSql, cancellation);

    /// <remarks>Oldest by due time: a message whose turn comes after waiting behind another keeps its place among the others.</remarks>
    public ValueTask<IReadOnlyList<OutboxEntry>> ReadOutbox(Instant now, int limit, CancellationToken cancellation) =>
        readers.Read<IReadOnlyList<OutboxEntry>>(
            connection =>
            {
                using var query = connection.Query(OutboxSql).Bind(1, now).Bind(2, limit);
                List<OutboxEntry> entries = [];
                while (query.Step())
                {
                    entries.Add(new(
                        query.Long(0), AccountId.Of(query.Text(1)), new(query.Text(2), query.Text(3), query.Text(4), query.Text(5)),
                        query.Instant(6), query.Instant(7), query.Int(8), query.TextOrNull(9), query.TextOrNull(10)));
                }

                return entries;
            },
            cancellation);

    public ValueTask<Instant?> NextOutbox(CancellationToken cancellation) =>
        First(NextOutboxSql, cancellation);

    public ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLetters(AccountId account, long? before, int limit, CancellationToken cancellation) =>
        readers.Read<IReadOnlyList<DeadLetter>>(
            connection =>
            {
                using var query = connection.Query(
                    """
                    SELECT id, message, target, order_key, body, enqueued_at, died_at, attempts, error FROM dead_letter
                    WHERE account = (SELECT id FROM account WHERE name = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3
                    """).Bind(1, account.Value).Bind(2, before ?? long.MaxValue).Bind(3, limit);
                List<DeadLetter> letters = [];
                while (query.Step())
                {
                    letters.Add(new(
                        query.Long(0), new(query.Text(1), query.Text(2), query.Text(3), query.Text(4)),
                        query.Instant(5), query.Instant(6), query.Int(7), query.Text(8)));
                }

                return letters;
            },
            cancellation);

    private ValueTask<Instant?> First(string sql, CancellationToken cancellation) => readers.Read(
        connection =>
        {
            using var query = connection.Query(sql);
            return query.Step() ? query.Instant(0) : (Instant?)null;
        },
        cancellation);
}
