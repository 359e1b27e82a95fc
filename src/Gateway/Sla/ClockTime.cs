using Conversations.Domain;
using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Gateway.Sla;

/// <summary>Clocks in their own time: the hours of their calendar, less pauses.</summary>
internal static class ClockTime
{
    public static BusinessCalendar CalendarOf(Clock clock, AccountSettings settings) =>
        clock.Calendar is { } calendar ? settings.Calendar(calendar.Id, calendar.Version)?.Calendar ?? BusinessCalendar.Always : BusinessCalendar.Always;

    /// <returns>Whole seconds until the promise runs out, negative once it has; null if it is out of reach.</returns>
    public static long? Remaining(Clock clock, Instant now, AccountSettings settings)
    {
        if (clock.Due is not { } due)
        {
            return clock.Remaining is { } left ? (long)Math.Floor(left.TotalSeconds) : null;
        }

        var calendar = CalendarOf(clock, settings);
        return now <= due ? calendar.Elapsed(now, due, clock.Pauses ?? []) : -calendar.Elapsed(due, now, clock.Pauses ?? []);
    }

    /// <summary>Why it is due when it is. What was counted under earlier versions of its calendar is not gone into again.</summary>
    /// <returns>Null for a due time somebody set.</returns>
    public static DueExplanation? Explain(Clock clock, AccountSettings settings) => clock.ByHand
        ? null
        : CalendarOf(clock, settings).Explain(clock.CountedTo ?? clock.Start, Math.Max(0, clock.Target - (clock.Counted ?? 0)), clock.Pauses ?? []);
}
