using Conversations.Domain;

namespace Conversations.Engine.Sqlite;

/// <summary>Reading of receipts and events, the same on the writing connection and on the reading ones.</summary>
internal static class EntityRows
{
    /// <summary>The columns <see cref="Event"/> reads.</summary>
    public const string EventColumns = "e.seq, e.type, e.at, e.actor, e.cause, e.topics, e.data";

    public static StoredEvent Event(Statement row) => new(
        row.Long(0), row.Text(1), row.Instant(2), ActorText.Parse(row.Text(3)), row.Text(4), row.Bytes(6), row.TextOrNull(5));

    public static List<StoredEvent> Events(Statement query)
    {
        using (query)
        {
            List<StoredEvent> events = [];
            while (query.Step())
            {
                events.Add(Event(query));
            }

            return events;
        }
    }

    public static StoredReceipt? Receipt(Connection connection, AccountId account, string commandId)
    {
        using var query = connection.Query(
            """
            SELECT n.kind, n.key, r.hash, r.answer FROM receipt r JOIN entity n ON n.id = r.entity
            WHERE r.account = (SELECT id FROM account WHERE name = ?1) AND r.command = ?2
            """).Bind(1, account.Value).Bind(2, commandId);
        return query.Step() ? new(new(account, query.Text(0), query.Text(1)), query.BytesOrNull(2), query.Bytes(3)) : null;
    }

    public static long? EntityId(Connection connection, EntityKey key)
    {
        using var query = connection.Query(
            "SELECT id FROM entity WHERE account = (SELECT id FROM account WHERE name = ?1) AND kind = ?2 AND key = ?3")
            .Bind(1, key.Account.Value).Bind(2, key.Kind).Bind(3, key.Id);
        return query.Step() ? query.Long(0) : null;
    }
}
