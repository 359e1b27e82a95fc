using Conversations.Domain.Sla;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>sla.md 9: I1–I5, and the counting of every minute.</summary>
public sealed class CalendarProperties
{
    private static readonly Duration Second = Duration.FromSeconds(1);

    private static readonly Arbitrary<(Case Case, int First, int Second)> WithTwoSpans = Arb.From(
        from @case in AnyCalendar.Cases
        from first in Gen.Choose(0, 500_000)
        from second in Gen.Choose(0, 500_000)
        select (@case, first, second));

    [Fact]
    public void Elapsed_time_is_what_counting_every_minute_gives() => Property.For(WithTwoSpans, 400, x =>
    {
        var to = x.Case.Start + Duration.FromMinutes(x.First / 60);
        Assert.Equal(new Oracle(x.Case.Definition, x.Case.Pauses).Elapsed(x.Case.Start, to), x.Case.Calendar.Elapsed(x.Case.Start, to, x.Case.Pauses));
    });

    [Fact]
    public void A_due_time_is_what_counting_every_minute_gives() => Property.For(AnyCalendar.All, 400, x =>
    {
        var until = x.Start + Duration.FromDays(20);
        var due = x.Calendar.Due(x.Start, x.Seconds, x.Pauses);
        Assert.Equal(new Oracle(x.Definition, x.Pauses).Due(x.Start, x.Seconds, until), due > until ? null : due);
    });

    [Fact]
    public void What_is_open_and_what_opens_next_is_what_looking_at_every_minute_gives() => Property.For(AnyCalendar.All, 200, x =>
    {
        var oracle = new Oracle(x.Definition, []);
        var calendar = x.Calendar;
        var until = x.Start + Duration.FromDays(4);
        Instant? opens = null;
        for (var t = x.Start; t < until; t += Duration.FromMinutes(1))
        {
            var open = oracle.IsOpen(t);
            Assert.Equal(open, calendar.IsOpen(t));
            opens ??= open ? t : null;
        }

        var next = calendar.NextOpen(x.Start);
        Assert.Equal(opens, next >= until ? null : next);
    });

    [Fact]
    public void Offsets_of_odd_seconds_are_counted_second_by_second()
    {
        // Liberia was 44 min 30 s behind Greenwich until 1972-01-07.
        var definition = new CalendarDefinition { Timezone = "Africa/Monrovia", Weekly = new(Thu: [new(540, 1_020)], Fri: [new(0, 30), new(540, 1_020)]) };
        var oracle = new Oracle(definition, [], step: 1);
        var calendar = BusinessCalendar.Compile(definition);
        var (from, to) = (Instant.FromUtc(1972, 1, 6, 16, 59, 13), Instant.FromUtc(1972, 1, 7, 12, 0, 1));
        Assert.Equal(oracle.Elapsed(from, to), calendar.Elapsed(from, to, []));
        Assert.Equal(oracle.Due(from, 5_000, to), calendar.Due(from, 5_000, []));
    }

    [Fact]
    public void I1_elapsed_time_adds_up() => Property.For(WithTwoSpans, 1_000, x =>
    {
        var (a, b) = (x.Case.Start, x.Case.Start + Duration.FromSeconds(x.First));
        var c = b + Duration.FromSeconds(x.Second);
        var calendar = x.Case.Calendar;
        Assert.Equal(calendar.Elapsed(a, c, x.Case.Pauses), calendar.Elapsed(a, b, x.Case.Pauses) + calendar.Elapsed(b, c, x.Case.Pauses));
        Assert.Equal(0, calendar.Elapsed(c, b, x.Case.Pauses));
    });

    [Fact]
    public void I2_a_due_time_is_the_first_instant_by_which_the_target_has_passed() => Property.For(AnyCalendar.All, 1_000, x =>
    {
        if (x.Calendar.Due(x.Start, x.Seconds, x.Pauses) is { } due)
        {
            Assert.Equal(x.Seconds, x.Calendar.Elapsed(x.Start, due, x.Pauses));
            Assert.True(x.Seconds == 0 ? due == x.Start : x.Calendar.Elapsed(x.Start, due - Second, x.Pauses) < x.Seconds);
        }
    });

    [Fact]
    public void I3_a_later_start_or_a_longer_target_is_never_due_earlier() => Property.For(WithTwoSpans, 1_000, x =>
    {
        var calendar = x.Case.Calendar;
        var due = calendar.Due(x.Case.Start, x.Case.Seconds, x.Case.Pauses);
        NotEarlier(calendar.Due(x.Case.Start + Duration.FromSeconds(x.First), x.Case.Seconds, x.Case.Pauses), due);
        NotEarlier(calendar.Due(x.Case.Start, x.Case.Seconds + x.Second, x.Case.Pauses), due);
    });

    [Fact]
    public void I4_a_holiday_a_break_or_a_pause_more_never_makes_a_due_time_earlier() => Property.For(AnyCalendar.All, 1_000, x =>
    {
        var due = x.Calendar.Due(x.Start, x.Seconds, x.Pauses);
        var date = x.Start.InZone(DateTimeZoneProviders.Tzdb[x.Definition.Timezone]).Date.PlusDays((int)(x.Seconds % 3));
        Hours[] hours = [new(0, 720)];
        NotEarlier((x with { Definition = x.Definition with { Holidays = [.. x.Definition.Holidays!, date] } }).Calendar.Due(x.Start, x.Seconds, x.Pauses), due);
        NotEarlier(x.Calendar.Due(x.Start, x.Seconds, [.. x.Pauses, new(x.Start + Duration.FromHours(1), x.Start + Duration.FromHours(30))]), due);

        var breaks = new Dictionary<LocalDate, IReadOnlyList<Hours>>(x.Definition.Breaks!);
        breaks[date] = [.. breaks.GetValueOrDefault(date) ?? [], .. hours];
        NotEarlier((x with { Definition = x.Definition with { Breaks = breaks } }).Calendar.Due(x.Start, x.Seconds, x.Pauses), due);
    });

    [Fact]
    public void I5_a_calendar_whose_intervals_are_cut_in_two_is_the_same_calendar() => Property.For(AnyCalendar.All, 500, x =>
    {
        var week = x.Definition.Weekly;
        var cut = x with
        {
            Definition = x.Definition with { Weekly = new(Cut(week.Mon), Cut(week.Tue), Cut(week.Wed), Cut(week.Thu), Cut(week.Fri), Cut(week.Sat), Cut(week.Sun)) },
        };
        Assert.Null(CalendarDefinition.Validate(cut.Definition with { Overrides = null, Breaks = null, Weekly = cut.Definition.Weekly with { Wed = [new(0, 1_440)] } }));
        Assert.Equal(x.Calendar.Due(x.Start, x.Seconds, x.Pauses), cut.Calendar.Due(x.Start, x.Seconds, x.Pauses));
        Assert.Equal(x.Calendar.Explain(x.Start, x.Seconds, x.Pauses).Segments, cut.Calendar.Explain(x.Start, x.Seconds, x.Pauses).Segments);

        static IReadOnlyList<Hours> Cut(IReadOnlyList<Hours>? hours) =>
            [.. (hours ?? []).SelectMany(h => h.End - h.Start < 2 ? [h] : new Hours[] { new(h.Start + ((h.End - h.Start) / 2), h.End), new(h.Start, h.Start + ((h.End - h.Start) / 2)) })];
    });

    [Fact]
    public void An_explanation_adds_up_to_the_target_and_ends_when_it_is_due() => Property.For(AnyCalendar.All, 500, x =>
    {
        var why = x.Calendar.Explain(x.Start, x.Seconds, x.Pauses);
        Assert.Equal(x.Calendar.Due(x.Start, x.Seconds, x.Pauses), why.Due);
        Assert.All(why.Segments, s => Assert.True(s.From < s.To && s.From >= x.Start));
        Assert.All(why.Segments.Zip(why.Segments.Skip(1)), pair => Assert.True(pair.First.To <= pair.Second.From));
        Assert.All(why.Segments, s => Assert.Equal(x.Calendar.Elapsed(s.From, s.To, x.Pauses), (long)(s.To - s.From).TotalSeconds));
        if (why.Due is { } due && x.Seconds > 0)
        {
            Assert.Equal(x.Seconds, why.Segments.Sum(s => s.Seconds));
            Assert.Equal(due, why.Segments[^1].To);
        }
    });

    /// <summary>What has no due time within the bound is compared with nothing.</summary>
    private static void NotEarlier(Instant? changed, Instant? before) => Assert.False(changed < before, $"{changed} is before {before}");
}
