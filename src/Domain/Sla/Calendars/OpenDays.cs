using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>An interval of a local day in ticks since its midnight.</summary>
internal readonly record struct Open(long Start, long End);

/// <summary>
/// The hours of every local date, compiled: seven weekdays, and the dates that are not like their weekday in order. Days are
/// numbered from 1970-01-01.
/// </summary>
internal sealed class OpenDays
{
    private readonly Open[][] _week;
    private readonly int[] _dates;
    private readonly Open[][] _hours;

    public OpenDays(CalendarDefinition definition)
    {
        _week = [.. WeekHours.Days.Select(day => Union(definition.Weekly.On(day)))];
        OpenInWeek = _week.Sum(day => day.Sum(o => o.End - o.Start));
        var holidays = (definition.Holidays ?? []).ToHashSet();
        var days = holidays
            .Concat(definition.Overrides?.Keys ?? [])
            .Concat(definition.Breaks?.Keys ?? [])
            .Distinct()
            .Select(date => (Day: DayOf(date), Hours: holidays.Contains(date) ? [] : Less(Planned(definition, date), Breaks(definition, date))))
            .Where(d => !d.Hours.AsSpan().SequenceEqual(OfWeekday(d.Day)))
            .OrderBy(d => d.Day)
            .ToList();
        _dates = [.. days.Select(d => d.Day)];
        _hours = [.. days.Select(d => d.Hours)];
    }

    /// <summary>Open ticks of any seven days in a row without exceptions.</summary>
    public long OpenInWeek { get; }

    public Open[] this[int day] => Array.BinarySearch(_dates, day) is >= 0 and var at ? _hours[at] : OfWeekday(day);

    /// <summary>Where in the list of exceptions the first one on or after a day is.</summary>
    public int ExceptionFrom(int day) => Array.BinarySearch(_dates, day) is var at && at >= 0 ? at : ~at;

    public int DayOfException(int at) => at < _dates.Length ? _dates[at] : int.MaxValue;

    public Open[] HoursOfException(int at) => _hours[at];

    /// <summary>1970-01-01 was a Thursday; weekdays are numbered from Monday.</summary>
    public Open[] OfWeekday(int day) => _week[((day + 3) % 7 + 7) % 7];

    public static int DayOf(LocalDate date) => Period.DaysBetween(new(1970, 1, 1), date);

    /// <summary>What a date would have if it were no holiday and had no breaks.</summary>
    public static Open[] Planned(CalendarDefinition definition, LocalDate date) =>
        Union(definition.Overrides?.GetValueOrDefault(date) ?? definition.Weekly.On(date.DayOfWeek));

    public static Open[] Breaks(CalendarDefinition definition, LocalDate date) => Union(definition.Breaks?.GetValueOrDefault(date) ?? []);

    /// <summary>Touching pieces become one: a calendar cut differently is the same calendar (sla.md 9, I5).</summary>
    public static Open[] Union(IReadOnlyList<Hours> hours)
    {
        List<Open> union = [];
        foreach (var h in hours.OrderBy(h => h.Start))
        {
            var open = new Open(h.Start * NodaConstants.TicksPerMinute, h.End * NodaConstants.TicksPerMinute);
            if (union.Count > 0 && open.Start <= union[^1].End)
            {
                union[^1] = union[^1] with { End = Math.Max(union[^1].End, open.End) };
            }
            else
            {
                union.Add(open);
            }
        }

        return [.. union];
    }

    public static Open[] Less(Open[] hours, Open[] removed)
    {
        foreach (var gone in removed)
        {
            hours = [.. hours
                .SelectMany(o => new Open[] { new(o.Start, Math.Min(o.End, gone.Start)), new(Math.Max(o.Start, gone.End), o.End) })
                .Where(o => o.Start < o.End)];
        }

        return hours;
    }
}
