using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md 4 and 5: owners, epochs, priority, labels, reach.</summary>
public sealed class OwnershipTests
{
    private static Scenario Opened(ChannelSettings? channel = null) => Given.Conversation(channel).CustomerWrites();

    [Fact]
    public void The_epoch_rises_exactly_when_the_assignee_changes()
    {
        var scenario = Opened();
        (ConversationCommand Command, long Epoch)[] steps =
        [
            (new Assign(null, Arrange.Billing), 0),
            (new Assign(Arrange.Ann, null), 1),
            (new Assign(Arrange.Ann, Arrange.Care), 1),
            (new Transfer(null, Arrange.Ben, null), 2),
            (new SetPriority(Priority.High), 2),
            (new Pend(), 2),
            (new Transfer(Arrange.Billing, null, null), 3),
            (new Transfer(null, null, "french"), 3),
            (new Assign(Arrange.Ann, null), 4),
            (new Assign(null, null), 5),
        ];
        foreach (var (command, epoch) in steps)
        {
            var (owner, before) = (scenario.State.Assignee, scenario.State.Epoch);
            Assert.Null(scenario.When(command).Refusal);
            Assert.Equal(epoch, scenario.State.Epoch);
            Assert.Equal(scenario.State.Assignee != owner, scenario.State.Epoch == before + 1);
        }
    }

    [Fact]
    public void A_command_from_an_owner_of_an_older_epoch_is_refused()
    {
        var scenario = Opened().When(new Assign(Arrange.Ann, null)).When(new Assign(Arrange.Ben, null));
        ConversationCommand[] stale =
        [
            new PostMessage(PostKind.Reply, "hi", Epoch: 1), new Assign(null, null, Epoch: 1), new Transfer(Arrange.Billing, null, null, Epoch: 1), new Close(Epoch: 1),
            new Reopen(1), new Pend(Epoch: 1), new Hold(1), new Snooze(Arrange.Clock("20:00"), 1), new SetPriority(Priority.Low, Epoch: 1),
            new ChangeLabels(["x"], Epoch: 1), new MarkSpam(1),
        ];
        foreach (var command in stale)
        {
            var refusal = scenario.When(command).ThenRefused("stale_epoch");
            Assert.Equal((RefusalKind.Conflict, "2"), (refusal.Kind, refusal.Current!["epoch"]));
        }

        Assert.Null(scenario.When(new PostMessage(PostKind.Reply, "hi", Epoch: 2)).Refusal);
        Assert.Null(scenario.When(new Hold()).Refusal);
    }

    [Fact]
    public void Assigning_to_the_owner_it_has_records_nothing() =>
        Opened().When(new Assign(Arrange.Ann, null)).When(new Assign(Arrange.Ann, null)).ThenNothing().When(new Assign(Arrange.Ann, Arrange.Care)).ThenNothing();

    [Fact]
    public void Assigning_to_an_agent_keeps_the_queue_and_to_nobody_puts_it_back_into_it()
    {
        var scenario = Opened().When(new Assign(Arrange.Ann, null));
        Assert.Equal((Arrange.Care, Arrange.Ann, RoutingState.Assigned), (scenario.Row.Queue!.Value, scenario.Row.Assignee!.Value, scenario.Row.Routing));
        scenario.When(new Assign(null, null));
        Assert.Equal((Arrange.Care, (AgentId?)null, RoutingState.Waiting), (scenario.Row.Queue!.Value, scenario.Row.Assignee, scenario.Row.Routing));
        Assert.Equal(Arrange.Ann, scenario.State.LastAssignee);
    }

    [Fact]
    public void Without_queue_and_assignee_it_is_unroutable() =>
        Assert.Equal(RoutingState.Unroutable, Opened(Arrange.WebChat with { Queue = null }).Row.Routing);

    [Fact]
    public void A_transfer_has_exactly_one_target()
    {
        Opened().When(new Transfer(null, null, null)).ThenRefused("invalid_target");
        Opened().When(new Transfer(Arrange.Billing, Arrange.Ann, null)).ThenRefused("invalid_target");
    }

    [Fact]
    public void A_transfer_to_a_queue_or_skill_takes_it_from_its_agent_with_the_note()
    {
        var scenario = Opened().When(new Assign(Arrange.Ann, null)).When(new Transfer(Arrange.Billing, null, null, "an invoice"))
            .Then(typeof(MessagePosted), typeof(AssignmentChanged));
        Assert.Equal((Arrange.Billing, (AgentId?)null), (scenario.Row.Queue!.Value, scenario.Row.Assignee));
        Assert.Equal("transfer", scenario.Then<AssignmentChanged>().Reason);

        scenario.When(new Assign(Arrange.Ann, null)).When(new Transfer(null, null, "french"));
        Assert.Equal((Arrange.Billing, "french", (AgentId?)null), (scenario.Row.Queue!.Value, scenario.Row.Skill, scenario.Row.Assignee));
    }

    [Fact]
    public void Both_owners_and_both_queues_hear_of_a_transfer()
    {
        var before = Opened().When(new Assign(Arrange.Ann, null)).State;
        var after = Opened().When(new Assign(Arrange.Ben, Arrange.Billing)).State;
        Assert.Equal("queue/care queue/billing agent/ann agent/ben", ConversationView.Topics(before, after, []));
    }

    [Fact]
    public void A_skill_asked_for_in_one_episode_does_not_route_the_next()
    {
        var scenario = Opened().When(new Transfer(null, null, "french")).When(new Close()).Later(Duration.FromDays(30)).CustomerWrites();
        Assert.Null(scenario.State.Skill);
    }

    [Fact]
    public void Every_change_has_its_actor_and_cause()
    {
        var scenario = Opened().When(new Assign(Arrange.Ann, null), new(ActorKind.Supervisor, "sue")).RunTo("20:00");
        Assert.All(scenario.History, r => Assert.False(string.IsNullOrEmpty(r.Actor.Id) || string.IsNullOrEmpty(r.Cause)));
        Assert.Equal("sue", scenario.History.Single(r => r.Event is AssignmentChanged).Actor.Id);
    }

    [Fact]
    public void Priority_is_set_with_its_reason_and_asking_again_records_nothing()
    {
        var scenario = Opened().When(new SetPriority(Priority.Urgent, "legal threat"));
        Assert.Equal((Priority.Urgent, "legal threat"), (scenario.Row.Priority, scenario.Row.PriorityReason));
        scenario.When(new SetPriority(Priority.Urgent)).ThenNothing();
    }

    [Fact]
    public void Labels_are_a_sorted_set()
    {
        var scenario = Opened().When(new ChangeLabels(["vip", "angry", "vip"]));
        Assert.Equal(["angry", "vip"], scenario.Row.Labels);
        scenario.When(new ChangeLabels(["vip"], ["unknown"])).ThenNothing();
        scenario.When(new ChangeLabels(["calm"], ["angry"]));
        Assert.Equal(["calm", "vip"], scenario.Row.Labels);
        scenario.When(new ChangeLabels(["vip"], ["vip"])).ThenNothing();
    }

    [Fact]
    public void Labels_are_bounded_in_number_and_length()
    {
        var scenario = Opened().When(new ChangeLabels([.. Enumerable.Range(0, 50).Select(n => $"l{n}")]));
        scenario.When(new ChangeLabels(["one-more"])).ThenRefused("too_many_labels");
        Assert.Null(scenario.When(new ChangeLabels(["one-more"], ["l0"])).Refusal);
        scenario.When(new ChangeLabels([""], ["l1"])).ThenRefused("invalid_label");
        scenario.When(new ChangeLabels([new string('x', 65)], ["l1"])).ThenRefused("invalid_label");
    }

    [Fact]
    public void Reach_is_the_followers_and_the_posts_engagement()
    {
        var scenario = Given.Conversation();
        scenario.When(new ReceiveMessage(scenario.Address, new("m-1", Direction.Inbound, Visibility.Public, null, Arrange.Ada, "hey", Engagement: 30)));
        Assert.Equal((150L, Visibility.Public), (scenario.Row.Reach!.Value, scenario.Row.Visibility));
        Assert.Null(Given.Conversation().CustomerWrites(author: new("u-1")).Row.Reach);
    }

    [Theory]
    [InlineData(109, false)]
    [InlineData(110, true)]
    [InlineData(91, false)]
    [InlineData(90, true)]
    [InlineData(long.MaxValue, true)]
    [InlineData(long.MinValue, true)]
    public void Only_a_change_of_reach_of_a_tenth_or_more_is_worth_an_event(long followers, bool told)
    {
        var scenario = Given.Conversation().CustomerWrites(author: Arrange.Ada with { Followers = 100 }).CustomerWrites(author: Arrange.Ada with { Followers = followers });
        Assert.Equal(told, scenario.Emitted.Any(r => r.Event is CustomerUpdated));
    }

    [Fact]
    public void Somebody_else_in_the_thread_does_not_become_the_customer()
    {
        var scenario = Opened().CustomerWrites(author: new("troll-1", "Troll")).Then(typeof(MessageReceived));
        Assert.Equal("u-7", scenario.State.Customer.Id);
        Assert.Equal("Ada B.", scenario.CustomerWrites(author: Arrange.Ada with { Name = "Ada B." }).State.Customer.Name);
    }
}
