using NodaTime;
using Xunit;
using static Conversations.Domain.ConversationStatus;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md 2: the table, whole.</summary>
public sealed class StatusTests
{
    private static readonly Instant Tomorrow = Arrange.Noon + Duration.FromDays(1);

    private static ConversationCommand Asking(ConversationStatus to) => to switch
    {
        Open => new Reopen(),
        Pending => new Pend(),
        OnHold => new Hold(),
        Snoozed => new Snooze(Tomorrow),
        Closed => new Close("solved"),
        Spam => new MarkSpam(),
        _ => throw new ArgumentOutOfRangeException(nameof(to)),
    };

    internal static Scenario In(ConversationStatus status, ChannelSettings? channel = null)
    {
        var scenario = Given.Conversation(channel).CustomerWrites();
        if (status != Open)
        {
            scenario.When(Asking(status));
        }

        Assert.Equal(status, scenario.State.Status);
        return scenario;
    }

    [Theory]
    [InlineData(Open, "pending onHold snoozed closed spam")]
    [InlineData(Pending, "open onHold snoozed closed spam")]
    [InlineData(OnHold, "open pending snoozed closed spam")]
    [InlineData(Snoozed, "open pending closed spam")]
    [InlineData(Closed, "open spam")]
    [InlineData(Spam, "closed")]
    public void An_agent_moves_a_conversation_only_along_the_table(ConversationStatus from, string allowed)
    {
        foreach (var to in Enum.GetValues<ConversationStatus>())
        {
            var scenario = In(from).When(Asking(to));
            if (to == from)
            {
                scenario.ThenNothing();
            }
            else if (allowed.Split(' ').Contains(to.ToString(), StringComparer.OrdinalIgnoreCase))
            {
                var changed = scenario.Then<StatusChanged>();
                Assert.Equal((from, to), (changed.From, changed.To));
                Assert.Equal(to, scenario.State.Status);
                Assert.Equal(Arrange.AnnActing, scenario.Emitted[0].Actor);
            }
            else
            {
                var refusal = scenario.ThenRefused("invalid_transition");
                Assert.Equal(RefusalKind.Conflict, refusal.Kind);
                Assert.Equal(from.ToString(), refusal.Current!["status"], ignoreCase: true);
                Assert.Equal(from, scenario.State.Status);
            }
        }
    }

    [Theory]
    [InlineData(Pending)]
    [InlineData(OnHold)]
    [InlineData(Snoozed)]
    [InlineData(Closed)]
    public void A_customers_message_opens_it_in_the_same_commit(ConversationStatus from)
    {
        var scenario = In(from).Later(Duration.FromMinutes(1)).CustomerWrites().Then(typeof(StatusChanged), typeof(MessageReceived));
        Assert.Equal((from, Open), (scenario.Then<StatusChanged>().From, scenario.Then<StatusChanged>().To));
        Assert.Equal(1, scenario.State.Episode!.Number);
    }

    [Fact]
    public void The_first_message_starts_episode_1_with_the_channels_terms()
    {
        var scenario = Given.Conversation().CustomerWrites().Then(typeof(ConversationStarted), typeof(EpisodeStarted), typeof(MessageReceived));
        var episode = scenario.Then<EpisodeStarted>();
        Assert.Equal((1, Arrange.Care, 3L), (episode.Number, episode.Queue!.Value, episode.Terms.Settings));
        Assert.Equal(Open, scenario.State.Status);
        Assert.Equal("u-7", scenario.State.Customer.Id);
    }

    [Fact]
    public void An_agent_writing_first_opens_it()
    {
        var scenario = Given.Conversation().SeenOnChannel().Then(typeof(ConversationStarted), typeof(EpisodeStarted), typeof(MessageRecorded));
        Assert.Equal(Open, scenario.State.Status);
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Null(scenario.Row.WaitingSince);
        Assert.Equal("u-7", scenario.CustomerWrites().State.Customer.Id);
    }

    [Fact]
    public void Nothing_can_be_asked_of_a_conversation_that_does_not_exist() =>
        Given.Conversation().AgentReplies().ThenRefused("not_found");

    [Fact]
    public void A_message_on_an_unknown_channel_account_is_refused()
    {
        var scenario = Given.Conversation();
        scenario.Settings = Arrange.Settings();
        Assert.Equal(RefusalKind.NotFound, scenario.CustomerWrites().ThenRefused("unknown_channel_account").Kind);
    }

    [Fact]
    public void A_customers_message_within_the_reopen_window_continues_the_episode()
    {
        var scenario = In(Closed).Later(Duration.FromDays(7)).CustomerWrites();
        Assert.Equal((Open, 1), (scenario.State.Status, scenario.State.Episode!.Number));
        Assert.Null(scenario.Row.ClosedAt);
        Assert.Null(scenario.Row.Disposition);
    }

    [Fact]
    public void A_customers_message_after_the_reopen_window_starts_the_next_episode()
    {
        var scenario = Given.Conversation().CustomerWrites().When(new Assign(Arrange.Ann, null)).When(new Close("solved"));
        scenario.Later(Duration.FromDays(7) + Duration.FromMilliseconds(1)).CustomerWrites();
        Assert.Equal((Open, 2), (scenario.State.Status, scenario.State.Episode!.Number));
        Assert.Null(scenario.State.Assignee);
        Assert.Equal(Arrange.Ann, scenario.State.LastAssignee);
        Assert.Equal(2, scenario.State.Epoch);
        Assert.Equal((scenario.Now, scenario.Now), (scenario.Next.Start, scenario.Resolution.Start)); // sla.md R-RO2
        Assert.Null(scenario.Row.FirstResponse);
    }

    [Fact]
    public void The_reopen_window_is_the_channels()
    {
        var scenario = In(Closed, Arrange.WebChat with { ReopenWindow = 3_600 }).Later(Duration.FromHours(2)).CustomerWrites();
        Assert.Equal(2, scenario.State.Episode!.Number);
    }

    [Fact]
    public void An_agent_may_reopen_within_and_after_the_window()
    {
        var soon = In(Closed).Later(Duration.FromDays(1)).When(new Reopen());
        Assert.Equal((Open, 1), (soon.State.Status, soon.State.Episode!.Number));

        var late = In(Closed).Later(Duration.FromDays(8)).When(new Reopen());
        Assert.Equal((Open, 2), (late.State.Status, late.State.Episode!.Number));
        Assert.Null(late.Row.FirstResponse);
    }

    [Fact]
    public void Reopening_within_the_window_keeps_the_last_agent()
    {
        var scenario = Given.Conversation().CustomerWrites().When(new Assign(Arrange.Ann, null)).When(new Close());
        Assert.Equal(RoutingState.None, scenario.Row.Routing);
        scenario.Later(Duration.FromHours(1)).CustomerWrites();
        Assert.Equal((Arrange.Ann, RoutingState.Assigned), (scenario.Row.Assignee!.Value, scenario.Row.Routing));
    }

    [Fact]
    public void Closing_ends_the_episode_with_its_disposition_and_note()
    {
        var scenario = In(Open).When(new Close("refunded", "was right")).Then(typeof(MessagePosted), typeof(StatusChanged), typeof(SlaFulfilled));
        Assert.Equal(("refunded", scenario.Now), (scenario.Row.Disposition, scenario.Row.ClosedAt!.Value));
        Assert.Equal(MessageKind.Note, scenario.Then<MessagePosted>().Kind);
        Assert.Empty(scenario.Outbox);
    }

    [Fact]
    public void A_snoozed_conversation_leaves_the_working_list_and_wakes_at_its_time()
    {
        var scenario = In(Open, Arrange.WebChat with { Sla = SlaTargets.Default with { FirstResponse = null, Resolution = null } }).When(new Snooze(Tomorrow));
        Assert.Equal((RoutingState.None, Tomorrow), (scenario.Row.Routing, scenario.Row.SnoozedUntil!.Value));
        Assert.Equal(Tomorrow, scenario.When(new Snooze(Tomorrow)).ThenNothing().When(new Tick()).ThenNothing().State.Until);

        scenario.At(Tomorrow).Tick();
        Assert.Equal((Open, "wakeUp", Tomorrow), (scenario.State.Status, scenario.Then<StatusChanged>().Reason, scenario.Then<StatusChanged>().At));
        Assert.Null(scenario.Row.SnoozedUntil);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-60)]
    public void A_time_to_wake_up_must_be_in_the_future(int seconds)
    {
        var scenario = In(Open);
        Assert.Equal(RefusalKind.Invalid, scenario.When(new Snooze(scenario.Now + Duration.FromSeconds(seconds))).ThenRefused("invalid_time").Kind);
        scenario.When(new Pend(scenario.Now + Duration.FromSeconds(seconds))).ThenRefused("invalid_time");
    }

    [Fact]
    public void Snoozing_to_another_time_moves_the_wake_up()
    {
        var scenario = In(Snoozed).When(new Snooze(Tomorrow + Duration.FromHours(1)));
        Assert.Equal(Tomorrow + Duration.FromHours(1), scenario.Row.SnoozedUntil);
    }

    [Fact]
    public void Pending_until_a_time_opens_then_and_the_clock_counts_from_then_however_late_we_look()
    {
        var scenario = Given.Conversation().CustomerWrites().AgentReplies().When(new Pend(Arrange.Clock("14:00")));
        Assert.Equal(Arrange.Clock("14:00"), scenario.Row.PendingUntil);
        Assert.Equal(Arrange.Clock("14:00"), scenario.NextDue);
        scenario.At("14:20").Tick();
        Assert.Equal(Open, scenario.State.Status);
        Assert.Equal(Arrange.Noon + Duration.FromHours(26), scenario.Resolution.Due);
    }

    [Fact]
    public void A_quiet_conversation_nobody_waits_in_closes_itself()
    {
        var scenario = Given.Conversation(Arrange.WebChat with { AutoCloseAfter = 7_200 }).CustomerWrites();
        Assert.NotEqual(Arrange.Clock("14:00"), scenario.NextDue);

        scenario.At("13:00").AgentReplies().RunTo("14:59:59.999");
        Assert.Equal(Open, scenario.State.Status);
        scenario.RunTo("15:00");
        Assert.Equal((Closed, "quiet"), (scenario.State.Status, scenario.Row.Disposition));
        Assert.Null(scenario.NextDue);
    }

    [Fact]
    public void A_waiting_or_snoozed_conversation_does_not_close_itself()
    {
        var waiting = Given.Conversation(Arrange.WebChat with { AutoCloseAfter = 60 }).CustomerWrites().RunTo("23:00");
        Assert.Equal(Open, waiting.State.Status);

        var snoozed = Given.Conversation(Arrange.WebChat with { AutoCloseAfter = 60 }).CustomerWrites().AgentReplies()
            .When(new Snooze(Arrange.Clock("20:00"))).RunTo("19:59");
        Assert.Equal(Snoozed, snoozed.State.Status);
    }

    // Quiet was counted from the last message only: what woke up or was reopened after a long time closed itself at once.
    [Fact]
    public void A_conversation_that_woke_up_or_was_reopened_is_quiet_only_from_then_on()
    {
        var channel = Arrange.WebChat with { AutoCloseAfter = 3_600 };
        var woken = Given.Conversation(channel).CustomerWrites().AgentReplies().When(new Snooze(Arrange.Clock("18:00"))).RunTo("18:30");
        Assert.Equal(Open, woken.State.Status);
        Assert.Equal(Closed, woken.RunTo("19:00").State.Status);

        var reopened = woken.At("21:00").When(new Reopen()).RunTo("21:59");
        Assert.Equal(Open, reopened.State.Status);
        Assert.Equal(Closed, reopened.RunTo("22:00").State.Status);
    }

    [Fact]
    public void Spam_cancels_the_clocks_and_alerts_no_one()
    {
        var scenario = In(Spam).CustomerWrites("buy now").Then(typeof(MessageReceived));
        Assert.Equal(Spam, scenario.State.Status);
        Assert.Null(scenario.NextDue);
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Equal((SlaState.None, RoutingState.None), (scenario.Row.SlaState, scenario.Row.Routing));
        scenario.Later(Duration.FromDays(2)).Tick().ThenNothing();
    }

    [Fact]
    public void Spam_that_was_none_can_be_closed_and_reopened_and_its_clocks_go_on()
    {
        var scenario = In(Open).At("12:10").When(new MarkSpam()).At("15:00").CustomerWrites().When(new Close("mistake")).ThenNot<SlaBreached>();
        Assert.Equal(ClockStatus.Cancelled, scenario.First.Status);
        scenario.At("16:00").When(new Reopen());
        Assert.Equal((ClockStatus.Running, Arrange.Clock("16:50")), (scenario.First.Status, scenario.First.Due!.Value));
        Assert.Empty(scenario.All<SlaBreached>());
    }

    [Fact]
    public void What_is_over_takes_no_reply_assignment_transfer_or_hand_off()
    {
        foreach (var over in new[] { Closed, Spam })
        {
            In(over).AgentReplies().ThenRefused("conversation_closed");
            In(over).When(new Assign(Arrange.Ann, null)).ThenRefused("conversation_closed");
            In(over).When(new Transfer(Arrange.Billing, null, null)).ThenRefused("conversation_closed");
            In(over).When(new HandOff()).ThenRefused("conversation_closed");
            In(over).AgentNotes().Then(typeof(MessagePosted));
        }
    }

    [Fact]
    public void A_blocked_customers_messages_are_kept_open_nothing_and_alert_no_one()
    {
        var scenario = In(Closed).When(new BlockCustomer(true)).When(new BlockCustomer(true)).ThenNothing();
        scenario.Later(Duration.FromDays(30)).CustomerWrites("let me in").Then(typeof(MessageReceived));
        Assert.Equal((Closed, 2L), (scenario.State.Status, scenario.Row.MessageCount));
        Assert.True(scenario.Then<MessageReceived>().Blocked);
        Assert.Null(scenario.NextDue);
        Assert.NotEqual(scenario.Now, scenario.Row.LastActivityAt);

        scenario.When(new BlockCustomer(false)).CustomerWrites();
        Assert.Equal(Open, scenario.State.Status);
    }

    [Fact]
    public void An_automatic_message_does_not_reopen_or_resume()
    {
        In(Closed).CustomerWrites("out of office", auto: true).Then(typeof(MessageReceived));
        In(Pending).CustomerWrites("out of office", auto: true).Then(typeof(MessageReceived));
    }

    [Fact]
    public void Another_machines_lagging_clock_does_not_turn_a_reopening_around()
    {
        var scenario = Given.Conversation().CustomerWrites().At("12:10").When(new Close()).At("12:09:59").When(new Reopen());
        Assert.Equal((Open, ClockStatus.Running), (scenario.State.Status, scenario.First.Status));
        Assert.Equal(Arrange.Clock("13:00"), scenario.First.Due);
    }
}
