using System.Text;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;

namespace Conversations.Engine.Sqlite;

/// <summary>Reads of the list rows.</summary>
internal sealed class SqliteViews(ReaderPool readers, ReaderPool lists, string epoch) : IViews
{
    public static bool IsOpen(ConversationStatus status) => status is not (ConversationStatus.Closed or ConversationStatus.Spam);

    public ValueTask<ConversationRow?> Find(AccountId account, ConversationId id, CancellationToken cancellation) => readers.Read(
        connection =>
        {
            using var query = connection.Query(
                """
                SELECT c.body FROM entity n JOIN conversation c ON c.entity = n.id
                WHERE n.account = (SELECT id FROM account WHERE name = ?1) AND n.kind = 'conversation' AND n.key = ?2
                """).Bind(1, account.Value).Bind(2, id.Value);
            return query.Step() ? Row(query.Span(0)) : null;
        },
        cancellation);

    /// <summary>
    /// The position and the rows come from one snapshot of the database, so nothing lies between them: what is not in the
    /// rows is after the position.
    /// </summary>
    public ValueTask<ConversationPage> List(ConversationQuery query, CancellationToken cancellation) => lists.Snapshot(
        connection =>
        {
            var asOf = SqliteJournal.Head(connection, epoch);
            var list = ListSql.Of(query);
            using var rows = list.Prepare(connection);
            List<ConversationRow> items = [];
            ConversationKeyset? next = null;
            ConversationKeyset last = default;
            while (rows.Step())
            {
                if (items.Count == query.Limit) // the one row more that was asked for: there is another page
                {
                    next = last;
                    break;
                }

                items.Add(Row(rows.Span(0)));
                last = new(rows.Long(1), rows.Text(2));
            }

            return new ConversationPage(items, next, asOf);
        },
        cancellation);

    private static ConversationRow Row(ReadOnlySpan<byte> body) => JsonSerializer.Deserialize(body, DomainJson.Contract.ConversationRow)!;
}

/// <summary>The text and the parameters of one list query: only the conditions that are asked for, so that an index can serve them.</summary>
internal sealed class ListSql
{
    private readonly StringBuilder _text = new();
    private readonly List<object> _values = [];

    public static ListSql Of(ConversationQuery query)
    {
        var sql = new ListSql();
        var (column, descending) = query.Order switch
        {
            ConversationOrder.Due => ("next_due", false),
            ConversationOrder.Waiting => ("waiting_since", false),
            ConversationOrder.Activity => ("last_activity_at", true),
            ConversationOrder.Created => ("created_at", true),
        };
        sql._text.Append("SELECT body, ").Append(column).Append(", id FROM conversation ")
            // A customer has a handful: SQLite cannot know, and would rather walk the whole account in the asked order.
            .Append(query.Customer is null ? "" : "INDEXED BY conversation_customer ")
            .Append("WHERE account = (SELECT id FROM account WHERE name = ").Append(sql.Value(query.Account.Value)).Append(')');
        sql.Filter(query);
        if (!descending)
        {
            sql._text.Append(" AND ").Append(column).Append(" IS NOT NULL");
        }

        if (query.After is { } after)
        {
            sql._text.Append(" AND (").Append(column).Append(descending ? ", id) < (" : ", id) > (")
                .Append(sql.Value(after.Sort)).Append(", ").Append(sql.Value(after.Id)).Append(')');
        }

        var direction = descending ? " DESC" : "";
        sql._text.Append(" ORDER BY ").Append(column).Append(direction).Append(", id").Append(direction)
            .Append(" LIMIT ").Append(sql.Value(query.Limit + 1L));
        return sql;
    }

    public override string ToString() => _text.ToString();

    public Statement Prepare(Connection connection)
    {
        var statement = connection.QueryOnce(_text.ToString());
        for (var i = 0; i < _values.Count; i++)
        {
            _ = _values[i] is long number ? statement.Bind(i + 1, number) : statement.Bind(i + 1, (string)_values[i]);
        }

        return statement;
    }

    private void Filter(ConversationQuery query)
    {
        if (query.Status is { } statuses)
        {
            // Says what follows from the statuses anyway, in the words of the partial index on open conversations.
            _text.Append(statuses.All(SqliteViews.IsOpen) ? " AND open = 1" : "").Append(" AND status IN (")
                .AppendJoin(", ", statuses.Select(s => Value(Names<ConversationStatus>.Of(s)))).Append(')');
        }

        if (query.Unassigned)
        {
            _text.Append(" AND assignee IS NULL");
        }

        Equal("queue", query.Queue?.Value);
        Equal("assignee", query.Assignee?.Value);
        Equal("channel", query.Channel);
        Equal("priority", query.Priority is { } priority ? Names<Priority>.Of(priority) : null);
        Equal("sla", query.Sla is { } sla ? Names<SlaState>.Of(sla) : null);
        Equal("customer", query.Customer);
        if (query.Label is { } label)
        {
            _text.Append(" AND EXISTS (SELECT 1 FROM json_each(labels) WHERE value = ").Append(Value(label)).Append(')');
        }
    }

    private void Equal(string column, string? value)
    {
        if (value is not null)
        {
            _text.Append(" AND ").Append(column).Append(" = ").Append(Value(value));
        }
    }

    /// <summary>Values never become part of the text.</summary>
    private string Value(object value)
    {
        _values.Add(value);
        return $"?{_values.Count}";
    }
}
