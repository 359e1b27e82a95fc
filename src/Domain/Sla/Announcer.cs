using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>One look at an episode's clocks while deciding: compares what they read now with what was recorded last.</summary>
/// <param name="silent">Over or blocked: nothing warns, breaks or escalates (sla.md R-CL1).</param>
internal sealed class Announcer(Turn turn, Episode episode, bool silent)
{
    private readonly Course _current = episode.Timeline.Read();
    private List<Clock>? _changed;
    private List<ClockName>? _gone;

    private Instant Now => turn.Now;

    /// <summary>Late evidence may show that an instance never was: what it announced is taken back.</summary>
    public void WithdrawGone()
    {
        foreach (var clock in episode.Clocks)
        {
            if (_current.Of(clock.Metric)?.Number >= clock.Number)
            {
                continue; // next responses older than the current one exist too: they have ended
            }

            if (clock.HasFired(SlaLevel.Breach))
            {
                turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Breach));
            }

            (_gone ??= []).Add(new(clock.Metric, clock.Number));
        }
    }

    public void Look(Instance instance, bool untouched)
    {
        var old = episode.Clock(instance.Metric, instance.Number);
        var idle = old is null
            ? IsForgotten(instance) || (untouched && instance.Ending is not null) // what ended in a history from before clocks were recorded has said all it had to say
            : untouched && (silent || !(old.Next <= Now));
        if (idle)
        {
            return;
        }

        // Silence alerts no one, and takes nothing back either (R-ST3).
        if (turn.Reader.Read(instance, Now, judged: !silent || old?.BreachedAt is not null) is not { } read)
        {
            return;
        }

        // Standing still, it is no nearer than it was: coming back from a pause is no news.
        var beyond = read.Unreachable || (read.Remaining is not null && old is { Unreachable: true } && old.Calendar == read.Calendar);
        Say(instance, old, read with { Fired = old?.Fired, Unreachable = beyond });
    }

    /// <summary>Tells how the clocks stand where the events so far do not, and settles what has grown long.</summary>
    public void Finish()
    {
        List<SettledClock>? settled = null;
        foreach (var instance in episode.Timeline.ToSettle())
        {
            if (turn.Reader.Settle(instance, episode.Timeline.From!.Value) is { } part)
            {
                (settled ??= []).Add(new(instance.Metric, instance.Number, part));
            }
        }

        if (_changed is not null || _gone is not null || settled is not null)
        {
            var tzdata = _changed?.Exists(c => c.Calendar is not null) == true ? Tzdb.Version : null;
            turn.Emit(new SlaChanged(_changed, _gone, settled, tzdata));
        }
    }

    private void Say(Instance instance, Clock? old, Clock clock)
    {
        var levels = clock.StoppedAt is null ? turn.Levels(instance, clock) : [];
        var announced = clock.HasFired(SlaLevel.Breach);
        if (old is { FulfilledAt: not null } && clock.FulfilledAt is null && clock.Metric != Metric.Resolution)
        {
            turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Fulfilment));
        }

        if (announced && clock.BreachedAt is null && !(silent && clock.Runs))
        {
            turn.Emit(new SlaWithdrawn(clock.Metric, clock.Number, Withdrawn.Breach)); // an on-time reply surfaced late (sla.md R-EV2)
            clock = clock with { Fired = [.. clock.Fired!.Where(l => l != SlaLevel.Breach)] };
        }
        else if (!announced && !silent && clock.BreachedAt is { } at && (IsCurrent(instance) || old?.BreachedAt is null))
        {
            // Answered by now, it is a fact for the record, and nothing to escalate.
            var (keys, actions) = Reached(levels, clock, instance, l => l.Kind is LevelKind.AtBreach or LevelKind.After);
            clock = Fire(clock, keys.Prepend(SlaLevel.Breach), levels, instance);
            turn.Emit(new SlaBreached(clock.Metric, clock.Number, at, clock.BreachCause ?? BreachCause.Time, [SlaLevel.Breach, .. keys], turn.Notify(actions), clock.Next));
        }
        else if (!silent && clock.StoppedAt is null && announced
            && Reached(levels, clock, instance, l => l.Kind == LevelKind.After) is { Keys.Count: > 0 } escalated)
        {
            clock = Fire(clock, escalated.Keys, levels, instance);
            turn.Emit(new SlaEscalated(clock.Metric, clock.Number, clock.BreachedAt ?? Now, escalated.Keys, turn.Notify(escalated.Actions), clock.Next));
        }
        else if (!silent && clock.StoppedAt is null && clock is { BreachedAt: null, Due: { } due }
            && Reached(levels, clock, instance, l => l.Kind is LevelKind.Before or LevelKind.Fraction) is { Keys.Count: > 0 } warned)
        {
            clock = Fire(clock, warned.Keys, levels, instance);
            turn.Emit(new SlaWarned(clock.Metric, clock.Number, due, warned.Keys, turn.Notify(warned.Actions), clock.Next));
        }

        if (clock.Unreachable && clock.Remaining is null && !silent && !(old is { Unreachable: true } && old.Calendar == clock.Calendar))
        {
            turn.Emit(new SlaUnreachable(clock.Metric, clock.Number, clock.Target, clock.Calendar));
        }

        if (clock.FulfilledAt is { } fulfilled && old?.FulfilledAt is null)
        {
            turn.Emit(new SlaFulfilled(
                clock.Metric, clock.Number, fulfilled, Met: clock.BreachedAt is null, clock.Elapsed, clock.Overrun, clock.OverrunWall));
        }

        clock = clock with { Next = Next(clock, levels, instance) };
        if (turn.State.Episode?.Clock(clock.Metric, clock.Number) is not { } recorded || !recorded.SameAs(clock))
        {
            (_changed ??= []).Add(clock);
        }
    }

    /// <summary>The levels reached by now that have not fired: all at once (sla.md R-AL2).</summary>
    private (List<string> Keys, List<SlaAction> Actions) Reached(IReadOnlyList<SlaLevel> levels, Clock clock, Instance instance, Func<SlaLevel, bool> wanted)
    {
        List<string> keys = [];
        List<SlaAction> actions = [];
        foreach (var level in levels)
        {
            if (wanted(level) && level.Concerns(clock.Metric) && !clock.HasFired(level.Key)
                && (level.Kind == LevelKind.AtBreach || turn.Reader.TimeOf(level, clock, instance, Now) <= Now))
            {
                if (level.Kind != LevelKind.AtBreach)
                {
                    keys.Add(level.Key);
                }

                actions.AddRange(level.Actions);
            }
        }

        return (keys, actions);
    }

    private Clock Fire(Clock clock, IEnumerable<string> keys, IReadOnlyList<SlaLevel> levels, Instance instance)
    {
        var fired = clock with { Fired = [.. (clock.Fired ?? []).Union(keys)] };
        return fired with { Next = Next(fired, levels, instance) };
    }

    private Instant? Next(Clock clock, IReadOnlyList<SlaLevel> levels, Instance instance)
    {
        if (clock.StoppedAt is not null || clock.Due is null)
        {
            return null; // what stands, or is beyond reach, runs out at no instant that could be named
        }

        var broken = clock.HasFired(SlaLevel.Breach);
        var next = broken ? null : clock.Due + Duration.FromMilliseconds(1);
        foreach (var level in levels)
        {
            if (level.Concerns(clock.Metric) && !clock.HasFired(level.Key) && (broken ? level.Kind == LevelKind.After : level.Kind != LevelKind.AtBreach))
            {
                next = Instants.Earliest(next, turn.Reader.TimeOf(level, clock, instance, Now));
            }
        }

        return next;
    }

    private bool IsCurrent(Instance instance) => _current.Of(instance.Metric)?.Number == instance.Number;

    /// <summary>A next response older than those remembered: it ended long ago, and has said all it had to say.</summary>
    private bool IsForgotten(Instance instance)
    {
        if (instance.Metric != Metric.NextResponse)
        {
            return false;
        }

        var (count, oldest) = (0, int.MaxValue);
        foreach (var clock in episode.Clocks)
        {
            if (clock.Metric == Metric.NextResponse)
            {
                (count, oldest) = (count + 1, Math.Min(oldest, clock.Number));
            }
        }

        return count >= Conversation.NextResponsesKept && instance.Number < oldest;
    }
}
