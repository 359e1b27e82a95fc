using System.Text.Json;
using Conversations.Domain;

namespace Conversations.Engine.Sqlite;

/// <summary>The statements of one commit (DESIGN.md 5). Writing thread only, inside the group's transaction.</summary>
internal sealed class CommitWriter(Connection connection, Accounts accounts, Effects effects)
{
    /// <summary>
    /// Looks first and writes last, so a commit that is refused leaves no trace in the transaction it shares with others.
    /// The receipt comes before the version: a retry of what succeeded must hear its answer, not a conflict with itself.
    /// </summary>
    public CommitOutcome Apply(PreparedCommit prepared)
    {
        var commit = prepared.Commit;
        var account = accounts.Find(commit.Entity.Account);
        if (account is not null && EntityRows.Receipt(connection, commit.Entity.Account, commit.CommandId) is { } receipt)
        {
            return Same(receipt.BodyHash, commit.BodyHash) ? new CommitOutcome.Replayed(receipt) : CommitOutcome.KeyReused.Instance;
        }

        var (entity, version) = account is { } known ? Find(known, commit.Entity) : default;
        if (version != commit.ExpectedSeq)
        {
            return new CommitOutcome.Conflict(version);
        }

        Write(prepared, account ?? accounts.FindOrAdd(commit.Entity.Account), entity);
        return CommitOutcome.Committed.Instance;
    }

    public void SaveSnapshot(EntityKey key, Snapshot snapshot)
    {
        // An entity without a row was never committed; an older snapshot that comes late must not replace a newer one.
        if (accounts.Find(key.Account) is { } account && Find(account, key) is { Id: not 0 } found && snapshot.Seq <= found.Version)
        {
            connection.Query(
                """
                INSERT INTO snapshot (entity, seq, format, state) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (entity) DO UPDATE SET seq = excluded.seq, format = excluded.format, state = excluded.state
                WHERE excluded.seq >= snapshot.seq
                """)
                .Bind(1, found.Id).Bind(2, snapshot.Seq).Bind(3, snapshot.Format).BindBlob(4, snapshot.State).Run();
        }
    }

    /// <summary>Equal, or unknown on either side.</summary>
    private static bool Same(byte[]? stored, byte[]? asked) => stored is null || asked is null || stored.AsSpan().SequenceEqual(asked);

    /// <returns>Zeros when the entity was never committed.</returns>
    private (long Id, long Version) Find(long account, EntityKey key)
    {
        using var query = connection.Query("SELECT id, version FROM entity WHERE account = ?1 AND kind = ?2 AND key = ?3")
            .Bind(1, account).Bind(2, key.Kind).Bind(3, key.Id);
        return query.Step() ? (query.Long(0), query.Long(1)) : default;
    }

    private void Write(PreparedCommit prepared, long account, long entity)
    {
        var commit = prepared.Commit;
        entity = SaveEntity(commit, account, entity);
        foreach (var e in commit.Events)
        {
            Append(account, entity, e);
        }

        SaveReceipts(commit, account, entity);
        foreach (var message in commit.Outbox)
        {
            Enqueue(account, message, commit.At.ToUnixTimeMilliseconds());
        }

        if (commit.View is { } row)
        {
            SaveRow(account, entity, row, prepared.Row!);
        }

        effects.Advanced |= commit.Events.Count > 0;
        effects.Changed |= commit.NextDue is not null || commit.Outbox.Count > 0;
    }

    private long SaveEntity(Commit commit, long account, long entity)
    {
        var version = commit.ExpectedSeq + commit.Events.Count;
        if (entity == 0)
        {
            connection.Query("INSERT INTO entity (account, kind, key, version, next_due) VALUES (?1, ?2, ?3, ?4, ?5)")
                .Bind(1, account).Bind(2, commit.Entity.Kind).Bind(3, commit.Entity.Id).Bind(4, version).Bind(5, commit.NextDue).Run();
            return connection.LastInsertId;
        }

        connection.Query("UPDATE entity SET version = ?2, next_due = ?3 WHERE id = ?1").Bind(1, entity).Bind(2, version).Bind(3, commit.NextDue).Run();
        return entity;
    }

    private void Append(long account, long entity, StoredEvent e) =>
        connection.Query(
            "INSERT INTO event (account, entity, seq, type, at, actor, cause, topics, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
            .Bind(1, account).Bind(2, entity).Bind(3, e.Seq).Bind(4, e.Type).Bind(5, e.At).Bind(6, ActorText.Of(e.Actor))
            .Bind(7, e.Cause).Bind(8, e.Topics).BindText(9, e.Data.Span).Run();

    private void SaveReceipts(Commit commit, long account, long entity)
    {
        connection.Query("INSERT INTO receipt (account, command, entity, hash, answer) VALUES (?1, ?2, ?3, ?4, ?5)")
            .Bind(1, account).Bind(2, commit.CommandId).Bind(3, entity).BindBlob(4, commit.BodyHash).BindText(5, commit.Answer.Span).Run();
        foreach (var alias in commit.Aliases)
        {
            // Replaced as a whole, hash included: an alias was never asked for with a body of its own.
            connection.Query(
                """
                INSERT INTO receipt (account, command, entity, hash, answer) VALUES (?1, ?2, ?3, NULL, ?4)
                ON CONFLICT (account, command) DO UPDATE SET hash = NULL, answer = excluded.answer WHERE receipt.entity = excluded.entity
                """)
                .Bind(1, account).Bind(2, alias.CommandId).Bind(3, entity).BindText(4, alias.Answer.Span).Run();
        }
    }

    private void Enqueue(long account, OutboxMessage message, long at) =>
        connection.Query(
            """
            INSERT INTO outbox (account, message, target, order_key, body, enqueued_at, due, attempts, head)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, NOT EXISTS (SELECT 1 FROM outbox WHERE account = ?1 AND order_key = ?4))
            """)
            .Bind(1, account).Bind(2, message.Id).Bind(3, message.Target).Bind(4, message.OrderKey).Bind(5, message.Body).Bind(6, at).Run();

    /// <remarks>The update leaves out id and created_at, which never change, so that their index is not written again.</remarks>
    private void SaveRow(long account, long entity, ConversationRow row, byte[] body)
    {
        var labels = row.Labels.Count == 0 ? "[]"u8 : JsonSerializer.SerializeToUtf8Bytes(row.Labels, ViewJson.Default.IReadOnlyListString);
        connection.Query(
            """
            INSERT INTO conversation (entity, account, id, created_at, last_activity_at, waiting_since, next_due, open, status, queue, assignee,
                channel, priority, labels, sla, customer, body)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
            ON CONFLICT (entity) DO UPDATE SET last_activity_at = excluded.last_activity_at, waiting_since = excluded.waiting_since,
                next_due = excluded.next_due, open = excluded.open, status = excluded.status, queue = excluded.queue, assignee = excluded.assignee,
                channel = excluded.channel, priority = excluded.priority, labels = excluded.labels, sla = excluded.sla,
                customer = excluded.customer, body = excluded.body
            """)
            .Bind(1, entity).Bind(2, account).Bind(3, row.Id.Value).Bind(4, row.CreatedAt).Bind(5, row.LastActivityAt)
            .Bind(6, row.WaitingSince).Bind(7, row.NextDue).Bind(8, SqliteViews.IsOpen(row.Status) ? 1 : 0)
            .Bind(9, Names<ConversationStatus>.Of(row.Status)).Bind(10, row.Queue?.Value).Bind(11, row.Assignee?.Value)
            .Bind(12, row.Address.Channel).Bind(13, Names<Priority>.Of(row.Priority)).BindText(14, labels)
            .Bind(15, Names<SlaState>.Of(row.SlaState)).Bind(16, row.Customer.Id).BindText(17, body).Run();
    }
}
