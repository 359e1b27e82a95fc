using NodaTime;

namespace Conversations.Domain;

/// <summary>What the clocks announce, and when they want to be looked at again.</summary>
public static class Promises
{
    /// <summary>Compares the clocks before and after a decision and emits what has become true, each level once per instance.</summary>
    internal static void Announce(Turn turn, Conversation before)
    {
        if (turn.State is not { Episode: { } episode, Status: not ConversationStatus.Spam })
        {
            return;
        }

        var current = episode.Timeline.Read();
        foreach (var gone in episode.Announced.Where(a => a.Level == SlaLevel.Breach && !Exists(current, a)))
        {
            turn.Emit(new SlaWithdrawn(gone.Metric, gone.Instance, Withdrawn.Breach)); // late evidence: it was never promised
        }

        var earlier = before.Episode is { } was && was.Number == episode.Number ? was.Timeline.Instances() : [];
        var instances = episode.Timeline.Instances();

        // Instances that ended earlier and were not touched are the very same objects, and have said all they had to say.
        var same = 0;
        while (same < earlier.Count && same < instances.Count && ReferenceEquals(earlier[same], instances[same]) && !instances[same].Runs)
        {
            same++;
        }

        foreach (var clock in instances.Skip(same))
        {
            Announce(turn, clock, earlier.FirstOrDefault(c => c.Metric == clock.Metric && c.Number == clock.Number), episode, current);
        }
    }

    private static void Announce(Turn turn, Clock clock, Clock? earlier, Episode episode, Clocks current)
    {
        var over = turn.State.IsOver || turn.State.Blocked; // a blocked customer alerts no one (conversation.md 2)
        var announced = Has(episode, clock, SlaLevel.Breach);
        var breach = clock.BreachedAt ?? (!over && clock.Runs && turn.Now > clock.Due ? clock.Due : null);
        if (earlier is { FulfilledAt: not null } && clock.FulfilledAt is null && clock.Metric != Metric.Resolution)
        {
            turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Fulfilment));
        }

        if (announced && breach is null && !(over && clock.Runs))
        {
            turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Breach)); // an on-time reply surfaced late (sla.md R-EV2)
        }
        else if (!announced && !over && breach is { } at && (IsCurrent(current, clock) || earlier?.BreachedAt is null))
        {
            turn.Emit(new SlaBreached(clock.Metric, clock.Number, at));
        }
        else if (!announced && !over && clock.Runs && turn.Now >= clock.WarnsAt && !Has(episode, clock, SlaLevel.Warning))
        {
            turn.Emit(new SlaWarned(clock.Metric, clock.Number, clock.Due!.Value));
        }

        if (clock.FulfilledAt is { } fulfilled && earlier?.FulfilledAt is null)
        {
            turn.Emit(new SlaFulfilled(clock.Metric, clock.Number, fulfilled, Met: clock.BreachedAt is null));
        }
    }

    private static bool IsCurrent(Clocks current, Clock clock) => current.Of(clock.Metric)?.Number == clock.Number;

    /// <summary>Next responses older than the current one exist too: they have ended.</summary>
    private static bool Exists(Clocks current, Announcement a) => current.Of(a.Metric)?.Number >= a.Instance;

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
        if (state is { Blocked: false, Episode: { } episode } && state.Clocks() is { } clocks)
        {
            foreach (var clock in clocks.All)
            {
                if (clock.Runs && !Has(episode, clock, SlaLevel.Breach))
                {
                    next = Earliest(next, clock.Due + Duration.FromMilliseconds(1));
                    next = Has(episode, clock, SlaLevel.Warning) ? next : Earliest(next, clock.WarnsAt);
                }
            }
        }

        return next;
    }

    /// <summary>When a conversation nobody waits in closes itself; null if it does not.</summary>
    internal static Instant? QuietUntil(Conversation state) =>
        state is { Episode: { Terms.AutoCloseAfter: { } seconds } episode, Status: not ConversationStatus.Snoozed, IsOver: false }
        && episode.Timeline.Read().WaitingSince is null
            ? Instant.Max(state.LastActivityAt, state.StatusAt) + Duration.FromSeconds(seconds)
            : null;

    /// <remarks>A plain loop: asked some twenty times for each message, the closures alone were 2 KB.</remarks>
    internal static bool Has(Episode episode, Clock clock, SlaLevel level)
    {
        for (var i = 0; i < episode.Announced.Count; i++)
        {
            var announced = episode.Announced[i];
            if (announced.Metric == clock.Metric && announced.Instance == clock.Number && announced.Level == level)
            {
                return true;
            }
        }

        return false;
    }

    private static Instant? Earliest(Instant? a, Instant? b) => a is null ? b : b is null ? a : Instant.Min(a.Value, b.Value);
}
