using Xunit;

namespace Conversations.Peaks.Tests;

public sealed class ExpectationTests
{
    private static readonly PeakReport Report = VirtualGateway.Play(new()
    {
        Arrivals = Arrivals.Steady(60, TimeSpan.FromHours(1)),
        Agents = 10,
        Slots = 1,
        Handle = new Spread.Fixed(TimeSpan.FromSeconds(60)),
    }).Report;

    [Theory]
    [InlineData("sl>=0.8", true)]
    [InlineData("sl>1", false)]
    [InlineData("lost=0", true)]
    [InlineData("lost>0", false)]
    [InlineData("asa<=1s", true)]
    [InlineData("asa <= 1000ms", true)]
    [InlineData("p99offer<=150ms", true)]
    [InlineData("P99OFFER<=0.15s", true)]
    [InlineData("p99expiry<=250ms", false)] // nothing ran out, so nothing is known: that is not what was expected
    [InlineData("errors=0", true)]
    public void A_bar_is_reached_or_not(string text, bool met) => Assert.Equal(met, Assert.Single(Expectation.Parse(text)).Check(Report).Met);

    [Fact]
    public void Several_bars_are_separated_by_commas() =>
        Assert.Equal(new[] { "sl", "p99offer", "lost", "overCapacity" }, Expectation.Parse("sl>=0.8, p99offer<=150ms,lost=0,overCapacity=0,").Select(e => e.Name));

    [Theory]
    [InlineData("sl")]
    [InlineData("sl>=")]
    [InlineData("happiness>=1")]
    [InlineData("sl=>0.8")]
    [InlineData("sl>=0.8 m")]
    public void What_is_not_understood_is_said_with_what_would_be(string text) =>
        Assert.Contains("p99offer", Assert.Throws<FormatException>(() => Expectation.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_figure_can_be_asked_for() => Assert.All(Expectation.Figures.Keys, name => Expectation.Parse($"{name}>=0")[0].Check(Report));

    [Fact]
    public void A_command_line_says_what_happens()
    {
        var (scenario, errors) = CommandLine.Read(
            "--curve", "100,250", "--multiply", "3", "--agents", "40", "--slots", "2", "--queues", "4", "--handle", "lognormal:300,0.9", "--patience", "120",
            "--breaks", "10/120", "--disconnect", "0.33@30+10", "--within", "20", "--warm-up", "5", "--speed", "12", "--reject", "0.1", "--seed", "7");

        Assert.Empty(errors);
        Assert.Equal(new[] { 300.0, 750 }, Assert.IsType<Arrivals.Poisson>(scenario!.Arrivals).Slices.Select(s => s.Arrivals));
        Assert.Equal((40, 2, 4, 12, 0.1, 7), (scenario.Agents, scenario.Slots, scenario.Queues, scenario.Speed, scenario.Reject, scenario.Seed));
        Assert.Equal(new Spread.LogNormal(TimeSpan.FromSeconds(300), 0.9), scenario.Handle);
        Assert.Equal(new Spread.Exponential(TimeSpan.FromSeconds(120)), scenario.Patience);
        Assert.Equal(new Breaks(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(120)), scenario.Breaks);
        Assert.Equal(new Disconnect(0.33, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(10)), scenario.Disconnect);
        Assert.Equal((TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(5)), (scenario.Within, scenario.WarmUp));
    }

    /// <summary>An option of a list that is not given is an empty list, not nothing: a peak without a curve once had no customers at all.</summary>
    [Fact]
    public void Without_a_curve_customers_come_at_one_rate()
    {
        var arrivals = Assert.IsType<Arrivals.Poisson>(CommandLine.Read("--per-hour", "600", "--multiply", "3", "--hours", "0.5").Scenario!.Arrivals);
        Assert.Equal((900, TimeSpan.FromMinutes(30), true), (arrivals.Mean, arrivals.Length, arrivals.IsSteady));
    }

    [Fact]
    public void A_plan_is_the_staffing_of_each_half_hour()
    {
        var plan = CommandLine.Plan("--curve", "300,1500", "--handle", "480", "--within", "20", "--slots", "3", "--most-occupancy", "1");

        Assert.Equal(new[] { 89, 415 }, plan.Select(n => n.Slots));
        Assert.Equal(new[] { 30, 139 }, plan.Select(n => n.Agents));
        Assert.Equal(95, CommandLine.Plan("--per-hour", "200", "--multiply", "3", "--handle", "480")[0].Slots);
        Assert.True(CommandLine.Plan("--per-hour", "600", "--handle", "480", "--patience", "120", "--most-occupancy", "1")[0].Slots < 86);
    }

    [Theory]
    [InlineData("--handle", "soon")]
    [InlineData("--breaks", "10")]
    [InlineData("--disconnect", "2@30")]
    [InlineData("--reject", "1.5")]
    [InlineData("--speed", "0")]
    [InlineData("--curve", "1,two")]
    [InlineData("--expect", "sl>>1")]
    [InlineData("--replay", "no-such-file.csv")]
    public void A_command_line_nobody_could_follow_is_refused(string option, string value) => Assert.NotEmpty(CommandLine.Read(option, value).Errors);
}
