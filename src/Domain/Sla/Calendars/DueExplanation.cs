using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>Why a promise is due when it is (sla.md R-CA6, R-TZ4).</summary>
/// <param name="Seconds">The target: open seconds.</param>
/// <param name="Due">Null: not within 400 days beyond the target, or not before a pause that has no end yet.</param>
/// <param name="Tzdata">The version of the time-zone rules it was computed with.</param>
/// <param name="Segments">The open time it took, in order; together as long as the target if it is due.</param>
/// <param name="Skipped">What was passed over between start and due, in order.</param>
/// <param name="Shortened">True if there was more to list than <see cref="Most"/> of each.</param>
public sealed record DueExplanation(
    Instant Start,
    long Seconds,
    Instant? Due,
    string Timezone,
    string Tzdata,
    IReadOnlyList<OpenSegment> Segments,
    IReadOnlyList<SkippedTime> Skipped,
    bool Shortened)
{
    /// <summary>A year of split days.</summary>
    public const int Most = 750;
}

/// <param name="Seconds">Whole seconds, of which a fraction left over by those before is a part.</param>
public sealed record OpenSegment(Instant From, Instant To, long Seconds);

[JsonConverter(typeof(CamelCaseEnumConverter<SkipReason>))]
public enum SkipReason { Holiday, Override, Break, Pause }

/// <summary>Something that moved the due time, or would have if it had not fallen on closed hours.</summary>
/// <param name="Seconds">Open seconds that did not count because of it. Of an override: those of its weekday's hours it does without.</param>
/// <param name="Date">The calendar's local date; null for a pause.</param>
/// <param name="Name">What the holiday is called.</param>
/// <param name="From">Of a pause.</param>
/// <param name="To">Of a pause; null: it has no end yet.</param>
public sealed record SkippedTime(SkipReason Reason, long Seconds, LocalDate? Date = null, string? Name = null, Instant? From = null, Instant? To = null);

internal sealed class Explainer(BusinessCalendar calendar)
{
    private readonly CalendarDefinition _definition = calendar.Definition;
    private readonly HashSet<LocalDate> _holidays = [.. calendar.Definition.Holidays ?? []];

    public DueExplanation Explain(Instant start, long seconds, IReadOnlyList<Pause> pauses)
    {
        var due = calendar.Due(start, seconds, pauses);
        var (from, until) = (start.ToUnixTimeTicks(), (due ?? End(start, pauses)).ToUnixTimeTicks());
        var segments = Segments(from, until, pauses).Take(DueExplanation.Most + 1).ToList();
        var skipped = Dates(from, until).Concat(Pauses(from, until, pauses)).OrderBy(s => s.At).Take(DueExplanation.Most + 1).ToList();
        return new(
            start, seconds, due, _definition.Timezone, Tzdb.Version,
            [.. segments.Take(DueExplanation.Most)],
            [.. skipped.Take(DueExplanation.Most).Select(s => s.Skipped)],
            segments.Count > DueExplanation.Most || skipped.Count > DueExplanation.Most);
    }

    /// <summary>What never comes due is told up to where the last pause begins, or for as long as was looked.</summary>
    private static Instant End(Instant start, IReadOnlyList<Pause> pauses) =>
        pauses.Where(p => p.To is null).Select(p => (Instant?)p.From).Min() is { } stopped ? Instant.Max(start, stopped)
        : start > Instant.MaxValue - BusinessCalendar.Reach ? Instant.MaxValue
        : start + BusinessCalendar.Reach;

    /// <summary>Their whole seconds add up: what is cut off one is counted in the next, so that together they are the target.</summary>
    private IEnumerable<OpenSegment> Segments(long from, long until, IReadOnlyList<Pause> pauses)
    {
        var taken = 0L;
        foreach (var open in Gaps.Between(from, until, pauses).SelectMany(gap => calendar.Segments(gap.From, gap.To)))
        {
            var before = Whole(taken);
            taken += open.To - open.From;
            yield return new(Instant.FromUnixTimeTicks(open.From), Instant.FromUnixTimeTicks(open.To), Whole(taken) - before);
        }
    }

    private IEnumerable<(long At, SkippedTime Skipped)> Dates(long from, long until)
    {
        if (from >= until)
        {
            yield break;
        }

        var (first, last) = (calendar.DayAt(from), calendar.DayAt(until - 1));
        bool Within(LocalDate date) => OpenDays.DayOf(date) is var day && day >= first && day <= last;
        foreach (var date in _holidays.Where(Within))
        {
            var lost = OpenDays.Less(OpenDays.Planned(_definition, date), OpenDays.Breaks(_definition, date));
            yield return Of(SkipReason.Holiday, date, lost, _definition.HolidayNames?.GetValueOrDefault(date));
        }

        bool Works(LocalDate date) => Within(date) && !_holidays.Contains(date);
        foreach (var (date, hours) in (_definition.Overrides ?? new Dictionary<LocalDate, IReadOnlyList<Hours>>()).Where(o => Works(o.Key)))
        {
            yield return Of(SkipReason.Override, date, OpenDays.Less(OpenDays.Union(_definition.Weekly.On(date.DayOfWeek)), OpenDays.Union(hours)));
        }

        foreach (var date in (_definition.Breaks?.Keys ?? []).Where(Works))
        {
            var planned = OpenDays.Planned(_definition, date);
            var taken = Of(SkipReason.Break, date, OpenDays.Less(planned, OpenDays.Less(planned, OpenDays.Breaks(_definition, date))));
            if (taken.Skipped.Seconds > 0)
            {
                yield return taken;
            }
        }

        (long At, SkippedTime Skipped) Of(SkipReason reason, LocalDate date, Open[] lost, string? name = null) => (
            OpenDays.DayOf(date) * NodaConstants.TicksPerDay,
            new(reason, Whole(calendar.Reading(date, lost, from, until)), date, name));
    }

    private IEnumerable<(long At, SkippedTime Skipped)> Pauses(long from, long until, IReadOnlyList<Pause> pauses)
    {
        foreach (var (begin, end) in Gaps.Union(pauses))
        {
            var (f, t) = (Math.Max(begin, from), Math.Min(end, until));
            if (begin <= until && end > from)
            {
                var lost = f < t ? calendar.Elapsed(Instant.FromUnixTimeTicks(f), Instant.FromUnixTimeTicks(t), []) : 0;
                yield return (f, new(
                    SkipReason.Pause, lost, From: Instant.FromUnixTimeTicks(begin), To: end == long.MaxValue ? null : Instant.FromUnixTimeTicks(end)));
            }
        }
    }

    private static long Whole(long ticks) => ticks / NodaConstants.TicksPerSecond;
}
