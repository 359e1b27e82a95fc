using System.Collections.Concurrent;
using Conversations.Domain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>What this process is called among those that listen to agents: the same after a restart, another one's is another.</summary>
public sealed record ListenerName(string Value);

/// <summary>
/// Signs of life of agents, over all their connections (routing.md 1). Kept in memory: 10,000 agents that beat every 10 s
/// would be 1,000 events a second of no interest to anybody. The agent hears only of changes, and now and then that all is well;
/// should this process die, the agent's own deadline says so within 15 minutes, and a new process within a lease.
/// </summary>
public sealed partial class AgentLiveness(IEntities entities, SettingsCache settings, ListenerName name, TimeProvider time, ILogger<AgentLiveness> logger) : BackgroundService
{
    /// <summary>How often leases are looked at: what a loss may be found late by.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How often the agent is told that all is well; less than the agent's own patience.</summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(8);

    /// <summary>Raised with the account of an agent nothing was heard of before in this process.</summary>
    public event Action<AccountId>? Appeared;

    private readonly ConcurrentDictionary<(AccountId Account, AgentId Agent), Sign> _signs = new();

    /// <summary>An agent's tools are there: a heartbeat, or a feed that is being read.</summary>
    /// <returns>False when there is no such agent.</returns>
    public async ValueTask<bool> Seen(AccountId account, AgentId agent, Actor actor, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (_signs.TryGetValue((account, agent), out var known) && now - known.Told < Renewal)
        {
            known.Last = now;
            return true;
        }

        Appeared?.Invoke(account);
        var reply = await entities.Send(account, agent, new($"connect/{Guid.NewGuid():N}", actor, new Connect(name.Value), Strict: false), cancellation);
        if (reply is Reply<AgentAnswer>.Done)
        {
            _signs[(account, agent)] = new() { Told = now, Last = now };
        }

        return reply is not Reply<AgentAnswer>.Refused;
    }

    /// <summary>
    /// The agent was heard here before this process began, and not yet since: it has a lease's time to be heard again. Whom another
    /// process hears is that one's to miss.
    /// </summary>
    public void Expect(Agent agent)
    {
        if (agent.HeardBy == name.Value)
        {
            _signs.TryAdd((agent.Account, agent.Id), new() { Told = DateTimeOffset.MinValue, Last = time.GetUtcNow() });
        }
    }

    /// <summary>The agent is not connected any more, whoever said so: its next sign of life is news.</summary>
    public void Forget(AccountId account, AgentId agent) => _signs.TryRemove((account, agent), out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var (key, sign) in _signs)
                {
                    if (!await TryCheck(key, sign, stoppingToken))
                    {
                        break; // the store is not answering: the others' turn would end the same way
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private async ValueTask<bool> TryCheck((AccountId Account, AgentId Agent) key, Sign sign, CancellationToken cancellation)
    {
        try
        {
            await Check(key, sign, cancellation);
            return true;
        }
#pragma warning disable CA1031 // The store is not answering; the agent is looked at again in a moment.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotChecked(logger, key.Agent, failure);
            return false;
        }
    }

    private async ValueTask Check((AccountId Account, AgentId Agent) key, Sign sign, CancellationToken cancellation)
    {
        var silent = time.GetUtcNow() - sign.Last;
        if (silent < TimeSpan.FromSeconds(15))
        {
            return; // no lease is shorter
        }

        var terms = (await settings.Get(key.Account, cancellation)).RoutingTerms;
        if (silent < TimeSpan.FromSeconds(terms.Lease))
        {
            return;
        }

        var reply = await entities.Send(
            key.Account, key.Agent,
            new($"lease/{Guid.NewGuid():N}", Actor.System, new LoseLease(Instant.FromDateTimeOffset(sign.Last), name.Value), Strict: false), cancellation);
        if (reply is Reply<AgentAnswer>.Done or Reply<AgentAnswer>.Refused)
        {
            _signs.TryRemove(new(key, sign));
            LogLost(logger, key.Agent, silent.TotalSeconds);
        }
    }

    private sealed class Sign
    {
        public DateTimeOffset Told { get; init; }
        public DateTimeOffset Last { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "No sign of life of agent {Agent} for {Seconds} s.")]
    private static partial void LogLost(ILogger logger, AgentId agent, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether agent {Agent} is still there could not be looked at.")]
    private static partial void LogNotChecked(ILogger logger, AgentId agent, Exception failure);
}
