using NodaTime;

namespace Conversations.Domain;

/// <summary>What the clocks announce, and when they want to be looked at again.</summary>
public static class Promises
{
    /// <summary>Compares the clocks before and after a decision and emits what has become true, each level once per instance.</summary>
    internal static void Announce(Turn turn, Conversation before)
    {
        if (turn.State is not { Episode: { } episode } after || after.Clocks() is not { } clocks)
        {
            return;
        }

        var earlier = before.Episode?.Number == episode.Number ? before.Clocks() : null;
        foreach (var clock in clocks.All)
        {
            Announce(turn, clock, earlier?.All.FirstOrDefault(c => c.Metric == clock.Metric && c.Number == clock.Number), episode, after.IsOver);
        }
    }

    private static void Announce(Turn turn, Clock clock, Clock? earlier, Episode episode, bool over)
    {
        var breached = Has(episode, clock, SlaLevel.Breach);
        if (earlier is { FulfilledAt: not null } && clock.FulfilledAt is null && clock.Metric != Metric.Resolution)
        {
            turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Fulfilment));
        }

        if (breached && clock is { BreachedAt: null, FulfilledAt: not null })
        {
            turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Breach)); // an on-time reply surfaced late (sla.md R-EV2)
        }
        else if (!breached && BreachOf(clock, over, turn.Now) is { } at)
        {
            turn.Emit(new SlaBreached(clock.Metric, clock.Number, at));
        }
        else if (!over && clock.Runs && !breached && turn.Now >= clock.WarnsAt && !Has(episode, clock, SlaLevel.Warning))
        {
            turn.Emit(new SlaWarned(clock.Metric, clock.Number, clock.Due!.Value));
        }

        if (clock.FulfilledAt is { } fulfilled && earlier?.FulfilledAt is null)
        {
            turn.Emit(new SlaFulfilled(clock.Metric, clock.Number, fulfilled, Met: clock.BreachedAt is null));
        }
    }

    private static Instant? BreachOf(Clock clock, bool over, Instant now) =>
        clock.BreachedAt ?? (!over && clock.Runs && now > clock.Due ? clock.Due : null);

    /// <summary>
    /// The earliest instant at which a <see cref="Tick"/> would do something; null if never. A breach is due the millisecond
    /// after the promise ran out: it needs the due instant to have passed (sla.md R-AL3).
    /// </summary>
    public static Instant? NextDue(Conversation state)
    {
        Instant? next = null;
        foreach (var echo in state.DeferredEchoes)
        {
            next = Earliest(next, echo.Until);
        }

        if (state.IsOver)
        {
            return next;
        }

        next = Earliest(Earliest(next, state.Until), QuietUntil(state));
        if (state is { Episode: { } episode } && state.Clocks() is { } clocks)
        {
            foreach (var clock in clocks.All)
            {
                if (clock.Runs && !Has(episode, clock, SlaLevel.Breach))
                {
                    next = Earliest(next, Has(episode, clock, SlaLevel.Warning) ? clock.Due + Duration.FromMilliseconds(1) : clock.WarnsAt);
                }
            }
        }

        return next;
    }

    /// <summary>When a conversation nobody waits in closes itself; null if it does not.</summary>
    internal static Instant? QuietUntil(Conversation state) =>
        state is { Episode: { Terms.AutoCloseAfter: { } seconds } episode, Status: not ConversationStatus.Snoozed, IsOver: false }
        && episode.Timeline.Read().WaitingSince is null
            ? state.LastActivityAt + Duration.FromSeconds(seconds)
            : null;

    internal static bool Has(Episode episode, Clock clock, SlaLevel level) =>
        episode.Announced.Any(a => a.Metric == clock.Metric && a.Instance == clock.Number && a.Level == level);

    private static Instant? Earliest(Instant? a, Instant? b) => a is null ? b : b is null ? a : Instant.Min(a.Value, b.Value);
}
