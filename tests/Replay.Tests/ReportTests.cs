using System.Text.Json;
using Conversations.Oracle;
using Xunit;

namespace Conversations.Replaying.Tests;

public sealed class ReportTests
{
    [Theory]
    [InlineData(50, 2)]
    [InlineData(75, 3)]
    [InlineData(76, 4)]
    [InlineData(100, 4)]
    [InlineData(1, 1)]
    public void A_percentile_is_the_value_of_the_nearest_rank(int percent, int expected) =>
        Assert.Equal(expected, Percentile.Of([1, 2, 3, 4], percent));

    [Fact]
    public void Of_nothing_there_is_no_percentile() => Assert.Null(Percentile.Of<long>([], 50));

    [Fact]
    public void Figures_without_conversations_are_those_of_an_empty_file() =>
        Assert.Equal(JsonSerializer.Serialize(FileFigures.Of(Invented.Header)), JsonSerializer.Serialize(ReportFigures.Of([], 3_600)));

    [Fact]
    public void A_whole_history_violates_nothing() => Assert.Empty(Check([Received(2, 1, "a"), Received(3, 2, "b")], "a", "b"));

    [Fact]
    public void A_message_that_is_there_twice_is_found() =>
        Assert.Contains("once", Assert.Single(Check([Received(2, 1, "a"), Received(3, 2, "a")], "a")).Rule, StringComparison.Ordinal);

    [Fact]
    public void A_gap_in_seq_is_found() =>
        Assert.Equal("4 where 3 was expected", Assert.Single(Check([Received(2, 1, "a"), Received(4, 2, "b")], "a", "b")).Detail);

    [Fact]
    public void A_gap_in_the_message_index_is_found() =>
        Assert.StartsWith("messageIndex", Assert.Single(Check([Received(2, 1, "a"), Received(3, 3, "b")], "a", "b")).Rule, StringComparison.Ordinal);

    [Fact]
    public void An_acknowledged_message_that_is_missing_is_found() =>
        Assert.Equal("b is missing", Assert.Single(Check([Received(2, 1, "a")], "a", "b", "b")).Detail);

    [Fact]
    public void An_acknowledged_conversation_that_is_not_listed_is_found() =>
        Assert.Equal("c9", Assert.Single(Integrity.Check(new Dictionary<string, IReadOnlyList<HistoryEvent>>(), [("a", "c9")])).Conversation);

    [Fact]
    public void Replies_and_notes_written_in_the_gateway_take_places_but_count_in_no_figure()
    {
        HistoryEvent[] events = [Received(2, 1, "a"), Event(3, "message.posted", new { index = (long?)null, kind = "note" }), Event(4, "message.posted", new { index = 2, kind = "reply" }), Received(5, 3, "b")];

        Assert.Empty(Check(events, "a", "b"));
        Assert.Equal(2, events.Count(e => Message.Of(e) is not null));
    }

    private static List<Violation> Check(HistoryEvent[] events, params string[] acknowledged) =>
        [.. Integrity.Check(
            new Dictionary<string, IReadOnlyList<HistoryEvent>> { ["c1"] = [Event(1, "conversation.started", new { }), .. events] },
            acknowledged.Select(a => (a, "c1")))];

    private static HistoryEvent Received(long seq, long index, string externalId) =>
        Event(seq, "message.received", new { index, externalId, sentAt = "2017-10-31T10:00:00.000Z", author = new { id = "1001" } });

    private static HistoryEvent Event(long seq, string type, object data) => new(seq, type, JsonSerializer.SerializeToElement(data));
}
