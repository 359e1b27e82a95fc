using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>An account's calendar. Chosen by the account.</summary>
[JsonConverter(typeof(StringIdConverter<CalendarId>))]
public readonly record struct CalendarId(string Value) : IStringId<CalendarId>
{
    public static CalendarId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>
/// When a team is at work, as people say it (sla.md R-CA2, 10). On a date: nothing if it is a holiday; else its override if it
/// has one; else the hours of its weekday; less its breaks. Dates and times are the calendar's own, in its own zone (R-TZ3, R-TZ5).
/// </summary>
public sealed record CalendarDefinition
{
    /// <summary>Far more than any team has, and little enough that no calendar is a burden to anyone.</summary>
    public const int MostDates = 5_000, MostHoursADay = 48;

    /// <summary>An IANA zone, for example <c>Europe/Berlin</c>.</summary>
    public required string Timezone { get; init; }

    public WeekHours Weekly { get; init; } = WeekHours.None;

    /// <summary>Dates without any hours.</summary>
    public IReadOnlyList<LocalDate>? Holidays { get; init; }

    /// <summary>The hours of single dates, instead of their weekday's.</summary>
    public IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>>? Overrides { get; init; }

    /// <summary>Hours taken out of single dates.</summary>
    public IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>>? Breaks { get; init; }

    /// <summary>What holidays are called, for people.</summary>
    public IReadOnlyDictionary<LocalDate, string>? HolidayNames { get; init; }

    /// <param name="now">What an override must lie after to count as open time to come; null: any date will do.</param>
    /// <returns>What is wrong with it (sla.md R-CA4); null if nothing is. It never becomes "always open" instead.</returns>
    public static Refusal? Validate(CalendarDefinition definition, Instant? now = null)
    {
        if (!Tzdb.IsZone(definition.Timezone))
        {
            return Invalid("unknown_timezone", "'timezone' is the name of an IANA zone, for example Europe/Berlin.");
        }

        foreach (var day in WeekHours.Days)
        {
            if (Wrong(definition.Weekly.On(day), $"weekly, {day}") is { } wrong)
            {
                return wrong;
            }
        }

        if (WrongDates("overrides", definition.Overrides, mayOverlap: false) is { } overrides)
        {
            return overrides;
        }

        if (WrongDates("breaks", definition.Breaks, mayOverlap: true) is { } breaks)
        {
            return breaks;
        }

        if (definition.Holidays?.Count > MostDates || definition.HolidayNames?.Count > MostDates)
        {
            return Invalid("too_many_dates", $"'holidays' has at most {MostDates:N0} dates.");
        }

        var today = now?.InZone(Tzdb.Zone(definition.Timezone)).Date;
        return WeekHours.Days.Any(day => definition.Weekly.On(day).Count > 0)
            || definition.Overrides?.Any(o => o.Value.Count > 0 && (today is null || o.Key >= today)) == true
                ? null
                : Invalid("no_open_time", "The calendar never opens: it has no hours in the week and none on a date to come.");
    }

    private static Refusal? WrongDates(string what, IReadOnlyDictionary<LocalDate, IReadOnlyList<Hours>>? dates, bool mayOverlap)
    {
        if (dates?.Count > MostDates)
        {
            return Invalid("too_many_dates", $"'{what}' has at most {MostDates:N0} dates.");
        }

        foreach (var (date, hours) in dates ?? new Dictionary<LocalDate, IReadOnlyList<Hours>>())
        {
            if (Wrong(hours, $"{what}, {LocalDateConverter.Format(date)}", mayOverlap) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static Refusal? Wrong(IReadOnlyList<Hours> hours, string where, bool mayOverlap = false)
    {
        if (hours.Count > MostHoursADay)
        {
            return Invalid("too_many_hours", $"A day has at most {MostHoursADay} intervals ({where}).");
        }

        Hours? last = null;
        foreach (var interval in hours.OrderBy(h => h.Start))
        {
            if (interval.Start < 0 || interval.Start >= interval.End || interval.End > Hours.MinutesOfDay)
            {
                return Invalid(
                    "invalid_hours",
                    $"An interval starts before it ends, from 00:00 to 24:00; {interval} does not ({where}). A shift over midnight is two: to 24:00, and from 00:00 of the next day.");
            }

            if (!mayOverlap && last is { } before && interval.Start < before.End)
            {
                return Invalid("overlapping_hours", $"{before} and {interval} overlap ({where}).");
            }

            last = interval;
        }

        return null;
    }

    private static Refusal Invalid(string code, string detail) => new(code, detail, RefusalKind.Invalid);
}

/// <summary>An interval of local wall-clock minutes, <c>[start, end)</c>; written <c>["09:00","17:00"]</c>. 24:00 is an end (sla.md R-CA3).</summary>
[JsonConverter(typeof(HoursConverter))]
public readonly record struct Hours(int Start, int End)
{
    public const int MinutesOfDay = 1_440;

    public override string ToString() => $"{Text(Start)}-{Text(End)}";

    internal static string Text(int minutes) => FormattableString.Invariant($"{minutes / 60:00}:{minutes % 60:00}");
}

/// <summary>The hours of each weekday; none given: closed.</summary>
public sealed record WeekHours(
    IReadOnlyList<Hours>? Mon = null,
    IReadOnlyList<Hours>? Tue = null,
    IReadOnlyList<Hours>? Wed = null,
    IReadOnlyList<Hours>? Thu = null,
    IReadOnlyList<Hours>? Fri = null,
    IReadOnlyList<Hours>? Sat = null,
    IReadOnlyList<Hours>? Sun = null)
{
    public static readonly WeekHours None = new();

    internal static readonly IReadOnlyList<IsoDayOfWeek> Days =
    [
        IsoDayOfWeek.Monday, IsoDayOfWeek.Tuesday, IsoDayOfWeek.Wednesday, IsoDayOfWeek.Thursday, IsoDayOfWeek.Friday, IsoDayOfWeek.Saturday, IsoDayOfWeek.Sunday,
    ];

    public IReadOnlyList<Hours> On(IsoDayOfWeek day) => day switch
    {
        IsoDayOfWeek.Monday => Mon,
        IsoDayOfWeek.Tuesday => Tue,
        IsoDayOfWeek.Wednesday => Wed,
        IsoDayOfWeek.Thursday => Thu,
        IsoDayOfWeek.Friday => Fri,
        IsoDayOfWeek.Saturday => Sat,
        IsoDayOfWeek.Sunday => Sun,
        _ => null,
    } ?? [];
}
