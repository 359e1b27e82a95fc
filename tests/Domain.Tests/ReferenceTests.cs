using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>conversation.md 3: a change may arrive before the message it refers to; it waits for it.</summary>
public sealed class ReferenceTests
{
    private static readonly MessageRef Known = new(new("c1"), new("c1-3"), 3);
    private static readonly WaitingChange Deletion = new("e-1", new MessageChange.Deleted());

    private Reference _state = Reference.Empty(Arrange.Account);
    private Instant _now = Arrange.Noon;

    private IReadOnlyList<ReferenceEvent> When(ReferenceCommand command)
    {
        var decision = Assert.IsType<Decision<ReferenceEvent>.Accepted>(
            ReferenceDecider.Decide(_state, command, new(_now, Actor.System, Arrange.Settings())));
        foreach (var e in decision.Events)
        {
            _state = ReferenceDecider.Evolve(_state, new(_state.Seq + 1, _now, Actor.System, "c", e));
        }

        return decision.Events;
    }

    [Fact]
    public void A_change_waits_and_is_handed_on_in_order_once_its_message_is_known()
    {
        When(new AwaitMessage("k", Deletion));
        When(new AwaitMessage("k", Deletion with { EventId = "e-2" }));
        Assert.Equal(_now + Duration.FromSeconds(1), _state.NextLook);

        var resolved = Assert.IsType<ReferenceResolved>(Assert.Single(When(new LookAgain("k", Known))));
        Assert.Equal((Known, "e-1 e-2"), (resolved.Message, string.Join(' ', resolved.Changes.Select(c => c.EventId))));
        Assert.Null(_state.NextLook);
        Assert.Empty(When(new LookAgain("k", Known)));
    }

    [Fact]
    public void A_change_whose_message_became_known_meanwhile_takes_those_that_wait_with_it()
    {
        When(new AwaitMessage("k", Deletion));
        var resolved = Assert.IsType<ReferenceResolved>(Assert.Single(When(new AwaitMessage("k", Deletion with { EventId = "e-2" }, Known))));
        Assert.Equal(2, resolved.Changes.Count);
    }

    [Fact]
    public void It_looks_less_and_less_often_not_before_its_time_and_gives_up_after_seven_days()
    {
        When(new AwaitMessage("k", Deletion));
        Assert.Empty(When(new LookAgain("k")));
        var (looks, pause) = (0, Duration.Zero);
        while (_state.NextLook is { } next)
        {
            Assert.True(next - _now >= pause);
            pause = next - _now;
            _now = next;
            var e = Assert.Single(When(new LookAgain("k")));
            if (e is ReferenceExpired expired)
            {
                Assert.Equal(1, expired.Changes);
            }

            looks++;
        }

        Assert.InRange(_now - Arrange.Noon, Duration.FromDays(7), Duration.FromDays(7.5));
        Assert.InRange(looks, 10, 60);
        Assert.Empty(_state.Waiting);
    }

    [Fact]
    public void A_key_used_again_after_it_was_forgotten_starts_afresh()
    {
        When(new AwaitMessage("k", Deletion));
        _now += Duration.FromDays(8);
        Assert.IsType<ReferenceExpired>(Assert.Single(When(new LookAgain("k"))));
        When(new AwaitMessage("k", Deletion));
        Assert.Equal((_now, 0, _now + Duration.FromSeconds(1)), (_state.Since, _state.Looked, _state.NextLook!.Value));
    }

    [Fact]
    public void What_waits_for_one_unseen_message_is_bounded()
    {
        for (var i = 0; i < Reference.MostWaiting; i++)
        {
            When(new AwaitMessage("k", Deletion with { EventId = $"e-{i}" }));
        }

        var decision = ReferenceDecider.Decide(_state, new AwaitMessage("k", Deletion), new(_now, Actor.System, Arrange.Settings()));
        Assert.Equal("too_many_waiting", Assert.IsType<Decision<ReferenceEvent>.Refused>(decision).Refusal.Code);
    }
}
