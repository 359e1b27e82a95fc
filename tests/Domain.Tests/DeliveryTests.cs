using Xunit;
using static Conversations.Domain.DeliveryState;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md 3: receipts go forward, failure withdraws, echoes merge.</summary>
public sealed class DeliveryTests
{
    private static Scenario Replied() => Given.Conversation(Arrange.Sending()).CustomerWrites().At("12:10").AgentReplies();

    private static DeliveryState? StateOf(Scenario scenario, MessageId message) => scenario.State.Head(message)?.Delivery;

    [Theory]
    [InlineData(Queued, "sent delivered read failed")]
    [InlineData(Sent, "delivered read failed")]
    [InlineData(Delivered, "read failed")]
    [InlineData(Read, "")]
    [InlineData(Failed, "")]
    public void Receipts_only_go_forward_and_failed_is_final(DeliveryState from, string onwards)
    {
        foreach (var to in Enum.GetValues<DeliveryState>())
        {
            var scenario = Replied();
            if (from != Queued)
            {
                scenario.ChannelSays(from, "p-1");
            }

            Assert.Equal(from, StateOf(scenario, scenario.LastReply));
            var moves = onwards.Split(' ').Contains(to.ToString(), StringComparer.OrdinalIgnoreCase);
            scenario.ChannelSays(to);
            Assert.Null(scenario.Refusal);
            Assert.Equal(moves, scenario.Emitted.Any(r => r.Event is MessageDelivery));
            Assert.Equal(moves ? to : from, StateOf(scenario, scenario.LastReply));
        }
    }

    [Fact]
    public void A_platforms_receipts_by_its_own_id_move_the_reply()
    {
        var scenario = Replied().ChannelSays(Sent, "p-1").Platform(new MessageChange.Receipt(Delivered), "p-1").Then(typeof(MessageDelivery));
        Assert.Equal(Delivered, StateOf(scenario, scenario.LastReply));
        scenario.Platform(new MessageChange.Receipt(Read, Code: null), "p-1").Platform(new MessageChange.Receipt(Delivered), "p-1").ThenNothing();
        Assert.Equal(Read, StateOf(scenario, scenario.LastReply));
    }

    [Fact]
    public void A_watermark_holds_for_earlier_replies_too_but_not_for_one_still_on_its_way()
    {
        var scenario = Replied();
        var first = scenario.LastReply;
        scenario.ChannelSays(Sent, "p-1").AgentReplies("two");
        var queued = scenario.LastReply;
        scenario.AgentReplies("three").ChannelSays(Sent, "p-3").Platform(new MessageChange.Receipt(Read, UpTo: true), "p-3");
        Assert.Equal((Read, Queued, Read), (StateOf(scenario, first), StateOf(scenario, queued), StateOf(scenario, scenario.LastReply)));
    }

    [Fact]
    public void A_failed_reply_withdraws_the_fulfilment_as_if_it_had_never_been()
    {
        var scenario = Replied().ChannelSays(Sent, "p-1");
        Assert.Equal(ClockStatus.Met, scenario.First.Status);

        scenario.At("12:20").ChannelSays(Failed).Then(typeof(MessageDelivery), typeof(SlaWithdrawn));
        Assert.Equal(new SlaWithdrawn(Metric.FirstResponse, 1, Withdrawn.Fulfilment), scenario.Then<SlaWithdrawn>());
        Assert.Equal((ClockStatus.Running, Arrange.Clock("13:00")), (scenario.First.Status, scenario.First.Due!.Value));
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
        Assert.Null(scenario.Row.FirstRespondedAt);
        Assert.Equal("131047", scenario.Then<MessageDelivery>().Code);
    }

    [Fact]
    public void A_reply_that_fails_after_the_due_time_leaves_a_breach_at_the_due_time()
    {
        var scenario = Replied().ChannelSays(Sent, "p-1").At("14:00").ChannelSays(Failed).Then(typeof(MessageDelivery), typeof(SlaWithdrawn), typeof(SlaBreached));
        Assert.Equal(Arrange.Clock("13:00"), scenario.Then<SlaBreached>().At);
    }

    // The withdrawal was lost when a newer instance had begun in the meantime.
    [Fact]
    public void A_failed_reply_gives_the_promise_it_had_kept_back_even_after_the_next_one_began()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites().AgentReplies().ChannelSays(Sent, "p-1")
            .At("12:10").CustomerWrites().At("12:20").AgentReplies().ChannelSays(Sent, "p-2");
        var second = scenario.LastReply;
        scenario.At("12:30").CustomerWrites();
        Assert.Equal(2, scenario.Next.Number);

        scenario.At("12:40").ChannelSays(second, Failed);
        Assert.Equal(new SlaWithdrawn(Metric.NextResponse, 1, Withdrawn.Fulfilment), scenario.Then<SlaWithdrawn>());
        Assert.Equal((1, Arrange.Clock("12:10"), ClockStatus.Running), (scenario.Next.Number, scenario.Next.Start, scenario.Next.Status));
        Assert.Equal(Arrange.Clock("12:10"), scenario.Row.WaitingSince);
    }

    [Fact]
    public void Failing_before_it_was_sent_withdraws_nothing()
    {
        var scenario = Replied().ChannelSays(Failed).Then(typeof(MessageDelivery));
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
        Assert.Empty(scenario.State.OnTheirWay);
    }

    [Fact]
    public void The_channels_time_counts_but_not_before_the_reply_was_written_nor_far_ahead_of_us()
    {
        var scenario = Replied();
        Scenario Reported(string at) => scenario = Replied().At("12:12").When(new RecordDelivery(scenario.LastReply, new(Sent, ["p-1"], Arrange.Clock(at))));
        Assert.Equal(Arrange.Clock("12:11"), Reported("12:11").First.FulfilledAt);
        Assert.Equal(Arrange.Clock("12:10"), Reported("11:00").First.FulfilledAt);
        Assert.Equal(Arrange.Clock("12:12"), Reported("15:00").First.FulfilledAt);
    }

    // The sender's own report was dropped as a step back, and with it the ids that later receipts and the echo refer to.
    [Fact]
    public void A_report_overtaken_by_a_callback_still_brings_the_platforms_ids()
    {
        var scenario = Replied().SeenOnChannel("hi", id: "p-1").Then(typeof(EchoDeferred));
        scenario.ChannelSays(Delivered).ChannelSays(Sent, "p-2").Then(typeof(MessageDelivery));
        Assert.Equal(Delivered, StateOf(scenario, scenario.LastReply));
        scenario.Platform(new MessageChange.Receipt(Read), "p-2").Then(typeof(MessageDelivery));
        Assert.Equal(Read, StateOf(scenario, scenario.LastReply));
    }

    [Fact]
    public void A_report_that_only_names_a_reply_still_on_its_way_does_not_count_as_sent()
    {
        var scenario = Replied().ChannelSays(Queued, "p-1").Then(typeof(MessageDelivery));
        Assert.Equal((Queued, ClockStatus.Running), (StateOf(scenario, scenario.LastReply)!.Value, scenario.First.Status));
        scenario.Platform(new MessageChange.Receipt(Delivered), "p-1");
        Assert.Equal(ClockStatus.Met, scenario.First.Status);
    }

    [Fact]
    public void An_echo_of_a_reply_on_its_way_waits_and_merges()
    {
        var scenario = Replied().SeenOnChannel("hi", id: "p-1").Then(typeof(EchoDeferred));
        Assert.Equal(2, scenario.Row.MessageCount);
        scenario.ChannelSays(Sent, "p-1").Then(typeof(MessageDelivery), typeof(EchoMerged), typeof(SlaFulfilled));
        Assert.Equal(scenario.LastReply, scenario.Then<EchoMerged>().Message);
        Assert.Equal(2, scenario.Row.MessageCount);
        Assert.Empty(scenario.State.DeferredEchoes);
    }

    // It waited although its reply was known; by then a reply written later could be on its way, and held it back.
    [Fact]
    public void An_echo_of_a_reply_that_is_known_merges_at_once_and_answers_with_it()
    {
        var scenario = Replied().ChannelSays(Sent, "p-1");
        var reply = scenario.LastReply;
        Assert.Equal(reply, scenario.SeenOnChannel("hi", id: "p-1").Then(typeof(EchoMerged)).Answer!.Message);
        scenario.AgentReplies("two").SeenOnChannel("hi", id: "p-1").Then(typeof(EchoMerged));
    }

    [Fact]
    public void Any_part_of_a_split_reply_merges()
    {
        var scenario = Replied().SeenOnChannel("h", id: "p-1").SeenOnChannel("i", id: "p-2").ChannelSays(Sent, "p-1", "p-2");
        Assert.Equal(2, scenario.Emitted.Count(r => r.Event is EchoMerged));
        Assert.Equal(2, scenario.Row.MessageCount);
    }

    [Fact]
    public void An_echo_that_is_not_ours_becomes_a_message_once_nothing_is_on_its_way()
    {
        var scenario = Replied().SeenOnChannel("from my phone", id: "x-1").At("12:11").ChannelSays(Sent, "p-1");
        var recorded = scenario.Then<MessageRecorded>();
        Assert.Equal(("x-1", Arrange.Clock("12:10"), 3L), (recorded.ExternalId, recorded.SentAt, recorded.Index));
        Assert.Null(scenario.NextDue is { } due && due < Arrange.Clock("12:40") ? due : null);
    }

    [Fact]
    public void An_echo_waits_at_most_ten_minutes()
    {
        var scenario = Replied().SeenOnChannel("from my phone", id: "x-1");
        Assert.Equal(Arrange.Clock("12:20"), scenario.NextDue);
        scenario.At("12:19:59.999").Tick().ThenNothing();
        scenario.At("12:20").Tick();
        Assert.Equal(Arrange.Clock("12:10"), scenario.Then<MessageRecorded>().SentAt);
        Assert.Empty(scenario.State.DeferredEchoes);
    }

    [Fact]
    public void No_echo_is_lost_when_more_come_than_can_wait()
    {
        var scenario = Replied();
        for (var i = 0; i < 60; i++)
        {
            scenario.SeenOnChannel(id: $"x-{i}");
        }

        scenario.ChannelSays(Sent, "p-1");
        Assert.Equal(60, scenario.All<MessageRecorded>().Select(e => e.ExternalId).Distinct().Count());
    }

    [Fact]
    public void What_our_side_wrote_is_not_deferred_when_nothing_is_on_its_way_or_nobody_sends_here()
    {
        Replied().ChannelSays(Sent, "p-1").SeenOnChannel().Then(typeof(MessageRecorded));
        Given.Conversation().CustomerWrites().AgentReplies().SeenOnChannel().Then(typeof(MessageRecorded));
    }

    [Fact]
    public void At_most_20_replies_are_on_their_way_and_none_is_forgotten()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites();
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(scenario.AgentReplies().Refusal);
        }

        Assert.Equal(RefusalKind.TooMany, scenario.AgentReplies().ThenRefused("too_many_on_their_way").Kind);
        for (var i = 0; i < 100; i++)
        {
            scenario.CustomerWrites();
        }

        Assert.Equal(20, scenario.State.OnTheirWay.Count());
        Assert.Equal(Conversation.RecentKept, scenario.State.Recent.Count);
        scenario.ChannelSays(scenario.Outbox[0].Message, Sent, "p-1");
        Assert.Null(scenario.AgentReplies().Refusal);
    }
}
