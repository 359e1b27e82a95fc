using System.Text;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Engine.Sqlite;

namespace Conversations.Bench;

/// <summary>
/// What the engine is measured against: the same rows into the same tables with the same file settings, in group commits,
/// and nothing else. Nothing is decided, looked up or turned into JSON; every text is bytes already.
/// </summary>
internal sealed class BareStore : IAsyncDisposable
{
    private const int MostInBatch = SqliteOptions.DefaultMaxBatch;

    private readonly Connection _connection;
    private readonly Queue<Waiting> _waiting = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopping;

    private BareStore(Connection connection)
    {
        _connection = connection;
        new Thread(Run) { IsBackground = true, Name = "bare-writer" }.Start();
    }

    public long Transactions { get; private set; }

    public static BareStore Open(string path, SqliteSynchronous synchronous) => new(Create(path, synchronous));

    /// <summary>A new file with the engine's tables and one account.</summary>
    public static Connection Create(string path, SqliteSynchronous synchronous)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = Connection.ForWriting(path, synchronous);
        Schema.Prepare(connection, path, TimeProvider.System);
        connection.Execute("INSERT INTO account (id, name) VALUES (1, 'default')");
        return connection;
    }

    public Task Write(BareWrite write)
    {
        var waiting = new Waiting(write, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_waiting)
        {
            _waiting.Enqueue(waiting);
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_waiting);
            }
        }

        return waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_waiting)
        {
            _stopping = true;
            Monitor.Pulse(_waiting);
        }

        await _finished.Task;
        _connection.Dispose();
    }

    private void Run()
    {
        var batch = new List<Waiting>(MostInBatch);
        while (Take(batch))
        {
            _connection.Query("BEGIN IMMEDIATE").Run();
            foreach (var item in batch)
            {
                item.Write.To(_connection);
            }

            _connection.Query("COMMIT").Run();
            Transactions++;
            foreach (var item in batch)
            {
                item.Done.SetResult();
            }

            batch.Clear();
        }

        _finished.SetResult();
    }

    private bool Take(List<Waiting> batch)
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0)
            {
                if (_stopping)
                {
                    return false;
                }

                Monitor.Wait(_waiting);
            }

            while (batch.Count < MostInBatch && _waiting.TryDequeue(out var item))
            {
                batch.Add(item);
            }
        }

        return true;
    }

    private readonly record struct Waiting(BareWrite Write, TaskCompletionSource Done);
}

/// <summary>The rows of one commit, every text as bytes.</summary>
internal sealed class BareWrite
{
    private const long Account = 1;

    private readonly long _entity;
    private readonly bool _isNew;
    private readonly Commit _commit;
    private readonly byte[] _kind, _key, _command;
    private readonly Event[] _events;
    private readonly Row? _row;

    /// <param name="entities">The numbers of the entities, kept from write to write.</param>
    public BareWrite(Commit commit, Dictionary<EntityKey, long> entities)
    {
        _isNew = !entities.TryGetValue(commit.Entity, out _entity);
        if (_isNew)
        {
            entities[commit.Entity] = _entity = entities.Count + 1;
        }

        if (commit.Aliases.Count + commit.Outbox.Count > 0)
        {
            throw new NotSupportedException("The benchmarks' messages have no aliases and leave nothing in the outbox.");
        }

        _commit = commit;
        (_kind, _key, _command) = (Utf8(commit.Entity.Kind), Utf8(commit.Entity.Id), Utf8(commit.CommandId));
        _events = [.. commit.Events.Select(e => new Event(
            e.Seq, Utf8(e.Type), e.At.ToUnixTimeMilliseconds(), Utf8(ActorText.Of(e.Actor)), Utf8(e.Cause), e.Topics is null ? null : Utf8(e.Topics), e.Data))];
        _row = commit.View is { } row ? Row.Of(row) : null;
    }

    public void To(Connection connection)
    {
        SaveEntity(connection);
        foreach (var e in _events)
        {
            var insert = connection.Query(
                "INSERT INTO event (account, entity, seq, type, at, actor, cause, topics, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
                .Bind(1, Account).Bind(2, _entity).Bind(3, e.Seq).BindText(4, e.Type).Bind(5, e.At).BindText(6, e.Actor).BindText(7, e.Cause);
            Text(insert, 8, e.Topics).BindText(9, e.Data.Span).Run();
        }

        connection.Query("INSERT INTO receipt (account, command, entity, hash, answer) VALUES (?1, ?2, ?3, ?4, ?5)")
            .Bind(1, Account).BindText(2, _command).Bind(3, _entity).BindBlob(4, _commit.BodyHash).BindText(5, _commit.Answer.Span).Run();
        _row?.To(connection, _entity);
    }

    private void SaveEntity(Connection connection)
    {
        var version = _commit.ExpectedSeq + _commit.Events.Count;
        if (_isNew)
        {
            connection.Query("INSERT INTO entity (id, account, kind, key, version, next_due) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .Bind(1, _entity).Bind(2, Account).BindText(3, _kind).BindText(4, _key).Bind(5, version).Bind(6, _commit.NextDue).Run();
        }
        else
        {
            connection.Query("UPDATE entity SET version = ?2, next_due = ?3 WHERE id = ?1").Bind(1, _entity).Bind(2, version).Bind(3, _commit.NextDue).Run();
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static Statement Text(Statement statement, int index, byte[]? utf8) =>
        utf8 is null ? statement.Bind(index, (string?)null) : statement.BindText(index, utf8);

    private sealed record Event(long Seq, byte[] Type, long At, byte[] Actor, byte[] Cause, byte[]? Topics, ReadOnlyMemory<byte> Data);

    private sealed record Row(
        byte[] Id, long CreatedAt, long LastActivityAt, long? WaitingSince, long? NextDue, long Open, byte[] Status, byte[]? Queue, byte[]? Assignee,
        byte[] Channel, byte[] Priority, byte[] Labels, byte[] Sla, byte[] Customer, byte[] Body)
    {
        public static Row Of(ConversationRow row) => new(
            Utf8(row.Id.Value), row.CreatedAt.ToUnixTimeMilliseconds(), row.LastActivityAt.ToUnixTimeMilliseconds(),
            row.WaitingSince?.ToUnixTimeMilliseconds(), row.NextDue?.ToUnixTimeMilliseconds(), SqliteViews.IsOpen(row.Status) ? 1 : 0,
            Utf8(Names<ConversationStatus>.Of(row.Status)), row.Queue is { } queue ? Utf8(queue.Value) : null,
            row.Assignee is { } agent ? Utf8(agent.Value) : null, Utf8(row.Address.Channel), Utf8(Names<Priority>.Of(row.Priority)),
            Utf8("[]"), Utf8(Names<SlaState>.Of(row.SlaState)), Utf8(row.Customer.Id),
            JsonSerializer.SerializeToUtf8Bytes(row, DomainJson.Contract.ConversationRow));

        public void To(Connection connection, long entity)
        {
            var upsert = connection.Query(
                """
                INSERT INTO conversation (entity, account, id, created_at, last_activity_at, waiting_since, next_due, open, status, queue, assignee,
                    channel, priority, labels, sla, customer, body)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
                ON CONFLICT (entity) DO UPDATE SET last_activity_at = excluded.last_activity_at, waiting_since = excluded.waiting_since,
                    next_due = excluded.next_due, open = excluded.open, status = excluded.status, queue = excluded.queue, assignee = excluded.assignee,
                    channel = excluded.channel, priority = excluded.priority, labels = excluded.labels, sla = excluded.sla,
                    customer = excluded.customer, body = excluded.body
                """)
                .Bind(1, entity).Bind(2, Account).BindText(3, Id).Bind(4, CreatedAt).Bind(5, LastActivityAt).Bind(6, WaitingSince).Bind(7, NextDue)
                .Bind(8, Open).BindText(9, Status);
            Text(Text(upsert, 10, Queue), 11, Assignee).BindText(12, Channel).BindText(13, Priority).BindText(14, Labels).BindText(15, Sla)
                .BindText(16, Customer).BindText(17, Body).Run();
        }
    }
}
