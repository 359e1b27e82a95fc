using Conversations.Domain;

namespace Conversations.Engine.Sqlite;

/// <summary>Changes of what projections keep. Writing thread only, inside the group's transaction.</summary>
internal sealed class ProjectionWriter(Connection connection, Accounts accounts)
{
    public bool Reset(string projection, int format)
    {
        connection.Query("DELETE FROM projection_row WHERE projection = ?1").Bind(1, projection).Run();
        connection.Query(
            """
            INSERT INTO projection (name, format, position) VALUES (?1, ?2, 0)
            ON CONFLICT (name) DO UPDATE SET format = excluded.format, position = 0
            """).Bind(1, projection).Bind(2, format).Run();
        return true;
    }

    public bool Advance(ProjectionStep step)
    {
        connection.Query("UPDATE projection SET position = ?3 WHERE name = ?1 AND position = ?2")
            .Bind(1, step.Projection).Bind(2, step.From).Bind(3, step.To).Run();
        if (connection.Changes == 0)
        {
            return false;
        }

        foreach (var change in step.Changes)
        {
            var account = accounts.FindOrAdd(change.Account);
            if (change.Body is { } body)
            {
                connection.Query(
                    """
                    INSERT INTO projection_row (projection, section, account, key, body) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (projection, section, account, key) DO UPDATE SET body = excluded.body
                    """)
                    .Bind(1, step.Projection).Bind(2, change.Section).Bind(3, account).Bind(4, change.Key).BindText(5, body).Run();
            }
            else
            {
                connection.Query("DELETE FROM projection_row WHERE projection = ?1 AND section = ?2 AND account = ?3 AND key = ?4")
                    .Bind(1, step.Projection).Bind(2, change.Section).Bind(3, account).Bind(4, change.Key).Run();
            }
        }

        return true;
    }
}

/// <summary>Reads of what projections keep.</summary>
internal sealed class ProjectionReader(ReaderPool readers)
{
    private const string Columns = "SELECT a.name, r.key, r.body FROM projection_row r CROSS JOIN account a ON a.id = r.account";
    private const string Last = "\U0010FFFF"; // no character comes after it

    private const string OfAccount = Columns + " WHERE r.projection = ?1 AND r.section = ?2 AND r.account = (SELECT id FROM account WHERE name = ?3)";

    public ValueTask<long?> Checkpoint(string projection, int format, CancellationToken cancellation) => readers.Read(
        connection =>
        {
            using var query = connection.Query("SELECT position FROM projection WHERE name = ?1 AND format = ?2").Bind(1, projection).Bind(2, format);
            return query.Step() ? query.Long(0) : (long?)null;
        },
        cancellation);

    public ValueTask<IReadOnlyList<ProjectionRow>> ReadRows(string projection, string section, ProjectionRow? after, int limit, CancellationToken cancellation) =>
        readers.Read<IReadOnlyList<ProjectionRow>>(
            connection => Rows(connection.Query(
                Columns + " WHERE r.projection = ?1 AND r.section = ?2 AND (r.account, r.key) > (coalesce((SELECT id FROM account WHERE name = ?3), 0), ?4) ORDER BY r.account, r.key LIMIT ?5")
                .Bind(1, projection).Bind(2, section).Bind(3, after?.Account.Value).Bind(4, after?.Key ?? "").Bind(5, limit)),
            cancellation);

    public ValueTask<ProjectionRow?> Find(string projection, string section, AccountId account, string key, CancellationToken cancellation) => readers.Read<ProjectionRow?>(
        connection => Rows(connection.Query(OfAccount + " AND r.key = ?4").Bind(1, projection).Bind(2, section).Bind(3, account.Value).Bind(4, key)) is [var row] ? row : null,
        cancellation);

    public ValueTask<IReadOnlyList<ProjectionRow>> Read(ProjectionQuery query, CancellationToken cancellation) => readers.Read<IReadOnlyList<ProjectionRow>>(
        connection => Rows((query.Descending
                ? connection.Query(OfAccount + " AND r.key > ?4 AND r.key < ?5 ORDER BY r.key DESC LIMIT ?6")
                : connection.Query(OfAccount + " AND r.key > ?4 AND r.key < ?5 ORDER BY r.key LIMIT ?6"))
            .Bind(1, query.Projection).Bind(2, query.Section).Bind(3, query.Account.Value).Bind(4, query.Above ?? "").Bind(5, query.Below ?? Last).Bind(6, query.Limit)),
        cancellation);

    private static List<ProjectionRow> Rows(Statement query)
    {
        using (query)
        {
            List<ProjectionRow> rows = [];
            while (query.Step())
            {
                rows.Add(new(AccountId.Of(query.Text(0)), query.Text(1), query.Bytes(2)));
            }

            return rows;
        }
    }
}
