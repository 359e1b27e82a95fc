using Conversations.Domain;
using NodaTime;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// Changes of the outbox and the dead letters. Writing thread only, inside the group's transaction. Of each order key exactly
/// the first message carries the head mark; whoever removes a head passes it on.
/// </summary>
internal sealed class OutboxWriter(Connection connection, Accounts accounts, Effects effects)
{
    public void BeginAttempt(long id) =>
        connection.Query("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?1").Bind(1, id).Run();

    public void SaveProgress(long id, string progress) =>
        connection.Query("UPDATE outbox SET progress = ?2, attempts = 0 WHERE id = ?1").Bind(1, id).Bind(2, progress).Run();

    public void Retry(long id, Instant due, string error)
    {
        connection.Query("UPDATE outbox SET due = ?2, last_error = ?3 WHERE id = ?1").Bind(1, id).Bind(2, due).Bind(3, error).Run();
        effects.Changed = true;
    }

    public void Complete(long id) => Remove(id);

    public void Bury(long id, Instant at, string error)
    {
        connection.Query(
            """
            INSERT INTO dead_letter (account, message, target, order_key, body, enqueued_at, died_at, attempts, progress, error)
            SELECT account, message, target, order_key, body, enqueued_at, ?2, attempts, progress, ?3 FROM outbox WHERE id = ?1
            """).Bind(1, id).Bind(2, at).Bind(3, error).Run();
        Remove(id);
    }

    /// <summary>
    /// Attempts and progress come along: an earlier try may have reached the platform, and parts already sent must not be
    /// sent twice, however long the message lay here.
    /// </summary>
    public bool Replay(AccountId account, long id, Instant at)
    {
        if (accounts.Find(account) is not { } number)
        {
            return false;
        }

        connection.Query(
            """
            INSERT INTO outbox (account, message, target, order_key, body, enqueued_at, due, attempts, progress, last_error, head)
            SELECT account, message, target, order_key, body, enqueued_at, ?3, attempts, progress, error,
                NOT EXISTS (SELECT 1 FROM outbox o WHERE o.account = d.account AND o.order_key = d.order_key)
            FROM dead_letter d WHERE id = ?1 AND account = ?2
            """).Bind(1, id).Bind(2, number).Bind(3, at).Run();
        var discarded = Discard(number, id);
        effects.Changed |= discarded;
        return discarded;
    }

    public bool Discard(AccountId account, long id) => accounts.Find(account) is { } number && Discard(number, id);

    private bool Discard(long account, long id)
    {
        connection.Query("DELETE FROM dead_letter WHERE id = ?1 AND account = ?2").Bind(1, id).Bind(2, account).Run();
        return connection.Changes > 0;
    }

    private void Remove(long id)
    {
        long account;
        string orderKey;
        using (var removed = connection.Query("SELECT account, order_key FROM outbox WHERE id = ?1").Bind(1, id))
        {
            if (!removed.Step())
            {
                return;
            }

            (account, orderKey) = (removed.Long(0), removed.Text(1));
        }

        connection.Query("DELETE FROM outbox WHERE id = ?1").Bind(1, id).Run();
        connection.Query("UPDATE outbox SET head = 1 WHERE id = (SELECT min(id) FROM outbox WHERE account = ?1 AND order_key = ?2) AND head = 0")
            .Bind(1, account).Bind(2, orderKey).Run();
        effects.Changed |= connection.Changes > 0;
    }
}
