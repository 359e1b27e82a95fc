using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// What the clocks announce, and when they want to be looked at again. Clocks are read with their calendars here, while
/// deciding; what was read is written into the events, so that neither replaying nor the deadline index needs a calendar.
/// </summary>
public static class Promises
{
    /// <summary>Reads the clocks that a decision or the time has changed, and emits what has become true, each level once per instance.</summary>
    internal static void Announce(Turn turn, Conversation before)
    {
        Policies.FollowCalendars(turn);
        if (turn.State.Episode is not { } episode)
        {
            return;
        }

        var silent = turn.State.IsOver || turn.State.Blocked; // a blocked customer alerts no one (conversation.md 2)
        var was = before.Episode is { } same && same.Number == episode.Number ? same : null;
        if (ReferenceEquals(was?.Timeline, episode.Timeline) && (silent || !IsDue(episode, turn.Now)))
        {
            return;
        }

        var announcer = new Announcer(turn, episode, silent);
        announcer.WithdrawGone();
        var earlier = was?.Timeline.Instances() ?? [];
        var instances = episode.Timeline.Instances();
        for (var i = 0; i < instances.Count; i++)
        {
            // An instance that nothing has touched is the very same object.
            var instance = instances[i];
            var untouched = i < earlier.Count && ReferenceEquals(earlier[i], instance) || earlier.Contains(instance, ReferenceEqualityComparer.Instance);
            announcer.Look(instance, untouched);
        }

        announcer.Finish();
    }

    /// <summary>
    /// The earliest instant at which a <see cref="Tick"/> would do something; null if never. A breach is due the millisecond
    /// after the promise ran out: it needs the due instant to have passed (sla.md R-AL3).
    /// </summary>
    public static Instant? NextDue(Conversation state)
    {
        Instant? next = null;
        foreach (var echo in state.DeferredEchoes)
        {
            next = Instants.Earliest(next, echo.Until);
        }

        if (state.IsOver)
        {
            return next;
        }

        next = Instants.Earliest(Instants.Earliest(next, state.Until), QuietUntil(state));
        if (state is { Blocked: false, Episode: { } episode })
        {
            for (var i = 0; i < episode.Clocks.Count; i++)
            {
                next = Instants.Earliest(next, episode.Clocks[i].Next);
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

    private static bool IsDue(Episode episode, Instant now)
    {
        for (var i = 0; i < episode.Clocks.Count; i++)
        {
            if (episode.Clocks[i].Next <= now)
            {
                return true;
            }
        }

        return false;
    }
}
