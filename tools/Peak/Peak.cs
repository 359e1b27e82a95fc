using System.Collections.Concurrent;
using Conversations.Replaying;

namespace Conversations.Peaks;

internal sealed record PeakOptions
{
    public const int DefaultConnections = 64;

    public required Uri Url { get; init; }

    /// <summary>Of role admin.</summary>
    public required string Key { get; init; }

    /// <summary>Connections to the gateway, the feed's not counted.</summary>
    public int Connections { get; init; } = DefaultConnections;

    /// <summary>Begins the names of everything this run makes. Each run has its own, so that older ones are not counted.</summary>
    public required string Run { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>How far a part of a run has come.</summary>
internal readonly record struct PeakStep(string Part, int Done, int Of);

/// <summary>Queues and agents, then the peak itself, then what the histories say of it.</summary>
internal static class Peak
{
    public const string SettingUp = "Agents come to work", Coming = "Customers come", Finishing = "Conversations over", Reading = "Reading histories", Leaving = "Agents go home";

    /// <exception cref="ReplayFailedException">The gateway refused what a peak needs, or stopped answering.</exception>
    public static async Task<PeakReport> Run(Scenario scenario, PeakOptions options, CancellationToken cancellation, IProgress<PeakStep>? progress = null)
    {
        var started = options.Time.GetTimestamp();
        using var gateway = new Gateway(options.Url, options.Key, options.Connections, scenario, options.Time);
        var simulation = new Simulation(scenario, options.Run);
        Task ForEach<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> action, string part) => All(items, action, part, options.Connections, progress, cancellation);

        var terms = await gateway.Hurry(cancellation);
        await ForEach(simulation.Lines, gateway.SetUp, SettingUp);
        await ForEach(simulation.Desks, gateway.SetUp, SettingUp);
        var cursor = await gateway.Now(cancellation);
        await ForEach(simulation.Desks, gateway.SignIn, SettingUp);

        var watcher = new Watcher(gateway, options.Time);
        await new Driver(simulation, scenario, gateway, options.Time).Run(cursor, watcher, () =>
        {
            progress?.Report(new(Coming, simulation.Arrived, simulation.Customers.Count));
            progress?.Report(new(Finishing, simulation.Over, simulation.Customers.Count));
        }, cancellation);

        // Read before anybody goes home: that would move what is still open.
        var listed = await gateway.ListConversations(options.Run + "-", cancellation);
        var stories = new ConcurrentBag<Story>();
        await ForEach([.. listed.DistinctBy(c => c.Id)], async (c, token) => stories.Add(Story.Of(c.Id, await gateway.ReadHistory(c.Id, token))), Reading);
        await ForEach(simulation.Desks, gateway.Dismiss, Leaving);
        await gateway.PutTerms(terms, cancellation);

        var late = simulation.Meter.Lateness.Order().ToList();
        return PeakReport.Of(scenario, simulation, listed, stories, new(
            simulation.Meter.Errors, gateway.Retries, watcher.Events, watcher.Resets, watcher.Reconnects,
            Percentile.Of(late, 99), late.Count == 0 ? null : late[^1]), options.Time.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task All<T>(
        IReadOnlyList<T> items, Func<T, CancellationToken, Task> action, string part, int sideBySide, IProgress<PeakStep>? progress, CancellationToken cancellation)
    {
        var done = 0;
        await Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = sideBySide, CancellationToken = cancellation }, async (item, token) =>
        {
            await action(item, token);
            progress?.Report(new(part, Interlocked.Increment(ref done), items.Count));
        });
    }
}
