using Conversations.Domain.Sla;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>
/// sla.md 9: what must hold of clocks whatever happens, under policies and calendars that are edited meanwhile. Elsewhere: I1–I5 and
/// the counting of every minute in <see cref="CalendarProperties"/>, I6 as P5 in <see cref="ArrivalProperties"/>, I7 as P1 and P3 and I8 as
/// P6 in <see cref="ConversationProperties"/>, I11 in <see cref="CalendarTests"/> and in the bench.
/// </summary>
public sealed class ClockProperties
{
    [Fact]
    public void I9_only_evidence_takes_a_breach_back() => Property.For(Play.Scripts, 300, script =>
    {
        var play = new Play(script);
        Dictionary<(int, Metric, int), Instant> broken = [];
        foreach (var step in script.Steps)
        {
            var command = play.Do(step);
            var evidence = command is ReceiveMessage or ChangeMessage or RecordDelivery or Tick; // a look may settle an echo that waited
            foreach (var e in play.Scenario.Emitted.Select(r => r.Event))
            {
                var episode = play.Scenario.State.Episode!.Number;
                switch (e)
                {
                    case SlaBreached b:
                        broken[(episode, b.Metric, b.Instance)] = b.At;
                        break;
                    case SlaWithdrawn { What: Withdrawn.Breach } w:
                        Assert.True(evidence, $"{command} took a breach back");
                        broken.Remove((episode, w.Metric, w.Instance));
                        break;
                }
            }

            foreach (var clock in play.Scenario.State.Episode?.Clocks ?? [])
            {
                var name = (play.Scenario.State.Episode!.Number, clock.Metric, clock.Number);
                if (evidence && clock.BreachedAt is { } shown && broken.ContainsKey(name))
                {
                    broken[name] = shown; // an older message may show that it broke earlier
                }

                Assert.False(
                    !evidence && broken.TryGetValue(name, out var at) && clock.BreachedAt != at,
                    $"{command} moved a breach to {clock.BreachedAt}");
            }
        }
    });

    [Fact]
    public void I10_what_is_over_alerts_no_one() => Property.For(Play.Scripts, 200, script =>
    {
        var play = new Play(script);
        foreach (var step in script.Steps)
        {
            var was = play.Scenario.State;
            play.Do(step);
            if ((was.Exists && was.IsOver && play.Scenario.State.IsOver) || play.Scenario.State.Blocked)
            {
                Assert.DoesNotContain(play.Scenario.Emitted, r => r.Event is SlaWarned or SlaBreached or SlaEscalated);
            }
        }
    });

    [Fact]
    public void What_has_stopped_shows_figures_that_do_not_move() => Property.For(Play.Scripts, 200, script =>
    {
        var play = Play.Of(script);
        var before = play.Scenario.Row;
        if (play.Scenario.State.Exists)
        {
            var after = play.Scenario.Later(Duration.FromDays(30)).When(new MarkRead(0)).Row;
            foreach (var (was, now) in new[] { (before.FirstResponse, after.FirstResponse), (before.NextResponse, after.NextResponse) })
            {
                Assert.True(was is not { FulfilledAt: not null } || now is null || ReferenceEquals(was, now), $"{was} became {now}");
            }
        }
    });

    /// <param name="Minutes">Since the one before, at least one.</param>
    internal sealed record Turn(int Minutes, SimulatedEventType Type);

    private static readonly Arbitrary<IReadOnlyList<Turn>> Tickets = Arb.From(
        from count in Gen.Choose(1, 30)
        from turns in Gen.ListOf(
            from minutes in Gen.Frequency((4, Gen.Choose(1, 90)), (1, Gen.Choose(60, 4_000)))
            from type in Gen.Elements(
                SimulatedEventType.CustomerMessage, SimulatedEventType.CustomerMessage, SimulatedEventType.AgentReply, SimulatedEventType.AgentNote,
                SimulatedEventType.BotReply, SimulatedEventType.Pending, SimulatedEventType.OnHold, SimulatedEventType.Open, SimulatedEventType.Closed)
            select new Turn(minutes, type), count)
        select (IReadOnlyList<Turn>)turns.Prepend(new(0, SimulatedEventType.CustomerMessage)).ToList(),
        turns => Enumerable.Range(1, turns.Count - 1).Select(i => (IReadOnlyList<Turn>)[.. turns.Take(i), .. turns.Skip(i + 1)]));

    [Fact]
    public void The_preview_and_the_conversation_show_the_same_clocks() => Property.For(Tickets, 300, turns =>
    {
        var scenario = Promised.Conversation(Promised.Policy(1, first: 90, next: 45, resolution: 900, calendar: Promised.Office));
        List<SimulatedEvent> events = [];
        foreach (var turn in turns)
        {
            scenario.RunTo(scenario.Now + Duration.FromMinutes(turn.Minutes));
            var over = scenario.State is { Exists: true, IsOver: true };
            if (over && turn.Type is SimulatedEventType.AgentReply or SimulatedEventType.BotReply)
            {
                continue; // refused in a conversation
            }

            events.Add(new(scenario.Now, turn.Type));
            _ = turn.Type switch
            {
                SimulatedEventType.CustomerMessage => scenario.CustomerWrites(),
                SimulatedEventType.AgentReply => scenario.AgentReplies(),
                SimulatedEventType.AgentNote => scenario.AgentNotes(),
                SimulatedEventType.BotReply => scenario.BotReplies(),
                SimulatedEventType.Pending => scenario.When(new Pend()),
                SimulatedEventType.OnHold => scenario.When(new Hold()),
                SimulatedEventType.Open => scenario.When(new Reopen()),
                _ => scenario.When(new Close()),
            };
        }

        scenario.RunTo(scenario.Now + Duration.FromMinutes(50));
        var simulated = SlaSimulation.Run(
            new(new(90, 45, 900), events, scenario.Now), BusinessCalendar.Compile(Promised.NineToFive));
        var row = scenario.Row;
        if (scenario.State.Episode!.Number == 1)
        {
            Assert.Equal(Shown(row.FirstResponse), Shown(simulated.FirstResponse));
        }

        Assert.Equal(Shown(row.NextResponse), Shown(row.NextResponse is null ? null : simulated.NextResponse[^1]));
        Assert.Equal(Shown(row.Resolution), Shown(simulated.Resolution));
        if (!scenario.State.IsOver)
        {
            Assert.Equal(row.NextDue, simulated.NextDue);
        }
    });

    private static string Shown(Clock? c) => c is null ? "none" : $"{c.Start} {c.Due} {c.Status} {c.BreachedAt}";

    private static string Shown(SimulatedClock? c) => c is null ? "none" : $"{c.Start} {c.Due} {c.Status} {c.BreachedAt}";
}
