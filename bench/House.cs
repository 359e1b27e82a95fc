using System.Collections.Concurrent;
using System.Diagnostics;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway;
using Conversations.Gateway.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Conversations.Bench;

/// <summary>
/// A gateway with people at work. In half of the queues there is always somebody free: arrivals come there, are offered, and
/// their customers leave at once. In the other half everybody is busy and all the waiting waits: there agents become free.
/// </summary>
internal sealed class House : IAsyncDisposable
{
    public const int PerSecond = 200;
    private const int FreedPerSecond = 10, ExpiringEvery = 100, Connections = 64, OfferSeconds = 5;
    private const string Key = "bench-key-of-thirty-two-characters";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private static readonly EventCodec<ConversationEvent> Events = new ConversationType().Events;

    private readonly WebApplication _app;
    private readonly IEntities _entities;
    private readonly IFeed _feed;
    private readonly AgentLiveness _liveness;
    private readonly HouseSize _size;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ConversationId, long> _arrived = new();
    private readonly ConcurrentDictionary<ConversationId, Instant> _expiring = new();
    private readonly ConcurrentDictionary<AgentId, long> _freed = new();
    private readonly ConcurrentQueue<(AgentId Agent, ConversationId Conversation)> _busy = new();
    private readonly ConcurrentQueue<AgentId> _hired = new();
    private readonly ConcurrentBag<double> _offers = [], _next = [], _late = [];
    private readonly SemaphoreSlim _advanced = new(0);
    private Task _watching = Task.CompletedTask, _beating = Task.CompletedTask;

    private House(WebApplication app, HouseSize size)
    {
        (_app, _size) = (app, size);
        _entities = app.Services.GetRequiredService<IEntities>();
        _feed = app.Services.GetRequiredService<IFeed>();
        _liveness = app.Services.GetRequiredService<AgentLiveness>();
    }

    public TimeSpan SetUp { get; private set; }

    private int FreeQueues => (_size.Queues + 1) / 2;

    public static async Task<House> Build(string path, HouseSize size)
    {
        var app = GatewayApp.Build(
        [
            "--Urls=http://127.0.0.1:0", $"--CONVERSATIONS_DATA={path}", $"--CONVERSATIONS_BOOTSTRAP_KEY={Key}",
            "--Serilog:MinimumLevel:Default=Warning", "--Store:Synchronous=FULL",
        ]);
        await app.StartWithFirstKey();
        var house = new House(app, size);
        var started = Stopwatch.GetTimestamp();
        await house.Furnish();
        house.SetUp = Stopwatch.GetElapsedTime(started);
        return house;
    }

    public async Task<HouseRound> Take(string name, int seconds)
    {
        _offers.Clear();
        _next.Clear();
        _late.Clear();
        using var generator = new LoadGenerator(_app.Urls.First(), Connections);
        var threads = Enumerable.Range(0, PerSecond * seconds).Select(i => new Address(LiveEngine.Channel, Queue(i % FreeQueues), $"{name}-{i}")).ToArray();
        byte[][] requests = [.. threads.Select(t => LoadGenerator.Inbound(Key, t, t.Thread))];
        var latencies = new long[requests.Length];
        using var over = new CancellationTokenSource();
        var freeing = Free(over.Token);
        await generator.AtPace(requests, PerSecond, latencies, (i, meant) =>
        {
            var id = ConversationId.Of(AccountId.Default, threads[i]);
            _arrived[id] = meant;
            if (i % ExpiringEvery == 0)
            {
                _expiring[id] = Instant.MaxValue;
            }
        });
        await over.CancelAsync();
        await freeing;

        // What was left to expire does so; who was freed last gets the next one.
        await Until(
            () => _arrived.IsEmpty && _expiring.IsEmpty && _freed.IsEmpty,
            () => $"not offered: {_arrived.Count}, not expired: {_expiring.Count}, freed without a next one: {_freed.Count}");
        return new(Quantiles.Of(latencies.Select(Milliseconds)), Quantiles.Of(_offers), Quantiles.Of(_next), Quantiles.Of(_late));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watching, _beating);
        await _app.DisposeAsync();
        _stop.Dispose();
        _advanced.Dispose();
    }

    private static string Queue(int number) => $"q{number}";

    private static AgentId Agent(int number) => new($"a{number}");

    private static double Milliseconds(long ticks) => ticks * 1_000.0 / Stopwatch.Frequency;

    private async Task Furnish()
    {
        await Configure(new PutRouting(new() { PerMinute = 16, RampPerMinute = 16 }));
        for (var i = 0; i < _size.Queues; i++)
        {
            await Configure(new PutQueue(new(new(Queue(i)), OfferSeconds: i < FreeQueues ? OfferSeconds : null)));
            await Configure(new PutChannel(new(LiveEngine.Channel, Queue(i), Queue: new(Queue(i)))));
        }

        _watching = Watch(await _feed.Head(_stop.Token));
        _beating = Beat();
        await Each(_size.Agents, i => Hire(Agent(i), i % _size.Queues));

        // One for each of the busy, and then what waits.
        var busyQueues = _size.Queues - FreeQueues;
        var busy = Enumerable.Range(0, _size.Agents).Count(i => i % _size.Queues >= FreeQueues);
        await Each(busy + _size.Waiting, i => Arrive(new(LiveEngine.Channel, Queue(FreeQueues + (i % busyQueues)), $"waits-{i}")));
        await Until(() => _busy.Count == busy, () => $"{_busy.Count} of {busy} have work");
    }

    /// <summary>Two queues each, in the same half. The busy have room for one.</summary>
    private async Task Hire(AgentId agent, int queue)
    {
        var (first, count) = queue < FreeQueues ? (0, FreeQueues) : (FreeQueues, _size.Queues - FreeQueues);
        QueueId[] queues = [.. new[] { queue, first + ((queue - first + 1) % count) }.Distinct().Select(q => new QueueId(Queue(q)))];
        var by = new Actor(ActorKind.Agent, agent.Value);
        await _entities.Send(
            AccountId.Default, agent, new($"hire/{agent}", Actor.System, new PutAgent(new(Queues: queues, Capacity: first == 0 ? null : 15)), Strict: false), _stop.Token);
        await _liveness.Seen(AccountId.Default, agent, by, _stop.Token);
        _hired.Enqueue(agent);
        await Available(agent);
    }

    private async Task Available(AgentId agent) => await _entities.Send(
        AccountId.Default, agent,
        new($"available/{Guid.NewGuid():N}", new(ActorKind.Agent, agent.Value), new DeclarePresence("available"), Strict: false), _stop.Token);

    private async Task Arrive(Address address) => await _entities.Send(
        AccountId.Default, ConversationId.Of(AccountId.Default, address), Talk.Receive(address, address.Thread), _stop.Token);

    private async Task Configure(AccountCommand command) => await _entities.Send(
        AccountId.Default, new Envelope<AccountCommand>($"bench/{Guid.NewGuid():N}", Actor.System, command, Strict: false), _stop.Token);

    private static Task Each(int count, Func<int, Task> act) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 128 }, async (i, _) => await act(i));

    /// <summary>Agents' tools say every 10 s that they are there.</summary>
    private async Task Beat()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                foreach (var agent in _hired)
                {
                    await _liveness.Seen(AccountId.Default, agent, new(ActorKind.Agent, agent.Value), _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // over
        }
    }

    /// <summary>Agents of the busy half finish what they have.</summary>
    private async Task Free(CancellationToken over)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / FreedPerSecond));
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                if (_busy.TryDequeue(out var work))
                {
                    _freed[work.Agent] = Stopwatch.GetTimestamp();
                    _ = Close(work.Conversation);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // over
        }
    }

    private async Task Close(ConversationId conversation) => await _entities.Send(
        AccountId.Default, conversation, new($"close/{conversation}", Actor.System, new Close(), Strict: false), _stop.Token);

    private async Task Watch(FeedPosition at)
    {
        void Advanced() => _advanced.Release();
        _feed.Advanced += Advanced;
        try
        {
            while (true)
            {
                var entries = await _feed.Read(at, account: null, 500, _stop.Token);
                foreach (var entry in entries)
                {
                    at = entry.Position;
                    if (entry.Event.Type is "offer.made" or "offer.ended")
                    {
                        _ = See(ConversationId.Of(entry.Entity.Id), Events.Decode(entry.Event));
                    }
                }

                if (entries.Count == 0)
                {
                    await _advanced.WaitAsync(_stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // over
        }
        finally
        {
            _feed.Advanced -= Advanced;
        }
    }

    private async Task See(ConversationId conversation, Recorded<ConversationEvent> recorded)
    {
        var now = Stopwatch.GetTimestamp();
        switch (recorded.Event)
        {
            case OfferMade e when _arrived.TryRemove(conversation, out var arrived):
                _offers.Add(Milliseconds(now - arrived));
                if (_expiring.ContainsKey(conversation))
                {
                    _expiring[conversation] = e.ExpiresAt;
                }
                else
                {
                    await Close(conversation);
                }

                break;
            case OfferMade { Agents: [var agent, ..] } e when !_expiring.ContainsKey(conversation):
                if (_freed.TryRemove(agent, out var freed))
                {
                    _next.Add(Milliseconds(now - freed));
                }

                await _entities.Send(
                    AccountId.Default, conversation,
                    new($"accept/{e.Offer}", new(ActorKind.Agent, agent.Value), new AcceptOffer(e.Offer, agent), Strict: false), _stop.Token);
                _busy.Enqueue((agent, conversation));
                break;
            case OfferEnded { Outcome: OfferOutcome.Expired } e when _expiring.TryRemove(conversation, out var expires):
                // An accept counts for a quarter of a second longer (routing.md 2); that is when it ends.
                _late.Add((Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) - expires - ConversationRouting.Lateness).TotalMilliseconds);
                await Close(conversation);
                await Available(e.Agent);
                break;
            case OfferEnded { Outcome: OfferOutcome.Expired } e:
                await Available(e.Agent); // while the house is furnished, nobody is too slow for good
                break;
        }
    }

    private async Task Until(Func<bool> holds, Func<string> soFar)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var since = Stopwatch.GetTimestamp();
        while (!holds())
        {
            await timer.WaitForNextTickAsync(_stop.Token);
            if (Stopwatch.GetElapsedTime(since) > Longest)
            {
                throw new TimeoutException($"After {Longest.TotalMinutes:F0} minutes: {soFar()}");
            }
        }
    }
}
