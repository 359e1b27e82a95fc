namespace Conversations.Domain;

/// <summary>What events say of an episode's clocks: taken as it is told, nothing is computed here. Pure and total.</summary>
internal static class ClocksEvolve
{
    public static Conversation Evolve(Conversation s, ConversationEvent @event) => s.Episode is not { } episode ? s : @event switch
    {
        SlaChanged e => s with { Episode = OnChanged(episode, e) },
        SlaWarned e => With(s, e.Metric, e.Instance, c => Fired(c, e.Levels ?? []) with { Next = e.Next }),
        SlaEscalated e => With(s, e.Metric, e.Instance, c => Fired(c, e.Levels) with { Next = e.Next }),
        SlaBreached e => With(s, e.Metric, e.Instance, c => Fired(c, e.Levels ?? [Sla.SlaLevel.Breach]) with
        {
            BreachedAt = e.At,
            BreachCause = e.Cause,
            Cancelled = false,
            Next = e.Next,
        }),
        SlaFulfilled e => With(s, e.Metric, e.Instance, c => c with
        {
            FulfilledAt = e.At,
            StoppedAt = e.At,
            Remaining = null,
            Cancelled = false,
            Elapsed = e.Elapsed,
            Overrun = e.Overrun,
            OverrunWall = e.OverrunWall,
            Next = null,
        }),
        SlaWithdrawn { What: Withdrawn.Breach } e => With(s, e.Metric, e.Instance, c => c with
        {
            BreachedAt = null,
            BreachCause = null,
            Fired = c.Fired is { } fired ? [.. fired.Where(l => l != Sla.SlaLevel.Breach)] : null,
        }),
        SlaWithdrawn e => With(s, e.Metric, e.Instance, c => c with { FulfilledAt = null, StoppedAt = null, Elapsed = null, Overrun = null, OverrunWall = null }),
        _ => s,
    };

    private static Episode OnChanged(Episode episode, SlaChanged e)
    {
        List<Clock> clocks = [.. episode.Clocks.Where(c => e.Gone?.Contains(new(c.Metric, c.Number)) != true)];
        foreach (var clock in e.Clocks ?? [])
        {
            var at = clocks.FindIndex(c => c.Metric == clock.Metric && c.Number == clock.Number);
            if (at >= 0)
            {
                clocks[at] = clock;
            }
            else
            {
                clocks.Add(clock);
            }
        }

        // Next responses come and go; first response and resolution have one instance each.
        for (var next = clocks.Count(c => c.Metric == Metric.NextResponse); next > Conversation.NextResponsesKept; next--)
        {
            clocks.Remove(clocks.Where(c => c.Metric == Metric.NextResponse).MinBy(c => c.Number)!);
        }

        var timeline = episode.Timeline;
        foreach (var settled in e.Settled ?? [])
        {
            timeline = timeline.Settle(settled.Metric, settled.Instance, settled.Part);
        }

        return episode with { Clocks = clocks, Timeline = timeline };
    }

    private static Conversation With(Conversation s, Metric metric, int number, Func<Clock, Clock> change) => s.Episode is { } episode
        ? s with { Episode = episode with { Clocks = [.. episode.Clocks.Select(c => c.Metric == metric && c.Number == number ? change(c) : c)] } }
        : s;

    private static Clock Fired(Clock clock, IReadOnlyList<string> levels) => clock with { Fired = [.. (clock.Fired ?? []).Union(levels)] };
}
