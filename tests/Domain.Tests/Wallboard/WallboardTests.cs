using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests.Wallboard;

/// <summary>What a queue's tile says of what happened to its conversations (reports.md 1, 2).</summary>
public sealed class WallboardTests
{
    private readonly Boards _boards = new();
    private readonly Dictionary<string, BoardFigures> _kept = [];
    private readonly Dictionary<(string Queue, Instant Slot), SlotFigures> _slots = [];
    private readonly Dictionary<Scenario, (int Read, ConversationFact Fact)> _seen = [];

    private static ChannelSettings Post => new("mail", "acme", Queue: Arrange.Care, Sla: SlaTargets.Default);

    [Fact]
    public void A_message_waits_in_its_queue_and_ages()
    {
        See(Given.Conversation(Post).CustomerWrites());

        var tile = Care(after: Duration.FromMinutes(10));

        Assert.Equal((1, 0, 1, 0), (tile.Backlog, tile.Assigned, tile.Today.Offered, tile.Today.Requeued));
        Assert.Equal(600, tile.LongestWait);
        Assert.Equal(new(0, 1, 0, 0, 0), tile.Unanswered);
        Assert.Equal(600, tile.Freshness);
        Assert.Null(tile.Today.ServiceLevel); // nobody was answered, nobody is late: no denominator
        Assert.Equal(new(null, null, null, null), tile.Today.Wait);
    }

    [Fact]
    public void Taken_by_an_agent_it_is_answered_and_the_reply_is_the_first_response()
    {
        See(Given.Conversation(Post).CustomerWrites().Later(Duration.FromMinutes(2)).When(new Assign(Arrange.Ann, null))
            .Later(Duration.FromMinutes(3)).When(new PostMessage(PostKind.Reply, "hi")));

        var tile = Care();

        Assert.Equal((0, 1, 1), (tile.Backlog, tile.Assigned, tile.Today.Answered));
        Assert.Null(tile.LongestWait);
        Assert.Equal(120, tile.Today.Wait.Mean);
        Assert.Equal(((double?)300, (double?)300), (tile.Today.FirstResponse.Mean, tile.Today.FirstResponseWall.Mean));
        Assert.Equal(100, tile.Today.ServiceLevel);
        Assert.Equal(new(0, 0, 0, 0, 0), tile.Unanswered);
    }

    [Fact]
    public void A_reply_answers_where_nobody_assigns()
    {
        See(Given.Conversation(Post).CustomerWrites().Later(Duration.FromMinutes(2)).When(new PostMessage(PostKind.Reply, "hi"))
            .Later(Duration.FromMinutes(1)).When(new Assign(Arrange.Ann, null)));

        Assert.Equal((1, (double?)120), (Care().Today.Answered, Care().Today.Wait.Mean));
    }

    [Fact]
    public void A_note_answers_nobody()
    {
        See(Given.Conversation(Post).CustomerWrites().When(new PostMessage(PostKind.Note, "careful")));

        Assert.Equal((0, 1), (Care().Today.Answered, Care().Backlog));
    }

    [Fact]
    public void A_reply_the_channel_refused_did_not_answer()
    {
        var c = Given.Conversation(Arrange.Sending()).CustomerWrites().When(new PostMessage(PostKind.Reply, "hi"));
        var message = c.State.Recent[^1].Message;
        See(c);
        Assert.Equal(0, Care().Today.Answered); // on its way

        c.When(new RecordDelivery(message, new(DeliveryState.Failed, Code: "blocked")));
        See(c);
        Assert.Equal((0, 1L), (Care().Today.Answered, Care().Unanswered.Under5Minutes));
    }

    [Fact]
    public void Passed_on_it_keeps_its_age_and_counts_in_both_queues()
    {
        See(Given.Conversation(Post).CustomerWrites().Later(Duration.FromMinutes(90)).When(new Transfer(Arrange.Billing, null, null))
            .Later(Duration.FromMinutes(1)).When(new Assign(Arrange.Ben, null)));

        var (care, billing) = (Tile(Arrange.Care), Tile(Arrange.Billing));

        Assert.Equal((1, 0, (double?)0), (care.Today.Offered, care.Today.Answered, care.Today.ServiceLevel)); // left late
        Assert.Equal((1, 1, 1, (double?)100), (billing.Today.Offered, billing.Today.Requeued, billing.Today.Answered, billing.Today.ServiceLevel));
        Assert.Equal(91 * 60, billing.Today.Wait.Mean); // the customer's own wait
    }

    [Fact]
    public void Whoever_still_waits_past_the_time_is_a_miss_now()
    {
        See(Given.Conversation(Post).CustomerWrites().When(new Assign(Arrange.Ann, null)));
        See(Given.Conversation(Post with { Channel = "sms" }).CustomerWrites());

        Assert.Equal(100, Care(after: Duration.FromMinutes(59)).Today.ServiceLevel);
        Assert.Equal(50, Care(after: Duration.FromMinutes(61)).Today.ServiceLevel);
    }

    [Fact]
    public void Closed_before_anybody_answered_it_was_abandoned_and_spam_was_not()
    {
        See(Given.Conversation(Post).CustomerWrites().Later(Duration.FromMinutes(1)).When(new Close()));
        See(Given.Conversation(Post with { Channel = "sms" }).CustomerWrites().Later(Duration.FromMinutes(1)).When(new MarkSpam()));

        Assert.Equal((1, 1, 0, (double?)0), (Care().Today.Abandoned, Care().Today.Closed, Care().Backlog, Care().Today.ServiceLevel));
    }

    [Fact]
    public void Whoever_leaves_a_live_chat_within_five_seconds_has_not_abandoned_it()
    {
        See(Given.Conversation().CustomerWrites().Later(Duration.FromSeconds(4)).When(new Close()));

        Assert.Equal((0, 1), (Care().Today.Abandoned, Care().Today.Closed));
    }

    [Fact]
    public void Promises_at_risk_and_broken_are_counted_until_they_are_kept_or_over()
    {
        var c = Given.Conversation(Post).CustomerWrites();
        c.RunTo("12:50");
        See(c);
        Assert.Equal((1, 0), (Care().AtRisk, Care().Breached));
        c.RunTo("13:01");
        See(c);
        Assert.Equal((0, 1), (Care().AtRisk, Care().Breached));
        c.When(new PostMessage(PostKind.Reply, "sorry"));
        See(c);
        Assert.Equal((0, 0), (Care().AtRisk, Care().Breached));
    }

    [Fact]
    public void A_day_without_an_answer_is_ignored_and_the_audience_of_a_public_one_is_at_risk()
    {
        See(Given.Conversation(Post).CustomerWrites(author: Arrange.Ada with { Followers = 5_000 }, visibility: Visibility.Public));

        Assert.Equal((0L, 1L), (Care(after: Duration.FromHours(23)).Ignored, Care(after: Duration.FromHours(25)).Ignored));
        Assert.Equal(new(0, 0, 0, 5_000, 0), Care(after: Duration.FromHours(23)).ReachAtRisk);
    }

    [Fact]
    public void Snoozed_and_with_a_bot_it_does_not_wait()
    {
        See(Given.Conversation(Post).CustomerWrites().When(new Snooze(Arrange.Noon + Duration.FromHours(1))));
        See(Given.Conversation(Post with { Channel = "sms", Bot = "helper" }).CustomerWrites());

        Assert.Equal((0, 1, 1), (Care().Backlog, Care().Snoozed, Care().WithBot));
        Assert.Null(Care().LongestWait);
    }

    [Fact]
    public void Opened_again_it_waits_anew()
    {
        See(Given.Conversation(Post).CustomerWrites().Later(Duration.FromHours(2)).When(new Close()).Later(Duration.FromHours(1)).CustomerWrites());

        Assert.Equal((2, 1), (Care().Today.Offered, Care().Backlog));
        Assert.Equal(0, Care().LongestWait);
    }

    /// <summary>Reads what has happened to a conversation since the last time.</summary>
    private void See(Scenario c)
    {
        var (read, fact) = _seen.GetValueOrDefault(c, (0, new()));
        foreach (var recorded in c.History.Skip(read))
        {
            var next = ConversationFact.Evolve(fact, recorded);
            _boards.Apply(Arrange.Account, fact, next, recorded);
            fact = next;
        }

        _seen[c] = (c.History.Count, fact);
        _now = Instant.Max(_now, c.Now);
        var (boards, slots) = _boards.TakeChanges();
        foreach (var b in boards)
        {
            _kept[b.Queue] = b.Figures;
        }

        foreach (var s in slots)
        {
            _slots[(s.Queue, s.Slot)] = s.Figures;
        }
    }

    private Instant _now = Arrange.Noon;

    private WallboardTile Care(Duration? after = null) => Tile(Arrange.Care, after);

    private WallboardTile Tile(QueueId queue, Duration? after = null)
    {
        var slots = _slots.Where(s => s.Key.Queue == queue.Value).Aggregate(SlotFigures.None, (sum, s) => sum.Plus(s.Value));
        return WallboardTile.Of(queue, _kept[queue.Value], slots, Arrange.Noon, slots, Arrange.Noon, _now + (after ?? Duration.Zero));
    }
}
