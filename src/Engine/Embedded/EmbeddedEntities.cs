using Conversations.Domain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Engine.Embedded;

/// <param name="IdleAfter">
/// How long an entity stays in memory unused. Default 2 minutes: most answers in a conversation come in bursts. Longer saves
/// reads, costs a few kilobytes for each entity.
/// </param>
public sealed record EmbeddedOptions(TimeSpan IdleAfter)
{
    public static readonly EmbeddedOptions Default = new(TimeSpan.FromMinutes(2));
}

/// <summary>The embedded engine's entities: a mailbox each, in this process.</summary>
public sealed class EmbeddedEntities : BackgroundService, IEntities
{
    private readonly Mailboxes<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer> _conversations;
    private readonly Mailboxes<Reference, ReferenceCommand, ReferenceEvent, ReferenceAnswer> _references;
    private readonly Mailboxes<AccountSettings, AccountCommand, AccountEvent, AccountAnswer> _accounts;
    private readonly Mailboxes<Job, JobCommand, JobEvent, JobAnswer> _jobs;
    private readonly Mailboxes<Agent, AgentCommand, AgentEvent, AgentAnswer> _agents;
    private readonly Mailboxes<Queue, QueueCommand, QueueEvent, QueueAnswer> _queues;
    private readonly EmbeddedOptions _options;
    private readonly TimeProvider _time;

    public EmbeddedEntities(IJournal journal, SettingsCache settings, EmbeddedOptions options, TimeProvider time, ILogger<EmbeddedEntities> logger)
    {
        _conversations = new(new ConversationType(), journal, settings, time, logger);
        _references = new(new ReferenceType(), journal, settings, time, logger);
        _accounts = new(new AccountType(settings), journal, settings, time, logger);
        _jobs = new(new JobType(), journal, settings, time, logger);
        _agents = new(new AgentType(), journal, settings, time, logger);
        _queues = new(new QueueType(), journal, settings, time, logger);
        _options = options;
        _time = time;
    }

    /// <summary>Entities in memory.</summary>
    public int Live => _conversations.Count + _references.Count + _accounts.Count + _jobs.Count + _agents.Count + _queues.Count;

    public ValueTask<Reply<ConversationAnswer>> Send(
        AccountId account, ConversationId id, Envelope<ConversationCommand> envelope, CancellationToken cancellation) =>
        _conversations.Send(ConversationType.Key(account, id), envelope, cancellation);

    public ValueTask<Reply<ReferenceAnswer>> Send(AccountId account, Envelope<ReferenceCommand> envelope, CancellationToken cancellation) =>
        _references.Send(ReferenceType.Key(account, envelope.Command.Key), envelope, cancellation);

    public ValueTask<Reply<AccountAnswer>> Send(AccountId account, Envelope<AccountCommand> envelope, CancellationToken cancellation) =>
        _accounts.Send(AccountType.Key(account), envelope, cancellation);

    public ValueTask<Reply<JobAnswer>> Send(AccountId account, JobId id, Envelope<JobCommand> envelope, CancellationToken cancellation) =>
        _jobs.Send(JobType.Key(account, id), envelope, cancellation);

    public ValueTask<Reply<AgentAnswer>> Send(AccountId account, AgentId id, Envelope<AgentCommand> envelope, CancellationToken cancellation) =>
        _agents.Send(AgentType.Key(account, id), envelope, cancellation);

    public ValueTask<Reply<QueueAnswer>> Send(AccountId account, QueueId id, Envelope<QueueCommand> envelope, CancellationToken cancellation) =>
        _queues.Send(QueueType.Key(account, id), envelope, cancellation);

    public async ValueTask<bool> Tick(EntityKey entity, CancellationToken cancellation) => entity.Kind switch
    {
        ConversationType.Name => await _conversations.Send(entity, null, cancellation) is Reply<ConversationAnswer>.Done { Replayed: false },
        ReferenceType.Name => await _references.Send(entity, null, cancellation) is Reply<ReferenceAnswer>.Done { Replayed: false },
        AgentType.Name => await _agents.Send(entity, null, cancellation) is Reply<AgentAnswer>.Done { Replayed: false },
        QueueType.Name => await _queues.Send(entity, null, cancellation) is Reply<QueueAnswer>.Done { Replayed: false },
        _ => false,
    };

    /// <summary>Lets go of everything not in use for <paramref name="idle"/>.</summary>
    public void Evict(TimeSpan idle)
    {
        var before = _time.GetTimestamp() - (long)(idle.TotalSeconds * _time.TimestampFrequency);
        _conversations.Evict(before);
        _references.Evict(before);
        _accounts.Evict(before);
        _jobs.Evict(before);
        _agents.Evict(before);
        _queues.Evict(before);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.IdleAfter / 4, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Evict(_options.IdleAfter);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }
}
