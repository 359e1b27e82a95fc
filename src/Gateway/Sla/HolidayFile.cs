using Conversations.Domain;
using Conversations.Gateway.Http;
using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;
using NodaTime;
using Period = NodaTime.Period;

namespace Conversations.Gateway.Sla;

/// <summary>
/// Holidays out of an iCalendar file (RFC 5545), read with Ical.Net: all-day events, several days long or repeating, less their
/// exceptions. Dates are taken as they are written: a holiday is on its date wherever the calendar is.
/// </summary>
internal static class HolidayFile
{
    public const int MostEvents = 2_000, MostIgnored = 100;

    /// <summary>Rules are played from their first date: a rule of a century ago, several dates a year, is still far below.</summary>
    private const int MostDates = 20_000, LongestEvent = 366;

    private const int YearsAhead = 10;

    /// <summary>A rule that matches nothing (the 30th of February) is given up after that many years or months.</summary>
    private static readonly EvaluationOptions Bounded = new() { MaxUnmatchedIncrementsLimit = 200 };

    /// <param name="today">Holidays are taken from the beginning of the year before it to ten years after.</param>
    public static Refusal? Read(string text, LocalDate today, out IReadOnlyList<Holiday> holidays, out IReadOnlyList<IgnoredEvent> ignored)
    {
        (holidays, ignored) = ([], []);
        if (!text.AsSpan().TrimStart("\uFEFF \t\r\n").StartsWith("BEGIN:VCALENDAR", StringComparison.OrdinalIgnoreCase))
        {
            return Invalid("an iCalendar file begins with BEGIN:VCALENDAR.");
        }

        try
        {
            var events = CalendarCollection.Load(text).SelectMany(calendar => calendar.Events).Take(MostEvents + 1).ToList();
            if (events.Count > MostEvents)
            {
                return Invalid($"it has more than {MostEvents:N0} events.");
            }

            var reading = new Reading(new(today.Year - 1, 1, 1), today.PlusYears(YearsAhead));
            reading.Take(events);
            (holidays, ignored) = ([.. reading.Found.Select(f => new Holiday(f.Key, f.Value))], reading.Ignored);
            return reading.TooMany ? Invalid("its rules give too many dates.") : null;
        }
#pragma warning disable CA1031 // The parser throws whatever comes to hand; all of it says that the file is not one.
        catch (Exception failure) when (failure is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            return Invalid("a part of it does not read as RFC 5545 wants it.");
        }
    }

    private static Refusal Invalid(string why) => Input.Invalid("invalid_icalendar", $"This file cannot be taken: {why}");

    private sealed class Reading(LocalDate from, LocalDate to)
    {
        private readonly List<IgnoredEvent> _ignored = [];
        private int _dates;

        public SortedDictionary<LocalDate, string?> Found { get; } = [];
        public IReadOnlyList<IgnoredEvent> Ignored => _ignored;
        public bool TooMany => _dates > MostDates;

        public void Take(IReadOnlyList<CalendarEvent> events)
        {
            // A single date of a series that was moved or called off is an event of its own.
            var moved = events.Where(e => e.RecurrenceIdentifier is not null).Select(e => (e.Uid, e.RecurrenceIdentifier!.StartTime.Date)).ToHashSet();
            foreach (var e in events.TakeWhile(_ => !TooMany))
            {
                if (Why(e) is { } reason)
                {
                    Ignore(e, reason);
                }
                else
                {
                    Take(e, moved);
                }
            }
        }

        private static string? Why(CalendarEvent e) =>
            e.Start is null or { HasTime: true } ? "timed"
            : string.Equals(e.Status, "CANCELLED", StringComparison.OrdinalIgnoreCase) ? "cancelled"
            : e.Properties.Count(p => string.Equals(p.Name, "RRULE", StringComparison.OrdinalIgnoreCase)) > 1 ? "too_frequent" // RFC 5545: at most once
            : e.RecurrenceRule is { } rule
                && (rule.Frequency is not (FrequencyType.Yearly or FrequencyType.Monthly) || rule.ByHour.Count + rule.ByMinute.Count + rule.BySecond.Count > 0) ? "too_frequent"
            : null;

        private void Take(CalendarEvent e, HashSet<(string? Uid, DateOnly Date)> moved)
        {
            var any = false;
            foreach (var occurrence in Played(e))
            {
                var first = LocalDate.FromDateOnly(occurrence.Period.StartTime.Date);
                if (first > to || ++_dates > MostDates)
                {
                    break;
                }

                if (e.RecurrenceIdentifier is null && moved.Contains((e.Uid, occurrence.Period.StartTime.Date)))
                {
                    continue;
                }

                var end = occurrence.Period.EffectiveEndTime is { } until ? LocalDate.FromDateOnly(until.Date) : first;
                var days = Math.Clamp(Period.DaysBetween(first, end), 1, LongestEvent);
                foreach (var date in Enumerable.Range(0, days).Select(first.PlusDays).Where(d => d >= from && d <= to))
                {
                    any = true;
                    Found[date] = Found.GetValueOrDefault(date) ?? NameOf(e);
                }
            }

            if (!any)
            {
                Ignore(e, "outside");
            }
        }

        /// <summary>Ical.Net throws when a rule matches nothing for long, or runs out of years: there is no more of it.</summary>
        private static IEnumerable<Occurrence> Played(CalendarEvent e)
        {
            using var occurrences = e.GetOccurrences(null, Bounded).GetEnumerator();
            while (Next(occurrences))
            {
                yield return occurrences.Current;
            }

            static bool Next(IEnumerator<Occurrence> occurrences)
            {
                try
                {
                    return occurrences.MoveNext();
                }
                catch (EvaluationException)
                {
                    return false;
                }
            }
        }

        private void Ignore(CalendarEvent e, string reason)
        {
            if (_ignored.Count < MostIgnored)
            {
                _ignored.Add(new(NameOf(e), reason));
            }
        }

        private static string? NameOf(CalendarEvent e) =>
            string.IsNullOrWhiteSpace(e.Summary) || Input.Text("name", e.Summary, int.MaxValue) is not null ? null
            : e.Summary.Length > Input.LongestName ? e.Summary[..(Input.LongestName - 1)] + "…"
            : e.Summary;
    }
}
