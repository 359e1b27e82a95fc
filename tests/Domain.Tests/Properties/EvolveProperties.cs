using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>Evolve is total and Decide never throws: any events in any order, even a history that makes no sense.</summary>
public sealed class EvolveProperties
{
    private static readonly Arbitrary<(Script Script, int[] Order)> Jumbled = Arb.From(
        from script in Play.Scripts.Generator
        from order in Gen.ArrayOf(Gen.Choose(0, 9_999), 80)
        select (script, order));

    [Fact]
    public void Any_events_in_any_order_give_a_state_that_can_be_seen_saved_and_asked() => Property.For(Jumbled, 200, jumbled =>
    {
        var scenario = Play.Of(jumbled.Script).Scenario;
        ConversationEvent[] pool = [.. scenario.History.Select(r => r.Event), .. Samples.Of<ConversationEvent>()];
        var state = Conversation.Empty(Arrange.Account, scenario.State.Id);
        foreach (var n in jumbled.Order)
        {
            var at = Arrange.Noon + Duration.FromSeconds((n * 7_919L % 1_000_000) - 500_000);
            state = ConversationEvolve.Evolve(state, new(state.Seq + 1, at, Actor.System, "c", pool[n % pool.Length]));
            ConversationView.Row(state);
            Promises.NextDue(state);
        }

        Assert.Equal(jumbled.Order.Length, state.Seq);
        Assert.Equal(Wire.Of(state), Wire.Of(Wire.Reread(state)));
        foreach (var command in Samples.Of<ConversationCommand>())
        {
            ConversationDecider.Decide(state, command, new(Arrange.Noon, Arrange.AnnActing, scenario.Settings));
        }
    });
}
