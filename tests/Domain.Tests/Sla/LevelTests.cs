using Conversations.Domain.Sla;
using NodaTime;
using Xunit;
using static Conversations.Domain.Tests.Promised;

namespace Conversations.Domain.Tests;

/// <summary>sla.md 7: warnings, breach and escalation, in the promise's own time, each once.</summary>
public sealed class LevelTests
{
    private static readonly SlaAction Call = new SlaAction.Webhook("https://hooks.example/sla");

    private static SlaPolicy Levels(SlaWarning[] warnings, params SlaEscalation[] escalations) =>
        Policy(1, first: 120, calendar: Office) with { Warnings = warnings, Escalations = escalations };

    [Fact]
    public void Levels_before_and_after_fire_in_business_time_each_at_its_own_instant()
    {
        var scenario = Conversation(Levels([new(Before: 3_600), new(Fraction: 0.25)], new(0), new(1_800), new(7_200))).At((0, 16, 0)).CustomerWrites();
        List<(Instant, string)> fired = [];
        while (scenario.NextDue is { } due)
        {
            scenario.At(due).Tick();
            fired.AddRange(scenario.Emitted.Select(r => r.Event).Select(e => e switch
            {
                SlaWarned w => (due, string.Join('+', w.Levels!)),
                SlaBreached b => (due, string.Join('+', b.Levels!)),
                SlaEscalated s => (due, string.Join('+', s.Levels)),
                _ => (due, e.GetType().Name),
            }));
        }

        Assert.Equal(
        [
            (On(0, 16, 30), "0.25"), (On(0, 17, 0), "-3600s"), (On(1, 10, 0) + Duration.FromMilliseconds(1), "breach"),
            (On(1, 10, 30), "+1800s"), (On(1, 12, 0), "+7200s"),
        ], fired);
    }

    [Fact]
    public void A_lead_longer_than_the_target_fires_at_the_start()
    {
        var scenario = Conversation(Levels([new(Before: 86_400)])).CustomerWrites();
        Assert.Equal(["-86400s"], scenario.Then<SlaWarned>().Levels);
    }

    [Fact]
    public void Levels_that_have_passed_are_one_announcement()
    {
        var scenario = Conversation(Levels([new(Before: 5_400), new(Fraction: 0.5), new(Before: 60)], new(0), new(60), new(600))).CustomerWrites();
        scenario.At((0, 10, 30)).Tick().Then(typeof(SlaWarned));
        Assert.Equal(["-5400s", "0.5"], scenario.Then<SlaWarned>().Levels);
        scenario.At((0, 11, 5)).Tick().Then(typeof(SlaBreached));
        Assert.Equal(["breach", "+60s"], scenario.Then<SlaBreached>().Levels);
        scenario.At((0, 12, 0)).Tick().Then(typeof(SlaEscalated));
        Assert.Null(scenario.NextDue);
    }

    [Fact]
    public void A_shorter_target_fires_the_levels_now_passed_once_and_a_longer_one_fires_none_again()
    {
        var urgent = Policy(1, first: 60, when: new(Priorities: [Priority.Urgent])) with { Warnings = [new(Fraction: 0.5), new(Before: 1_200)] };
        var scenario = Conversation(urgent, Policy(2, first: 600) with { Warnings = [new(Fraction: 0.5), new(Before: 1_200)] }).CustomerWrites();
        scenario.At((0, 9, 45)).When(new SetPriority(Priority.Urgent));
        Assert.Equal(["0.5", "-1200s"], scenario.Then<SlaWarned>().Levels);
        scenario.When(new SetPriority(Priority.Normal)).ThenNot<SlaWarned>().RunTo(On(0, 18, 59)).ThenNot<SlaWarned>();
        Assert.Single(scenario.All<SlaWarned>());
    }

    [Fact]
    public void A_level_is_for_the_metrics_it_names()
    {
        var scenario = Conversation(Policy(1, first: 60, resolution: 60) with { Warnings = [new(Fraction: 0.5, Metrics: [Metric.Resolution])] }).CustomerWrites()
            .RunTo(On(0, 9, 59));
        Assert.Equal(Metric.Resolution, Assert.Single(scenario.All<SlaWarned>()).Metric);
    }

    [Fact]
    public void An_escalation_reassigns_raises_labels_and_calls_in_the_same_decision()
    {
        var scenario = Conversation(Levels(
            [], new SlaEscalation(0, Actions: [new SlaAction.Reassign(Arrange.Billing), new SlaAction.RaisePriority(Priority.High), new SlaAction.Label("late"), Call])))
            .CustomerWrites().When(new Assign(Arrange.Ann, null));
        scenario.At((0, 11, 1)).Tick().Then(typeof(SlaBreached), typeof(AssignmentChanged), typeof(PriorityChanged), typeof(LabelsChanged));
        Assert.Equal((Arrange.Billing, null, Priority.High), (scenario.Row.Queue!.Value, scenario.Row.Assignee, scenario.Row.Priority));
        Assert.Contains("late", scenario.Row.Labels);
        Assert.Equal([new SlaNotice(NoticeKind.Webhook, "https://hooks.example/sla")], scenario.Then<SlaBreached>().Notices);
        scenario.Tick().ThenNothing();
    }

    [Fact]
    public void An_action_never_lowers_a_priority_and_does_nothing_that_is_done_already()
    {
        var scenario = Conversation(Levels([], new SlaEscalation(0, Actions: [new SlaAction.RaisePriority(Priority.High), new SlaAction.Label("late"), new SlaAction.Reassign(Arrange.Care)])))
            .CustomerWrites().When(new SetPriority(Priority.Urgent)).When(new ChangeLabels(["late"])).When(new Assign(Arrange.Ann, null));
        scenario.At((0, 11, 1)).Tick().Then(typeof(SlaBreached));
        Assert.Equal(Arrange.Ann, scenario.Row.Assignee);
    }

    // R-AL5: raising the priority matched another policy, whose level raised it again.
    [Fact]
    public void An_action_that_changes_the_policy_does_not_loop()
    {
        SlaPolicy Raising(int position, Priority from, Priority to, int minutes) =>
            Policy(position, first: minutes, when: new(Priorities: [from])) with { Warnings = [new(Fraction: 0.5, Actions: [new SlaAction.RaisePriority(to)])] };
        var scenario = Conversation(
            Raising(1, Priority.Low, Priority.Normal, 80), Raising(2, Priority.Normal, Priority.High, 40), Raising(3, Priority.High, Priority.Urgent, 20), Policy(4, first: 100));
        scenario.CustomerWrites().At((0, 9, 20)).Tick();
        Assert.Single(scenario.All<SlaWarned>());
        Assert.Equal(Priority.High, scenario.Row.Priority);
        scenario.RunTo(On(1, 9, 0));
        Assert.Single(scenario.All<SlaWarned>());
        Assert.Single(scenario.All<SlaBreached>());
    }

    [Fact]
    public void A_notice_may_wait_for_the_recipients_hours_and_the_state_never_does()
    {
        var level = new SlaEscalation(0, Actions: [new SlaAction.Mail("lead@acme.example", Office), Call]);
        var scenario = Conversation(Policy(1, first: 60) with { Escalations = [level] }).At((4, 16, 30)).CustomerWrites(); // Friday
        scenario.RunTo(On(4, 18, 0));
        Assert.Equal((ClockStatus.Breached, On(4, 17, 30)), (scenario.First.Status, scenario.First.BreachedAt!.Value));
        Assert.Equal(
            [new(NoticeKind.Mail, "lead@acme.example", On(7, 9, 0)), new(NoticeKind.Webhook, "https://hooks.example/sla")],
            Assert.Single(scenario.All<SlaBreached>()).Notices);
    }

    [Fact]
    public void An_agent_who_is_to_be_told_has_the_event_in_a_feed_of_their_own_and_nothing_leaves()
    {
        var scenario = Conversation(Levels([], new SlaEscalation(0, Actions: [new SlaAction.Notify(Arrange.Ben), new SlaAction.Notify()]))).CustomerWrites().When(new Assign(Arrange.Ann, null));
        var before = scenario.State;
        scenario.At((0, 11, 1)).Tick();
        Assert.Equal([new(NoticeKind.Agent, "ben"), new(NoticeKind.Agent, "ann")], scenario.Then<SlaBreached>().Notices);
        Assert.Equal("queue/care agent/ann agent/ben", ConversationView.Topics(before, scenario.State, scenario.Emitted));
        Assert.Empty(ConversationView.Notices(scenario.State, scenario.Emitted));
    }

    [Fact]
    public void Where_nobody_has_it_there_is_no_assignee_to_tell()
    {
        var scenario = Conversation(Levels([], new SlaEscalation(0, Actions: [new SlaAction.Notify()]))).CustomerWrites().At((0, 11, 1)).Tick();
        Assert.Null(scenario.Then<SlaBreached>().Notices);
    }

    [Fact]
    public void An_agent_told_outside_of_their_hours_is_told_from_when_it_may_disturb()
    {
        var level = new SlaEscalation(0, Actions: [new SlaAction.Notify(Arrange.Ben, Office)]);
        var scenario = Conversation(Policy(1, first: 60) with { Escalations = [level] }).At((4, 16, 30)).CustomerWrites().RunTo(On(4, 18, 0)); // Friday
        Assert.Equal([new SlaNotice(NoticeKind.Agent, "ben", On(7, 9, 0))], Assert.Single(scenario.All<SlaBreached>()).Notices);
    }

    [Fact]
    public void A_notice_says_what_it_is_about_under_a_key_of_its_own()
    {
        var scenario = Conversation(Levels([new(Fraction: 0.5, Actions: [Call]), new(Before: 3_600, Actions: [Call])])).CustomerWrites().At((0, 10, 0)).Tick();
        var notice = Assert.Single(ConversationView.Notices(scenario.State, scenario.Emitted));
        Assert.Equal(
            ($"{scenario.State.Id}/firstResponse/1.1/-3600s", "webhook", "sla.warning", Metric.FirstResponse, On(0, 11, 0)),
            (notice.Key, notice.Kind.ToString().ToLowerInvariant(), notice.Type, notice.Metric, notice.Due!.Value));
        Assert.Equal(scenario.Emitted.Single(e => e.Event is SlaWarned).Seq, notice.Seq);
    }

    [Fact]
    public void Nothing_escalates_once_it_is_answered_closed_or_spam()
    {
        Scenario Late() => Conversation(Levels([], new(0), new(600))).CustomerWrites().RunTo(On(0, 11, 1));
        Assert.Empty(Late().AgentReplies().RunTo(On(2, 9, 0)).All<SlaEscalated>());
        Assert.Empty(Late().When(new Close()).RunTo(On(2, 9, 0)).All<SlaEscalated>());
        Assert.Empty(Late().When(new MarkSpam()).RunTo(On(2, 9, 0)).All<SlaEscalated>());
        Assert.Single(Late().When(new Close()).At((0, 11, 5)).When(new Reopen()).RunTo(On(2, 9, 0)).All<SlaEscalated>());
    }

    // Blocking the customer silences the alerts; a change of status then read the clock anew and forgot that it was broken.
    [Fact]
    public void What_was_broken_before_the_customer_was_blocked_stays_broken()
    {
        var scenario = Conversation(Policy(1, resolution: 60)).CustomerWrites().RunTo(On(0, 11, 0)).When(new BlockCustomer(true)).When(new Pend()).When(new Hold());
        Assert.Equal((ClockStatus.Breached, On(0, 10, 0)), (scenario.Resolution.Status, scenario.Resolution.BreachedAt!.Value));
        scenario.When(new BlockCustomer(false));
        Assert.Single(scenario.All<SlaBreached>());
        Assert.Empty(scenario.All<SlaWithdrawn>());
    }
}
