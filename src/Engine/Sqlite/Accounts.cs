using Conversations.Domain;

namespace Conversations.Engine.Sqlite;

/// <summary>The numbers of account names, as the writing connection sees them. Writing thread only.</summary>
internal sealed class Accounts(Connection connection)
{
    private readonly Dictionary<AccountId, long> _known = [];

    public long? Find(AccountId account)
    {
        if (_known.TryGetValue(account, out var id))
        {
            return id;
        }

        using var query = connection.Query("SELECT id FROM account WHERE name = ?1").Bind(1, account.Value);
        return query.Step() ? _known[account] = query.Long(0) : null;
    }

    public long FindOrAdd(AccountId account)
    {
        if (Find(account) is { } id)
        {
            return id;
        }

        connection.Query("INSERT INTO account (name) VALUES (?1)").Bind(1, account.Value).Run();
        return _known[account] = connection.LastInsertId;
    }

    /// <summary>An account added by a transaction that was undone has no number.</summary>
    public void Forget() => _known.Clear();
}
