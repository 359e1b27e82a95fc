using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine.Embedded;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using ConversationHost = EntityHost<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>;

/// <summary>An account with one channel, on a real store, with a journal that can be made to fail.</summary>
internal sealed class World : IAsyncDisposable
{
    public static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);
    public static readonly AccountId Acme = new("acme");
    public static readonly Address Address = new("webchat", "acme", "visitor-7");
    public static readonly ConversationId Id = ConversationId.Of(Acme, Address);
    public static readonly EntityKey Key = ConversationType.Key(Acme, Id);
    public static readonly Actor Customer = new(ActorKind.Customer, "u-7");
    public static readonly Actor Ann = new(ActorKind.Agent, "ann");

    private readonly DataFolder _folder = new();

    private World()
    {
        Store = SqliteStore.Open(_folder.Options(), Time, NullLogger.Instance);
        Journal = new(Store);
        Settings = new(Journal);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ManualTime Time { get; } = new(Noon.ToDateTimeOffset());
    public SqliteStore Store { get; private set; }
    public FaultyJournal Journal { get; private set; }
    public SettingsCache Settings { get; private set; }

    public static async Task<World> Create()
    {
        var world = new World();
        await world.PutChannel(new("webchat", "acme"));
        return world;
    }

    public async Task<long> PutChannel(ChannelSettings channel)
    {
        var account = new EntityHost<AccountSettings, AccountCommand, AccountEvent, AccountAnswer>(
            AccountType.Key(Acme), new AccountType(Settings), Journal, Settings, Time, NullLogger.Instance);
        return Assert.IsType<Reply<AccountAnswer>.Done>(await account.Handle(
            new($"put/{Guid.NewGuid():N}", new(ActorKind.Admin, "root"), new PutChannel(channel)))).Answer.Seq;
    }

    public ConversationHost Host(ConversationType? type = null) => new(Key, type ?? new(), Journal, Settings, Time, NullLogger.Instance);

    public EmbeddedEntities Entities(EmbeddedOptions? options = null) =>
        new(Journal, Settings, options ?? EmbeddedOptions.Default, Time, NullLogger<EmbeddedEntities>.Instance);

    /// <summary>Looks again after every commit.</summary>
    public async Task Until(Func<Task<bool>> holds)
    {
        using SemaphoreSlim advanced = new(0);
        void Advanced() => advanced.Release();
        Store.Advanced += Advanced;
        while (!await holds())
        {
            await advanced.WaitAsync(Cancel);
        }

        Store.Advanced -= Advanced;
    }

    /// <summary>What a new process finds.</summary>
    public async Task Reopen()
    {
        await Store.DisposeAsync();
        Store = SqliteStore.Open(_folder.Options(), Time, NullLogger.Instance);
        Journal = new(Store);
        Settings = new(Journal);
    }

    public static Envelope<ConversationCommand> Message(string id, string? text = null) => new(
        MessageKey.Of(Address, id),
        Customer,
        new ReceiveMessage(Address, new(id, Direction.Inbound, Visibility.Private, null, new("u-7"), text ?? id)),
        Strict: false);

    public static Envelope<ConversationCommand> Command(string id, ConversationCommand command, long? ifMatch = null) => new(id, Ann, command, ifMatch);

    public async Task<IReadOnlyList<StoredEvent>> History() => await Store.ReadEvents(Key, 0, int.MaxValue, descending: false, Cancel);

    /// <summary>The platform's ids of the customer's messages, in order.</summary>
    public async Task<string[]> Messages() =>
        [.. (await History()).Where(e => e.Type == "message.received").Select(e => JsonDocument.Parse(e.Data).RootElement.GetProperty("externalId").GetString()!)];

    /// <summary>The state all of the history gives, whatever snapshots say.</summary>
    public async Task<Conversation> Truth()
    {
        var type = new ConversationType();
        return (await History()).Aggregate(type.Empty(Key), (s, e) => type.Evolve(s, type.Events.Decode(e)));
    }

    public static string Json(Conversation state) => JsonSerializer.Serialize(state, DomainJson.Contract.Conversation);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }
}
