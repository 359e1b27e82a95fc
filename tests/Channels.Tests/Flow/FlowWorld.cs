using System.Threading.Channels;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Engine.Embedded;
using Conversations.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Xunit;

namespace Conversations.Channels.Tests.Flow;

/// <summary>Everything between a platform and the journal, real but for the platform: its every answer the test gives.</summary>
internal sealed class FlowWorld : IAsyncDisposable
{
    public static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);
    public static readonly AccountId Acme = new("acme");
    public static readonly Address Thread = new("pager", "desk", "t-7");
    public static readonly ConversationId Id = ConversationId.Of(Acme, Thread);
    public static readonly Author Ada = new("u-7", "Ada");
    public static readonly Actor Customer = new(ActorKind.Customer, "u-7");

    private readonly DataFolder _folder = new();
    private OutboxWorker _outbox = null!;
    private DeadlineWorker _deadlines = null!;
    private int _commands;

    private FlowWorld()
    {
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ManualTime Time { get; } = new(Noon.ToDateTimeOffset());
    public Pager Pager { get; } = new();
    public SqliteStore Store { get; private set; } = null!;
    public SettingsCache Settings { get; private set; } = null!;
    public EmbeddedEntities Entities { get; private set; } = null!;
    public Ingress Ingress { get; private set; } = null!;
    public ForgetfulJournal Seen { get; private set; } = null!;
    public Instant Now => Instant.FromDateTimeOffset(Time.GetUtcNow());

    /// <summary>While set, a sender's report does not get through to its conversation.</summary>
    public bool ReportsHang { get; set; }

    public static async Task<FlowWorld> Create()
    {
        var world = new FlowWorld();
        await world.Open();
        await world.PutChannel();
        return world;
    }

    public Task PutChannel(string channel = "pager") => Ask(new PutChannel(new(channel, "desk"), new Dictionary<string, string> { ["token"] = "sealed" }, ["token"]));

    public async Task Restart()
    {
        await Close();
        await Open();
    }

    public async Task<ConversationAnswer> Receive(string id, string? editOf = null, Address? at = null, string? text = null, Direction direction = Direction.Inbound)
    {
        var message = new InboundMessage(id, direction, Visibility.Private, null, direction == Direction.Inbound ? Ada : new("desk"), text ?? id, EditOf: editOf);
        return Assert.IsType<IngressResult.Accepted>(await Ingress.Receive(Acme, at ?? Thread, message, Cancel)).Answer;
    }

    public async Task<IngressResult.Accepted> Change(string eventId, string id, MessageChange change) =>
        Assert.IsType<IngressResult.Accepted>(await Ingress.Change(Acme, "pager", "desk", eventId, id, change, Customer, Cancel));

    public async Task<MessageId> Post(string text, ConversationId? conversation = null) =>
        Assert.IsType<Reply<ConversationAnswer>.Done>(await Entities.Send(
            Acme, conversation ?? Id, new($"k{_commands++}", new(ActorKind.Agent, "ann"), new PostMessage(PostKind.Reply, text)), Cancel)).Answer.Message!.Value;

    public async Task<ConversationRow> Row() => (await Store.Find(Acme, Id, Cancel))!;

    public async Task<List<T>> Events<T>(ConversationId? conversation = null) where T : ConversationEvent
    {
        var type = new ConversationType();
        return [.. (await Store.ReadEvents(ConversationType.Key(Acme, conversation ?? Id), 0, int.MaxValue, descending: false, Cancel))
            .Select(e => type.Events.Decode(e).Event).OfType<T>()];
    }

    /// <summary>Looks again after every write that may matter.</summary>
    public async Task Until(Func<Task<bool>> holds)
    {
        using SemaphoreSlim moved = new(0);
        void Moved() => moved.Release();
        Store.Advanced += Moved;
        Store.Changed += Moved;
        while (!await holds())
        {
            await moved.WaitAsync(Cancel);
        }

        Store.Advanced -= Moved;
        Store.Changed -= Moved;
    }

    /// <summary>What the message that is first of its conversation waits for, once it waits.</summary>
    public async Task<OutboxEntry> Waiting()
    {
        OutboxEntry? entry = null;
        await Until(async () => (entry = (await Store.ReadOutbox(Instant.MaxValue, 10, Cancel)).FirstOrDefault(e => e.Due > Now)) is not null);
        return entry!;
    }

    /// <summary>To the time the message waits for.</summary>
    public async Task AdvanceToRetry()
    {
        var due = (await Waiting()).Due.ToDateTimeOffset();
        await Time.SleepsUntil(due, Cancel);
        Time.Advance(due - Time.GetUtcNow());
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        _folder.Dispose();
    }

    private async Task Ask(AccountCommand command) => Assert.IsType<Reply<AccountAnswer>.Done>(
        await Entities.Send(Acme, new Envelope<AccountCommand>($"admin/{_commands++}", new(ActorKind.Admin, "root"), command), Cancel));

    private async Task Open()
    {
        Store = SqliteStore.Open(_folder.Options(), Time, NullLogger.Instance);
        Settings = new(Store);
        Entities = new(Store, Settings, EmbeddedOptions.Default, Time, NullLogger<EmbeddedEntities>.Instance);
        Seen = new(Store);
        Ingress = new(Entities, Seen, Store, NullLogger<Ingress>.Instance);
        var channels = new ChannelTarget([Pager], new Deaf(this), Settings, new NoSecrets(), Time);
        _outbox = new(Store, [channels, new EntityTarget(Entities, Time)], Time, NullLogger<OutboxWorker>.Instance);
        _deadlines = new(Store, Entities, Time, NullLogger<DeadlineWorker>.Instance);
        await _outbox.StartAsync(Cancel);
        await _deadlines.StartAsync(Cancel);
    }

    private async Task Close()
    {
        await _outbox.StopAsync(CancellationToken.None);
        await _deadlines.StopAsync(CancellationToken.None);
        _outbox.Dispose();
        _deadlines.Dispose();
        Entities.Dispose();
        await Store.DisposeAsync();
    }

    private sealed class NoSecrets : ISecretOpener
    {
        public ChannelSecrets Open(AccountId account, ChannelSettings channel) =>
            new(channel.ChannelAccount, new Dictionary<string, string>(), new Dictionary<string, string>());
    }

    /// <summary>Does not hear reports while the world says so.</summary>
    private sealed class Deaf(FlowWorld world) : IEntities
    {
        public async ValueTask<Reply<ConversationAnswer>> Send(
            AccountId account, ConversationId id, Envelope<ConversationCommand> envelope, CancellationToken cancellation)
        {
            if (world.ReportsHang)
            {
                world.Pager.Hanging.TrySetResult();
                await new TaskCompletionSource().Task.WaitAsync(cancellation);
            }

            return await world.Entities.Send(account, id, envelope, cancellation);
        }

        public ValueTask<Reply<ReferenceAnswer>> Send(AccountId account, Envelope<ReferenceCommand> envelope, CancellationToken cancellation) =>
            world.Entities.Send(account, envelope, cancellation);

        public ValueTask<Reply<AccountAnswer>> Send(AccountId account, Envelope<AccountCommand> envelope, CancellationToken cancellation) =>
            world.Entities.Send(account, envelope, cancellation);

        public ValueTask<Reply<JobAnswer>> Send(AccountId account, JobId id, Envelope<JobCommand> envelope, CancellationToken cancellation) =>
            world.Entities.Send(account, id, envelope, cancellation);

        public ValueTask<Reply<AgentAnswer>> Send(AccountId account, AgentId id, Envelope<AgentCommand> envelope, CancellationToken cancellation) =>
            world.Entities.Send(account, id, envelope, cancellation);

        public ValueTask<Reply<QueueAnswer>> Send(AccountId account, QueueId id, Envelope<QueueCommand> envelope, CancellationToken cancellation) =>
            world.Entities.Send(account, id, envelope, cancellation);

        public ValueTask<bool> Tick(EntityKey entity, CancellationToken cancellation) => world.Entities.Tick(entity, cancellation);
    }
}

/// <summary>A channel whose platform is the test.</summary>
internal sealed class Pager : IChannel
{
    private readonly Channel<PagerCall> _calls = Channel.CreateUnbounded<PagerCall>();
    private int _count;

    public string Name => "pager";
    public ChannelContract Contract { get; } = new(new Dictionary<string, string>(), new Dictionary<string, string>(), []);
    public int Count => Volatile.Read(ref _count);

    /// <summary>Done when a report hangs.</summary>
    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask<PagerCall> Call() => _calls.Reader.ReadAsync(FlowWorld.Cancel);

    public WebhookResult Read(WebhookRequest request, ChannelSecrets secrets) => throw new NotSupportedException();

    public async ValueTask<SendResult> Send(SendRequest request, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _count);
        var call = new PagerCall(request);
        await _calls.Writer.WriteAsync(call, cancellation);
        return await call.Result.Task.WaitAsync(cancellation);
    }
}

internal sealed record PagerCall(SendRequest Request)
{
    public TaskCompletionSource<SendResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Answer(SendResult result) => Result.SetResult(result);
}

/// <summary>A journal that once does not find what is there: the message came right after somebody looked.</summary>
internal sealed class ForgetfulJournal(IJournal inner) : IJournal
{
    public string? Forgets { get; set; }

    public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation)
    {
        if (commandId == Forgets)
        {
            Forgets = null;
            return ValueTask.FromResult<StoredReceipt?>(null);
        }

        return inner.FindReceipt(account, commandId, cancellation);
    }

    public ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation) => inner.Load(entity, cancellation);

    public ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation) => inner.Commit(commit, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation) =>
        inner.ReadEvents(entity, after, limit, descending, cancellation);

    public ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation) => inner.SaveSnapshot(entity, snapshot, cancellation);
}
