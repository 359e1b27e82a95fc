using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>sla.md 3, 4, 5, 7 and 8 on the wall clock: first and next response within the hour, resolution within the day, warning at 80 %.</summary>
public sealed class SlaTests
{
    private static Scenario Waiting(ChannelSettings? channel = null) => Given.Conversation(channel).CustomerWrites();

    private static Scenario Answered() => Waiting().At("12:10").AgentReplies();

    private static ChannelSettings With(SlaTargets targets) => Arrange.WebChat with { Sla = targets };

    [Fact]
    public void The_first_customer_message_starts_first_response_and_resolution()
    {
        var row = Waiting().Row;
        Assert.Equal((Arrange.Noon, Arrange.Clock("13:00"), ClockStatus.Running), (row.FirstResponse!.Start, row.FirstResponse.Due!.Value, row.FirstResponse.Status));
        Assert.Equal((Arrange.Noon, Arrange.Noon + Duration.FromDays(1)), (row.Resolution!.Start, row.Resolution.Due!.Value));
        Assert.Null(row.NextResponse);
        Assert.Equal((SlaState.Running, Arrange.Clock("13:00")), (row.SlaState, row.NextDue!.Value));
    }

    [Fact]
    public void A_reply_meets_the_first_response_and_the_next_message_starts_the_next_response()
    {
        var scenario = Answered();
        Assert.Equal(new SlaFulfilled(Metric.FirstResponse, 1, Arrange.Clock("12:10"), Met: true), Bare.Of(scenario.Then<SlaFulfilled>()));
        Assert.Equal(ClockStatus.Met, scenario.First.Status);
        Assert.Null(scenario.Row.NextResponse);

        scenario.At("12:20").CustomerWrites().At("12:25").CustomerWrites();
        Assert.Equal((1, Arrange.Clock("12:20"), Arrange.Clock("13:20")), (scenario.Next.Number, scenario.Next.Start, scenario.Next.Due!.Value));
        scenario.At("12:30").AgentReplies().At("12:31").AgentReplies();
        Assert.Equal((ClockStatus.Met, Arrange.Clock("12:30")), (scenario.Next.Status, scenario.Next.FulfilledAt!.Value));
        Assert.Equal(2, scenario.At("12:40").CustomerWrites().Next.Number);
    }

    [Fact]
    public void Notes_and_bot_replies_do_not_qualify()
    {
        var scenario = Waiting().AgentNotes().BotReplies();
        Assert.Equal(ClockStatus.Running, scenario.First.Status);
    }

    [Fact]
    public void A_conversation_an_agent_starts_has_no_first_response_and_the_answer_starts_a_next_response()
    {
        var scenario = Given.Conversation().SeenOnChannel().At("12:30").CustomerWrites();
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Equal((Arrange.Clock("12:30"), 1), (scenario.Next.Start, scenario.Next.Number));
        Assert.Equal(Arrange.Noon, scenario.Resolution.Start);
    }

    [Fact]
    public void Without_a_first_response_target_the_first_message_starts_a_next_response()
    {
        var scenario = Waiting(With(SlaTargets.Default with { FirstResponse = null }));
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Equal(Arrange.Noon, scenario.Next.Start);
    }

    [Fact]
    public void A_missing_target_means_the_metric_is_not_tracked()
    {
        var scenario = Waiting(With(new("none", 1, null, null, null, 0.8))).At("20:00").AgentReplies().CustomerWrites();
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Null(scenario.Row.NextResponse);
        Assert.Null(scenario.Row.Resolution);
        Assert.Null(scenario.NextDue);
        Assert.Equal(Arrange.Clock("20:00"), scenario.Row.FirstRespondedAt);
        Assert.Equal(SlaState.None, scenario.Row.SlaState);
    }

    [Fact]
    public void A_warning_fires_once_at_its_fraction_of_the_target()
    {
        var scenario = Waiting();
        Assert.Equal(Arrange.Clock("12:48"), scenario.NextDue);
        scenario.At("12:47:59.999").Tick().ThenNothing();
        scenario.At("12:48").Tick().Then(typeof(SlaWarned));
        Assert.Equal(new SlaWarned(Metric.FirstResponse, 1, Arrange.Clock("13:00")), Bare.Of(scenario.Then<SlaWarned>()));
        Assert.Equal(SlaState.Warning, scenario.Row.SlaState);
        scenario.Tick().ThenNothing().At("12:50").Tick().ThenNothing();
    }

    [Fact]
    public void A_breach_needs_the_due_time_to_have_passed_and_is_dated_at_it()
    {
        var scenario = Waiting().RunTo("12:50").At("13:00").Tick().ThenNothing();
        Assert.Equal(Arrange.Clock("13:00:00.001"), scenario.NextDue);
        scenario.At("13:00:00.001").Tick();
        Assert.Equal(new SlaBreached(Metric.FirstResponse, 1, Arrange.Clock("13:00")), Bare.Of(scenario.Then<SlaBreached>()));
        Assert.Equal((ClockStatus.Breached, Arrange.Clock("13:00"), SlaState.Breached), (scenario.First.Status, scenario.First.BreachedAt!.Value, scenario.Row.SlaState));
    }

    [Fact]
    public void A_breach_found_late_is_still_dated_at_the_due_time_and_takes_the_place_of_the_warning()
    {
        var scenario = Waiting().At("18:00").Tick().Then(typeof(SlaBreached));
        Assert.Equal(Arrange.Clock("13:00"), scenario.Then<SlaBreached>().At);
        scenario.Tick().ThenNothing();
    }

    [Fact]
    public void A_reply_exactly_at_the_due_time_meets_it_and_one_later_does_not()
    {
        Assert.True(Waiting().At("13:00").AgentReplies().Then<SlaFulfilled>().Met);
        var late = Waiting().At("13:00:00.001").AgentReplies().Then(typeof(MessagePosted), typeof(SlaBreached), typeof(SlaFulfilled));
        Assert.False(late.Then<SlaFulfilled>().Met);
        Assert.Equal((Arrange.Clock("13:00"), Arrange.Clock("13:00:00.001")), (late.First.BreachedAt!.Value, late.First.FulfilledAt!.Value));
    }

    [Fact]
    public void A_breach_is_sticky()
    {
        var scenario = Waiting().RunTo("13:30").When(new Pend()).When(new Reopen()).When(new SetPriority(Priority.Low)).AgentReplies().When(new Close()).When(new Reopen());
        Assert.Equal((ClockStatus.Breached, Arrange.Clock("13:00")), (scenario.First.Status, scenario.First.BreachedAt!.Value));
        Assert.Single(scenario.All<SlaBreached>());
        Assert.Empty(scenario.All<SlaWithdrawn>());
    }

    [Fact]
    public void No_status_an_agent_can_set_pauses_the_response_clocks()
    {
        var scenario = Waiting().At("12:01").When(new Pend()).At("12:10").When(new Hold()).At("12:20").When(new Snooze(Arrange.Clock("23:00")));
        Assert.Equal((ClockStatus.Running, Arrange.Clock("13:00")), (scenario.First.Status, scenario.First.Due!.Value));
        Assert.Equal(Arrange.Clock("13:00"), scenario.RunTo("13:30").First.BreachedAt);
    }

    [Fact]
    public void Pending_pauses_the_resolution_clock_and_shows_what_is_left()
    {
        var scenario = Answered().At("14:00").When(new Pend());
        Assert.Equal((ClockStatus.Paused, (Instant?)null, Duration.FromHours(22)), (scenario.Resolution.Status, scenario.Resolution.Due, scenario.Resolution.Remaining!.Value));
        scenario.At("20:00").CustomerWrites();
        Assert.Equal((ClockStatus.Running, Arrange.Noon + Duration.FromHours(30)), (scenario.Resolution.Status, scenario.Resolution.Due!.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void On_hold_and_snoozed_do_not_pause_the_resolution_clock(bool hold)
    {
        var scenario = Answered().At("14:00").When(hold ? new Hold() : new Snooze(Arrange.Clock("15:00")));
        Assert.Equal(Arrange.Noon + Duration.FromDays(1), scenario.Resolution.Due);
    }

    [Fact]
    public void Closing_fulfils_the_resolution_and_cancels_response_clocks_that_are_not_due()
    {
        var scenario = Waiting().At("12:30").When(new Close());
        Assert.Equal((ClockStatus.Met, ClockStatus.Cancelled), (scenario.Resolution.Status, scenario.First.Status));
        Assert.Equal(Metric.Resolution, scenario.Then<SlaFulfilled>().Metric);
        Assert.Null(scenario.NextDue);
        scenario.At("20:00").Tick().ThenNothing();
        Assert.Null(scenario.Row.NextDue);
        Assert.Null(scenario.Row.WaitingSince);
    }

    [Fact]
    public void What_ran_out_before_closing_is_a_breach_and_not_a_cancellation()
    {
        var scenario = Waiting().At("13:30").When(new Close()).Then(typeof(SlaBreached), typeof(StatusChanged), typeof(SlaFulfilled));
        Assert.Equal(ClockStatus.Breached, scenario.First.Status);
    }

    // Auto-close used to close first: the alert came after the closing (sla.md R-CL1).
    [Fact]
    public void Closing_by_itself_announces_what_ran_out_first()
    {
        var scenario = Given.Conversation(Arrange.WebChat with { AutoCloseAfter = 100_000 }).CustomerWrites().AgentReplies().Later(Duration.FromDays(3)).Tick();
        scenario.Then(typeof(SlaBreached), typeof(StatusChanged), typeof(SlaFulfilled));
    }

    [Fact]
    public void A_closed_conversation_never_warns_or_breaches_whatever_arrives_late()
    {
        var scenario = Waiting().At("12:30").When(new Close()).At("20:00").SeenOnChannel(sentAt: "11:00").SeenOnChannel(sentAt: "13:30").Tick();
        Assert.Empty(scenario.All<SlaBreached>());
        Assert.Empty(scenario.All<SlaWarned>());
    }

    [Fact]
    public void Reopening_resumes_the_same_instances_and_closed_time_is_a_pause()
    {
        var scenario = Waiting().At("12:30").When(new Close()).At("15:30").CustomerWrites();
        Assert.Equal((1, Arrange.Noon, Arrange.Clock("16:00"), ClockStatus.Running),
            (scenario.First.Number, scenario.First.Start, scenario.First.Due!.Value, scenario.First.Status));
        Assert.Equal((Arrange.Noon + Duration.FromHours(27), (Instant?)null), (scenario.Resolution.Due!.Value, scenario.Resolution.FulfilledAt));
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
    }

    [Fact]
    public void A_reopened_clock_that_breached_stays_breached()
    {
        var scenario = Waiting().RunTo("13:30").When(new Close()).At("14:30").When(new Reopen()).RunTo("18:00");
        Assert.Equal((ClockStatus.Breached, Arrange.Clock("13:00")), (scenario.First.Status, scenario.First.BreachedAt!.Value));
        Assert.Single(scenario.All<SlaBreached>());
    }

    [Fact]
    public void A_level_fired_before_closing_does_not_fire_again_after_reopening()
    {
        var scenario = Waiting().RunTo("12:50").When(new Close()).At("13:50").When(new Reopen()).ThenNot<SlaWarned>().RunTo("20:00");
        Assert.Single(scenario.All<SlaWarned>(), e => e.Metric == Metric.FirstResponse);
        Assert.Equal(Arrange.Clock("14:00"), scenario.First.BreachedAt);
    }

    // A reply while closed left the cancelled clock with time to resume: reopening made an answered promise run again.
    [Fact]
    public void A_reply_while_closed_leaves_nothing_to_resume()
    {
        var scenario = Waiting().At("12:30").When(new Close()).At("12:40").SeenOnChannel().At("15:00").CustomerWrites();
        Assert.Equal(ClockStatus.Cancelled, scenario.First.Status);
        Assert.Equal((Arrange.Clock("15:00"), Arrange.Clock("15:00")), (scenario.Next.Start, scenario.Row.WaitingSince!.Value));
    }

    [Fact]
    public void An_on_time_reply_that_surfaces_late_withdraws_the_breach()
    {
        var scenario = Waiting().RunTo("13:30").SeenOnChannel(sentAt: "12:20").Then(typeof(MessageRecorded), typeof(SlaWithdrawn), typeof(SlaFulfilled));
        Assert.Equal(new SlaWithdrawn(Metric.FirstResponse, 1, Withdrawn.Breach), scenario.Then<SlaWithdrawn>());
        Assert.Equal((ClockStatus.Met, Arrange.Clock("12:20")), (scenario.First.Status, scenario.First.FulfilledAt!.Value));
        Assert.Equal(SlaState.Running, scenario.Row.SlaState);
    }

    // Only the newest next response was looked at, so evidence for an earlier one went unsaid.
    [Fact]
    public void A_late_reply_that_divides_a_breached_wait_withdraws_the_breach_of_the_earlier_instance()
    {
        var scenario = Answered().At("12:20").CustomerWrites().At("13:00").CustomerWrites().RunTo("13:30");
        Assert.Equal(Metric.NextResponse, scenario.All<SlaBreached>().Single().Metric);

        scenario.SeenOnChannel(sentAt: "12:40");
        Assert.Equal(new SlaWithdrawn(Metric.NextResponse, 1, Withdrawn.Breach), scenario.Then<SlaWithdrawn>());
        Assert.Equal(new SlaFulfilled(Metric.NextResponse, 1, Arrange.Clock("12:40"), Met: true), Bare.Of(scenario.Then<SlaFulfilled>()));
        Assert.Equal((2, Arrange.Clock("13:00"), ClockStatus.Running), (scenario.Next.Number, scenario.Next.Start, scenario.Next.Status));
    }

    [Fact]
    public void A_breach_of_a_first_response_that_was_never_owed_is_withdrawn()
    {
        var scenario = Waiting().RunTo("13:30").SeenOnChannel("may we help?", sentAt: "11:00");
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Equal(new SlaWithdrawn(Metric.FirstResponse, 1, Withdrawn.Breach), scenario.Then<SlaWithdrawn>());
        Assert.Equal((Metric.NextResponse, Arrange.Clock("13:00")), (scenario.Then<SlaBreached>().Metric, scenario.Then<SlaBreached>().At));
    }

    // With 16 announcements kept in all, eight breached next responses pushed the resolution's out, and it was announced again.
    [Fact]
    public void Each_level_fires_once_however_many_next_responses_come_and_go()
    {
        var scenario = Waiting(With(SlaTargets.Default with { Resolution = 600 })).RunTo("13:30").AgentReplies();
        for (var i = 0; i < 40; i++)
        {
            scenario.CustomerWrites().RunTo(scenario.Now + Duration.FromHours(2)).AgentReplies();
        }

        Assert.Single(scenario.All<SlaBreached>(), e => e.Metric == Metric.Resolution);
        Assert.Single(scenario.All<SlaWarned>(), e => e.Metric == Metric.Resolution);
        Assert.Equal(40, scenario.All<SlaBreached>().Count(e => e.Metric == Metric.NextResponse));
        Assert.Equal(40, scenario.All<SlaBreached>().Where(e => e.Metric == Metric.NextResponse).Select(e => e.Instance).Distinct().Count());
    }

    [Fact]
    public void Terms_changed_later_do_not_touch_the_running_episode()
    {
        var scenario = Waiting();
        scenario.Settings = Arrange.Settings(With(SlaTargets.Default with { FirstResponse = 60, Version = 9 }));
        Assert.Equal(Arrange.Clock("13:00"), scenario.At("12:05").AgentNotes().First.Due);
    }
}

/// <summary>conversation.md 6 and sla.md R-BT: a bot holds the conversation until it hands off.</summary>
public sealed class BotTests
{
    private static Scenario Held() => Given.Conversation(Arrange.WebChat with { Bot = "helper" }).CustomerWrites();

    [Fact]
    public void While_a_bot_holds_it_no_agent_is_offered_it_and_no_response_clock_starts()
    {
        var scenario = Held();
        Assert.Equal(("helper", RoutingState.None), (scenario.Row.Bot, scenario.Row.Routing));
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Null(scenario.Row.NextResponse);
        Assert.Equal(Arrange.Noon, scenario.Row.WaitingSince);
    }

    [Fact]
    public void A_hand_off_starts_the_first_response_at_its_own_time()
    {
        var scenario = Held().At("12:10").When(new HandOff(Arrange.Billing, "wants a person"));
        Assert.Equal((Arrange.Clock("12:10"), Arrange.Billing, RoutingState.Waiting), (scenario.First.Start, scenario.Row.Queue!.Value, scenario.Row.Routing));
        Assert.Null(scenario.Row.Bot);
        scenario.When(new HandOff()).ThenNothing();
    }

    // A bot's answer before the hand-off left "somebody waits" set, and no clock ever started for the customer's next message.
    [Fact]
    public void After_a_hand_off_of_an_answered_conversation_the_next_message_starts_the_clock()
    {
        var scenario = Held().At("12:05").BotReplies().At("12:10").When(new HandOff());
        Assert.Null(scenario.Row.FirstResponse);
        scenario.At("12:20").CustomerWrites();
        Assert.Equal(Arrange.Clock("12:20"), scenario.First.Start);
    }

    [Fact]
    public void A_person_who_replies_or_is_assigned_takes_over_from_the_bot()
    {
        var replied = Held().At("12:10").AgentReplies();
        Assert.Null(replied.Row.Bot);
        Assert.Equal(ClockStatus.Met, replied.First.Status);

        var assigned = Held().At("12:10").When(new Assign(Arrange.Ann, null));
        Assert.Null(assigned.Row.Bot);
        Assert.Equal((Arrange.Clock("12:10"), RoutingState.Assigned), (assigned.First.Start, assigned.Row.Routing));
    }

    [Fact]
    public void A_first_response_given_while_the_bot_held_it_is_not_owed_again()
    {
        var scenario = Held().At("12:05").SeenOnChannel().At("12:10").When(new HandOff()).At("12:20").CustomerWrites();
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Equal(Arrange.Clock("12:20"), scenario.Next.Start);
    }

    [Fact]
    public void A_bots_reply_after_the_hand_off_stops_no_clock()
    {
        var scenario = Held().At("12:10").When(new HandOff()).BotReplies().At("12:20").CustomerWrites();
        Assert.Equal((ClockStatus.Running, Arrange.Clock("12:10")), (scenario.First.Status, scenario.First.Start));
        Assert.Null(scenario.Row.NextResponse);
    }

    [Fact]
    public void An_older_message_that_arrives_late_was_under_the_bot_too()
    {
        var scenario = Held().At("12:01").CustomerWrites(sentAt: "11:59");
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Equal(Arrange.Clock("11:59"), scenario.Row.WaitingSince);
    }
}
