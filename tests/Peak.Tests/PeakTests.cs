using Conversations.EndToEnd.Tests;
using Conversations.Replaying;
using Xunit;

namespace Conversations.Peaks.Tests;

/// <summary>The simulation against a real gateway in a process of its own.</summary>
public sealed class PeakTests
{
    private const int LastGuard = 300_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<PeakReport> Play(Scenario scenario)
    {
        using var folder = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path);
        var report = await Peak.Run(scenario, new() { Url = await gateway.Listens(Cancellation), Key = GatewayProcess.Key, Run = "peak" }, Cancellation);
        Assert.DoesNotContain(" ERR ", gateway.Output, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"FIGURES {report.Service} {report.Offers} {report.System} {report.Expected}");
        return report;
    }

    /// <summary>
    /// Sixteen queues at once, each of four slots with two of them busy on average, for 40 s of real time (twenty minutes at
    /// thirty times the speed). Each queue forgets itself in 12 s, so there are about forty independent looks, and the standard
    /// error of the service level is 0.06. Tolerance: three of them. Erlang is asked about the slot time that was measured, so a
    /// slow machine does not fail it. Longer runs come closer: the README has one.
    /// </summary>
    [Fact(Timeout = LastGuard)]
    public async Task A_plain_queue_at_thirty_times_the_speed_has_the_service_level_Erlang_C_says()
    {
        var report = await Play(new()
        {
            Arrivals = Arrivals.Steady(16 * 60, TimeSpan.FromMinutes(20)),
            Agents = 16 * 4,
            Slots = 1,
            Queues = 16,
            Handle = new Spread.Exponential(TimeSpan.FromSeconds(120)),
            Within = TimeSpan.FromSeconds(30),
            WarmUp = TimeSpan.FromMinutes(4),
            Speed = 30,
        });

        Assert.Equal("Erlang C", report.Expected!.Model);
        Assert.Equal(report.Expected.ServiceLevel, report.Service.ServiceLevel!.Value, 0.18);
        Assert.Equal(report.Expected.Occupancy, report.Service.Occupancy!.Value, 0.12);
        AllAccountedFor(report);
        Assert.Equal(report.Accounted.Opened, report.Accounted.Served);
    }

    /// <summary>Half of the tools die and come back within the lease; agents decline, miss and wrap up; customers leave and write again.</summary>
    [Fact(Timeout = LastGuard)]
    public async Task A_bad_half_hour_ends_with_everybody_accounted_for()
    {
        var report = await Play(new()
        {
            Arrivals = Arrivals.Curve([100]),
            Agents = 20,
            Slots = 2,
            Queues = 2,
            Handle = new Spread.LogNormal(TimeSpan.FromSeconds(300), 0.8),
            Patience = new Spread.Exponential(TimeSpan.FromMinutes(15)),
            WrapUp = new Spread.Fixed(TimeSpan.FromSeconds(60)),
            Exchanges = 2,
            Reject = 0.05,
            Ignore = 0.03,
            Breaks = new(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(25)),
            Disconnect = new(0.5, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(8)),
            Drain = TimeSpan.FromHours(4),
            Speed = 60,
        });

        AllAccountedFor(report);
        Assert.Equal(report.Accounted.Opened, report.Accounted.Served + report.Accounted.Left);
    }

    [Fact(Timeout = LastGuard)]
    public async Task A_key_that_may_not_make_queues_is_said_so()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path);
        var scenario = new Scenario { Arrivals = Arrivals.Steady(1, TimeSpan.FromHours(1)), Agents = 1 };

        await Assert.ThrowsAsync<ReplayFailedException>(async () =>
            await Peak.Run(scenario, new() { Url = await gateway.Listens(Cancellation), Key = "not-a-key", Run = "peak" }, Cancellation));
    }

    private static void AllAccountedFor(PeakReport report)
    {
        Assert.True(report.Accounted is { Lost: 0, Unfinished: 0, ClosedOtherwise: 0 }, $"{report.Accounted} {string.Join("; ", report.Accounted.Which)}");
        Assert.Equal((0, 0), (report.Offers.OverCapacity, report.Offers.DoubleAssigned));
        Assert.True(report.System.Errors.Count == 0, string.Join(", ", report.System.Errors));
    }
}
