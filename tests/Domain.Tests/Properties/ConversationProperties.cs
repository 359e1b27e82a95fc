using Conversations.Domain.Json;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md 7: what must hold whatever happens, in any order and at any time.</summary>
public sealed class ConversationProperties
{
    private static Conversation Before(Scenario s) => Conversation.Empty(Arrange.Account, s.State.Id);

    [Fact]
    public void P1_replaying_the_events_gives_the_live_state_byte_for_byte() => Property.For(Play.Scripts, 250, script =>
    {
        var scenario = Play.Of(script).Scenario;
        var replayed = scenario.History.Select(Wire.Reread).Aggregate(Before(scenario), ConversationEvolve.Evolve);
        Assert.Equal(Wire.Of(scenario.State), Wire.Of(replayed));
        Assert.Equal(
            System.Text.Json.JsonSerializer.Serialize(scenario.Row, DomainJson.Contract.ConversationRow),
            System.Text.Json.JsonSerializer.Serialize(ConversationView.Row(replayed), DomainJson.Contract.ConversationRow));
    });

    [Fact]
    public void P1_so_does_a_snapshot_at_any_point_and_the_events_after_it() => Property.For(Play.Scripts, 100, script =>
    {
        var scenario = Play.Of(script).Scenario;
        var (live, last) = (Wire.Of(scenario.State), scenario.History.Count);
        foreach (var cut in new[] { 0, 1, last / 3, last / 2, last - 1, last }.Where(c => c >= 0 && c <= last).Distinct())
        {
            var snapshot = Wire.Reread(scenario.History.Take(cut).Aggregate(Before(scenario), ConversationEvolve.Evolve));
            Assert.Equal(live, Wire.Of(scenario.History.Skip(cut).Select(Wire.Reread).Aggregate(snapshot, ConversationEvolve.Evolve)));
        }
    });

    [Fact]
    public void P1_a_decision_after_a_reload_is_the_decision_before_it() => Property.For(Play.Scripts, 150, script =>
    {
        var play = new Play(script);
        foreach (var step in script.Steps)
        {
            var (before, now) = (play.Scenario.State, Wire.Reread(play.Scenario.State));
            var due = Promises.NextDue(before);
            Assert.Equal(due, Promises.NextDue(now));
            var live = ConversationDecider.Decide(before, new Tick(), Asking(play.Scenario));
            var reloaded = ConversationDecider.Decide(now, new Tick(), Asking(play.Scenario));
            Assert.Equal(Types(live), Types(reloaded));
            play.Do(step);
        }
    });

    private static Context Asking(Scenario s) => new(s.Now, Actor.System, s.Settings);

    private static string Types(Decision<ConversationEvent> decision) => decision switch
    {
        Decision<ConversationEvent>.Accepted a => string.Join('\n', a.Events.Select(e => System.Text.Json.JsonSerializer.Serialize(e, DomainJson.Contract.ConversationEvent))),
        Decision<ConversationEvent>.Refused r => r.Refusal.Code,
        _ => "",
    };

    [Fact]
    public void P2_seq_and_message_index_are_contiguous_from_1() => Property.For(Play.Scripts, 200, script =>
    {
        var scenario = Play.Of(script).Scenario;
        Assert.Equal(scenario.History.Select((_, i) => i + 1L), scenario.History.Select(r => r.Seq));
        Assert.Equal(scenario.History.Count, scenario.State.Seq);

        var indexes = scenario.History.Select(r => r.Event switch
        {
            MessageReceived e => e.Index,
            MessageRecorded e => e.Index,
            MessagePosted e => e.Index,
            _ => null,
        }).OfType<long>().ToList();
        Assert.Equal(indexes.Select((_, i) => i + 1L), indexes);
        Assert.Equal(indexes.Count, scenario.State.MessageCount);
        Assert.All(scenario.History, r => Assert.True(r.Event is not MessageReceived e || e.Message == MessageId.Of(scenario.State.Id, r.Seq)));
    });

    [Fact]
    public void P3_asking_for_the_state_it_is_in_records_nothing() => Property.For(Play.Scripts, 200, script =>
    {
        var scenario = Play.Of(script).Scenario;
        var until = scenario.Now + Duration.FromHours(1);
        ConversationCommand[] commands =
        [
            new Close("x"), new Reopen(), new Pend(until), new Hold(), new Snooze(until), new MarkSpam(), new SetPriority(Priority.High, "x"),
            new Assign(Arrange.Ben, Arrange.Billing), new ChangeLabels(["a"], ["b"]), new MarkRead(0), new BlockCustomer(true), new Tick(),
        ];
        foreach (var command in commands)
        {
            if (scenario.When(command).Refusal is null)
            {
                scenario.When(command).ThenNothing();
            }
        }
    });

    [Fact]
    public void P4_it_is_in_exactly_one_routing_state_that_fits_its_owner_queue_and_status() => Property.For(Play.Scripts, 200, script =>
    {
        var play = new Play(script);
        foreach (var step in script.Steps)
        {
            var before = play.Scenario.State;
            play.Do(step);
            var s = play.Scenario.State;
            var expected = s switch
            {
                { Status: ConversationStatus.Closed or ConversationStatus.Spam or ConversationStatus.Snoozed } or { Bot: not null } => RoutingState.None,
                { Assignee: not null } => RoutingState.Assigned,
                { Queue: not null } => RoutingState.Waiting,
                _ => RoutingState.Unroutable,
            };
            Assert.Equal(expected, ConversationView.Row(s).Routing);
            Assert.Equal(s.Status is ConversationStatus.Snoozed, s.Until is not null && s.Status is not ConversationStatus.Pending);
            Assert.Equal(s.Assignee != before.Assignee ? before.Epoch + 1 : before.Epoch, s.Epoch);
            Assert.Equal(s.Status == ConversationStatus.Closed && s.Exists, s.Episode?.ClosedAt is not null && s.Status != ConversationStatus.Spam);
        }
    });

    [Fact]
    public void P6_no_agent_command_but_closing_makes_a_response_due_later() => Property.For(Play.Scripts, 250, script =>
    {
        var play = new Play(script);
        Dictionary<(int, Metric, int), Instant> dues = [];
        foreach (var step in script.Steps)
        {
            var command = play.Do(step);
            if (play.Scenario.Emitted.Any(r => r.Event is StatusChanged { To: ConversationStatus.Closed }))
            {
                dues.Clear();
            }

            var state = play.Scenario.State;
            if (script.Channel >= Play.UnderPolicies)
            {
                continue; // another priority, label or queue may well be promised less
            }

            Clock?[] responses = [state.Episode?.Clock(Metric.FirstResponse), state.Episode?.Clock(Metric.NextResponse)];
            foreach (var clock in state.IsOver ? [] : responses.OfType<Clock>())
            {
                var key = (state.Episode!.Number, clock.Metric, clock.Number);
                Assert.False(
                    Play.IsAgents(step) && dues.TryGetValue(key, out var due) && !(clock.Due <= due),
                    $"{command} moved {clock.Metric} {clock.Number} to {clock.Due}");
                if (clock.Due is { } now)
                {
                    dues[key] = now;
                }
            }
        }
    });

    [Fact]
    public void P7_no_note_ever_leaves() => Property.For(Play.Scripts, 200, script =>
    {
        var scenario = Play.Of(script).Scenario;
        var notes = scenario.All<MessagePosted>().Where(e => e.Kind == MessageKind.Note).ToList();
        Assert.All(notes, note => Assert.True(note is { Delivery: null, Index: null, Visibility: Visibility.Internal }));
        Assert.Empty(scenario.Outbox.Select(o => o.Message).Intersect(notes.Select(n => n.Message)));
        Assert.All(scenario.Outbox, o => Assert.True(o is { Kind: MessageKind.Reply or MessageKind.BotReply, Visibility: not Visibility.Internal, Text: not "note" }));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    public void P8_the_size_of_the_state_does_not_grow_with_its_history(int channel)
    {
        var play = new Play(new(channel, []));
        var text = new string('x', 2_000);
        int SizeAfter(int messages)
        {
            while (play.Scenario.State.MessageCount < messages)
            {
                var n = play.Scenario.History.Count;
                play.Scenario.Later(Duration.FromMinutes(40)).Tick().CustomerWrites(text).AgentReplies(text).SeenOnChannel(text).AgentNotes(text).BotReplies(text);
                play.Do(new(10, 7 + (n % 4), n % 997, n % 13));
                if (n % 3 == 0 && play.Scenario.State.OnTheirWay.FirstOrDefault() is { } head)
                {
                    play.Scenario.ChannelSays(head.Message, DeliveryState.Sent, $"s-{n}");
                }
            }

            return Wire.Of(play.Scenario.State).Length;
        }

        var (young, old) = (SizeAfter(300), SizeAfter(3_000));
        Assert.InRange(old, 1, young + 8_192);
        Assert.InRange(old, 1, 262_144);
        Assert.InRange(play.Scenario.State.Recent.Count, 1, Conversation.RecentKept);
    }

    [Fact]
    public void The_next_deadline_is_honest_nothing_is_due_before_it_something_is_at_it_and_looking_ends() => Property.For(Play.Scripts, 200, script =>
    {
        var play = new Play(script);
        foreach (var step in script.Steps)
        {
            play.Do(step);
            if (Promises.NextDue(play.Scenario.State) is not { } due)
            {
                var far = Decide(play.Scenario.State, play.Scenario, play.Scenario.Now + Duration.FromDays(1_000));
                Assert.Empty(far);
                continue;
            }

            if (due - Duration.FromMilliseconds(1) is var early && early >= play.Scenario.Now)
            {
                Assert.Empty(Decide(play.Scenario.State, play.Scenario, early));
            }

            var (state, now) = (play.Scenario.State, Instant.Max(due, play.Scenario.Now));
            for (var looks = 0; Promises.NextDue(state) <= now; looks++)
            {
                Assert.True(looks < 10, "it is due again and again at the same instant");
                var emitted = Decide(state, play.Scenario, now);
                Assert.NotEmpty(emitted);
                state = emitted.Aggregate(state, ConversationEvolve.Evolve);
            }

            Assert.Empty(Decide(state, play.Scenario, now));
        }
    });

    private static Recorded<ConversationEvent>[] Decide(Conversation state, Scenario s, Instant now) => !state.Exists ? [] :
        [.. Assert.IsType<Decision<ConversationEvent>.Accepted>(ConversationDecider.Decide(state, new Tick(), new(now, Actor.System, s.Settings)))
            .Events.Select((e, i) => new Recorded<ConversationEvent>(state.Seq + i + 1, now, Actor.System, "tick", e))];

    [Fact]
    public void No_level_is_announced_twice_and_none_after_the_end() => Property.For(Play.Scripts, 200, script =>
    {
        var play = new Play(script);
        HashSet<(int, Metric, int, string)> announced = [];
        foreach (var step in script.Steps)
        {
            var over = play.Scenario.State is { Exists: true, IsOver: true };
            play.Do(step);
            foreach (var e in play.Scenario.Emitted.Select(r => r.Event))
            {
                var episode = play.Scenario.State.Episode!.Number;
                over = e switch
                {
                    StatusChanged s => s.To is ConversationStatus.Closed or ConversationStatus.Spam,
                    EpisodeStarted => false,
                    _ => over,
                };
                switch (e)
                {
                    case SlaWarned w:
                        Assert.True(!over && w.Levels!.All(l => announced.Add((episode, w.Metric, w.Instance, l))), $"{w} again, or after the end");
                        break;
                    case SlaBreached b:
                        Assert.True(!over && b.Levels!.All(l => announced.Add((episode, b.Metric, b.Instance, l))), $"{b} again, or after the end");
                        break;
                    case SlaWithdrawn { What: Withdrawn.Breach } w:
                        Assert.True(announced.Remove((episode, w.Metric, w.Instance, "breach")), $"{w} of what was never announced");
                        break;
                }
            }
        }
    });
}
