using System.Collections.Concurrent;
using System.Diagnostics;
using Conversations.Domain;
using Conversations.Domain.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Matches what waits with who is free (routing.md 3). Woken by every commit, it reads the feed, looks at what changed, and for
/// each match asks the agent to set capacity aside and then the conversation to be offered. It holds no truth: two routers,
/// or one that starts anew, can only ask in vain.
/// </summary>
/// <remarks>
/// An account is loaded with the first news of it after a start: without news nobody is there to take anything. The safety
/// sweep every 5 s should find nothing; what it finds is counted and logged.
/// </remarks>
public sealed partial class Router(
    IEntities entities, IFeed feed, IJournal journal, SettingsCache settings, AgentLiveness liveness, TimeProvider time, ILogger<Router> logger) : BackgroundService
{
    private const int Page = 500;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);

    private readonly Pulse _pulse = new(time);
    private readonly ConcurrentDictionary<AccountId, AccountRouter> _accounts = new();
    private readonly ConcurrentQueue<Func<CancellationToken, ValueTask>> _news = new();

    /// <summary>Why a conversation is where it is; null when it waits in no queue here.</summary>
    public async ValueTask<Explanation?> Explain(AccountId account, ConversationId conversation, CancellationToken cancellation)
    {
        var router = _accounts.GetValueOrDefault(account) ?? await New(account, cancellation);
        lock (router.Gate)
        {
            return router.Picture.Explain(conversation, Now());
        }
    }

    /// <summary>Everybody who serves a queue, as this process sees them now, by id.</summary>
    public async ValueTask<IReadOnlyList<Agent>> Agents(AccountId account, CancellationToken cancellation)
    {
        var router = _accounts.GetValueOrDefault(account) ?? await New(account, cancellation);
        Agent[] everybody;
        lock (router.Gate)
        {
            everybody = [.. router.Picture.Everybody];
        }

        Array.Sort(everybody, static (a, b) => string.CompareOrdinal(a.Id.Value, b.Id.Value));
        return everybody;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        feed.Advanced += _pulse.Set;
        liveness.Appeared += Want;
        try
        {
            var at = await Start(stoppingToken);
            var sweep = time.GetUtcNow() + SweepEvery;
            while (!stoppingToken.IsCancellationRequested)
            {
                (at, var more) = await Read(at, stoppingToken);
                await Hear(stoppingToken);
                Look(sweep: false, stoppingToken);
                if (more)
                {
                    continue;
                }

                if (time.GetUtcNow() >= sweep)
                {
                    Look(sweep: true, stoppingToken);
                    sweep = time.GetUtcNow() + SweepEvery;
                }

                await _pulse.Wait(NextWake(sweep), stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        finally
        {
            feed.Advanced -= _pulse.Set;
            liveness.Appeared -= Want;
        }
    }

    private void Want(AccountId account)
    {
        if (!_accounts.ContainsKey(account))
        {
            Report(cancellation => Begin(account, cancellation));
        }
    }

    private async ValueTask<FeedPosition> Start(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await feed.Head(cancellation);
            }
#pragma warning disable CA1031 // The store is not answering yet.
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogReadFailed(logger, failure);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            }
        }
    }

    private async ValueTask<(FeedPosition At, bool More)> Read(FeedPosition at, CancellationToken cancellation)
    {
        try
        {
            var entries = await feed.Read(at, account: null, Page, cancellation);
            foreach (var entry in entries)
            {
                if (await Of(entry, cancellation) is { } router)
                {
                    await router.Apply(entry, cancellation);
                }

                at = entry.Position;
            }

            return (at, entries.Count == Page);
        }
#pragma warning disable CA1031 // The store is not answering; it is read again.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogReadFailed(logger, failure);
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            return (at, true);
        }
    }

    /// <returns>Null when nothing of this account is routed.</returns>
    private async ValueTask<AccountRouter?> Of(FeedEntry entry, CancellationToken cancellation)
    {
        var account = entry.Entity.Account;
        if (_accounts.TryGetValue(account, out var known))
        {
            return known;
        }

        settings.Heard(entry); // what is known here may be older than the entry that makes the first queue
        return entry.Entity.Kind is not (AccountType.Name or AgentType.Name or QueueType.Name or ConversationType.Name)
            || !(await settings.Get(account, cancellation)).Routes
                ? null
                : await New(account, cancellation);
    }

    private async ValueTask<AccountRouter> New(AccountId account, CancellationToken cancellation)
    {
        var router = new AccountRouter(account, journal, settings, liveness, await settings.Get(account, cancellation));
        await router.Load(cancellation);
        if (router.Routes)
        {
            LogLoaded(logger, account, router.Picture.Waiting, router.Picture.Agents);
        }

        return _accounts.GetOrAdd(account, router);
    }

    /// <summary>Accounts that have agents now, and how attempts went. What cannot be read keeps nothing else waiting, and is tried again.</summary>
    private async ValueTask Hear(CancellationToken cancellation)
    {
        var isAllHeard = true;
        for (var left = _news.Count; left > 0 && _news.TryDequeue(out var news); left--)
        {
            if (!await TryHear(news, cancellation))
            {
                _news.Enqueue(news);
                isAllHeard = false;
            }
        }

        if (!isAllHeard)
        {
            _ = Task.Delay(TimeSpan.FromSeconds(1), time, cancellation).ContinueWith(_ => _pulse.Set(), TaskScheduler.Default);
        }
    }

    private async ValueTask Begin(AccountId account, CancellationToken cancellation)
    {
        if (!_accounts.ContainsKey(account) && (await settings.Get(account, cancellation)).Routes)
        {
            await New(account, cancellation);
        }
    }

    private async ValueTask<bool> TryHear(Func<CancellationToken, ValueTask> news, CancellationToken cancellation)
    {
        try
        {
            await news(cancellation);
            return true;
        }
#pragma warning disable CA1031 // The store is not answering.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotHeard(logger, failure);
            return false;
        }
    }

    private void Look(bool sweep, CancellationToken cancellation)
    {
        foreach (var router in _accounts.Values)
        {
            var started = Stopwatch.GetTimestamp();
            var actions = router.Work(Now(), sweep);
            RoutingInstruments.Looked(Stopwatch.GetElapsedTime(started));
            if (sweep && actions.Count > 0)
            {
                RoutingInstruments.Sweep(actions.Count);
                LogSwept(logger, router.Account, actions.Count);
            }

            foreach (var action in actions)
            {
                _ = Carry(router, action, cancellation);
            }
        }
    }

    private DateTimeOffset NextWake(DateTimeOffset sweep)
    {
        var wake = sweep;
        foreach (var router in _accounts.Values)
        {
            if (router.NextWake?.ToDateTimeOffset() is { } at && at < wake)
            {
                wake = at;
            }
        }

        return wake;
    }

    private async Task Carry(AccountRouter router, RoutingAction action, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            switch (action)
            {
                case RoutingAction.Match match:
                    await Offer(router, match, cancellation);
                    break;
                case RoutingAction.Clear clear:
                    if (await Tell(router, clear.Conversation, new ClearExclusions(clear.Ticket), cancellation) is not Reply<ConversationAnswer>.Done { Answer.Changed: true })
                    {
                        Free(router, clear.Conversation, null);
                    }

                    break;
                case RoutingAction.Mark mark:
                    await Tell(router, mark.Conversation, new MarkRoutable(mark.Ticket, mark.Routable), cancellation);
                    break;
                case RoutingAction.Release release:
                    await entities.Send(
                        router.Account, release.Queue, new($"release/{Guid.NewGuid():N}", Actor.System, new ReleaseHeld(release.Count), Strict: false), cancellation);
                    break;
            }
        }
#pragma warning disable CA1031 // One attempt failed; the next look tries again.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(logger, action.GetType().Name, failure);
        }
    }

    private ValueTask<Reply<ConversationAnswer>> Tell(AccountRouter router, ConversationId conversation, ConversationCommand command, CancellationToken cancellation) =>
        entities.Send(router.Account, conversation, new($"route/{Guid.NewGuid():N}", Actor.System, command, Strict: false), cancellation);

    /// <summary>Reserve, then offer (routing.md 0). A crash in between is healed by the agent's doubt.</summary>
    private async ValueTask Offer(AccountRouter router, RoutingAction.Match match, CancellationToken cancellation)
    {
        var offer = new OfferId(Guid.NewGuid().ToString("N"));

        // Well before the agent begins to doubt what it set aside: the two must not meet.
        var until = Now() + (Duration.FromSeconds(router.Picture.Settings.RoutingTerms.ReserveFor) * 2 / 3);
        List<AgentId> reserved = [];
        foreach (var agent in match.Agents)
        {
            var reply = await entities.Send(
                router.Account, agent, new($"reserve/{offer}/{agent}", Actor.System, new TryReserve(offer, match.Conversation, match.Class), Strict: false), cancellation);
            if (reply is Reply<AgentAnswer>.Done done)
            {
                reserved.Add(agent);
                Unlock(router, agent, done.Answer.Seq);
            }
            else
            {
                RoutingInstruments.Refused();
                Reload(router, agent);
            }
        }

        if (reserved.Count == 0)
        {
            Free(router, match.Conversation, null);
            return;
        }

        switch (await entities.Send(
            router.Account, match.Conversation, new($"offer/{offer}", Actor.System, new OfferWork(offer, reserved, match.Ticket, until), Strict: false), cancellation))
        {
            case Reply<ConversationAnswer>.Done:
                RoutingInstruments.Made();
                break;
            case Reply<ConversationAnswer>.Refused { Refusal: var refusal }:
                RoutingInstruments.Refused();
                Free(router, match.Conversation, refusal);
                foreach (var agent in reserved)
                {
                    await entities.Send(
                        router.Account, agent,
                        new($"release/{offer}/{agent}", Actor.System, new ReleaseOffer(match.Conversation, offer, OfferOutcome.Canceled, refusal.Code), Strict: false), cancellation);
                }

                break;
            default:
                Free(router, match.Conversation, null); // the outcome is unknown: the conversation knows, and the agent will ask it
                break;
        }
    }

    private void Unlock(AccountRouter router, AgentId agent, long seq) => Report(_ =>
    {
        lock (router.Gate)
        {
            router.Picture.Unlock(agent, seq);
        }

        return ValueTask.CompletedTask;
    });

    /// <summary>The agent refused what the picture thought possible: look at it as it is.</summary>
    private void Reload(AccountRouter router, AgentId agent) => Report(async cancellation =>
    {
        await router.LoadAgent(agent, cancellation);
        lock (router.Gate)
        {
            router.Picture.Unlock(agent, null);
        }
    });

    private void Free(AccountRouter router, ConversationId conversation, Refusal? refusal) => Report(_ =>
    {
        lock (router.Gate)
        {
            router.Picture.Refused(conversation, refusal, Now());
        }

        return ValueTask.CompletedTask;
    });

    private void Report(Func<CancellationToken, ValueTask> news)
    {
        _news.Enqueue(news);
        _pulse.Set();
    }

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds();

    [LoggerMessage(Level = LogLevel.Information, Message = "Routing account {Account}: {Waiting} waiting, {Agents} agents.")]
    private static partial void LogLoaded(ILogger logger, AccountId account, int waiting, int agents);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The safety sweep found {Found} matches in account {Account} that no trigger had found.")]
    private static partial void LogSwept(ILogger logger, AccountId account, int found);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An account or an agent could not be read; again in a second.")]
    private static partial void LogNotHeard(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "The feed could not be read.")]
    private static partial void LogReadFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Action} failed.")]
    private static partial void LogFailed(ILogger logger, string action, Exception failure);
}
