using System.Diagnostics.Metrics;
using Xunit;

namespace Conversations.Engine.Tests.Workers;

public sealed class VitalsTests
{
    [Fact]
    public async Task Quantiles_are_at_most_a_fifth_too_high_and_what_is_older_than_a_minute_is_forgotten()
    {
        await using var world = await Hosts.World.Create();
        using var vitals = new Vitals(world.Time);
        await vitals.StartAsync(Hosts.World.Cancel);
        using var meter = new Meter(Instruments.MeterName);
        var (durations, name) = (meter.CreateHistogram<double>("conversations.test.duration"), "conversations.test.duration");
        for (var i = 1; i <= 1_000; i++)
        {
            durations.Record(i / 1_000.0);
        }

        var vital = vitals.Of(name);
        Assert.Equal((1_000, 1.0), (vital.Count, vital.Max));
        Assert.InRange(vital.P50!.Value, 0.45, 0.60);
        Assert.InRange(vital.P99!.Value, 0.90, 1.0);

        world.Time.Advance(TimeSpan.FromSeconds(70));
        Assert.Equal(new Vital(0, null, null, null), vitals.Of(name));
    }

    [Fact]
    public async Task Rates_are_told_apart_by_outcome()
    {
        await using var world = await Hosts.World.Create();
        using var vitals = new Vitals(world.Time);
        await vitals.StartAsync(Hosts.World.Cancel);
        using var meter = new Meter(Instruments.MeterName);
        var commands = meter.CreateCounter<long>("conversations.test.commands");
        world.Time.Advance(TimeSpan.FromSeconds(10));
        commands.Add(30, new KeyValuePair<string, object?>("outcome", "done"));
        commands.Add(10, new KeyValuePair<string, object?>("outcome", "refused"));

        Assert.Equal((4.0, 1.0), (vitals.Rate("conversations.test.commands"), vitals.Rate("conversations.test.commands", "refused")));
    }
}
