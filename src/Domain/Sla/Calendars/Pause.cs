using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>A half-open interval of the time line in which nothing counts (sla.md R-PA2).</summary>
/// <param name="To">Null: still paused.</param>
public readonly record struct Pause(Instant From, Instant? To);

/// <summary>What pauses leave of the time line. They may overlap, touch, be empty and come in any order.</summary>
internal static class Gaps
{
    /// <summary>The stretches from <paramref name="from"/> to <paramref name="until"/> (ticks) in which nothing is paused, in order.</summary>
    public static IEnumerable<(long From, long To)> Between(long from, long until, IReadOnlyList<Pause> pauses)
    {
        foreach (var pause in Union(pauses))
        {
            if (pause.From >= until)
            {
                break;
            }

            if (pause.From > from)
            {
                yield return (from, pause.From);
            }

            from = Math.Max(from, pause.To);
        }

        if (from < until)
        {
            yield return (from, until);
        }
    }

    /// <summary>As intervals that neither overlap nor touch, in order.</summary>
    public static IReadOnlyList<(long From, long To)> Union(IReadOnlyList<Pause> pauses)
    {
        if (pauses.Count == 0)
        {
            return [];
        }

        var sorted = new List<(long From, long To)>(pauses.Count);
        foreach (var pause in pauses)
        {
            var (from, to) = (pause.From.ToUnixTimeTicks(), pause.To?.ToUnixTimeTicks() ?? long.MaxValue);
            if (from < to)
            {
                sorted.Add((from, to));
            }
        }

        sorted.Sort();
        var last = 0;
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i].From <= sorted[last].To)
            {
                sorted[last] = (sorted[last].From, Math.Max(sorted[last].To, sorted[i].To));
            }
            else
            {
                sorted[++last] = sorted[i];
            }
        }

        return sorted.Count == 0 ? [] : sorted[..(last + 1)];
    }
}
