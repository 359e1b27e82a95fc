using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain.Tests;

/// <summary>
/// Business time counted one step after another, by the definition alone (sla.md R-CA5): the reading of the clock on the wall
/// lies in an interval of its date. Knows nothing of the code it judges.
/// </summary>
/// <param name="step">Seconds; every boundary lies on one.</param>
internal sealed class Oracle(CalendarDefinition definition, IReadOnlyList<Pause> pauses, int step = 60)
{
    private readonly DateTimeZone _zone = DateTimeZoneProviders.Tzdb[definition.Timezone];

    public bool IsOpen(Instant t)
    {
        var local = t.InZone(_zone).LocalDateTime;
        var minutes = (local.Hour * 60) + local.Minute;
        bool Covers(IReadOnlyList<Hours> hours) => hours.Any(h => minutes >= h.Start && minutes < h.End);
        return definition.Holidays?.Contains(local.Date) != true
            && Covers(definition.Overrides?.TryGetValue(local.Date, out var instead) == true ? instead : definition.Weekly.On(local.DayOfWeek))
            && !(definition.Breaks?.TryGetValue(local.Date, out var breaks) == true && Covers(breaks));
    }

    public long Elapsed(Instant from, Instant to)
    {
        var sum = 0L;
        for (var t = from; t < to; t += Duration.FromSeconds(step))
        {
            sum += Counts(t) ? step : 0;
        }

        return sum;
    }

    /// <returns>Null if it is not due before <paramref name="until"/>.</returns>
    public Instant? Due(Instant start, long seconds, Instant until)
    {
        for (var t = start; seconds > 0; t += Duration.FromSeconds(step))
        {
            if (t >= until)
            {
                return null;
            }

            if (Counts(t))
            {
                if (seconds <= step)
                {
                    return t + Duration.FromSeconds(seconds);
                }

                seconds -= step;
            }
        }

        return start;
    }

    private bool Counts(Instant t) => IsOpen(t) && !pauses.Any(p => t >= p.From && (p.To is null || t < p.To));
}
