using System.Collections.Concurrent;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Engine.Embedded;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Conversations.Bench;

/// <summary>A folder for one benchmark's files, removed with it.</summary>
internal sealed class BenchFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations-bench-");

    public string Database(string name) => System.IO.Path.Combine(_folder.FullName, name, "conversations.db");

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>The embedded engine as the gateway composes it, without the gateway.</summary>
internal sealed class LiveEngine : IAsyncDisposable
{
    public const string Channel = "chat", ChannelAccount = "main";

    private readonly SqliteStore _store;

    private LiveEngine(SqliteStore store, TimeProvider time)
    {
        _store = store;
        Journal = new(store);
        Entities = new(Journal, new(Journal), EmbeddedOptions.Default, time, NullLogger<EmbeddedEntities>.Instance);
    }

    public ObservedJournal Journal { get; }

    public EmbeddedEntities Entities { get; }

    public IPartition Partition => _store;

    public long Transactions => _store.Transactions;

    public static async Task<LiveEngine> Open(string path, SqliteSynchronous synchronous, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var engine = new LiveEngine(SqliteStore.Open(new() { Path = path, Synchronous = synchronous }, time, NullLogger.Instance), time);
        await RegisterChannel(engine.Entities);
        return engine;
    }

    public static async Task RegisterChannel(IEntities entities)
    {
        var reply = await entities.Send(
            AccountId.Default,
            new Envelope<AccountCommand>("bench-channel", Actor.System, new PutChannel(new(Channel, ChannelAccount, Queue: new QueueId("support"))), Strict: false),
            CancellationToken.None);
        _ = reply as Reply<AccountAnswer>.Done ?? throw new InvalidOperationException($"The channel was not registered: {reply}");
    }

    public async ValueTask Send(Address address, Envelope<ConversationCommand> envelope)
    {
        var reply = await Entities.Send(AccountId.Default, ConversationId.Of(AccountId.Default, address), envelope, CancellationToken.None);
        if (reply is not Reply<ConversationAnswer>.Done { Replayed: false })
        {
            throw new InvalidOperationException($"{envelope.CommandId} was not taken: {reply}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Entities.Dispose();
        await _store.DisposeAsync();
    }
}

/// <summary>What people write to each other.</summary>
internal static class Talk
{
    private const string Question =
        "Hi, my order 48213 should have been here on Tuesday and the tracking page still says it is being prepared. Can you look?";

    private const string Reply = "I am sorry about that. The parcel left our warehouse this morning; you will have it tomorrow before noon.";

    public static Address Thread(string name) => new(LiveEngine.Channel, LiveEngine.ChannelAccount, name);

    public static InboundMessage Message(Address address, string id) =>
        new(id, Direction.Inbound, Visibility.Public, null, new($"u-{address.Thread}", "Ada Example", "ada", 120), Question);

    public static Envelope<ConversationCommand> Receive(Address address, string id) => new(
        MessageKey.Of(address, id), new(ActorKind.Customer, $"u-{address.Thread}"), new ReceiveMessage(address, Message(address, id)), Strict: false);

    /// <summary>Strict, as over HTTP: its content is hashed.</summary>
    public static Envelope<ConversationCommand> Answer(string id) => new(
        $"key/{id}", new(ActorKind.Agent, "ann"), new PostMessage(PostKind.Reply, Reply));

    /// <summary>The customer writes twice, an agent answers once.</summary>
    public static Envelope<ConversationCommand> Next(Address address, int number, string id) =>
        number % 3 == 2 ? Answer(id) : Receive(address, id);
}

/// <summary>
/// Takes the same commands through an engine of its own beforehand, to know the rows they become. What is measured then keeps
/// nothing: keeping its commits made the engine's garbage collections a third longer.
/// </summary>
internal sealed class Recorder(LiveEngine engine)
{
    private readonly Dictionary<EntityKey, long> _entities = [];

    /// <param name="commands">By sender. Each sends one after the other; no two write to the same conversation.</param>
    /// <returns>The rows of each command, in the same places.</returns>
    public async Task<BareWrite[][]> Record((Address Address, Envelope<ConversationCommand> Envelope)[][] commands)
    {
        engine.Journal.Taken = new();
        await Task.WhenAll(commands.Select(ofOne => Task.Run(async () =>
        {
            foreach (var (address, envelope) in ofOne)
            {
                await engine.Send(address, envelope);
            }
        })));
        var writes = engine.Journal.Taken.ToDictionary(c => c.CommandId, c => new BareWrite(c, _entities), StringComparer.Ordinal);
        return [.. commands.Select(ofOne => ofOne.Select(c => writes[c.Envelope.CommandId]).ToArray())];
    }
}

/// <summary>The journal, with a look at what was committed.</summary>
internal sealed class ObservedJournal(IJournal journal) : IJournal
{
    /// <summary>The commits so far, in the order in which they were asked for; null: not kept.</summary>
    public ConcurrentQueue<Commit>? Taken { get; set; }

    /// <summary>Called when a commit is durable.</summary>
    public Action<Commit>? Committed { get; set; }

    public ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation) => journal.Load(entity, cancellation);

    public async ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation)
    {
        Taken?.Enqueue(commit);
        var outcome = await journal.Commit(commit, cancellation);
        Committed?.Invoke(commit);
        return outcome;
    }

    public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation) =>
        journal.FindReceipt(account, commandId, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation) =>
        journal.ReadEvents(entity, after, limit, descending, cancellation);

    public ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation) => journal.SaveSnapshot(entity, snapshot, cancellation);
}
