using System.Diagnostics;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>Matching stays O(what changed) (issue 5): 10,000 agents, 500 queues, 100,000 waiting against a hundredth of it.</summary>
public sealed class PictureScaleTests
{
    private const int Rounds = 400;

    [Fact]
    public void With_100_times_as_much_of_everything_a_match_takes_about_as_long()
    {
        Measure(100, 5, 1_000); // once for the compiler
        var small = Measure(100, 5, 1_000);
        var large = Measure(10_000, 500, 100_000);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"FIGURES match with 100 agents, 5 queues, 1,000 waiting: p50 {small.P50:F0} us, p99 {small.P99:F0} us; with 10,000, 500, 100,000: p50 {large.P50:F0} us, p99 {large.P99:F0} us");
        Assert.True(large.P50 < (small.P50 * 10) + 1_000, $"{small} → {large}");
    }

    /// <summary>Everybody is busy and everything waits; one agent after another becomes free and takes the next.</summary>
    private static (double P50, double P99) Measure(int agents, int queues, int waiting)
    {
        QueueId[] ids = [.. Enumerable.Range(0, queues).Select(q => new QueueId($"q-{q}"))];
        var settings = AccountSettings.Empty(Arrange.Account) with { Version = 1, Queues = ids.ToDictionary(q => q, q => new QueueSettings(q)), Routing = new() { PerMinute = 16 } };
        var picture = new RoutingPicture(settings);
        var states = ids.ToDictionary(q => q, q => Queue.Empty(Arrange.Account, q));
        for (var n = 0; n < waiting; n++)
        {
            var queue = ids[n * 7 % queues];
            var item = new WaitingItem(new($"c{n:D8}"), 1, Arrange.Noon + Duration.FromMilliseconds(n * 31L % 1_000_003), Arrange.Noon, ChannelClass.Live, Skills: n % 3 == 0 ? [new("french")] : null);
            states[queue] = QueueDecider.Evolve(states[queue], new(states[queue].Seq + 1, Arrange.Noon, Actor.System, "c", new ItemEntered(item, EntryKind.New)));
        }

        foreach (var state in states.Values)
        {
            picture.Load(state);
        }

        var people = new Agent[agents];
        for (var n = 0; n < agents; n++)
        {
            var id = new AgentId($"a{n:D6}");
            people[n] = Agent.Empty(Arrange.Account, id) with
            {
                Seq = 1,
                Profile = new(Queues: [ids[n % queues], ids[(n * 3 + 1) % queues], ids[(n * 5 + 2) % queues]], Skills: n % 2 == 0 ? [new("french", 3)] : null, Capacity: 0),
                Declared = new("available", true, SetBy.Agent, null, Arrange.Noon, 1),
                Reach = Reach.Connected,
            };
            picture.Apply(people[n]);
        }

        picture.Work(Arrange.Noon);
        var took = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var n = round * 37 % agents;
            var free = people[n] = people[n] with { Seq = people[n].Seq + 1, Profile = people[n].Profile! with { Capacity = 40 } };
            var started = Stopwatch.GetTimestamp();
            picture.Apply(free);
            var match = Assert.IsType<RoutingAction.Match>(Assert.Single(picture.Work(Arrange.Noon), a => a is RoutingAction.Match));
            took[round] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;

            var queue = states[match.Queue!.Value];
            var left = new ItemLeft(match.Conversation, 1, LeaveReason.Assigned);
            states[match.Queue.Value] = queue = QueueDecider.Evolve(queue, new(queue.Seq + 1, Arrange.Noon, Actor.System, "c", left));
            picture.Apply(queue, left);
            people[n] = people[n] with { Seq = people[n].Seq + 1, Profile = people[n].Profile! with { Capacity = 0 } };
            picture.Unlock(people[n].Id, null);
            picture.Apply(people[n]);
            picture.Work(Arrange.Noon);
        }

        Array.Sort(took);
        return (took[Rounds / 2], took[Rounds * 99 / 100]);
    }

    [Fact]
    public void A_decision_of_a_queue_with_100_000_waiting_takes_microseconds()
    {
        var settings = AccountSettings.Empty(Arrange.Account) with { Version = 1, Queues = new Dictionary<QueueId, QueueSettings> { [Arrange.Care] = new(Arrange.Care) } };
        var context = new Context(Arrange.Noon, Actor.System, settings);
        var state = Queue.Empty(Arrange.Account, Arrange.Care) with
        {
            Waiting = WaitingSet.Of(Enumerable.Range(0, 100_000).Select(n => new WaitingItem(new($"c{n:D8}"), 1, Arrange.Noon + Duration.FromMilliseconds(n * 31L % 100_003), Arrange.Noon, ChannelClass.Live))),
        };
        Assert.Equal(131_072, state.SnapshotEvery);
        double Run()
        {
            var started = Stopwatch.GetTimestamp();
            for (var n = 0; n < 2_000; n++)
            {
                QueueCommand command = n % 2 == 0
                    ? new EnterQueue(new(new($"n{n}"), 1, Arrange.Noon, Arrange.Noon, ChannelClass.Live), EntryKind.New)
                    : new LeaveQueue(new($"n{n - 1}"), 1, LeaveReason.Assigned);
                var accepted = Assert.IsType<Decision<QueueEvent>.Accepted>(QueueDecider.Decide(state, command, context));
                state = accepted.Events.Aggregate(state, (s, e) => QueueDecider.Evolve(s, new(s.Seq + 1, Arrange.Noon, Actor.System, "c", e)));
            }

            return Stopwatch.GetElapsedTime(started).TotalMicroseconds / 2_000;
        }

        Run();
        var each = Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"FIGURES a queue's decision with 100,000 waiting: {each:F1} us");
        Assert.Equal(100_000, state.Waiting.Count);
        Assert.True(each < 1_000, $"{each} us");
    }
}
