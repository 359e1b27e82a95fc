using System.Diagnostics;
using Conversations.Domain.Sla;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>Calendars by example, and by what other systems are known to have got wrong (sla.md 1, 2).</summary>
public sealed class CalendarTests
{
    private static readonly Hours[] NineToFive = [new(540, 1_020)], AllDay = [new(0, 1_440)];

    private static CalendarDefinition Office(string zone = "Europe/Berlin") =>
        new() { Timezone = zone, Weekly = new(NineToFive, NineToFive, NineToFive, NineToFive, NineToFive) };

    private static CalendarDefinition EveryDay(string zone, params Hours[] hours) =>
        new() { Timezone = zone, Weekly = new(hours, hours, hours, hours, hours, hours, hours) };

    private static Instant At(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    private static Instant? Due(CalendarDefinition definition, string start, long seconds, params Pause[] pauses) =>
        BusinessCalendar.Compile(definition).Due(At(start), seconds, pauses);

    private static long Elapsed(CalendarDefinition definition, string from, string to) =>
        BusinessCalendar.Compile(definition).Elapsed(At(from), At(to), []);

    [Fact]
    public void A_target_that_exactly_fills_the_day_is_due_at_closing_time() =>
        Assert.Equal(At("2025-01-10T16:00:00Z"), Due(Office(), "2025-01-10T08:00:00Z", 28_800));

    [Fact]
    public void Regression_the_offset_of_today_is_not_applied_to_dates_with_another() =>
        // Friday before the clocks go forward to Monday after: the office opens at nine by its own clock, an hour earlier in UTC.
        Assert.Equal(At("2025-03-31T08:00:00Z"), Due(Office(), "2025-03-28T15:00:00Z", 7_200));

    [Theory]
    [InlineData("America/Sao_Paulo", "2015-10-17T12:00:00Z", "2015-10-20T12:00:00Z")]
    [InlineData("Asia/Beirut", "2025-03-29T12:00:00Z", "2025-04-01T12:00:00Z")]
    [InlineData("America/Havana", "2025-03-08T12:00:00Z", "2025-03-11T12:00:00Z")]
    public void Regression_a_day_that_does_not_begin_at_midnight_does_not_loop(string zone, string start, string due) =>
        Assert.Equal(At(due), Due(EveryDay(zone, AllDay), start, 3 * 86_400));

    [Fact]
    public void Regression_nothing_is_rounded_to_minutes()
    {
        Assert.Equal(At("2025-01-13T09:00:01.500Z"), Due(Office("Etc/UTC"), "2025-01-10T16:59:59.500Z", 2));
        Assert.Equal(59, Elapsed(Office("Etc/UTC"), "2025-01-10T09:00:00Z", "2025-01-10T09:00:59.999Z"));
    }

    [Fact]
    public void Regression_a_day_has_no_minute_missing_at_its_end()
    {
        Assert.Equal(At("2022-06-16T10:00:00Z"), Due(EveryDay("Europe/Berlin", AllDay), "2022-06-15T10:00:00Z", 86_400));
        Assert.Equal(7 * 86_400, Elapsed(EveryDay("Etc/UTC", AllDay), "2025-01-01T00:00:00Z", "2025-01-08T00:00:00Z"));
    }

    [Fact]
    public void Regression_a_due_time_never_falls_on_midnight_or_the_weekend_of_an_office()
    {
        var calendar = BusinessCalendar.Compile(Office());
        for (var seconds = 60L; seconds < 10 * 28_800; seconds += 1_740)
        {
            var local = calendar.Due(At("2025-01-09T15:30:00Z"), seconds, [])!.Value.InZone(DateTimeZoneProviders.Tzdb["Europe/Berlin"]);
            Assert.True(local.DayOfWeek is not (IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday) && local.Hour is >= 9 and <= 17, local.ToString());
        }
    }

    [Fact]
    public void A_night_shift_is_an_hour_shorter_in_spring_and_longer_in_autumn()
    {
        var night = EveryDay("Europe/Berlin", new Hours(0, 360));
        Assert.Equal(5 * 3_600, Elapsed(night, "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"));
        Assert.Equal(7 * 3_600, Elapsed(night, "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"));
    }

    [Fact]
    public void Hours_in_the_gap_do_not_exist_and_those_in_the_repeated_hour_come_twice()
    {
        var early = EveryDay("Europe/Berlin", new Hours(120, 180));
        Assert.Equal(0, Elapsed(early, "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"));
        Assert.Equal(2 * 3_600, Elapsed(early, "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"));
        Assert.Equal(At("2025-03-30T01:00:00Z"), BusinessCalendar.Compile(EveryDay("Europe/Berlin", new Hours(150, 240))).NextOpen(At("2025-03-30T00:30:00Z")));
    }

    [Fact]
    public void An_end_inside_the_repeated_hour_closes_and_opens_again()
    {
        var calendar = BusinessCalendar.Compile(EveryDay("Europe/Berlin", new Hours(0, 150)));
        Assert.Equal(
            [(true, "00:29"), (false, "00:30"), (false, "00:59"), (true, "01:00"), (true, "01:29"), (false, "01:30")],
            new[] { "00:29", "00:30", "00:59", "01:00", "01:29", "01:30" }.Select(t => (calendar.IsOpen(At($"2025-10-26T{t}:00Z")), t)));
    }

    [Fact]
    public void The_day_Apia_left_out_counts_nothing()
    {
        var day = EveryDay("Pacific/Apia", AllDay);
        Assert.Equal(2 * 86_400, Elapsed(day, "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"));
        Assert.Equal(At("2011-12-30T10:00:01Z"), Due(EveryDay("Pacific/Apia", NineToFive) with { Weekly = new(Thu: AllDay, Fri: NineToFive, Sat: AllDay) }, "2011-12-30T09:59:59Z", 2));
    }

    [Fact]
    public void A_holiday_cuts_a_night_shift_at_midnight()
    {
        var night = EveryDay("Etc/UTC", new(0, 360), new(1_320, 1_440)) with { Holidays = [new(2025, 12, 25)] };
        Assert.Equal(2 * 3_600, Elapsed(night, "2025-12-24T20:00:00Z", "2025-12-26T00:00:00Z"));
    }

    [Fact]
    public void A_holiday_beats_an_override_and_breaks_come_last()
    {
        var definition = Office("Etc/UTC") with
        {
            Holidays = [new(2025, 1, 6)],
            Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2025, 1, 6)] = AllDay, [new(2025, 1, 7)] = AllDay },
            Breaks = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2025, 1, 7)] = [new(60, 120), new(90, 180)] },
        };
        Assert.Equal(22 * 3_600, Elapsed(definition, "2025-01-06T00:00:00Z", "2025-01-08T00:00:00Z"));
    }

    [Fact]
    public void Pauses_are_a_union_and_cost_nothing_outside_hours()
    {
        var pauses = new Pause[]
        {
            new(At("2025-01-06T16:30:00Z"), At("2025-01-06T18:00:00Z")), new(At("2025-01-06T16:45:00Z"), At("2025-01-07T09:30:00Z")),
            new(At("2025-01-06T20:00:00Z"), At("2025-01-06T20:00:00Z")),
        };
        Assert.Equal(At("2025-01-07T11:00:00Z"), Due(Office("Etc/UTC"), "2025-01-06T16:00:00Z", 7_200, pauses));
        Assert.Null(Due(Office("Etc/UTC"), "2025-01-06T16:00:00Z", 7_200, new Pause(At("2025-01-06T16:30:00Z"), null)));
        Assert.Equal(At("2025-01-06T16:30:00Z"), Due(Office("Etc/UTC"), "2025-01-06T16:00:00Z", 1_800, new Pause(At("2025-01-06T16:30:00Z"), null)));
    }

    [Fact]
    public void What_is_never_open_again_has_no_due_time_and_takes_no_time_to_say_so()
    {
        var once = new CalendarDefinition { Timezone = "Europe/Berlin", Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2025, 1, 6)] = NineToFive } };
        Assert.Equal(At("2025-01-06T16:00:00Z"), Due(once, "2024-12-01T00:00:00Z", 28_800));
        Assert.Null(Due(once, "2024-12-01T00:00:00Z", 28_801));
        Assert.Null(BusinessCalendar.Compile(once).NextOpen(At("2025-01-06T16:00:00Z")));
        Assert.Null(Due(once, "2025-01-06T16:00:00Z", long.MaxValue));
    }

    [Fact]
    public void Looking_for_a_due_time_ends_400_days_beyond_the_target_but_paused_time_is_not_counted()
    {
        var weekly = new CalendarDefinition { Timezone = "Etc/UTC", Weekly = new(Mon: [new(0, 60)]) };
        Assert.NotNull(Due(weekly, "2025-01-06T00:00:00Z", 57 * 3_600));
        Assert.Null(Due(weekly, "2025-01-06T00:00:00Z", 60 * 3_600));
        Assert.Equal(At("2017-02-28T12:00:00Z"), Due(EveryDay("Etc/UTC", AllDay), "2015-02-19T12:00:00Z", 2 * 365 * 86_400 + (10 * 86_400)));
        Assert.Equal(At("2028-01-03T10:00:00Z"), Due(Office("Etc/UTC"), "2025-01-06T16:00:00Z", 7_200, new Pause(At("2025-01-06T17:00:00Z"), At("2028-01-01T00:00:00Z"))));
    }

    [Fact]
    public void The_ends_of_time_are_no_trouble()
    {
        foreach (var definition in new[] { Office(), EveryDay("Pacific/Apia", AllDay) })
        {
            var calendar = BusinessCalendar.Compile(definition);
            Assert.Null(calendar.Due(Instant.MaxValue, 1, []));
            Assert.Null(calendar.NextOpen(Instant.MaxValue));
            Assert.True(calendar.Elapsed(Instant.MinValue, Instant.MaxValue, []) > 0);
            Assert.NotNull(calendar.Due(Instant.MinValue, 1, []));
            Assert.NotEmpty(calendar.Explain(Instant.MaxValue - Duration.FromDays(9), 10_000_000, []).Segments);
        }
    }

    [Fact]
    public void Always_is_physical_time()
    {
        Assert.Equal(At("2025-03-10T00:00:00Z"), BusinessCalendar.Always.Due(At("2025-03-09T00:00:00Z"), 86_400, []));
        Assert.Equal(31_536_000, BusinessCalendar.Always.Elapsed(At("2025-01-01T00:00:00Z"), At("2026-01-01T00:00:00Z"), []));
    }

    /// <summary>I11. The best of many: what the machine does beside it is not ours to judge.</summary>
    [Fact]
    public void A_due_time_a_year_ahead_in_a_calendar_with_500_holidays_takes_less_than_a_millisecond()
    {
        var calendar = BusinessCalendar.Compile(Office() with { Holidays = [.. Enumerable.Range(0, 500).Select(i => new LocalDate(2025, 1, 1).PlusDays(2 * i))] });
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 200; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.NotNull(calendar.Due(At("2025-01-01T00:00:00Z"), 130 * 28_800, []));
            best = Stopwatch.GetElapsedTime(started) is var took && took < best ? took : best;
        }

        Assert.True(best < TimeSpan.FromMilliseconds(1), $"{best.TotalMilliseconds} ms");
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "zone", "unknown_timezone" }, { "offset", "unknown_timezone" }, { "case", "unknown_timezone" }, { "empty", "invalid_hours" }, { "backwards", "invalid_hours" },
        { "overlap", "overlapping_hours" }, { "overlap unsorted", "overlapping_hours" }, { "override", "invalid_hours" }, { "break", "invalid_hours" },
        { "override overlap", "overlapping_hours" }, { "never", "no_open_time" }, { "past override", "no_open_time" }, { "empty override", "no_open_time" },
        { "dates", "too_many_dates" }, { "many", "too_many_hours" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_calendar_nobody_could_keep_is_refused_by_name(string what, string code)
    {
        static Dictionary<LocalDate, IReadOnlyList<Hours>> On(LocalDate date, params Hours[] hours) => new() { [date] = hours };
        var office = Office();
        var definition = what switch
        {
            "zone" => Office("Europe/Atlantis"),
            "offset" => Office("UTC+05:00"),
            "case" => Office("europe/berlin"),
            "empty" => EveryDay("Etc/UTC", new Hours(540, 540)),
            "backwards" => EveryDay("Etc/UTC", new Hours(1_320, 360)),
            "overlap" => EveryDay("Etc/UTC", new(540, 720), new(719, 1_020)),
            "overlap unsorted" => EveryDay("Etc/UTC", new(719, 1_020), new(540, 720)),
            "override" => office with { Overrides = On(new(2027, 1, 1), new Hours(600, 540)) },
            "break" => office with { Breaks = On(new(2027, 1, 1), new Hours(600, 540)) },
            "override overlap" => office with { Overrides = On(new(2027, 1, 1), new(540, 600), new(570, 660)) },
            "never" => new() { Timezone = "Etc/UTC" },
            "past override" => new() { Timezone = "Etc/UTC", Overrides = On(new(2026, 11, 20), NineToFive) },
            "empty override" => new() { Timezone = "Etc/UTC", Overrides = On(new(2027, 11, 20)) },
            "dates" => office with { Holidays = [.. Enumerable.Range(0, 5_001).Select(i => new LocalDate(2025, 1, 1).PlusDays(i))] },
            _ => EveryDay("Etc/UTC", [.. Enumerable.Range(0, 49).Select(i => new Hours(i, i + 1))]),
        };
        Assert.Equal((code, RefusalKind.Invalid), CalendarDefinition.Validate(definition, Arrange.Noon) is { } refusal ? (refusal.Code, refusal.Kind) : default);
    }

    [Fact]
    public void Touching_intervals_breaks_that_overlap_and_an_override_to_come_are_fine()
    {
        Assert.Null(CalendarDefinition.Validate(EveryDay("Etc/UTC", new(540, 720), new(720, 1_440)), Arrange.Noon));
        Assert.Null(CalendarDefinition.Validate(
            new() { Timezone = "Etc/UTC", Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2026, 11, 21)] = NineToFive } }, Arrange.Noon));
    }
}
