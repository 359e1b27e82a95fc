using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Wallboard;

public sealed class HistogramTests
{
    [Fact]
    public void Nothing_has_no_mean_and_no_percentile()
    {
        Assert.Null(Histogram.Empty.Mean);
        Assert.Null(Histogram.Empty.Percentile(0.5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_percentile_is_at_most_six_percent_off_and_the_mean_is_exact(int seed)
    {
        var random = new Random(seed);
        long[] values = [.. Enumerable.Range(0, 2_000).Select(_ => (long)Math.Exp(random.NextDouble() * 18))];
        var histogram = values.Aggregate(Histogram.Empty, (h, v) => h.With(Duration.FromMilliseconds(v)));
        Array.Sort(values);

        foreach (var share in (double[])[0.5, 0.9, 0.95, 0.99, 1])
        {
            var exact = values[(int)Math.Ceiling(values.Length * share) - 1];
            Assert.InRange(histogram.Percentile(share)!.Value.TotalMilliseconds, (exact * 0.94) - 1, (exact * 1.06) + 1);
        }

        Assert.Equal(values.Sum() / values.Length, (long)histogram.Mean!.Value.TotalMilliseconds);
    }

    [Fact]
    public void The_sum_of_two_is_the_histogram_of_all()
    {
        var random = new Random(7);
        Duration[] values = [.. Enumerable.Range(0, 500).Select(_ => Duration.FromMilliseconds(random.Next(100_000)))];
        Histogram Of(IEnumerable<Duration> some) => some.Aggregate(Histogram.Empty, (h, v) => h.With(v));

        Assert.Equal(Of(values), Of(values.Take(123)).Plus(Of(values.Skip(123))));
        Assert.Equal(Of(values), Histogram.Empty.Plus(Of(values)).Plus(Histogram.Empty));
        Assert.Equal(500, Of(values).Count);
    }
}
