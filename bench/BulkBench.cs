using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway;
using Conversations.Gateway.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Conversations.Bench;

/// <summary>
/// (h) A bulk move of 5,000 conversations while customers write (routing.md 9): how long it takes, and what it does to the
/// customers' latency. Quiet and busy are measured in turn in one run.
/// </summary>
internal static class BulkBench
{
    private const double BarSeconds = 30, BarRatio = 2;
    private const int Live = 200, LiveThreads = 1_000, Connections = 64;
    private const string Key = "bench-key-of-thirty-two-characters";

    public static async Task Run(BenchFolder folder, bool quick)
    {
        var (items, rounds) = (5_000, quick ? 1 : 3);
        Console.WriteLine($"(h) Bulk move of {items:N0} conversations beside {Live} inbound messages a second; synchronous=FULL");
        var app = GatewayApp.Build(
        [
            "--Urls=http://127.0.0.1:0", $"--CONVERSATIONS_DATA={folder.Path("gateway")}", $"--CONVERSATIONS_BOOTSTRAP_KEY={Key}",
            "--Serilog:MinimumLevel:Default=Warning", "--Store:Synchronous=FULL",
        ]);
        await app.StartWithFirstKey();
        await using var stopped = app;
        var entities = app.Services.GetRequiredService<IEntities>();
        await LiveEngine.RegisterChannel(entities);
        await Open(entities, items);
        using var generator = new LoadGenerator(app.Urls.First(), Connections);
        await Take(generator, "warm-up", 4);

        List<double> quiet = [], busy = [], seconds = [];
        for (var round = 0; round < rounds; round++)
        {
            quiet.Add((await Take(generator, $"quiet{round}", 15)).P99);
            var job = Move(app.Services, entities, $"job{round}", new QueueId($"q{round}"), items);
            busy.Add((await Take(generator, $"busy{round}", 15)).P99);
            seconds.Add(await job);
        }

        var (q, b, s) = (Spread.Of(quiet), Spread.Of(busy), Spread.Of(seconds));
        Console.WriteLine($"  customers' p99 ms: quiet {q.Text("F1")}, beside the job {b.Text("F1")}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  the job: {s.Text("F1")} s, {items / s.Median:N0} items a second"));
        Bars.AtMost("seconds for 5,000", s.Median, BarSeconds);
        Bars.AtMost("p99 beside the job / quiet", b.Median / q.Median, BarRatio);
    }

    private static Task<Round> Take(LoadGenerator generator, string name, int seconds)
    {
        byte[][] requests = [.. Enumerable.Range(0, Live * seconds).Select(i => LoadGenerator.Inbound(Key, Talk.Thread($"live-{i % LiveThreads}"), $"{name}-{i}"))];
        return Round.Measure(requests.Length, latencies => generator.AtPace(requests, Live, latencies));
    }

    private static async Task Open(IEntities entities, int items) => await Parallel.ForEachAsync(
        Enumerable.Range(0, items), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, cancellation) =>
        {
            var address = Talk.Thread($"bulk-{i}");
            var id = ConversationId.Of(AccountId.Default, address);
            await entities.Send(AccountId.Default, id, Talk.Receive(address, $"bulk-{i}"), cancellation);
            await entities.Send(AccountId.Default, id, new($"label-{i}", Actor.System, new ChangeLabels(["bulk"])), cancellation);
        });

    /// <returns>Seconds from the request to the end.</returns>
    private static async Task<double> Move(IServiceProvider services, IEntities entities, string name, QueueId to, int items)
    {
        var (history, feed) = (services.GetRequiredService<JobHistory>(), services.GetRequiredService<IFeed>());
        var id = JobId.Of(AccountId.Default, name);
        using var advanced = new SemaphoreSlim(0);
        void OnAdvanced() => advanced.Release();
        feed.Advanced += OnAdvanced;
        var started = Stopwatch.GetTimestamp();
        await entities.Send(
            AccountId.Default, id,
            new(name, new(ActorKind.Supervisor, "sue"), new StartJob(new(new Transfer(to, null, null), new(Label: "bulk")))), CancellationToken.None);
        Job job;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System); // the job's history is read each time: not after every event of the customers
            await advanced.WaitAsync();
            job = await history.Find(AccountId.Default, id, CancellationToken.None);
        }
        while (!job.IsOver);

        var elapsed = (job.FinishedAt!.Value - job.CreatedAt).TotalSeconds;
        feed.Advanced -= OnAdvanced;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: {job.Tally} in {elapsed:F1} s (seen after {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s)"));
        return job.Tally.Done == items ? elapsed : throw new InvalidOperationException($"Not all were moved: {job.Tally}");
    }
}
