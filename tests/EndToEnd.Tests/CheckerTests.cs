using System.Text.Json;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>The checker finds each thing it is there for: a test that could not fail would show nothing.</summary>
public sealed class CheckerTests
{
    private const string Id = "c1";

    private readonly Ledger _ledger = new();
    private readonly Checker _checker = new();

    [Fact]
    public void A_history_that_is_as_it_was_answered_passes()
    {
        Acknowledged(1, "w1-1", seq: 1);
        Acknowledged(2, "w1-2", seq: 2);

        AssertFound(null, Received(1, "w1-1"), Received(2, "w1-2"));
    }

    [Fact]
    public void A_message_that_is_missing_is_lost()
    {
        Acknowledged(1, "w1-1", seq: 1);

        AssertFound(Fault.Lost);
    }

    [Fact]
    public void A_message_that_is_there_twice_is_duplicated()
    {
        Acknowledged(1, "w1-1", seq: 1);

        AssertFound(Fault.Duplicated, Received(1, "w1-1"), Received(2, "w1-1"));
    }

    [Fact]
    public void A_seq_left_out_is_a_gap()
    {
        Acknowledged(1, "w1-1", seq: 1);
        Acknowledged(2, "w1-2", seq: 3);

        AssertFound(Fault.Gap, Received(1, "w1-1"), Received(3, "w1-2", index: 2));
    }

    [Fact]
    public void An_index_left_out_is_a_gap()
    {
        Acknowledged(1, "w1-1", seq: 1, index: 2);

        AssertFound(Fault.Gap, Received(1, "w1-1", index: 2));
    }

    [Fact]
    public void A_message_at_another_seq_than_answered_is_different()
    {
        Acknowledged(1, "w1-1", seq: 5, index: 1);

        AssertFound(Fault.Different, Received(1, "w1-1"));
    }

    [Fact]
    public void A_later_message_before_an_earlier_one_is_reordered()
    {
        Acknowledged(2, "w1-2", seq: 1);
        Acknowledged(1, "w1-1", seq: 2);

        AssertFound(Fault.Reordered, Received(1, "w1-2"), Received(2, "w1-1"));
    }

    [Fact]
    public void What_was_refused_or_never_asked_for_is_invented()
    {
        Answered(new(1, 1, WriteKind.ToBeRefused, Id, "refused1-1", () => new()), new(404, Json(new { code = "not_found" }), false, 1));

        AssertFound(Fault.Invented, Received(1, "refused1-1"));
        AssertFound(Fault.Invented, Received(1, "from-nowhere"));
    }

    [Fact]
    public void A_feed_that_skips_or_differs_is_found()
    {
        History journal = Of(Received(1, "a"), Received(2, "b"));

        _checker.CheckFeed([journal], new Dictionary<string, Event[]> { [Id] = [Received(1, "a")] });
        _checker.CheckFeed([journal], new Dictionary<string, Event[]> { [Id] = [Received(1, "a"), Received(2, "c")] });
        _checker.CheckFeed([journal], new Dictionary<string, Event[]> { [Id] = [.. journal.Events], ["c2"] = [] });
        _checker.CheckFeed([journal], new Dictionary<string, Event[]> { [Id] = [.. journal.Events] });

        Assert.Equal(3, _checker.Count(Fault.Feed));
    }

    [Theory]
    [InlineData(null, "00:00:02", true)]
    [InlineData(null, null, false)]
    [InlineData("00:00:02", null, true)]
    [InlineData("00:00:02", "00:00:02", false)]
    [InlineData("00:00:03", "00:00:02", true)]
    [InlineData("00:00:03", null, false)]
    [InlineData("00:00:03", "00:00:03", false)]
    public void A_promise_is_announced_exactly_if_it_ran_out_and_at_the_due_instant(string? reply, string? breach, bool good)
    {
        List<Event> events = [At("00:00:00", "conversation.started", new { address = new { channelAccount = "hasty-2" } }), At("00:00:00", "message.received", new { sentAt = Day("00:00:00") })];
        if (breach is not null)
        {
            events.Add(At(breach, "sla.breached", new { metric = "firstResponse", instance = 1, at = Day(breach) }));
        }

        if (reply is not null)
        {
            events.Add(At(reply, "message.posted", new { kind = "reply" }));
        }

        Assert.Equal(good, Deadlines.FirstResponse(events)!.Value.Good);
    }

    [Fact]
    public void A_level_announced_twice_is_found_unless_it_was_withdrawn()
    {
        Event breach = At("00:00:02", "sla.breached", new { metric = "firstResponse", instance = 1, at = Day("00:00:02") });
        Event withdrawn = At("00:00:03", "sla.withdrawn", new { metric = "firstResponse", instance = 1, what = "breach" });

        Assert.False(Deadlines.AnnouncedOnce([breach, breach]));
        Assert.True(Deadlines.AnnouncedOnce([breach, withdrawn, breach]));
    }

    [Fact]
    public void A_retry_that_hears_something_else_is_found()
    {
        var write = Acknowledged(1, "w1-1", seq: 1);

        _ledger.AnsweredAgain(write, AnswerOf(1, 1, replayed: true));
        Assert.Empty(_ledger.Faults);

        _ledger.AnsweredAgain(write, AnswerOf(2, 2, replayed: true));
        _ledger.AnsweredAgain(write, AnswerOf(1, 1, replayed: false));
        Assert.Equal(2, _ledger.Faults.Count);
    }

    private void AssertFound(Fault? only, params Event[] events)
    {
        _checker.Check([Of(events)], _ledger, _ledger.Writes.Where(w => w.Answer is { Accepted: true }));

        Assert.All(Enum.GetValues<Fault>(), fault => Assert.True(_checker.Count(fault) > 0 == (fault == only), $"{only} expected; found:\n{_checker}"));
    }

    private Write Acknowledged(int number, string marker, long seq, long? index = null) =>
        Answered(new(1, number, WriteKind.Inbound, Id, marker, () => new()), AnswerOf(seq, index ?? Math.Min(seq, 2), replayed: false));

    private Write Answered(Write write, Answer answer)
    {
        _ledger.Asked(write);
        _ledger.Answered(write, answer);
        return write;
    }

    private static Answer AnswerOf(long seq, long index, bool replayed) =>
        new(200, Json(new { conversationId = Id, messageId = $"{Id}-{seq}", seq, messageIndex = index, episode = 1 }), replayed, 1);

    private static History Of(params Event[] events) =>
        new(Id, Json(new { channelAccount = "calm", seq = events.Length, messageCount = events.Length }), events);

    private static Event Received(long seq, string text, long? index = null) =>
        new(seq, "message.received", Day("00:00:00"), Json(new { }), Json(new { message = $"{Id}-{seq}", index = index ?? seq, text }));

    private static Event At(string time, string type, object data) => new(0, type, Day(time), Json(new { }), Json(data));

    private static string Day(string time) => $"2026-11-21T{time}.000Z";

    private static JsonElement Json(object value) => JsonSerializer.SerializeToElement(value, JsonSerializerOptions.Web);
}
