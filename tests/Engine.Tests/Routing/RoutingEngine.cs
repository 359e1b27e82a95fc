using Conversations.Domain;
using Conversations.Engine.Embedded;
using Conversations.Engine.Sqlite;
using Conversations.Engine.Tests.Hosts;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Engine.Tests.Routing;

/// <summary>The embedded engine with everything that routes: real store, real workers, real router.</summary>
internal sealed class RoutingEngine : IAsyncDisposable
{
    public static readonly AccountId Acme = new("acme");
    public static readonly QueueId Care = new("care");
    private static readonly Actor Root = new(ActorKind.Admin, "root");

    private readonly DataFolder _folder = new();
    private readonly TimeProvider _time;
    private readonly bool _routes;
    private EmbeddedEntities _entities = null!;
    private OutboxWorker _outbox = null!;
    private DeadlineWorker _deadlines = null!;
    private int _ids;

    private RoutingEngine(TimeProvider time, bool routes) => (_time, _routes) = (time, routes);

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public SqliteStore Store { get; private set; } = null!;
    public IEntities Entities => _entities;

    /// <summary>What the router reads agents and queues from.</summary>
    public FaultyJournal Journal { get; private set; } = null!;

    public AgentLiveness Liveness { get; private set; } = null!;
    public Router Router { get; private set; } = null!;
    public RoutingReader Reader { get; private set; } = null!;

    /// <param name="routes">False: everything but the router.</param>
    public static async Task<RoutingEngine> Start(TimeProvider? time = null, RoutingTerms? terms = null, bool routes = true, params QueueSettings[] queues)
    {
        var engine = new RoutingEngine(time ?? TimeProvider.System, routes);
        await engine.Open();
        await engine.Ask(new PutChannel(new("webchat", "acme", Queue: Care)));
        await engine.Ask(new PutChannel(new("x", "acme", Queue: Care)));
        if (terms is not null)
        {
            await engine.Ask(new PutRouting(terms));
        }

        foreach (var queue in queues.Length > 0 ? queues : [new(Care)])
        {
            await engine.Ask(new PutQueue(queue));
        }

        return engine;
    }

    private async Task Open()
    {
        Store = SqliteStore.Open(_folder.Options(), _time, NullLogger.Instance);
        var settings = new SettingsCache(Store);
        _entities = new(Store, settings, EmbeddedOptions.Default, _time, NullLogger<EmbeddedEntities>.Instance);
        Liveness = new(_entities, settings, new("test"), _time, NullLogger<AgentLiveness>.Instance);
        Reader = new(Store);
        Journal = new(Store);
        Router = new(_entities, Store, Journal, settings, Liveness, _time, NullLogger<Router>.Instance);
        _outbox = new(
            Store,
            [
                new EntityTarget(_entities, _time), new AgentTarget(_entities, _time), new QueueTarget(_entities, _time),
                new LedgerTarget(_entities, Store, settings, _time),
            ],
            _time, NullLogger<OutboxWorker>.Instance);
        _deadlines = new(Store, _entities, _time, NullLogger<DeadlineWorker>.Instance);
        await _outbox.StartAsync(Cancel);
        await _deadlines.StartAsync(Cancel);
        if (_routes)
        {
            await Router.StartAsync(Cancel);
        }
    }

    /// <summary>Ends the process, as it were, and starts another on the same data.</summary>
    public async Task Restart()
    {
        await Close();
        await Open();
    }

    private async Task Close()
    {
        await Router.StopAsync(CancellationToken.None);
        await _deadlines.StopAsync(CancellationToken.None);
        await _outbox.StopAsync(CancellationToken.None);
        Router.Dispose();
        _deadlines.Dispose();
        _outbox.Dispose();
        Liveness.Dispose();
        _entities.Dispose();
        await Store.DisposeAsync();
    }

    public async Task Ask(AccountCommand command) => Assert.IsType<Reply<AccountAnswer>.Done>(
        await Entities.Send(Acme, new Envelope<AccountCommand>(NewId(), Root, command), Cancel));

    public async Task<Reply<AgentAnswer>> Ask(AgentId agent, AgentCommand command, Actor? by = null) =>
        await Entities.Send(Acme, agent, new(NewId(), by ?? Root, command), Cancel);

    public async Task<Reply<ConversationAnswer>> Ask(ConversationId id, ConversationCommand command, Actor? by = null, string? commandId = null) =>
        await Entities.Send(Acme, id, new(commandId ?? NewId(), by ?? Root, command, Strict: false), Cancel);

    public string NewId() => $"t-{Interlocked.Increment(ref _ids)}";

    public async Task<AgentId> Hire(string name, AgentProfile? profile = null)
    {
        var id = new AgentId(name);
        Assert.IsType<Reply<AgentAnswer>.Done>(await Ask(id, new PutAgent(profile ?? new(Queues: [Care]))));
        Assert.True(await Liveness.Seen(Acme, id, By(id), Cancel));
        Assert.IsType<Reply<AgentAnswer>.Done>(await Ask(id, new DeclarePresence("available"), By(id)));
        return id;
    }

    public static Actor By(AgentId agent) => new(ActorKind.Agent, agent.Value);

    public async Task<ConversationId> Arrive(string thread, string channel = "webchat")
    {
        var address = new Address(channel, "acme", thread);
        var id = ConversationId.Of(Acme, address);
        var message = NewId();
        Assert.IsType<Reply<ConversationAnswer>.Done>(await Ask(
            id, new ReceiveMessage(address, new(message, Direction.Inbound, Visibility.Private, null, new("u-7"), "hello")), new(ActorKind.Customer, "u-7"), $"in/{message}"));
        return id;
    }

    public async Task<ConversationRow> Row(ConversationId id) => (await Store.Find(Acme, id, Cancel))!;

    /// <summary>Looks again after every commit, and now and then: what leaves the outbox is told to nobody.</summary>
    public async Task<T> Until<T>(Func<Task<T?>> look) where T : class
    {
        using SemaphoreSlim advanced = new(0);
        void Advanced() => advanced.Release();
        Store.Advanced += Advanced;
        Store.Changed += Advanced;
        try
        {
            while (true)
            {
                if (await look() is { } seen)
                {
                    return seen;
                }

                await advanced.WaitAsync(TimeSpan.FromMilliseconds(100), Cancel);
            }
        }
        finally
        {
            Store.Advanced -= Advanced;
            Store.Changed -= Advanced;
        }
    }

    public Task<ConversationRow> Until(ConversationId id, Func<ConversationRow, bool> holds) => Until(async () => await Row(id) is { } row && holds(row) ? row : null);

    public Task<Agent> Until(AgentId id, Func<Agent, bool> holds) => Until(async () => await Reader.Agent(Acme, id, Cancel) is var agent && holds(agent) ? agent : null);

    public async Task<LiveOffer> Offered(ConversationId id) => (await Until(id, row => row.Offer is not null)).Offer!;

    public async Task<Reply<ConversationAnswer>> Accept(ConversationId id, LiveOffer offer, AgentId? agent = null) =>
        await Ask(id, new AcceptOffer(offer.Id, agent ?? offer.Agents[0]), By(agent ?? offer.Agents[0]));

    public async Task<string[]> History(ConversationId id) =>
        [.. (await Store.ReadEvents(ConversationType.Key(Acme, id), 0, int.MaxValue, descending: false, Cancel)).Select(e => e.Type)];

    public async ValueTask DisposeAsync()
    {
        await Close();
        _folder.Dispose();
    }
}
