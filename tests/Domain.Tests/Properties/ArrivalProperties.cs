using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md P5 and sla.md I6: clocks depend on when things happened, not on when we heard of them.</summary>
public sealed class ArrivalProperties
{
    /// <param name="At">Seconds after noon, distinct.</param>
    /// <param name="Delay">Seconds until it arrives.</param>
    internal sealed record Message(int At, int Delay, bool FromCustomer, bool Auto);

    internal sealed record Thread(int Channel, IReadOnlyList<Message> Messages)
    {
        public override string ToString() => $"channel {Channel}: {string.Join(' ', Messages)}";
    }

    private static readonly Arbitrary<Thread> Threads = Arb.From(
        from channel in Gen.Elements(0, 1, 3, 5, Play.UnderOnePolicy)
        from count in Gen.Choose(1, 40)
        from times in Gen.Shuffle(Enumerable.Range(0, 400).Select(n => n * 37).ToArray())
        from messages in Gen.ListOf(
            from delay in Gen.Frequency((2, Gen.Choose(0, 5)), (2, Gen.Choose(0, 900)), (1, Gen.Choose(0, 20_000)))
            from customer in Gen.Frequency((3, Gen.Constant(true)), (2, Gen.Constant(false)))
            from auto in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
            select (delay, customer, auto), count)
        select new Thread(channel, [.. messages.Select((m, i) => new Message(times[i], m.delay, m.customer, m.auto))]),
        thread => Enumerable.Range(0, thread.Messages.Count).Select(i => thread with { Messages = [.. thread.Messages.Where((_, j) => j != i)] }));

    [Fact]
    public void P5_however_messages_arrive_the_clocks_are_the_same() => Property.For(Threads, 400, thread =>
    {
        var inOrder = ClocksAfter(thread with { Messages = [.. thread.Messages.Select(m => m with { Delay = 0 })] });
        Assert.Equal(inOrder, ClocksAfter(thread));
        Assert.Equal(inOrder, ClocksAfter(thread with { Messages = [.. thread.Messages.Select(m => m with { Delay = 40_000 - (2 * m.At) })] }));
    });

    private static string ClocksAfter(Thread thread)
    {
        var scenario = Given.Conversation(Play.Channels[thread.Channel]);
        foreach (var m in thread.Messages.OrderBy(m => m.At + m.Delay).ThenBy(m => m.At))
        {
            var sentAt = Arrange.Noon + Duration.FromSeconds(m.At);
            scenario.RunTo(sentAt + Duration.FromSeconds(m.Delay))
                .When(m.FromCustomer ? scenario.Inbound("x", sentAt, auto: m.Auto) : scenario.Outbound("y", sentAt, auto: m.Auto));
            Assert.Null(scenario.Refusal);
        }

        var row = scenario.RunTo(Arrange.Noon + Duration.FromDays(2)).Row;
        return string.Join('\n', new[] { row.FirstResponse, row.NextResponse, row.Resolution }.Select(c =>
            $"{c?.Metric} {c?.Number} {c?.Start} {c?.Due} {c?.Status} {c?.FulfilledAt} {c?.BreachedAt} {c?.Elapsed} {c?.Overrun}")) + $"\n{row.WaitingSince} {row.FirstRespondedAt}";
    }
}
