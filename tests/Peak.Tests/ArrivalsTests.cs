using Conversations.Replaying;
using Xunit;

namespace Conversations.Peaks.Tests;

public sealed class ArrivalsTests
{
    [Fact]
    public void A_curve_has_as_many_in_each_half_hour_as_it_says_and_the_same_with_the_same_seed()
    {
        var curve = Arrivals.Curve([1_000, 0, 4_000]);
        var times = curve.Draw(new(1));

        Assert.Equal(times, curve.Draw(new(1)));
        Assert.Equal(times.Order(), times);
        Assert.Equal((TimeSpan.FromMinutes(90), 5_000, false), (curve.Length, curve.Mean, curve.IsSteady));
        int In(int halfHour) => times.Count(t => (int)(t / Arrivals.HalfHour) == halfHour);
        Assert.InRange(In(0), 1_000 - 100, 1_000 + 100); // three times the square root
        Assert.Equal(0, In(1));
        Assert.InRange(In(2), 4_000 - 190, 4_000 + 190);
    }

    [Fact]
    public void A_steady_rate_has_exponential_gaps()
    {
        var times = Arrivals.Steady(3_600, TimeSpan.FromHours(20)).Draw(new(3));
        var gaps = times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds).ToList();

        Assert.Equal(1, gaps.Average(), 0.02);
        Assert.Equal(Math.Exp(-1), (double)gaps.Count(g => g > 1) / gaps.Count, 0.01);
        Assert.Equal(Math.Exp(-3), (double)gaps.Count(g => g > 3) / gaps.Count, 0.005);
    }

    [Fact]
    public void A_file_is_replayed_at_its_busiest_and_multiplied_without_echoes()
    {
        // Customers at minutes 0, 100, 110, 115, 170; a brand's own thread in between counts for nobody.
        var rows = new[] { 0, 100, 110, 115, 170 }.Select((minute, n) => $"{n + 1},u{n},True,{Time(minute)},hello @brand,,").ToList();
        rows.Add($"90,brand,False,{Time(112)},news,,");
        using var reader = new StringReader("tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n" + string.Join('\n', rows) + "\n");
        var file = TwcsFile.Read(reader);

        var once = Arrivals.Replayed.Busiest(file, TimeSpan.FromHours(1), 1);
        Assert.Equal(new[] { 0.0, 10, 15 }, once.Draw(new(1)).Select(t => t.TotalMinutes));

        var tripled = Arrivals.Replayed.Busiest(file, TimeSpan.FromHours(1), 3).Draw(new(1));
        Assert.Equal(9, tripled.Distinct().Count());
        Assert.All(tripled, t => Assert.InRange(t, TimeSpan.Zero, TimeSpan.FromHours(1)));
    }

    private static string Time(int minute) =>
        new DateTimeOffset(2017, 10, 31, 8, 0, 0, TimeSpan.Zero).AddMinutes(minute).ToString("ddd MMM dd HH:mm:ss +0000 yyyy", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("480", 480)]
    [InlineData("exponential:90.5", 90.5)]
    [InlineData("lognormal:480", 480)]
    [InlineData("lognormal:300,1.2", 300)]
    [InlineData("fixed:0", 0)]
    public void Times_have_the_mean_they_were_given(string text, double mean)
    {
        var spread = Spread.Parse(text)!;
        var random = new Random(5);
        Assert.Equal(mean, spread.Mean.TotalSeconds, 6);
        Assert.Equal(mean, Enumerable.Range(0, 200_000).Average(_ => spread.Draw(random).TotalSeconds), 0.02 * mean);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("uniform:3")]
    [InlineData("lognormal:300,0")]
    [InlineData("fixed:1,2")]
    [InlineData("exponential:NaN")]
    public void What_is_no_time_is_not_taken_for_one(string text) => Assert.Null(Spread.Parse(text));
}
