using Conversations.Domain;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Gateway.Feed;

/// <summary>Reads the journal's feed once and hands every new entry to those who watch its topic (DESIGN.md 7).</summary>
internal sealed partial class FeedHub(IFeed feed, SettingsCache settings, Cursors cursors, FeedOptions options, TimeProvider time, ILogger<FeedHub> logger) : BackgroundService
{
    private const int Page = 500;

    // By topic, so that an entry costs its own watchers, not everybody's.
    private readonly Dictionary<(AccountId Account, string Topic), HashSet<Subscription>> _watching = [];
    private readonly Lock _gate = new();
    private int _watchers;
    private readonly SemaphoreSlim _advanced = new(0, 1);
    private readonly CancellationTokenSource _goingAway = new();
    private readonly CancellationTokenSource _givenUp = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile FeedPosition _head = new("", []);

    /// <summary>Everything up to here has been handed out.</summary>
    public FeedPosition Head => _head;

    public int Watching => Volatile.Read(ref _watchers);

    /// <summary>Signalled when this gateway is about to stop.</summary>
    public CancellationToken GoingAway => _goingAway.Token;

    /// <summary>Signalled when those who have not left by then are to be cut off.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    public FeedOptions Options => options;

    /// <summary>Cuts off who was told to go and did not read it: the server would wait for them as for any request.</summary>
    public void GiveUp() => _givenUp.Cancel();

    /// <summary>Tells every watcher to go to another gateway (or come back to this one later), and whoever comes still.</summary>
    /// <returns>Ends when all have been told and have left.</returns>
    public Task GoAway()
    {
        _goingAway.Cancel();
        CheckEmpty();
        return _empty.Task;
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _head = await feed.Head(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// Watches from a position. The order matters: the subscription is registered first and reads the past afterwards, so
    /// nothing can fall between the two.
    /// </summary>
    public Subscription Watch(Topics topics, FeedPosition from)
    {
        var subscription = new Subscription(topics, from, this, feed, cursors);
        lock (_gate)
        {
            _watchers++;
            foreach (var topic in topics.Names)
            {
                if (!_watching.TryGetValue((topics.Account, topic), out var watchers))
                {
                    _watching.Add((topics.Account, topic), watchers = []);
                }

                watchers.Add(subscription);
            }
        }

        return subscription;
    }

    public void Leave(Subscription subscription)
    {
        var topics = subscription.Topics;
        lock (_gate)
        {
            _watchers--;
            foreach (var topic in topics.Names)
            {
                if (_watching.TryGetValue((topics.Account, topic), out var watchers) && watchers.Remove(subscription) && watchers.Count == 0)
                {
                    _watching.Remove((topics.Account, topic));
                }
            }
        }

        CheckEmpty();
    }

    /// <summary>Accounts in which somebody watches a topic.</summary>
    public IReadOnlyList<AccountId> Watched(string topic)
    {
        lock (_gate)
        {
            return [.. _watching.Keys.Where(k => k.Topic == topic).Select(k => k.Account)];
        }
    }

    /// <summary>Hands a state topic's newest value to its watchers.</summary>
    public void Publish(AccountId account, string topic, string json)
    {
        lock (_gate)
        {
            foreach (var subscription in _watching.GetValueOrDefault((account, topic)) ?? [])
            {
                subscription.OfferState(topic, json);
            }
        }
    }

    private void CheckEmpty()
    {
        if (_goingAway.IsCancellationRequested && Watching == 0)
        {
            _empty.TrySetResult();
        }
    }

    public void Hear(FeedEntry entry) => settings.Heard(entry);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        feed.Advanced += OnAdvanced;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                if (!await HandOut(stoppingToken))
                {
                    await _advanced.WaitAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        finally
        {
            feed.Advanced -= OnAdvanced;
        }
    }

    /// <returns>False when there was nothing new.</returns>
    private async ValueTask<bool> HandOut(CancellationToken cancellation)
    {
        try
        {
            var entries = await feed.Read(Head, account: null, Page, cancellation);
            if (feed.Epoch != Head.Epoch)
            {
                await StartAnew(cancellation);
                return true;
            }

            var now = Instant.FromDateTimeOffset(time.GetUtcNow());
            foreach (var entry in entries)
            {
                Instruments.HandedOut(now - entry.Event.At);
                Offer(entry);
                _head = entry.Position;
            }

            return entries.Count > 0;
        }
#pragma warning disable CA1031 // The store is not answering; watchers wait, and get everything once it does.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogReadFailed(logger, failure);
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            return true;
        }
    }

    /// <summary>
    /// The store came back with another history, in which the places reached mean something else: what was read meanwhile is
    /// dropped, and everybody who watches is woken to be told to list again (<see cref="Subscription.Read"/>).
    /// </summary>
    private async ValueTask StartAnew(CancellationToken cancellation)
    {
        var before = Head.Epoch;
        _head = await feed.Head(cancellation);
        LogAnotherHistory(logger, before, Head.Epoch, Watching);
        lock (_gate)
        {
            foreach (var subscription in _watching.Values.SelectMany(watchers => watchers))
            {
                subscription.Wake();
            }
        }
    }

    private void Offer(FeedEntry entry)
    {
        Hear(entry);
        Change? change = null;
        lock (_gate)
        {
            foreach (var topic in Topics.Of(entry))
            {
                foreach (var subscription in _watching.GetValueOrDefault((entry.Entity.Account, topic)) ?? [])
                {
                    if (subscription.Topics.MaySee(entry))
                    {
                        subscription.Offer(change ??= new(entry, cursors));
                    }
                }
            }
        }
    }

    private void OnAdvanced()
    {
        try
        {
            _advanced.Release();
        }
        catch (SemaphoreFullException)
        {
            // already signalled
        }
    }

    public override void Dispose()
    {
        _advanced.Dispose();
        _goingAway.Dispose();
        _givenUp.Dispose();
        base.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal is another one now ({Before} became {After}): {Watchers} watchers are told to list again.")]
    private static partial void LogAnotherHistory(ILogger logger, string before, string after, int watchers);

    [LoggerMessage(Level = LogLevel.Error, Message = "The feed could not be read.")]
    private static partial void LogReadFailed(ILogger logger, Exception failure);
}

/// <param name="Retention">How far back a cursor may reach. Default 7 days (api.md 4).</param>
/// <param name="Heartbeat">Between pings. Default 15 s.</param>
/// <param name="BufferedEvents">What a slow client may be behind before it is told to list again. Default 500 events or 256 KB (realtime.md 3).</param>
internal sealed record FeedOptions(TimeSpan Retention, TimeSpan Heartbeat, int BufferedEvents, int BufferedBytes)
{
    public static readonly FeedOptions Default = new(TimeSpan.FromDays(7), TimeSpan.FromSeconds(15), 500, 256 * 1024);
}
