using Conversations.Domain;
using Conversations.Engine.Sqlite;
using Xunit;

namespace Conversations.Engine.Tests.Stores;

/// <summary>What a query costs must not depend on what merely exists. Counted in SQLite's own steps, not in time.</summary>
public sealed class SqliteWorkTests : IDisposable
{
    private readonly DataFolder _folder = new();
    private readonly Connection _connection;

    public SqliteWorkTests()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Database)!);
        _connection = Connection.ForWriting(_folder.Database, SqliteSynchronous.Off);
        Schema.Prepare(_connection, _folder.Database, TimeProvider.System);
        _connection.Execute("INSERT INTO account VALUES (1, 'acme')");
    }

    public void Dispose()
    {
        _connection.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Reading_what_is_due_costs_the_same_with_a_million_deadlines_pending()
    {
        Deadlines("due", count: 5, due: 10);
        Deadlines("few", count: 10, due: 1000);
        var (few, found) = Work(PartitionReader.DueSql, 100, 50);
        var next = Work(PartitionReader.NextDueSql);

        Deadlines("many", count: 1_000_000, due: 1000);

        Assert.Equal(5, found);
        Assert.Equal((few, 5), Work(PartitionReader.DueSql, 100, 50));
        Assert.Equal(next, Work(PartitionReader.NextDueSql));
    }

    [Fact]
    public void Reading_the_outbox_costs_the_same_with_a_million_messages_waiting()
    {
        Messages(count: 5, due: 10, head: 1);
        Messages(count: 10, due: 1000, head: 1);
        var (few, found) = Work(PartitionReader.OutboxSql, 100, 50);
        var next = Work(PartitionReader.NextOutboxSql);

        Messages(count: 500_000, due: 1000, head: 1); // not yet due
        Messages(count: 500_000, due: 10, head: 0); // due, but behind others

        Assert.Equal(5, found);
        Assert.Equal((few, 5), Work(PartitionReader.OutboxSql, 100, 50));
        Assert.Equal(next, Work(PartitionReader.NextOutboxSql));
    }

    [Theory]
    [InlineData("conversation_due", ConversationOrder.Due, false, null, null)]
    [InlineData("conversation_waiting", ConversationOrder.Waiting, true, null, null)]
    [InlineData("conversation_activity", ConversationOrder.Activity, false, null, null)]
    [InlineData("conversation_open", ConversationOrder.Activity, true, null, null)]
    [InlineData("conversation_created", ConversationOrder.Created, false, null, null)]
    [InlineData("conversation_assignee", ConversationOrder.Activity, false, "ann", null)]
    [InlineData("conversation_assignee", ConversationOrder.Activity, true, "ann", null)]
    [InlineData("conversation_customer", ConversationOrder.Created, false, null, "cara")]
    public void Each_list_walks_the_index_meant_for_it(string index, ConversationOrder order, bool open, string? assignee, string? customer)
    {
        var list = ListSql.Of(new(
            Some.Acme, order, After: new(5, "c5"), Status: open ? [ConversationStatus.Open, ConversationStatus.Pending] : null,
            Assignee: assignee is null ? null : new AgentId(assignee), Customer: customer));

        var plan = Plan(list.ToString());

        Assert.Contains($" {index} ", plan, StringComparison.Ordinal);
        if (customer is null) // a customer's few conversations may be sorted
        {
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_accounts_feed_walks_its_own_events()
    {
        var plan = Plan(SqliteJournal.AccountFeedSql);

        Assert.Contains("event_account (account=? AND rowid>?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    private (int Steps, int Rows) Work(string sql, params long[] parameters)
    {
        using var query = _connection.Query(sql);
        for (var i = 0; i < parameters.Length; i++)
        {
            query.Bind(i + 1, parameters[i]);
        }

        query.TakeWork();
        var rows = 0;
        while (query.Step())
        {
            rows++;
        }

        return (query.TakeWork(), rows);
    }

    private string Plan(string sql)
    {
        using var query = _connection.QueryOnce("EXPLAIN QUERY PLAN " + sql);
        var lines = "";
        while (query.Step())
        {
            lines += query.Text(3) + "\n";
        }

        return lines;
    }

    private void Deadlines(string prefix, int count, long due) =>
        Fill("INSERT INTO entity (account, kind, key, version, next_due) SELECT 1, 'conversation', ?3 || printf('%07d', i), 1, ?2 + i FROM n", count, due).Bind(3, prefix).Run();

    private void Messages(int count, long due, long head) =>
        Fill(
            """
            INSERT INTO outbox (account, message, target, order_key, body, enqueued_at, due, attempts, head)
            SELECT 1, i, 'channel/x', printf('%07d', i), '{}', 0, ?2 + i, 0, ?3 FROM n
            """, count, due).Bind(3, head).Run();

    private Statement Fill(string insert, int count, long due) =>
        _connection.QueryOnce("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) " + insert).Bind(1, count).Bind(2, due);
}
