using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md 3.</summary>
public sealed class MessageTests
{
    [Fact]
    public void Seq_is_contiguous_and_the_message_index_counts_only_what_customers_see()
    {
        var scenario = Given.Conversation().CustomerWrites().AgentNotes().AgentReplies().SeenOnChannel().BotReplies();
        Assert.Equal(Enumerable.Range(1, scenario.History.Count).Select(n => (long)n), scenario.History.Select(r => r.Seq));
        Assert.Equal([1L, null, 2L, 3L, 4L], scenario.History.Select(r => r.Event switch
        {
            MessageReceived e => (true, e.Index),
            MessagePosted e => (true, e.Index),
            MessageRecorded e => (true, (long?)e.Index),
            _ => (false, null),
        }).Where(m => m.Item1).Select(m => m.Item2));
        Assert.Equal(4, scenario.Row.MessageCount);
    }

    [Fact]
    public void An_answer_names_the_message_its_place_and_its_fate()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites();
        Assert.Equal((1L, 3L, MessageId.Of(scenario.State.Id, 3)), (scenario.Answer!.MessageIndex!.Value, scenario.Answer.MessageSeq!.Value, scenario.Answer.Message!.Value));
        Assert.Equal(DeliveryState.Queued, scenario.AgentReplies().Answer!.Delivery);
        Assert.Null(scenario.AgentNotes().Answer!.Delivery);
    }

    [Theory]
    [InlineData("telegram", true)]
    [InlineData("webchat", false)]
    public void A_note_never_leaves(string channel, bool sends)
    {
        var scenario = Given.Conversation(Arrange.WebChat with { Channel = channel, Sends = sends }).CustomerWrites().AgentNotes()
            .When(new Transfer(Arrange.Billing, null, null, "please check")).When(new HandOff(null, "bye")).When(new Close(null, "done"));
        Assert.Empty(scenario.Outbox);
        Assert.All(scenario.All<MessagePosted>(), note =>
        {
            Assert.Equal((MessageKind.Note, Visibility.Internal), (note.Kind, note.Visibility));
            Assert.Null(note.Delivery);
            Assert.Null(note.Index);
        });
        Assert.Equal(4, scenario.All<MessagePosted>().Count());
        Assert.Equal(MessageKind.Customer, scenario.Row.LastMessage!.Kind);
    }

    [Fact]
    public void A_note_wrongly_marked_for_sending_still_makes_no_outgoing_reply()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites();
        MessagePosted[] wrong =
        [
            new(new("x-1"), null, MessageKind.Note, Visibility.Private, "secret", Delivery: DeliveryState.Queued),
            new(new("x-2"), 2, MessageKind.Reply, Visibility.Internal, "secret", Delivery: DeliveryState.Queued),
            new(new("x-3"), 2, MessageKind.System, Visibility.Private, "secret", Delivery: DeliveryState.Queued),
        ];
        Assert.Empty(ConversationView.Outgoing(scenario.State, [.. wrong.Select((e, i) => new Recorded<ConversationEvent>(9 + i, scenario.Now, Actor.System, "c", e))]));
    }

    [Fact]
    public void A_reply_leaves_once_with_its_recipient_and_what_it_answers()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites(id: "m-99").AgentReplies("hi");
        var reply = Assert.Single(scenario.Outbox);
        Assert.Equal(("hi", "u-7", "m-99", MessageKind.Reply), (reply.Text, reply.Customer, reply.ReplyTo, reply.Kind));
        Assert.Equal(scenario.LastReply, reply.Message);
    }

    [Fact]
    public void Without_an_adapter_a_reply_counts_as_sent_and_nothing_is_handed_to_a_sender()
    {
        var scenario = Given.Conversation().CustomerWrites().AgentReplies();
        Assert.Equal(DeliveryState.Sent, scenario.Then<MessagePosted>().Delivery);
        Assert.Empty(scenario.Outbox);
    }

    [Fact]
    public void What_our_side_wrote_elsewhere_counts_as_a_reply_and_is_not_sent_again()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites().At("12:05").SeenOnChannel(sentAt: "12:03");
        Assert.Empty(scenario.Outbox);
        Assert.Equal((ClockStatus.Met, Arrange.Clock("12:03")), (scenario.First.Status, scenario.First.FulfilledAt!.Value));
    }

    [Fact]
    public void A_message_on_a_channel_cannot_be_internal() =>
        Given.Conversation().CustomerWrites(visibility: Visibility.Internal).ThenRefused("invalid_visibility");

    [Fact]
    public void A_public_answer_in_a_private_thread_is_refused()
    {
        var refusal = Given.Conversation().CustomerWrites().When(new PostMessage(PostKind.Reply, "hi", Visibility: Visibility.Public)).ThenRefused("invalid_visibility");
        Assert.Equal("private", refusal.Current!["visibility"]);
    }

    [Fact]
    public void Waiting_since_is_the_oldest_unanswered_message_and_later_ones_do_not_move_it()
    {
        var scenario = Given.Conversation().CustomerWrites().At("12:10").CustomerWrites().At("12:11").AgentNotes().BotReplies();
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
        Assert.Null(scenario.AgentReplies().Row.WaitingSince);
        scenario.At("12:20").CustomerWrites();
        Assert.Equal(Arrange.Clock("12:20"), scenario.Row.WaitingSince);
    }

    [Fact]
    public void A_queued_reply_answers_only_once_the_channel_took_it()
    {
        var scenario = Given.Conversation(Arrange.Sending()).CustomerWrites().At("12:10").AgentReplies();
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
        scenario.At("12:11").ChannelSays(DeliveryState.Sent, "p-1");
        Assert.Null(scenario.Row.WaitingSince);
        Assert.Equal(Arrange.Clock("12:11"), scenario.Row.FirstRespondedAt);
    }

    [Fact]
    public void A_reply_written_before_the_newest_message_was_seen_is_refused_unless_forced()
    {
        var scenario = Given.Conversation().CustomerWrites();
        var seen = scenario.State.Seq;
        scenario.CustomerWrites("oh, and");
        var refusal = scenario.AgentReplies(basedOn: seen).ThenRefused("stale_reply");
        Assert.Equal((RefusalKind.Conflict, $"{scenario.State.Seq}"), (refusal.Kind, refusal.Current!["seq"]));
        Assert.Null(scenario.AgentReplies(basedOn: seen, force: true).Refusal);
        scenario.AgentReplies(basedOn: scenario.Answer!.MessageSeq - 1).ThenRefused("stale_reply"); // another agent's reply is newer too
        Assert.Null(scenario.AgentReplies().Refusal);
    }

    [Fact]
    public void Notes_and_other_changes_do_not_make_a_reply_stale()
    {
        var scenario = Given.Conversation().CustomerWrites();
        var seen = scenario.State.Seq;
        scenario.AgentNotes().When(new SetPriority(Priority.High)).When(new ChangeLabels(["vip"]));
        Assert.Null(scenario.AgentReplies(basedOn: seen).Refusal);
    }

    [Theory]
    [InlineData("messenger", true)]
    [InlineData("instagram", true)]
    [InlineData("whatsapp", false)]
    public void A_reply_after_the_window_is_refused_before_the_platform_is_called(string channel, bool humansLonger)
    {
        var scenario = Given.Conversation(Arrange.Sending(channel)).CustomerWrites();
        var day = Arrange.Noon + Duration.FromHours(24);
        Assert.Equal(new ReplyWindow(day, humansLonger ? Arrange.Noon + Duration.FromDays(7) : null), scenario.Row.ReplyWindow);

        Assert.Null(scenario.At(day).AgentReplies().Refusal);
        scenario.Later(Duration.FromMilliseconds(1)).BotReplies();
        var bot = scenario.ThenRefused("reply_window_closed");
        Assert.Equal(humansLonger ? "an agent's reply" : "a template, or another channel", bot.Current!["allowed"]);
        Assert.Equal("2026-11-22T12:00:00.000Z", bot.Current["closesAt"]);

        Assert.Equal(humansLonger, scenario.AgentReplies().Refusal is null);
        scenario.At(Arrange.Noon + Duration.FromDays(7) + Duration.FromMilliseconds(1)).AgentReplies().ThenRefused("reply_window_closed");
        Assert.Null(scenario.AgentNotes().Refusal);
    }

    [Fact]
    public void The_window_follows_the_newest_private_customer_message_only()
    {
        var scenario = Given.Conversation(Arrange.Sending("whatsapp")).CustomerWrites().At("15:00").CustomerWrites();
        var closes = Arrange.Clock("15:00") + Duration.FromHours(24);
        Assert.Equal(closes, scenario.Row.ReplyWindow!.ClosesAt);
        scenario.At("16:00").CustomerWrites(sentAt: "13:00").SeenOnChannel().AgentReplies().CustomerWrites(visibility: Visibility.Public);
        Assert.Equal(closes, scenario.Row.ReplyWindow!.ClosesAt);
    }

    [Theory]
    [InlineData("webchat")]
    [InlineData("sms")]
    public void Other_channels_have_no_window(string channel)
    {
        var scenario = Given.Conversation(Arrange.Sending(channel)).CustomerWrites().Later(Duration.FromDays(100)).AgentReplies();
        Assert.Null(scenario.Refusal);
        Assert.Null(scenario.Row.ReplyWindow);
    }

    [Fact]
    public void A_text_has_at_most_100_000_characters()
    {
        var scenario = Given.Conversation().CustomerWrites(new string('x', 100_000));
        Assert.Null(scenario.Refusal);
        var tooLong = new string('x', 100_001);
        scenario.CustomerWrites(tooLong).ThenRefused("text_too_long");
        scenario.AgentReplies(tooLong).ThenRefused("text_too_long");
        scenario.AgentNotes(tooLong).ThenRefused("text_too_long");
        scenario.When(new Close(Note: tooLong)).ThenRefused("text_too_long");
        scenario.When(new Transfer(Arrange.Billing, null, null, tooLong)).ThenRefused("text_too_long");
        scenario.When(new HandOff(Note: tooLong)).ThenRefused("text_too_long");
        scenario.Platform(new MessageChange.Edited(tooLong), "m-1").ThenRefused("text_too_long");
        Assert.Equal(280, scenario.Row.LastMessage!.Text.Length);
    }

    [Fact]
    public void A_message_has_at_most_20_attachments_and_is_not_empty()
    {
        static Attachment[] Files(int count) => [.. Enumerable.Range(1, count).Select(n => new Attachment($"https://files.example/{n}.png"))];
        var scenario = Given.Conversation().CustomerWrites();
        Assert.Null(scenario.When(new PostMessage(PostKind.Reply, "", Files(20))).Refusal);
        scenario.When(new PostMessage(PostKind.Reply, "see", Files(21))).ThenRefused("too_many_attachments");
        scenario.AgentReplies("").ThenRefused("empty_message");
        scenario.CustomerWrites("").ThenRefused("empty_message");
    }

    [Fact]
    public void A_cut_preview_never_splits_a_character()
    {
        var text = new string('x', 279) + "😀";
        Assert.Equal(new string('x', 279), Given.Conversation().CustomerWrites(text).Row.LastMessage!.Text);
    }

    [Fact]
    public void More_than_200_customer_messages_a_minute_are_kept_but_flagged_and_move_nothing_up()
    {
        var scenario = Given.Conversation();
        for (var i = 1; i <= 200; i++)
        {
            Assert.False(scenario.CustomerWrites().Then<MessageReceived>().Flood);
        }

        scenario.At("12:00:59");
        Assert.True(scenario.CustomerWrites().Then<MessageReceived>().Flood);
        Assert.Equal((201L, Arrange.Noon), (scenario.Row.MessageCount, scenario.Row.LastActivityAt));

        scenario.At("12:01");
        Assert.False(scenario.CustomerWrites().Then<MessageReceived>().Flood);
        Assert.Equal(scenario.Now, scenario.Row.LastActivityAt);
    }

    [Fact]
    public void An_automatic_message_is_kept_but_starts_no_clock_and_nobody_waits()
    {
        var scenario = Given.Conversation().CustomerWrites("out of office", auto: true);
        Assert.Equal(1, scenario.Row.MessageCount);
        Assert.Null(scenario.Row.WaitingSince);
        Assert.Null(scenario.Row.FirstResponse);
        scenario.At("12:30").CustomerWrites();
        Assert.Equal((Arrange.Clock("12:30"), Arrange.Clock("12:30")), (scenario.Row.WaitingSince!.Value, scenario.First.Start));
    }

    [Fact]
    public void An_automatic_answer_from_our_side_is_no_reply()
    {
        var scenario = Given.Conversation().CustomerWrites().SeenOnChannel("we are closed", auto: true);
        Assert.Equal(ClockStatus.Running, scenario.First.Status);
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
    }

    [Fact]
    public void A_late_message_keeps_its_own_time_and_gets_the_next_seq()
    {
        var scenario = Given.Conversation().CustomerWrites().At("12:30").CustomerWrites("sent long ago", sentAt: "11:15");
        Assert.Equal((Arrange.Clock("11:15"), 4L), (scenario.Then<MessageReceived>().SentAt, scenario.Emitted[0].Seq));
        Assert.Equal(Arrange.Clock("11:15"), scenario.Row.WaitingSince);
        Assert.Equal((Arrange.Clock("11:15"), Arrange.Clock("12:15")), (scenario.First.Start, scenario.First.Due!.Value));
        Assert.Equal(Arrange.Clock("11:15"), scenario.Resolution.Start);
        Assert.Equal(Arrange.Clock("12:15"), scenario.Then<SlaBreached>().At);
    }

    [Fact]
    public void A_time_more_than_5_minutes_ahead_is_cut_to_ours_and_flagged()
    {
        var scenario = Given.Conversation().CustomerWrites(sentAt: "12:05");
        Assert.Equal((Arrange.Clock("12:05"), false), (scenario.Then<MessageReceived>().SentAt, scenario.Then<MessageReceived>().Clamped));
        scenario.CustomerWrites(sentAt: "12:05:00.001");
        Assert.Equal((Arrange.Noon, true), (scenario.Then<MessageReceived>().SentAt, scenario.Then<MessageReceived>().Clamped));
        scenario.SeenOnChannel(sentAt: "14:00");
        Assert.Equal((Arrange.Noon, true), (scenario.Then<MessageRecorded>().SentAt, scenario.Then<MessageRecorded>().Clamped));
    }

    [Fact]
    public void Times_finer_than_a_millisecond_are_cut_so_that_a_replay_gives_the_same_clocks()
    {
        var scenario = Given.Conversation().When(new Scenario(Arrange.WebChat).Inbound(sentAt: Arrange.Noon - Duration.FromNanoseconds(1)));
        Assert.Equal(Arrange.Clock("11:59:59.999"), scenario.First.Start);
    }

    [Fact]
    public void An_edit_of_the_last_message_shows_and_a_deletion_hides_it()
    {
        var scenario = Given.Conversation().CustomerWrites("helo", id: "m-1").Platform(new MessageChange.Edited("hello"), "m-1");
        Assert.Equal("hello", scenario.Row.LastMessage!.Text);
        scenario.Platform(new MessageChange.Deleted(), "m-1").Platform(new MessageChange.Deleted(), "m-1").ThenNothing();
        Assert.Equal("", scenario.Row.LastMessage!.Text);
    }

    [Fact]
    public void An_edit_that_comes_after_the_deletion_brings_nothing_back()
    {
        var scenario = Given.Conversation().CustomerWrites(id: "m-1").Platform(new MessageChange.Deleted(), "m-1");
        scenario.Platform(new MessageChange.Edited("hello"), "m-1").ThenNothing();
        scenario.When(new ReceiveMessage(scenario.Address, new("m-2", Direction.Inbound, Visibility.Private, null, Arrange.Ada, "v2", EditOf: "m-1"))).ThenNothing();
        Assert.Equal("", scenario.Row.LastMessage!.Text);
    }

    [Fact]
    public void A_new_version_of_a_known_message_edits_it_and_of_an_unknown_one_is_that_message()
    {
        var scenario = Given.Conversation().CustomerWrites("v1", id: "m-1");
        var first = scenario.Answer!.Message;
        ReceiveMessage Version(string id, string of) => new(scenario.Address, new(id, Direction.Inbound, Visibility.Private, null, Arrange.Ada, id, EditOf: of));
        Assert.Equal(first, scenario.When(Version("m-2", "m-1")).Then(typeof(MessageEdited)).Answer!.Message);
        Assert.Equal(1, scenario.Row.MessageCount);

        scenario.When(Version("m-4", "m-3")).Then(typeof(MessageReceived));
        var second = scenario.Answer!.Message;
        Assert.Equal(second, scenario.Platform(new MessageChange.Reacted(Arrange.Ada, "👍"), "m-3").Then(typeof(MessageReaction)).Answer!.Message);
    }

    [Fact]
    public void A_change_to_an_unknown_message_is_not_decided_here() =>
        Given.Conversation().CustomerWrites().Platform(new MessageChange.Deleted(), "never-seen").ThenRefused("unknown_message");

    [Fact]
    public void The_read_horizon_only_moves_forward_and_not_past_the_head()
    {
        var scenario = Given.Conversation().CustomerWrites().CustomerWrites().AgentNotes().When(new MarkRead(1)).Then(typeof(ReadAdvanced));
        Assert.Equal(1, scenario.Row.MessageCount - scenario.Row.ReadUpTo);
        scenario.When(new MarkRead(1)).ThenNothing().When(new MarkRead(0)).ThenNothing();
        scenario.When(new MarkRead(3)).ThenRefused("invalid_message_index");
        scenario.When(new MarkRead(-1)).ThenRefused("invalid_message_index");
        Assert.Equal(2, scenario.When(new MarkRead(2)).Row.ReadUpTo);
    }
}
