using System.Collections.Concurrent;
using System.Globalization;

namespace Conversations.Replaying;

internal sealed record ReplayOptions
{
    public const int DefaultConcurrency = 16;
    public const int DefaultWindow = 200;
    public const int DefaultSeed = 1;
    public const int DefaultSlaFirstResponse = 3_600;

    public required string File { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Of role admin: the replay registers channel accounts.</summary>
    public required string Key { get; init; }

    /// <summary>Times the original pace; 0: as fast as the gateway takes it.</summary>
    public double Speed { get; init; }

    /// <summary>Requests in flight.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

    public bool RepeatDeliveries { get; init; }

    public int Window { get; init; } = DefaultWindow;

    public int Seed { get; init; } = DefaultSeed;

    /// <summary>Seconds.</summary>
    public int SlaFirstResponse { get; init; } = DefaultSlaFirstResponse;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>How far one part of a replay has come.</summary>
internal readonly record struct ReplayStep(string Part, int Done, int Of);

/// <summary>
/// Plays a file through a gateway and reads the result back from it. Doing it again, or in another order, gives the same
/// figures: a message is known by its id, and figures go by the messages' own times.
/// </summary>
internal sealed class Replay
{
    public const string Registering = "Registering brands";
    public const string Delivering = "Delivering";
    public const string Reading = "Reading histories";

    // A timer counts whole milliseconds, 49 days of them at most.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly ReplayOptions options;
    private readonly GatewayClient gateway;
    private readonly IProgress<ReplayStep>? progress;
    private readonly ConcurrentBag<(string ExternalId, DeliveryResult Result)> results = [];

    private Replay(ReplayOptions options, GatewayClient gateway, IProgress<ReplayStep>? progress)
    {
        this.options = options;
        this.gateway = gateway;
        this.progress = progress;
    }

    /// <exception cref="ReplayFailedException">The gateway refused what the replay needs, or stopped answering.</exception>
    /// <exception cref="InvalidDataException">The file is not in the format.</exception>
    public static async Task<Report> Run(ReplayOptions options, CancellationToken cancellation, IProgress<ReplayStep>? progress = null)
    {
        using var gateway = new GatewayClient(options.Url, options.Key, options.Concurrency, options.Time);
        return await new Replay(options, gateway, progress).Run(cancellation);
    }

    private async Task<Report> Run(CancellationToken cancellation)
    {
        var started = options.Time.GetTimestamp();
        var file = TwcsFile.Read(options.File);
        await ForEach(file.Accounts, Registering, (account, token) => gateway.Register(account, new(options.SlaFirstResponse), token), cancellation);
        var delivery = await Deliver(file, cancellation);

        // Others may use the same channel: only the accounts of this file count.
        var accounts = file.Accounts.ToHashSet();
        var listed = await gateway.ListConversations(cancellation);
        var conversations = listed.Where(c => accounts.Contains(c.ChannelAccount)).DistinctBy(c => c.Id).ToList();
        var histories = new ConcurrentDictionary<string, IReadOnlyList<HistoryEvent>>();
        await ForEach(conversations, Reading, async (c, token) => histories[c.Id] = await gateway.ReadHistory(c.Id, token), cancellation);

        var messages = histories.Values.Select(h => h.Select(Message.Of).OfType<Message>().ToList());
        var figures = ReportFigures.Of(messages, options.SlaFirstResponse);
        var acknowledged = results.Where(r => r.Result.Accepted is not null).Select(r => (r.ExternalId, r.Result.Accepted!.ConversationId));
        return new(options.Time.GetElapsedTime(started).TotalSeconds, delivery, figures, [.. Integrity.Check(histories, acknowledged)]);
    }

    private async Task<DeliveryFigures> Deliver(TwcsFile file, CancellationToken cancellation)
    {
        var plan = Deliveries.Plan(file, new(options.RepeatDeliveries, options.Window, options.Seed));
        var started = options.Time.GetTimestamp();
        var from = plan.Count == 0 ? default : plan[0].Due;
        var done = 0;
        var lanes = Deliveries.Lanes(plan, options.Concurrency, options.RepeatDeliveries);
        await Parallel.ForEachAsync(lanes, SideBySide(cancellation), async (lane, token) =>
        {
            foreach (var delivery in lane)
            {
                await Pace(delivery.Due - from, started, token);
                results.Add((delivery.Tweet.Id.ToString(CultureInfo.InvariantCulture), await gateway.Deliver(delivery, token)));
                progress?.Report(new(Delivering, Interlocked.Increment(ref done), plan.Count));
            }
        });

        var seconds = options.Time.GetElapsedTime(started).TotalSeconds;
        var latencies = results.Select(r => r.Result.Latency.TotalMilliseconds).Order().ToList();
        return new(
            file.Rows.Count,
            results.Count,
            results.Count(r => r.Result.Accepted is { Replayed: true }),
            new SortedDictionary<string, int>(results.Select(r => r.Result.Refusal).OfType<string>().CountBy(code => code).ToDictionary(), StringComparer.Ordinal),
            gateway.Retries,
            seconds == 0 ? 0 : results.Count / seconds,
            Percentile.Of(latencies, 50),
            Percentile.Of(latencies, 99));
    }

    /// <summary>Waits until it is this long after the first delivery, at the asked pace.</summary>
    private async Task Pace(TimeSpan sinceFirst, long started, CancellationToken cancellation)
    {
        while (options.Speed > 0 && (sinceFirst / options.Speed) - options.Time.GetElapsedTime(started) is var wait && wait >= ShortestWait)
        {
            await Task.Delay(wait < LongestWait ? wait : LongestWait, options.Time, cancellation);
        }
    }

    private ParallelOptions SideBySide(CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellation };

    private async Task ForEach<T>(IReadOnlyList<T> items, string part, Func<T, CancellationToken, Task> action, CancellationToken cancellation)
    {
        var done = 0;
        await Parallel.ForEachAsync(items, SideBySide(cancellation), async (item, token) =>
        {
            await action(item, token);
            progress?.Report(new(part, Interlocked.Increment(ref done), items.Count));
        });
    }
}
