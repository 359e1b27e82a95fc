using Conversations.Domain.Sla;
using NodaTime;
using Xunit;
using static Conversations.Domain.Tests.Promised;

namespace Conversations.Domain.Tests;

/// <summary>sla.md 6: which promises hold, since when, and what a change of them does to what runs.</summary>
public sealed class PolicyTests
{
    private static readonly SlaPolicy Urgent = Policy(1, first: 15, next: 15, resolution: 120, when: new(Priorities: [Priority.Urgent]));
    private static readonly SlaPolicy Everyone = Policy(9, first: 60, next: 60, resolution: 480);

    [Fact]
    public void The_first_policy_that_matches_holds_by_position_and_not_by_name()
    {
        var scenario = Conversation(Policy(5, first: 50), Policy(2, first: 20), Policy(1, first: 10, when: new(Queues: [Arrange.Billing]))).CustomerWrites();
        Assert.Equal(("p2", 20 * 60), (scenario.First.Policy, scenario.First.Target));
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_policy_is_matched_on_every_attribute_that_is_named(PolicyMatch when, bool matches)
    {
        var scenario = Conversation(Policy(1, first: 10, when: when), Everyone);
        scenario.CustomerWrites().When(new ChangeLabels(["vip", "angry"])).When(new SetPriority(Priority.High)).When(new SetCustomerTier("gold"));
        Assert.Equal(matches ? "p1" : "p2", scenario.Row.Sla!.Policy);
    }

    public static TheoryData<PolicyMatch, bool> Conditions => new()
    {
        { new(), true },
        { new(Priorities: [Priority.High, Priority.Urgent]), true },
        { new(Priorities: [Priority.Low]), false },
        { new(Queues: [Arrange.Care]), true },
        { new(Queues: [Arrange.Billing]), false },
        { new(Channels: ["webchat"], ChannelAccounts: ["acme"]), true },
        { new(Channels: ["x"]), false },
        { new(Visibilities: [Visibility.Private]), true },
        { new(Visibilities: [Visibility.Public]), false },
        { new(Labels: ["calm", "vip"]), true },
        { new(AllLabels: ["calm", "vip"]), false },
        { new(AllLabels: ["angry", "vip"]), true },
        { new(Tiers: ["gold"]), true },
        { new(Tiers: ["silver"]), false },
        { new(MinReach: 100), true },
        { new(MinReach: 121), false },
        { new(Labels: ["vip"], MinReach: 121), false },
    };

    [Fact]
    public void A_channels_own_targets_are_the_last_policy_and_run_around_the_clock()
    {
        var scenario = Given.Conversation();
        scenario.Settings = scenario.Settings.With("p1", Policy(1, first: 10, when: new(Queues: [Arrange.Billing])));
        scenario.CustomerWrites();
        Assert.Equal(("default", 3_600, null), (scenario.First.Policy, scenario.First.Target, scenario.First.Calendar));
    }

    [Fact]
    public void Without_a_policy_that_matches_nothing_is_promised()
    {
        var scenario = Conversation(Urgent).CustomerWrites();
        Assert.Null(scenario.Row.FirstResponse);
        Assert.Null(scenario.Row.Resolution);
        Assert.Null(scenario.Row.Sla);
        Assert.Null(scenario.NextDue);
        Assert.Equal(Monday, scenario.Row.WaitingSince);
    }

    [Fact]
    public void Targets_are_those_of_the_priority_and_a_missing_one_is_not_tracked()
    {
        var policy = Everyone with { Targets = new Dictionary<Priority, PolicyTargets> { [Priority.Normal] = Minutes(60), [Priority.High] = Minutes(30, resolution: 240) } };
        var scenario = Conversation(policy).CustomerWrites();
        Assert.Equal(3_600, scenario.First.Target);
        Assert.Null(scenario.Row.Resolution);

        scenario.At((0, 9, 10)).When(new SetPriority(Priority.High)).Then(typeof(PriorityChanged), typeof(SlaPolicyChanged));
        Assert.Equal((Monday, On(0, 9, 30)), (scenario.First.Start, scenario.First.Due!.Value));
        Assert.Equal((Monday, On(0, 13, 0)), (scenario.Resolution.Start, scenario.Resolution.Due!.Value)); // R-PO6: from its normal start

        scenario.When(new SetPriority(Priority.Low));
        Assert.Equal((ClockStatus.Cancelled, ClockStatus.Cancelled), (scenario.First.Status, scenario.Resolution.Status));
        Assert.Null(scenario.NextDue);
    }

    [Fact]
    public void Each_target_chooses_business_time_or_around_the_clock()
    {
        var policy = Everyone with
        {
            Calendar = Office,
            Targets = new Dictionary<Priority, PolicyTargets> { [Priority.Normal] = new(new(3_600, Always: true), null, new(3_600)) },
        };
        var scenario = Conversation(policy).At((0, 16, 30)).CustomerWrites();
        Assert.Equal((On(0, 17, 30), On(1, 9, 30)), (scenario.First.Due!.Value, scenario.Resolution.Due!.Value));
        Assert.Equal(new CalendarRef(Office, 1), scenario.Resolution.Calendar);
    }

    [Fact]
    public void A_raised_priority_keeps_start_pauses_and_elapsed_time_and_changes_the_target()
    {
        var scenario = Conversation(Urgent, Everyone).CustomerWrites().At((0, 9, 5)).AgentReplies().At((0, 9, 10)).When(new Pend())
            .At((0, 9, 40)).When(new Reopen()).At((0, 9, 50)).When(new SetPriority(Priority.Urgent, "legal"));
        Assert.Equal((Monday, 7_200, On(0, 11, 30)), (scenario.Resolution.Start, scenario.Resolution.Target, scenario.Resolution.Due!.Value));
        Assert.Equal(("p1", ClockStatus.Met, 3_600), (scenario.Row.Sla!.Policy, scenario.First.Status, scenario.First.Target)); // it ended under the old one
    }

    [Fact]
    public void A_change_that_leaves_no_time_breaks_the_promise_at_the_change_and_says_why()
    {
        var scenario = Conversation(Urgent, Everyone).CustomerWrites().At((0, 9, 40)).When(new SetPriority(Priority.Urgent));
        var breached = scenario.Then<SlaBreached>();
        Assert.Equal((Metric.FirstResponse, On(0, 9, 40), BreachCause.PolicyChange), (breached.Metric, breached.At, breached.Cause));
        Assert.Equal((On(0, 9, 15), On(0, 9, 40)), (scenario.First.Due!.Value, scenario.First.BreachedAt!.Value));

        scenario.When(new SetPriority(Priority.Normal)).ThenNot<SlaWithdrawn>();
        Assert.Equal((ClockStatus.Breached, 900), (scenario.First.Status, scenario.First.Target)); // R-ST3
    }

    [Fact]
    public void A_policy_attached_late_counts_from_the_normal_start()
    {
        var scenario = Conversation(Policy(1, first: 60, resolution: 300, when: new(Labels: ["vip"]))).CustomerWrites()
            .At((0, 9, 20)).When(new ChangeLabels(["vip"]));
        Assert.Equal((Monday, On(0, 10, 0)), (scenario.First.Start, scenario.First.Due!.Value));
        Assert.Equal((Monday, On(0, 14, 0)), (scenario.Resolution.Start, scenario.Resolution.Due!.Value));
    }

    [Fact]
    public void When_nothing_matches_any_more_what_runs_is_cancelled_and_goes_on_if_it_matches_again()
    {
        var scenario = Conversation(Policy(1, first: 60, when: new(Labels: ["vip"]))).When(new Tick()).CustomerWrites().When(new ChangeLabels(["vip"]));
        scenario.At((0, 9, 10)).When(new ChangeLabels(Remove: ["vip"]));
        Assert.Equal((ClockStatus.Cancelled, On(0, 9, 10)), (scenario.First.Status, scenario.First.StoppedAt!.Value));
        scenario.At((0, 11, 0)).Tick().ThenNothing();

        scenario.When(new ChangeLabels(["vip"]));
        Assert.Equal((1, Monday, On(0, 11, 0)), (scenario.First.Number, scenario.First.Start, scenario.First.BreachedAt!.Value));
    }

    [Fact]
    public void An_edited_policy_holds_for_new_instances_and_running_ones_keep_theirs()
    {
        var scenario = Conversation(Everyone).CustomerWrites();
        scenario.Settings = scenario.Settings.With("p1", Policy(9, first: 5, next: 5, resolution: 5));
        scenario.At((0, 9, 10)).When(new SetPriority(Priority.High)).ThenNot<SlaPolicyChanged>();
        Assert.Equal((On(0, 10, 0), 1L), (scenario.First.Due!.Value, scenario.First.PolicyVersion));

        scenario.At((0, 9, 20)).AgentReplies().At((0, 9, 30)).CustomerWrites();
        Assert.Equal(PolicyChange.Edited, scenario.Then<SlaPolicyChanged>().Why);
        Assert.Equal((On(0, 9, 35), 2L), (scenario.Next.Due!.Value, scenario.Next.PolicyVersion));
        Assert.Equal((On(0, 17, 0), 1L), (scenario.Resolution.Due!.Value, scenario.Resolution.PolicyVersion));
    }

    [Fact]
    public void An_edited_policy_is_applied_to_what_runs_when_an_administrator_says_so()
    {
        var scenario = Conversation(Everyone).CustomerWrites();
        scenario.Settings = scenario.Settings.With("p1", Policy(9, first: 30, next: 5, resolution: 600));
        scenario.At((0, 9, 10)).When(new ApplyPolicies());
        Assert.Equal(PolicyChange.Applied, scenario.Then<SlaPolicyChanged>().Why);
        Assert.Equal((On(0, 9, 30), On(0, 19, 0)), (scenario.First.Due!.Value, scenario.Resolution.Due!.Value));
        scenario.When(new ApplyPolicies()).ThenNothing();
    }

    [Fact]
    public void Where_the_first_response_is_no_longer_promised_the_same_wait_has_a_next_response_and_never_two()
    {
        var gold = Policy(1, next: 30, when: new(Tiers: ["gold"]));
        var scenario = Conversation(gold, Everyone).CustomerWrites().At((0, 9, 10)).When(new SetCustomerTier("gold"));
        Assert.Equal((ClockStatus.Cancelled, ClockStatus.Running), (scenario.First.Status, scenario.Next.Status));
        Assert.Equal((Monday, On(0, 9, 30)), (scenario.Next.Start, scenario.Next.Due!.Value));

        scenario.At((0, 9, 20)).When(new SetCustomerTier(null));
        Assert.Equal((ClockStatus.Running, ClockStatus.Cancelled), (scenario.First.Status, scenario.Next.Status));
        Assert.Equal((Monday, On(0, 10, 0)), (scenario.First.Start, scenario.First.Due!.Value));
        scenario.RunTo(On(0, 12, 0));
        Assert.Single(scenario.All<SlaBreached>());
    }

    [Fact]
    public void Bot_replies_qualify_only_where_the_policy_says_so()
    {
        Assert.Equal(ClockStatus.Running, Conversation(Everyone).CustomerWrites().BotReplies().First.Status);
        Assert.Equal(ClockStatus.Met, Conversation(Everyone with { BotRepliesQualify = true }).CustomerWrites().BotReplies().First.Status);
    }

    [Fact]
    public void Waiting_for_a_third_party_pauses_the_resolution_only_where_the_policy_says_so()
    {
        Assert.Equal(ClockStatus.Running, Conversation(Everyone).CustomerWrites().When(new Hold()).Resolution.Status);

        var scenario = Conversation(Everyone with { HoldPauses = true }).CustomerWrites().At((0, 10, 0)).When(new Hold());
        Assert.Equal((ClockStatus.Paused, Duration.FromHours(7)), (scenario.Resolution.Status, scenario.Resolution.Remaining!.Value));
        Assert.Equal(ClockStatus.Running, scenario.First.Status); // R-PA1
        scenario.At((0, 12, 0)).When(new Pend()).At((0, 13, 0)).CustomerWrites();
        Assert.Equal(On(0, 20, 0), scenario.Resolution.Due);
    }

    [Fact]
    public void A_due_time_set_by_hand_holds_until_the_end_whatever_the_policies_say()
    {
        var scenario = Conversation(Urgent, Everyone).CustomerWrites().At((0, 9, 10)).When(new OverrideDue(Metric.FirstResponse, On(0, 12, 0), "agreed on the phone"));
        Assert.Equal((On(0, 12, 0), true), (scenario.First.Due!.Value, scenario.First.ByHand));
        scenario.At((0, 9, 20)).When(new SetPriority(Priority.Urgent));
        Assert.Equal((On(0, 12, 0), ClockStatus.Running), (scenario.First.Due!.Value, scenario.First.Status));
        Assert.Equal(On(0, 12, 0), scenario.RunTo(On(0, 13, 0)).First.BreachedAt);

        scenario.AgentReplies().CustomerWrites();
        Assert.False(scenario.Next.ByHand);
    }

    [Fact]
    public void A_due_time_set_by_hand_has_a_reason_lies_ahead_and_cannot_mend_what_is_broken()
    {
        var scenario = Conversation(Everyone).CustomerWrites();
        scenario.When(new OverrideDue(Metric.FirstResponse, On(0, 12, 0), " ")).ThenRefused("invalid_reason");
        scenario.When(new OverrideDue(Metric.FirstResponse, Monday, "late")).ThenRefused("invalid_time");
        scenario.When(new OverrideDue(Metric.NextResponse, On(0, 12, 0), "none runs")).ThenRefused("no_running_clock");
        scenario.RunTo(On(0, 11, 0)).When(new OverrideDue(Metric.FirstResponse, On(0, 12, 0), "please")).ThenRefused("already_breached");
    }

    [Fact]
    public void A_policy_that_could_not_be_kept_is_refused()
    {
        SlaPolicy[] wrong =
        [
            new(),
            Policy(1, first: 0),
            Everyone with { Warnings = [new()] },
            Everyone with { Warnings = [new(Before: 60, Fraction: 0.5)] },
            Everyone with { Warnings = [new(Fraction: 1)] },
            Everyone with { Escalations = [new(-1)] },
            Everyone with { Escalations = [new(60), new(60)] },
            Everyone with { Escalations = [new(60, Actions: [new SlaAction.Webhook("file:///etc/passwd")])] },
            Everyone with { Escalations = [new(60, Actions: [new SlaAction.Mail("nobody")])] },
            Everyone with { When = new(Labels: []) },
        ];
        Assert.All(wrong, policy => Assert.Equal("invalid_policy", SlaPolicy.Validate(policy)?.Code));
    }
}
