using System.Globalization;
using System.Security.Cryptography;

namespace Conversations.Engine.Sqlite;

/// <summary>The tables, and which version of them a data file has.</summary>
internal static class Schema
{
    /// <summary>Raise it with every change of the tables, and add the step from the version before to <see cref="Prepare"/>.</summary>
    public const int Version = 2;

    /// <summary>What projections keep, and how far each has read: rows are theirs to change and to remove.</summary>
    private const string Projections =
        """

        CREATE TABLE projection (name TEXT PRIMARY KEY, format INTEGER NOT NULL, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE projection_row (
            projection TEXT NOT NULL,
            section TEXT NOT NULL,
            account INTEGER NOT NULL,
            key TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (projection, section, account, key)
        ) STRICT, WITHOUT ROWID;
        """;

    private const string Tables =
        """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

        -- Names that every row would repeat are kept once; everything else refers to them by number.
        CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

        CREATE TABLE entity (
            id INTEGER PRIMARY KEY,
            account INTEGER NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            version INTEGER NOT NULL,
            next_due INTEGER,
            UNIQUE (account, kind, key)
        ) STRICT;
        -- The deadline index: only entities that have a deadline are in it, so a look at it costs what is due.
        CREATE INDEX entity_due ON entity (next_due) WHERE next_due IS NOT NULL;

        -- History and feed in one: position is the order of commits. Rows are never changed or deleted.
        CREATE TABLE event (
            position INTEGER PRIMARY KEY,
            account INTEGER NOT NULL,
            entity INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            type TEXT NOT NULL,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            cause TEXT NOT NULL,
            topics TEXT,
            data TEXT NOT NULL,
            UNIQUE (entity, seq)
        ) STRICT;
        -- (account, position): a quiet account beside a busy one reads its own few events, not everybody's. Without it a
        -- watcher of the quiet one would scan everything since its last event, again and again. New entries go to the end
        -- of the account's run, so it is the cheapest kind of index.
        CREATE INDEX event_account ON event (account);

        -- What every command was answered with. A rowid table: command ids arrive in random order, and an index without
        -- the answers in it stays in the cache far longer.
        CREATE TABLE receipt (
            id INTEGER PRIMARY KEY,
            account INTEGER NOT NULL,
            command TEXT NOT NULL,
            entity INTEGER NOT NULL,
            hash BLOB,
            answer TEXT NOT NULL,
            UNIQUE (account, command)
        ) STRICT;

        CREATE TABLE snapshot (
            entity INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            format INTEGER NOT NULL,
            state BLOB NOT NULL
        ) STRICT;

        -- AUTOINCREMENT: an id is never used again, so a late Complete cannot hit somebody else's message.
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL,
            message TEXT NOT NULL,
            target TEXT NOT NULL,
            order_key TEXT NOT NULL,
            body TEXT NOT NULL,
            enqueued_at INTEGER NOT NULL,
            due INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            progress TEXT,
            last_error TEXT,
            head INTEGER NOT NULL -- 1: the first of its order key
        ) STRICT;
        CREATE INDEX outbox_order ON outbox (account, order_key);
        -- Only heads: what waits behind another message is not in it, however much that is.
        CREATE INDEX outbox_due ON outbox (due) WHERE head = 1;

        CREATE TABLE dead_letter (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL,
            message TEXT NOT NULL,
            target TEXT NOT NULL,
            order_key TEXT NOT NULL,
            body TEXT NOT NULL,
            enqueued_at INTEGER NOT NULL,
            died_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            progress TEXT,
            error TEXT NOT NULL
        ) STRICT;
        CREATE INDEX dead_letter_account ON dead_letter (account);

        -- The list row: a column for everything a query filters or sorts by, and the row itself as JSON.
        CREATE TABLE conversation (
            entity INTEGER PRIMARY KEY,
            account INTEGER NOT NULL,
            id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            last_activity_at INTEGER NOT NULL,
            waiting_since INTEGER,
            next_due INTEGER,
            open INTEGER NOT NULL, -- 0: closed or spam
            status TEXT NOT NULL,
            queue TEXT,
            assignee TEXT,
            channel TEXT NOT NULL,
            priority TEXT NOT NULL,
            labels TEXT NOT NULL,
            sla TEXT NOT NULL,
            customer TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        -- Every commit pays for every index whose columns it sets (about 1 to 2 µs each), so there is one per order, and
        -- one per filter that would otherwise look through the whole account for a handful of rows:
        --   open: what people work in is a sliver of what is kept; closed ones pile up for years;
        --   assignee and customer: a few rows out of millions.
        -- Queue, channel, priority, label and SLA are filtered while walking one of these.
        CREATE INDEX conversation_activity ON conversation (account, last_activity_at, id);
        CREATE INDEX conversation_open ON conversation (account, last_activity_at, id) WHERE open = 1;
        CREATE INDEX conversation_created ON conversation (account, created_at, id);
        CREATE INDEX conversation_waiting ON conversation (account, waiting_since, id) WHERE waiting_since IS NOT NULL;
        CREATE INDEX conversation_due ON conversation (account, next_due, id) WHERE next_due IS NOT NULL;
        CREATE INDEX conversation_assignee ON conversation (account, assignee, last_activity_at, id) WHERE assignee IS NOT NULL;
        CREATE INDEX conversation_customer ON conversation (account, customer);
        """;

    /// <summary>Creates the tables in a new file, and checks those of an old one.</summary>
    /// <returns>The journal's epoch: a random name given to this history when it began.</returns>
    public static string Prepare(Connection connection, string path, TimeProvider time)
    {
        if (!HasTable(connection, "meta"))
        {
            Create(connection, time);
        }

        var version = int.Parse(Meta(connection, "schema") ?? "0", CultureInfo.InvariantCulture);
        if (version == 1)
        {
            connection.Execute("BEGIN IMMEDIATE;" + Projections + "UPDATE meta SET value = '2' WHERE key = 'schema'; COMMIT");
            version = 2;
        }

        return version switch
        {
            Version => Meta(connection, "epoch")!,
            > Version => throw new StoreUnavailableException(
                $"The data file {path} was written by a newer program (schema {version}; this one knows {Version}). "
                + "Start the newer program again, or restore a backup made before the upgrade."),
            _ => throw new StoreUnavailableException(
                $"The data file {path} has the unknown schema {version}. Restore a backup, or choose another file."),
        };
    }

    private static void Create(Connection connection, TimeProvider time)
    {
        connection.Execute("BEGIN IMMEDIATE;" + Tables + Projections);
        SetMeta(connection, "schema", Version.ToString(CultureInfo.InvariantCulture));
        SetMeta(connection, "epoch", RandomNumberGenerator.GetHexString(16, lowercase: true));
        SetMeta(connection, "created", time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
        connection.Execute("COMMIT");
    }

    private static bool HasTable(Connection connection, string name)
    {
        using var query = connection.QueryOnce("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1").Bind(1, name);
        return query.Step();
    }

    private static string? Meta(Connection connection, string key)
    {
        using var query = connection.QueryOnce("SELECT value FROM meta WHERE key = ?1").Bind(1, key);
        return query.Step() ? query.Text(0) : null;
    }

    private static void SetMeta(Connection connection, string key, string value) =>
        connection.QueryOnce("INSERT INTO meta (key, value) VALUES (?1, ?2)").Bind(1, key).Bind(2, value).Run();
}
