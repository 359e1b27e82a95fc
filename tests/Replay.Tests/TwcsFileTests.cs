using Xunit;

namespace Conversations.Replaying.Tests;

public sealed class TwcsFileTests
{
    [Fact]
    public void Quotes_line_breaks_commas_and_entities_are_read_as_written()
    {
        var texts = Invented.File().Rows.ToDictionary(r => r.Id, r => r.Text);

        Assert.Equal("first line\nsecond line, naïve ☂", texts[70]);
        Assert.Equal("@Acme, @Bolt: who has \"blue\"?", texts[60]);
        Assert.Equal("@1002 Good day &amp; sorry.", texts[12]);
    }

    [Fact]
    public void Times_are_read_with_their_offset()
    {
        var row = Assert.Single(Invented.File(Invented.Header + "1,9,True,Tue Oct 31 22:10:47 -0130 2017,hi,,\r\n").Rows);

        Assert.Equal(new DateTimeOffset(2017, 10, 31, 23, 40, 47, TimeSpan.Zero), row.SentAt);
    }

    [Fact]
    public void Every_row_is_in_exactly_one_thread_in_time_order()
    {
        var file = Invented.File();

        Assert.Equal(file.Rows.Select(r => r.Id).Order(), file.Threads.SelectMany(t => t.Tweets).Select(t => t.Id).Order());
        Assert.All(file.Threads, t => Assert.Equal(t.Tweets.Order(Tweet.ByTime), t.Tweets));
    }

    [Fact]
    public void Tweets_of_one_second_go_by_their_number()
    {
        var file = Invented.File(Invented.Header + Invented.Row(10, "Acme", parent: 9) + Invented.Row(9, "1001"));

        Assert.Equal([9, 10], Assert.Single(file.Threads).Tweets.Select(t => t.Id));
    }

    [Fact]
    public void Answers_to_the_same_missing_tweet_stay_together_under_its_id()
    {
        var thread = Assert.Single(Invented.File().Threads, t => t.Root == 99);

        Assert.Equal([21, 20, 22], thread.Tweets.Select(t => t.Id));
        Assert.Equal("Acme", thread.Account);
    }

    [Theory]
    [InlineData(1, "Acme")] // wrote in it
    [InlineData(60, "Crag")] // Acme and Bolt are mentioned, Acme wrote too, Crag wrote first
    [InlineData(30, "Bolt")] // nobody wrote: the first mention of a known brand, in whatever case
    [InlineData(70, TwcsFile.Unknown)]
    public void A_thread_belongs_to_the_brand_that_wrote_first_else_to_the_one_mentioned_first(long root, string account) =>
        Assert.Equal(account, Assert.Single(Invented.File().Threads, t => t.Root == root).Account);

    [Fact]
    public void Brands_are_registered_even_if_they_own_no_thread_and_unknown_only_if_needed()
    {
        var file = Invented.File(Invented.Header + Invented.Row(1, "1001") + Invented.Row(2, "Acme", parent: 1, minute: 1) + Invented.Row(3, "Bolt", parent: 1, minute: 2));

        Assert.Equal(["Acme", "Bolt"], file.Accounts);
        Assert.Equal(["Acme", "Bolt", "Crag", TwcsFile.Unknown], Invented.File().Accounts);
    }

    [Fact]
    public void A_thread_may_be_very_long()
    {
        const int Length = 100_000;
        var csv = Invented.Header + string.Concat(Enumerable.Range(1, Length).Select(i => Invented.Row(i, "1001", parent: i == Length ? null : i + 1)));

        Assert.Equal(Length, Assert.Single(Invented.File(csv).Threads).Root);
    }

    [Theory]
    [InlineData("1,1001,True,yesterday,hi,,\r\n", "Line 2")]
    [InlineData("x,1001,True,Tue Oct 31 22:10:47 +0000 2017,hi,,\r\n", "Line 2")]
    [InlineData("1,1001,maybe,Tue Oct 31 22:10:47 +0000 2017,hi,,\r\n", "maybe")]
    [InlineData("1,1001,True,Tue Oct 31 22:10:47 +0000 2017,hi,,2\r\n2,1001,True,Tue Oct 31 22:10:47 +0000 2017,hi,,1\r\n", "circle")]
    [InlineData("1,1001,True,Tue Oct 31 22:10:47 +0000 2017,hi,,\r\n1,1001,True,Tue Oct 31 22:10:47 +0000 2017,hi,,\r\n", "twice")]
    public void What_is_not_in_the_format_is_refused_with_the_reason(string rows, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Invented.File(Invented.Header + rows)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_without_the_columns_is_refused() =>
        Assert.Contains("tweet_id", Assert.Throws<InvalidDataException>(() => Invented.File("a,b\r\n1,2\r\n")).Message, StringComparison.Ordinal);
}
