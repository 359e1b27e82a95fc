using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>routing.md: whole stories, each with the exact history of its conversation.</summary>
public sealed class RoutingScenarioTests
{
    [Fact]
    public void Who_is_free_is_offered_it_and_has_it_once_accepted()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle();
        Assert.Equal(RoutingState.Offered, world.StateOf(id));
        world.Accept(id, ann).Settle();

        Assert.Equal(
            ["joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)"], world.Story(id));
        var entry = Assert.Single(world.Agents[ann].Ledger);
        Assert.Equal((WorkKind.Assigned, 33, 1L), (entry.Kind, entry.Weight, entry.Epoch));
        Assert.Equal(0, world.Queues[Arrange.Care].Waiting.Count);
    }

    [Fact]
    public void An_agents_tools_dying_in_the_middle_gives_live_work_to_others_after_a_minute_with_its_age_and_a_boost()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Later(30);
        var waiting = world.Arrive("t-2");
        world.Settle();
        var offered = world.OfferOf(waiting);
        world.Ask(ann, new LoseLease(world.Now)).Settle(); // 30 s without a sign of life
        Assert.Equal((Reach.Unreachable, 33), (world.Agents[ann].Reach, world.Agents[ann].Load));
        Assert.Equal(["joined care (New)", "offered to ann", "Rescinded by ann (lease)"], world.Story(waiting));

        var ben = world.Hire("ben", available: false);
        world.Later(61);
        Assert.Equal(
            [
                "joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)",
                "assigned to nobody, epoch 2 (lost)", "joined care (Requeued)",
            ],
            world.Story(id));
        var item = world.Queues[Arrange.Care].Waiting.Find(id)!;
        Assert.Equal((Arrange.Noon, 300), (item.Base, item.Boost));
        Assert.Empty(world.Agents[ann].Ledger);

        world.Ask(ben, new DeclarePresence("available"), RoutingWorld.By(ben)).Settle();
        Assert.Equal([ben], world[id].Routing!.Offer!.Agents); // the one given back comes first
        world.Ask(waiting, new AcceptOffer(offered, ann), RoutingWorld.By(ann));
        Assert.Equal(("offer_gone", "rescinded"), (world.Refusal!.Code, world.Refusal.Current!["reason"]));
    }

    [Fact]
    public void An_agent_who_is_back_within_the_minute_has_everything_still()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Later(10).Ask(ann, new LoseLease(world.Now)).Later(59).Ask(ann, new Connect(), RoutingWorld.By(ann)).Later(600);
        Assert.Equal((ann, 1L), (world[id].Assignee!.Value, world[id].Epoch));
        Assert.Equal(Reach.Connected, world.Agents[ann].Reach);
    }

    [Fact]
    public void Async_work_of_who_is_gone_stays_until_the_customer_writes_again()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive(channel: RoutingWorld.Social);
        world.Settle().Accept(id, ann).Settle().Ask(ann, new LoseLease(world.Now)).Later(120);
        Assert.Equal(ann, world[id].Assignee);
        var ben = world.Hire("ben");
        world.Settle().Arrive(channel: RoutingWorld.Social, text: "anybody?");
        world.Settle();
        Assert.Empty(world.Refused);
        Assert.Equal(
            [
                "joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)", "reassign on reply on",
                "assigned to nobody, epoch 2 (reassignOnReply)", "joined care (Requeued)", "offered to ben",
            ],
            world.Story(id));
        Assert.Equal(WorkKind.Offered, world.Agents[ben].Entry(id)!.Kind);
    }

    [Fact]
    public void A_supervisor_who_changes_the_status_during_an_offer_takes_the_offer_back_and_it_goes_to_another()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle();
        var first = world.OfferOf(id);
        var ben = world.Hire("ben");
        world.Ask(ann, new DeclarePresence("training", "coaching", Until: world.Now + Duration.FromHours(1)), RoutingWorld.Sue).Settle();
        world.Ask(id, new AcceptOffer(first, ann), RoutingWorld.By(ann));
        Assert.Equal("offer_gone", world.Refusal!.Code);
        world.Settle().Accept(id, ben).Settle();

        Assert.Equal(
            [
                "joined care (New)", "offered to ann", "Rescinded by ann (status)", "offered to ben", "accepted by ben", "assigned to ben, epoch 1 (offer)", "left care (Assigned)",
            ],
            world.Story(id));
        Assert.Empty(world.Agents[ann].Ledger);
        Assert.Empty(world.Agents[ann].Rejected);

        world.Ask(ann, new DeclarePresence("available"), RoutingWorld.By(ann));
        Assert.Equal("presence_held", world.Refusal!.Code);
        world.Later(3_601);
        Assert.Equal(("available", true), (world.Agents[ann].Declared.Status, world.Agents[ann].Routable));
    }

    [Fact]
    public void An_accept_that_is_committed_before_the_supervisors_change_is_heard_of_stands()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle();
        world.Ask(ann, new DeclarePresence("training"), RoutingWorld.Sue); // its message is still on the way
        world.Accept(id, ann).Settle();
        Assert.Equal(
            ["joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)"], world.Story(id));
        Assert.Equal(WorkKind.Assigned, Assert.Single(world.Agents[ann].Ledger).Kind);
    }

    [Fact]
    public void The_only_eligible_agent_declining_is_asked_again_after_ten_seconds_never_at_once()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle().Ask(id, new RejectOffer(world.OfferOf(id), ann, "busy"), RoutingWorld.By(ann)).Settle();
        Assert.Equal(RoutingState.Waiting, world.StateOf(id));
        world.Later(9.9);
        Assert.Null(world[id].Routing!.Offer);
        world.Later(0.1);
        Assert.Equal([ann], world[id].Routing!.Offer!.Agents);
        Assert.Equal(["joined care (New)", "offered to ann", "Rejected by ann (busy)", "exclusions cleared", "offered to ann"], world.Story(id));
    }

    [Fact]
    public void After_ten_failed_offers_a_supervisor_hears_of_it_and_it_moves_ahead()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        for (var n = 0; n < 10; n++)
        {
            world.Settle();
            world.Ask(id, new RejectOffer(world.OfferOf(id), ann), RoutingWorld.By(ann)).Later(10);
        }

        Assert.Single(world.Histories[id], r => r.Event is Escalated { Failed: 10 });
        Assert.Equal(3_600, world.Queues[Arrange.Care].Waiting.Find(id)!.Boost);
        Assert.Equal(10, world.Histories[id].Count(r => r.Event is OfferMade) - 1);
        Assert.Contains(world.Agents[ann].Rejected, _ => true);
    }

    [Fact]
    public void Two_supervisors_moving_the_same_work_one_wins_and_the_other_is_told()
    {
        var world = new RoutingWorld(null, new(Arrange.Care), new(Arrange.Billing));
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben"));
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle();
        var seen = world[id].Epoch;
        world.Ask(id, new Assign(ben, null, Epoch: seen), RoutingWorld.Sue);
        world.Ask(id, new Assign(null, Arrange.Billing, Epoch: seen), new(ActorKind.Supervisor, "sam"));
        Assert.Equal("stale_epoch", world.Refusal!.Code);
        world.Settle();

        Assert.Equal(
            [
                "joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)", "assigned to ben, epoch 2",
            ],
            world.Story(id));
        Assert.Empty(world.Agents[ann].Ledger);
        Assert.Equal(ben, Assert.Single(world.Agents.Values, a => a.Ledger.Count == 1).Id);
    }

    [Fact]
    public void An_offer_nobody_answers_expires_and_two_in_a_row_mean_not_responding()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var (first, second) = (world.Arrive(), world.Arrive("t-2"));
        world.Later(20.25);
        Assert.Equal(1, world.Agents[ann].ExpiredInARow);
        Assert.False(world.Agents[ann].NotResponding);
        world.Later(60);
        Assert.True(world.Agents[ann].NotResponding);
        Assert.Equal("offered to ann", world.Story(first)[1]);
        Assert.Contains("Expired by ann", world.Story(second));
        world.Ask(ann, new DeclarePresence("available"), RoutingWorld.By(ann)).Settle();
        Assert.True(world.Agents[ann].Routable);
    }

    [Fact]
    public void An_accept_counts_up_to_a_quarter_second_after_the_offer_ran_out_and_not_after()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle();
        var offer = world.OfferOf(id);
        world.Now += Duration.FromMilliseconds(20_250);
        world.Ask(id, new AcceptOffer(offer, ann), RoutingWorld.By(ann));
        Assert.Equal(ann, world[id].Assignee);

        var late = new RoutingWorld();
        late.Hire("ann");
        var other = late.Arrive();
        late.Settle();
        offer = late.OfferOf(other);
        late.Now += Duration.FromMilliseconds(20_251);
        late.Ask(other, new AcceptOffer(offer, ann), RoutingWorld.By(ann));
        Assert.Equal("offer_gone", late.Refusal!.Code);
    }

    [Fact]
    public void The_winners_accept_repeated_succeeds_and_the_losers_does_not()
    {
        var world = new RoutingWorld(null, new QueueSettings(Arrange.Care, FanOut: 2));
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben"));
        var id = world.Arrive();
        world.Settle();
        var offer = world.OfferOf(id);
        Assert.Equal(2, world[id].Routing!.Offer!.Agents.Count);
        world.Ask(id, new AcceptOffer(offer, ben), RoutingWorld.By(ben));
        var seq = world[id].Seq;
        world.Ask(id, new AcceptOffer(offer, ben), RoutingWorld.By(ben));
        Assert.Null(world.Refusal);
        Assert.Equal(seq, world[id].Seq);
        world.Ask(id, new AcceptOffer(offer, ann), RoutingWorld.By(ann));
        Assert.Equal("rescinded", world.Refusal!.Current!["reason"]);
        world.Settle();
        Assert.Empty(world.Agents[ann].Ledger);
        Assert.Equal(0, world.Agents[ann].ExpiredInARow);
    }

    [Fact]
    public void A_transfer_moves_the_work_only_when_it_is_accepted_and_keeps_its_age()
    {
        var world = new RoutingWorld(null, new(Arrange.Care), new(Arrange.Billing));
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben", new(Queues: [Arrange.Billing]), available: false));
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Later(100);
        world.Ask(id, new Transfer(Arrange.Billing, null, null, "an invoice"), RoutingWorld.By(ann)).Settle();
        Assert.Equal((ann, RoutingState.Assigned), (world[id].Assignee!.Value, world.StateOf(id)));
        Assert.Equal(Arrange.Noon, world.Queues[Arrange.Billing].Waiting.Find(id)!.Base);

        world.Ask(ben, new DeclarePresence("available"), RoutingWorld.By(ben)).Settle();
        Assert.Equal((ann, 1L), (world[id].Assignee!.Value, world[id].Epoch));
        world.Accept(id, ben).Settle();
        Assert.Equal(
            [
                "joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)", "transfer to billing by ann",
                "joined billing (Transferred)", "offered to ben", "accepted by ben", "transfer Accepted", "assigned to ben, epoch 2 (transfer)", "left billing (Assigned)",
            ],
            world.Story(id));
        Assert.Empty(world.Agents[ann].Ledger);
        Assert.Equal(Arrange.Billing, world[id].Queue);
    }

    [Fact]
    public void A_transfer_to_an_agent_who_does_not_take_it_comes_back_to_who_had_it_all_along()
    {
        var world = new RoutingWorld();
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben", new(Queues: [Arrange.Billing])));
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Ask(id, new Transfer(null, ben, null), RoutingWorld.By(ann)).Later(21);
        Assert.Equal(
            [
                "joined care (New)", "offered to ann", "accepted by ann", "assigned to ann, epoch 1 (offer)", "left care (Assigned)", "transfer to ben by ann",
                "offered to ben", "Expired by ben", "transfer Returned",
            ],
            world.Story(id));
        Assert.Equal(1, world[id].Epoch);

        world.Ask(id, new Transfer(null, ben, null), RoutingWorld.By(ann)).Settle().Accept(id, ben).Settle();
        Assert.Equal((ben, 2L), (world[id].Assignee!.Value, world[id].Epoch));
        world.Ask(id, new Transfer(null, ann, null), RoutingWorld.By(ben)).Settle().Accept(id, ann).Settle();
        Assert.True(world.Histories[id].Select(r => r.Event).OfType<TransferEnded>().Last().PingPong);
    }

    [Fact]
    public void Nobody_takes_a_transfer_to_who_is_not_there_and_it_comes_back_after_a_minute()
    {
        var world = new RoutingWorld();
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben", available: false));
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Ask(id, new Transfer(null, ben, null), RoutingWorld.By(ann)).Later(60);
        Assert.Equal("transfer Returned", world.Story(id)[^1]);
        Assert.Null(world[id].Routing!.Transfer);
    }

    [Fact]
    public void A_colleague_who_is_consulted_is_in_it_and_the_owner_stays()
    {
        var world = new RoutingWorld();
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben", new(Queues: [Arrange.Billing])));
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Ask(id, new Transfer(null, ben, null, Mode: TransferMode.Consult), RoutingWorld.By(ann)).Settle().Accept(id, ben).Settle();
        Assert.Equal((ann, 1L), (world[id].Assignee!.Value, world[id].Epoch));
        Assert.Equal(33, world.Agents[ben].Load);
        world.Ask(id, new LeaveConversation(ben), RoutingWorld.By(ben)).Settle();
        Assert.Equal((0, 33), (world.Agents[ben].Load, world.Agents[ann].Load));
    }

    [Fact]
    public void In_a_warm_transfer_both_are_there_and_the_new_one_owns_it()
    {
        var world = new RoutingWorld();
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben", new(Queues: [Arrange.Billing])));
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Ask(id, new Transfer(null, ben, null, Mode: TransferMode.Warm), RoutingWorld.By(ann)).Settle().Accept(id, ben).Settle();
        Assert.Equal((ben, 2L), (world[id].Assignee!.Value, world[id].Epoch));
        Assert.Equal([ann], world[id].Routing!.Participants!);
        world.Ask(id, new Close("done"), RoutingWorld.By(ben)).Settle();
        Assert.Equal((0, 0), (world.Agents[ben].Load, world.Agents[ann].Load));
    }

    [Fact]
    public void What_comes_back_to_life_goes_to_who_had_it_if_there_is_room_and_else_to_another()
    {
        var world = new RoutingWorld();
        var (ann, ben) = (world.Hire("ann"), world.Hire("ben"));
        var id = world.Arrive();
        world.Settle();
        var first = world[id].Routing!.Offer!.Agents[0];
        world.Accept(id, first).Settle().Ask(id, new Close("done"), RoutingWorld.By(first)).Settle().Later(60);
        world.Arrive(text: "one more thing");
        world.Settle();
        Assert.Equal([first], world[id].Routing!.Offer!.Agents);
        Assert.Equal(EntryKind.Reopened, world[id].Routing!.Place!.Kind);
        Assert.Equal(300, world[id].Routing!.Place!.Item.Boost);
        Assert.Contains(first, new[] { ann, ben });
    }

    [Fact]
    public void Wrapping_up_takes_time_and_a_customers_message_ends_it_with_the_same_agent()
    {
        var world = new RoutingWorld(null, new QueueSettings(Arrange.Care, WrapUp: new(WrapUpMode.MandatoryTimed, 120)));
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Ask(id, new Close(), RoutingWorld.By(ann)).Settle();
        Assert.Equal((RoutingState.Wrapping, 33), (world.StateOf(id), world.Agents[ann].Load));
        world.Arrive(text: "wait");
        world.Settle();
        Assert.Equal((RoutingState.Assigned, 1L), (world.StateOf(id), world[id].Epoch));

        world.Ask(id, new Close(), RoutingWorld.By(ann)).Ask(id, new Close(), RoutingWorld.By(ann));
        Assert.Equal("disposition_required", world.Refusal!.Code);
        world.Later(120);
        Assert.Equal((ConversationStatus.Closed, "system:timeout"), (world[id].Status, world[id].Episode!.Disposition));
        Assert.Empty(world.Agents[ann].Ledger);
    }

    [Fact]
    public void Signing_out_ends_the_wrap_up()
    {
        var world = new RoutingWorld(null, new QueueSettings(Arrange.Care, WrapUp: new(WrapUpMode.Timed, 600)));
        var ann = world.Hire("ann");
        var id = world.Arrive();
        world.Settle().Accept(id, ann).Settle().Ask(id, new Close(), RoutingWorld.By(ann)).Settle().Ask(ann, new DeclarePresence("offline"), RoutingWorld.By(ann)).Settle();
        Assert.Equal("system:signout", world[id].Episode!.Disposition);
    }

    [Fact]
    public void What_a_router_set_aside_before_it_died_is_free_again_within_the_lease_and_the_sweep()
    {
        var world = new RoutingWorld();
        var ann = world.Hire("ann");
        var id = world.Arrive();
        while (world.DeliverOne())
        {
        }

        world.Match();
        world.Carry(Assert.Single(world.Pending), dies: 1);
        Assert.Equal(WorkKind.Offered, Assert.Single(world.Agents[ann].Ledger).Kind);
        world.RebuildRouter();
        world.Later(45);
        Assert.Contains("offered to ann", world.Story(id));
        Assert.Equal(1, world.Histories[id].Count(r => r.Event is OfferMade));
    }
}
