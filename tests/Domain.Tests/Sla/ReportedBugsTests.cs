using Conversations.Domain.Sla;
using NodaTime;
using Xunit;
using static Conversations.Domain.Tests.Promised;

namespace Conversations.Domain.Tests;

/// <summary>
/// What users of other systems have reported about their clocks. Each has a name here, so that it stays away; those about
/// calendars once more, without a conversation, in <see cref="CalendarTests"/>.
/// </summary>
public sealed class ReportedBugsTests
{
    private static Scenario Office(int? first = null, int? next = null, int? resolution = null) =>
        Conversation(Policy(1, first, next, resolution, calendar: Promised.Office) with { Warnings = [new(Before: 1_800)], Escalations = [new(0), new(3_600)] });

    [Fact]
    public void Regression_a_clock_escalates_though_the_agent_answered_last()
    {
        var scenario = Office(first: 60, next: 60).CustomerWrites().At((0, 9, 10)).AgentReplies().At((0, 9, 15)).CustomerWrites().At((0, 9, 20)).AgentReplies();
        scenario.RunTo(On(3, 9, 0));
        Assert.Empty(scenario.All<SlaWarned>());
        Assert.Empty(scenario.All<SlaBreached>());
        Assert.Null(scenario.NextDue);
    }

    [Fact]
    public void Regression_an_update_target_shorter_than_the_first_response_target_does_not_run_before_the_first_reply()
    {
        var scenario = Office(first: 240, next: 30).CustomerWrites().At((0, 9, 20)).CustomerWrites().RunTo(On(0, 12, 0));
        Assert.Null(scenario.Row.NextResponse);
        Assert.Empty(scenario.All<SlaBreached>());
        scenario.AgentReplies().CustomerWrites();
        Assert.Equal((Monday + Duration.FromHours(3), On(0, 12, 30)), (scenario.Next.Start, scenario.Next.Due!.Value));
    }

    [Fact]
    public void Regression_closed_conversations_and_spam_still_escalate()
    {
        foreach (var end in new ConversationCommand[] { new Close(), new MarkSpam() })
        {
            var scenario = Office(first: 60, resolution: 120).CustomerWrites().At((0, 9, 20)).When(end);
            Assert.Null(scenario.NextDue);
            scenario.At((2, 9, 0)).Tick().ThenNothing();
            scenario.SeenOnChannel().Tick();
            Assert.Empty(scenario.All<SlaWarned>());
            Assert.Empty(scenario.All<SlaBreached>());
            Assert.Empty(scenario.All<SlaEscalated>());
        }
    }

    [Fact]
    public void Regression_merged_conversations_still_escalate()
    {
        Course Asked(Instant at) => Course.Start(at, SlaTargets.Default.ToTerms()).After(new(at, 1, MarkKind.Customer));
        var (source, target) = ClockMerge.Merge(Asked(On(0, 9)), Asked(On(0, 10)), On(0, 11), i => i.Start + Duration.FromSeconds(i.Pledges[^1].Seconds!.Value));
        Assert.All(source.All, i => Assert.Equal(Ending.Merged, i.Ending)); // what has ended has no due time, warns and breaks no more
        Assert.Equal(2, target.All.Count(i => i.Ending is null && i.Start == On(0, 9))); // and merging buys no time
    }

    [Fact]
    public void Regression_the_due_time_is_refreshed_only_on_the_second_reply()
    {
        var scenario = Office(first: 60, next: 60).CustomerWrites().At((0, 9, 30)).AgentReplies();
        Assert.Null(scenario.Row.NextDue);
        scenario.At((0, 9, 40)).CustomerWrites();
        Assert.Equal(On(0, 10, 40), scenario.Row.NextDue);
        scenario.At((0, 9, 50)).AgentReplies();
        Assert.Null(scenario.Row.NextDue);
    }

    [Fact]
    public void Regression_midnight_and_weekend_notifications()
    {
        // Half past four on Friday with two hours of office time: the warning falls on Monday, neither on midnight nor on Saturday.
        var scenario = Office(first: 120).At((4, 16, 30)).CustomerWrites();
        List<Instant> woken = [];
        while (scenario.NextDue is { } due)
        {
            woken.Add(due);
            scenario.At(due).Tick();
        }

        Assert.Equal([On(7, 10, 0), On(7, 10, 30) + Duration.FromMilliseconds(1), On(7, 11, 30)], woken);
    }

    [Fact]
    public void Regression_the_warning_is_computed_in_wall_time()
    {
        // Due on Tuesday at 9:10, warned half an hour of office time before: 16:40 on Monday, not 8:40 on Tuesday.
        var scenario = Office(first: 60).At((0, 16, 10)).CustomerWrites();
        Assert.Equal((On(1, 9, 10), On(0, 16, 40)), (scenario.First.Due!.Value, scenario.NextDue!.Value));
    }

    [Fact]
    public void Regression_the_overrun_grows_after_resolution()
    {
        var scenario = Office(resolution: 60).CustomerWrites().RunTo(On(0, 11, 0)).When(new Close());
        var frozen = scenario.Resolution;
        Assert.Equal((7_200L, 3_600L, 3_600L), (frozen.Elapsed!.Value, frozen.Overrun!.Value, frozen.OverrunWall!.Value));
        Assert.Equal(frozen, scenario.At((3, 9, 0)).AgentNotes().Tick().Resolution);
    }

    [Fact]
    public void Regression_an_overrun_at_night_counts_no_office_time()
    {
        // sla.md R-ST1: ran out at closing time, answered in the evening: broken, by no business second.
        var scenario = Office(first: 480).CustomerWrites().At((0, 20, 0)).AgentReplies();
        Assert.Equal((ClockStatus.Breached, 0L, 10_800L), (scenario.First.Status, scenario.First.Overrun!.Value, scenario.First.OverrunWall!.Value));
    }

    [Fact]
    public void Regression_a_late_first_response_is_hidden_once_a_reply_exists()
    {
        var scenario = Office(first: 60).CustomerWrites().At((0, 12, 0)).AgentReplies().Then(typeof(MessagePosted), typeof(SlaBreached), typeof(SlaFulfilled));
        Assert.False(scenario.Then<SlaFulfilled>().Met);
        Assert.Equal((ClockStatus.Breached, On(0, 10, 0), On(0, 12, 0)), (scenario.First.Status, scenario.First.BreachedAt!.Value, scenario.First.FulfilledAt!.Value));
    }

    [Fact]
    public void Regression_hold_time_is_added_to_the_start()
    {
        // Paused from four until ten the next day: two office hours, not eighteen; and the start stays where it was.
        var scenario = Office(resolution: 480).CustomerWrites().At((0, 16, 0)).When(new Pend()).At((1, 10, 0)).When(new Reopen());
        Assert.Equal((Monday, On(1, 11, 0)), (scenario.Resolution.Start, scenario.Resolution.Due!.Value));
    }

    [Fact]
    public void Regression_a_pause_outside_of_opening_hours_costs_something()
    {
        var scenario = Office(resolution: 600).CustomerWrites().At((0, 18, 0)).When(new Pend()).At((1, 8, 0)).When(new Reopen());
        Assert.Equal(On(1, 11, 0), scenario.Resolution.Due);
    }

    [Fact]
    public void Regression_activation_breaks_a_promise_because_backlog_time_counted()
    {
        // The bot's time is not the people's: the clock starts at the hand-off.
        var scenario = Conversation(Policy(1, first: 60));
        scenario.Settings = scenario.Settings with { Channels = Arrange.Settings(Arrange.WebChat with { Sla = null, Bot = "helper" }).Channels };
        scenario.CustomerWrites().At((0, 15, 0)).When(new HandOff());
        Assert.Equal((On(0, 15, 0), On(0, 16, 0), ClockStatus.Running), (scenario.First.Start, scenario.First.Due!.Value, scenario.First.Status));

        // A policy attached to an old conversation breaks nothing in the past: what comes too late is broken when it comes.
        scenario = Conversation(Policy(1, first: 60, when: new(Labels: ["vip"]))).CustomerWrites().At((2, 9, 0)).When(new ChangeLabels(["vip"]));
        Assert.Equal((On(2, 9, 0), BreachCause.PolicyChange), (scenario.First.BreachedAt!.Value, scenario.First.BreachCause!.Value));
    }

    [Fact]
    public void Regression_pending_is_used_to_stop_the_response_clock()
    {
        var scenario = Office(first: 60).CustomerWrites().At((0, 9, 5)).When(new Pend(On(1, 9, 0))).RunTo(On(0, 11, 0));
        Assert.Equal(On(0, 10, 0), scenario.First.BreachedAt);
    }

    [Fact]
    public void Regression_one_wait_is_counted_as_several_breaches()
    {
        var scenario = Office(first: 60, next: 60).CustomerWrites().RunTo(On(0, 11, 0)).CustomerWrites().CustomerWrites().RunTo(On(1, 9, 0)).CustomerWrites().RunTo(On(2, 9, 0));
        Assert.Single(scenario.All<SlaBreached>());

        scenario.AgentReplies().CustomerWrites().RunTo(On(3, 9, 0)).CustomerWrites().RunTo(On(4, 9, 0));
        Assert.Equal([Metric.FirstResponse, Metric.NextResponse], scenario.All<SlaBreached>().Select(e => e.Metric));
    }

    [Fact]
    public void Regression_a_late_resolution_is_counted_as_a_hit()
    {
        var scenario = Office(resolution: 60).CustomerWrites().AgentReplies().At((0, 10, 1)).When(new Close());
        Assert.False(scenario.Then<SlaFulfilled>().Met);
        Assert.Equal(ClockStatus.Breached, scenario.Resolution.Status);
    }

    [Theory]
    [InlineData("2026-03-27T15:30:00Z", "2026-03-30T07:30:00Z")] // Friday 16:30 in Berlin, an hour: Monday 9:30 by a clock that was put forward on Sunday
    [InlineData("2026-10-23T14:30:00Z", "2026-10-26T08:30:00Z")] // and back in October
    public void Regression_the_offset_of_today_is_applied_to_other_dates(string asked, string due)
    {
        var scenario = In("Europe/Berlin", new Hours(540, 1_020)).At(At(asked)).CustomerWrites();
        Assert.Equal(At(due), scenario.First.Due);
    }

    [Fact]
    public void Regression_a_midnight_that_does_not_exist_loops()
    {
        // On this Sunday the clocks of São Paulo went from 23:59:59 to 1:00.
        var scenario = In("America/Sao_Paulo", new Hours(0, 1_440)).At(At("2015-10-18T02:30:00Z")).CustomerWrites();
        Assert.Equal(At("2015-10-18T03:30:00Z"), scenario.First.Due);
    }

    [Fact]
    public void Regression_times_are_rounded_to_minutes()
    {
        var scenario = Office(first: 60).At(On(0, 9, 0, 59) + Duration.FromMilliseconds(700)).CustomerWrites();
        Assert.Equal(On(0, 10, 0, 59) + Duration.FromMilliseconds(700), scenario.First.Due);
        scenario.At(On(0, 10, 0, 59) + Duration.FromMilliseconds(700)).AgentReplies();
        Assert.Equal((ClockStatus.Met, 3_600L), (scenario.First.Status, scenario.First.Elapsed!.Value));
    }

    [Fact]
    public void Regression_days_end_at_23_59()
    {
        var scenario = In("Etc/UTC", new Hours(0, 1_440)).At(On(0, 23, 59, 30)).CustomerWrites();
        Assert.Equal(On(1, 0, 59, 30), scenario.First.Due);
    }

    /// <summary>An hour for the first response, in hours that are the same on every working day; around the clock, on every day.</summary>
    private static Scenario In(string zone, Hours hours)
    {
        Hours[] day = [hours], weekend = hours.End - hours.Start == 1_440 ? day : [];
        var scenario = Conversation(Policy(1, first: 60, calendar: Promised.Office));
        scenario.Settings = scenario.Settings.With(Promised.Office, new() { Timezone = zone, Weekly = new(day, day, day, day, day, weekend, weekend) }, Instant.FromUtc(2010, 1, 1, 0, 0));
        return scenario;
    }

    private static Instant At(string text) => NodaTime.Text.InstantPattern.ExtendedIso.Parse(text).Value;
}
