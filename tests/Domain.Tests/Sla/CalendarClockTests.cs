using Conversations.Domain.Sla;
using NodaTime;
using Xunit;
using static Conversations.Domain.Tests.Promised;

namespace Conversations.Domain.Tests;

/// <summary>sla.md 4 and R-PO7: clocks on business time, pauses, and calendars that are edited while clocks run.</summary>
public sealed class CalendarClockTests
{
    private static Scenario Running(int minutes = 600) => Conversation(Policy(1, resolution: minutes, calendar: Office)).CustomerWrites();

    private static Scenario Edited(Scenario scenario, CalendarDefinition definition, Instant at)
    {
        scenario.Settings = scenario.Settings.With(Office, definition, at);
        return scenario;
    }

    [Fact]
    public void While_it_stands_still_the_due_time_is_null_and_what_is_left_is_shown()
    {
        var scenario = Running().At((0, 12, 0)).When(new Pend());
        Assert.Equal((null, Duration.FromHours(7), ClockStatus.Paused), (scenario.Resolution.Due, scenario.Resolution.Remaining!.Value, scenario.Resolution.Status));
        Assert.Null(scenario.NextDue);
    }

    [Fact]
    public void Pending_until_a_date_resumes_the_clock_at_that_instant_however_late_that_is_noticed()
    {
        var scenario = Running().At((0, 12, 0)).When(new Pend(On(1, 10, 0))).At((1, 12, 0)).Tick();
        Assert.Equal(On(1, 17, 0), scenario.Resolution.Due); // 3 h on Monday, 7 h on Tuesday from ten
    }

    [Fact]
    public void An_edited_calendar_counts_from_the_edit_on_and_what_was_counted_stays()
    {
        // Ten hours from Monday nine: eight on Monday, two on Tuesday. On Monday at noon Tuesday becomes a holiday.
        var scenario = Edited(Running().At((0, 12, 0)), NineToFive with { Holidays = [new(2026, 11, 24)] }, On(0, 12, 0));
        scenario.At((0, 12, 5)).Tick().Then(typeof(SlaCalendarChanged));
        Assert.Equal((On(2, 11, 0), new CalendarRef(Office, 2)), (scenario.Resolution.Due!.Value, scenario.Resolution.Calendar));
        Assert.Equal((On(0, 12, 0), 10_800L), (scenario.Resolution.CountedTo!.Value, scenario.Resolution.Counted!.Value));
        scenario.Tick().ThenNothing();
    }

    [Fact]
    public void An_edit_cannot_create_a_breach_in_the_past()
    {
        // Around the clock from Monday noon on: it runs out sooner, but not before the edit.
        var day = new Hours(0, Hours.MinutesOfDay);
        var scenario = Edited(Running(minutes: 200), Weekdays(day), On(0, 12, 0)).At((0, 12, 0)).Tick();
        Assert.Equal(On(0, 12, 20), scenario.Resolution.Due);

        // Closed since the morning, told in the afternoon: what had run out by then stays broken.
        scenario = Running(minutes: 60).RunTo(On(0, 11, 0));
        Edited(scenario, NineToFive with { Holidays = [new(2026, 11, 23)] }, On(0, 9, 30)).At((0, 15, 0)).Tick();
        Assert.Equal(On(0, 10, 0), scenario.Resolution.BreachedAt);
        Assert.Empty(scenario.All<SlaWithdrawn>());
    }

    [Fact]
    public void An_edit_heard_of_late_still_counts_from_when_it_was_made()
    {
        var scenario = Running(minutes: 300); // due at two
        Edited(scenario, Weekdays(new Hours(540, 720), new Hours(840, 1_020)), On(0, 11, 0)); // closed from twelve until two
        scenario.At((0, 14, 0)).Tick().Then(typeof(SlaCalendarChanged));
        Assert.Equal((On(0, 16, 0), ClockStatus.Running), (scenario.Resolution.Due!.Value, scenario.Resolution.Status));
    }

    [Fact]
    public void A_policy_with_another_calendar_counts_on_from_what_the_old_one_counted()
    {
        var night = new CalendarId("night");
        var scenario = Conversation(
            Policy(1, resolution: 600, calendar: night, when: new(Labels: ["night"])), Policy(2, resolution: 600, calendar: Office));
        scenario.Settings = scenario.Settings.With(night, Weekdays(new Hours(1_020, Hours.MinutesOfDay)));
        scenario.CustomerWrites().At((0, 17, 0)).When(new ChangeLabels(["night"]));
        Assert.Equal(On(0, 19, 0), scenario.Resolution.Due); // eight hours by day, two by night
    }

    [Fact]
    public void A_promise_beyond_reach_is_said_to_be_and_does_not_loop()
    {
        var oneDay = new CalendarDefinition { Timezone = "Etc/UTC", Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2026, 11, 23)] = [new(540, 600)] } };
        var scenario = Conversation(Policy(1, resolution: 120, calendar: Office));
        scenario.Settings = scenario.Settings.With(Office, oneDay, Monday - Duration.FromDays(1));
        scenario.CustomerWrites();
        Assert.Equal((null, true, ClockStatus.Running), (scenario.Resolution.Due, scenario.Resolution.Unreachable, scenario.Resolution.Status));
        Assert.Null(scenario.NextDue);
        Assert.Equal(new SlaUnreachable(Metric.Resolution, 1, 7_200, new(Office, 2)), Assert.Single(scenario.All<SlaUnreachable>()) with { Sla = null });
        Assert.Equal((SlaState.Unreachable, null), (scenario.Row.SlaState, scenario.Row.NextDue));
    }

    // sla.md R-CA5: whoever can mend the calendar is told, once for each calendar that cannot keep the promise.
    [Fact]
    public void That_a_promise_is_beyond_reach_is_told_once_and_again_for_another_calendar_that_cannot_keep_it()
    {
        var oneDay = new CalendarDefinition { Timezone = "Etc/UTC", Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2026, 11, 23)] = [new(540, 600)] } };
        var scenario = Conversation(Policy(1, resolution: 120, calendar: Office));
        scenario.Settings = scenario.Settings.With(Office, oneDay, Monday - Duration.FromDays(1));
        scenario.CustomerWrites().At((0, 9, 10)).AgentReplies().At((0, 9, 20)).When(new SetPriority(Priority.High)).At((0, 9, 25)).When(new Pend()).At((0, 9, 30)).CustomerWrites();
        Assert.Single(scenario.All<SlaUnreachable>());

        scenario.Settings = scenario.Settings.With(Office, oneDay with { Timezone = "Europe/Berlin" }, scenario.Now);
        scenario.At((0, 9, 40)).CustomerWrites();
        Assert.Equal([2, 3], scenario.All<SlaUnreachable>().Select(e => e.Calendar!.Version));

        scenario.Settings = scenario.Settings.With(Office, NineToFive, scenario.Now);
        scenario.At((0, 9, 50)).CustomerWrites();
        Assert.Equal(2, scenario.All<SlaUnreachable>().Count());
        Assert.NotNull(scenario.Resolution.Due);
        Assert.Equal(SlaState.Running, scenario.Row.SlaState);
    }

    // A calendar this process has not heard of yet must not turn into "always open".
    [Fact]
    public void A_version_of_a_calendar_that_is_not_known_here_leaves_the_clock_as_it_was()
    {
        var scenario = Running().At((0, 10, 0));
        var before = scenario.Resolution;
        scenario.Settings = scenario.Settings with { Calendars = null, Version = 1 };
        Assert.Equal(before, scenario.When(new Pend()).Resolution);
    }

    [Fact]
    public void What_counts_is_kept_small_however_often_it_stood_still()
    {
        var scenario = Running(minutes: 60_000);
        var still = Duration.Zero;
        var size = 0;
        for (var i = 0; i < 300; i++)
        {
            scenario.Later(Duration.FromMinutes(7)).When(new Pend());
            scenario.Later(Duration.FromMinutes(13)).When(new Reopen());
            size = i == 100 ? Wire.Of(scenario.State).Length : size;
        }

        foreach (var (from, to) in scenario.All<StatusChanged>().Chunk(2).Select(c => (c[0].At, c[1].At)))
        {
            still += BusinessCalendar.Compile(NineToFive).OpenTime(from, to, []);
        }

        var expected = BusinessCalendar.Compile(NineToFive).Due(Monday, Duration.FromMinutes(60_000) + still, []);
        Assert.Equal(expected, scenario.Resolution.Due);
        Assert.InRange(Wire.Of(scenario.State).Length, 1, size + 4_096);

        var replayed = scenario.History.Select(Wire.Reread).Aggregate(Domain.Conversation.Empty(Arrange.Account, scenario.State.Id), ConversationEvolve.Evolve);
        Assert.Equal(Wire.Of(scenario.State), Wire.Of(replayed));
    }
}
