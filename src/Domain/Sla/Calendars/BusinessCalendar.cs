using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>
/// A calendar compiled for computing: open time on the UTC time line (sla.md 1, 2). Immutable, and safe to share.
/// </summary>
/// <remarks>
/// <para>A time is open if its local wall-clock reading lies in an interval of its local date (R-CA5). The zone's stretches of
/// constant offset are walked one by one, and in each the days (R-TZ1); nothing else about daylight saving needs saying.</para>
/// <para>Every walk moves on by a day at least and ends at a bound, so no calendar can make it loop. Weeks without exceptions
/// are passed in one step (I11): a year of one with 500 holidays takes some 10 µs.</para>
/// <para>Inside, time is counted in ticks (100 ns); seconds are cut only where they are shown (R-CA1).</para>
/// </remarks>
public sealed class BusinessCalendar
{
    /// <summary>How long a due time is looked for beyond the target itself, paused time not counted (R-CA5).</summary>
    public static readonly Duration Reach = Duration.FromDays(400);

    private static readonly long Last = Instant.MaxValue.ToUnixTimeTicks();

    private readonly DateTimeZone _zone;
    private readonly OpenDays _days;

    private BusinessCalendar(CalendarDefinition definition)
    {
        Definition = definition;
        _zone = Tzdb.Zone(definition.Timezone);
        _days = new(definition);
    }

    /// <summary>Every second of the time line: what a target in 24×7 time runs on.</summary>
    public static BusinessCalendar Always { get; } = Compile(AllDay());

    public CalendarDefinition Definition { get; }

    /// <param name="definition">A valid one.</param>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">The zone is unknown.</exception>
    public static BusinessCalendar Compile(CalendarDefinition definition) => new(definition);

    public bool IsOpen(Instant t)
    {
        var (local, day) = Local(t);
        foreach (var open in _days[day])
        {
            if (local >= open.Start && local < open.End)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whole open seconds in <c>[from, to)</c> less pauses; 0 if <paramref name="to"/> is not later.</summary>
    public long Elapsed(Instant from, Instant to, IReadOnlyList<Pause> pauses) =>
        OpenTicks(from, to, pauses) / NodaConstants.TicksPerSecond;

    /// <summary>As <see cref="Elapsed"/>, not cut to seconds.</summary>
    public Duration OpenTime(Instant from, Instant to, IReadOnlyList<Pause> pauses) => Duration.FromTicks(OpenTicks(from, to, pauses));

    /// <summary>
    /// The earliest instant by which <paramref name="seconds"/> open seconds have passed (R-CA5): a target that exactly fills
    /// the day is due at the closing instant.
    /// </summary>
    /// <returns>Null if there is none within <see cref="Reach"/>, or a pause without an end comes first.</returns>
    public Instant? Due(Instant start, long seconds, IReadOnlyList<Pause> pauses) =>
        seconds > Last / NodaConstants.TicksPerSecond ? null : Due(start, Duration.FromSeconds(seconds), pauses);

    public Instant? Due(Instant start, Duration open, IReadOnlyList<Pause> pauses)
    {
        if (open <= Duration.Zero)
        {
            return start;
        }

        var (at, left) = (start.ToUnixTimeTicks(), (long)open.TotalTicks);
        var reach = left + (long)Reach.TotalTicks;
        if (pauses.Count == 0)
        {
            return Walk(at, Sum(at, reach), left, out var due) == left ? Instant.FromUnixTimeTicks(due) : null;
        }

        foreach (var gap in Gaps.Between(at, Last, pauses))
        {
            var to = Math.Min(gap.To, Sum(gap.From, reach));
            left -= Walk(gap.From, to, left, out var due);
            if (left == 0)
            {
                return Instant.FromUnixTimeTicks(due);
            }

            reach -= to - gap.From;
            if (reach <= 0)
            {
                return null;
            }
        }

        return null;
    }

    /// <returns>The first open instant, <paramref name="from"/> itself if it is; null if there is none within <see cref="Reach"/>.</returns>
    public Instant? NextOpen(Instant from)
    {
        var at = from.ToUnixTimeTicks();
        return Walk(at, Sum(at, (long)Reach.TotalTicks), 1, out var after) == 1 ? Instant.FromUnixTimeTicks(after - 1) : null;
    }

    /// <summary>Why a due time is what it is (R-CA6): the open time it took, and what was passed over.</summary>
    public DueExplanation Explain(Instant start, long seconds, IReadOnlyList<Pause> pauses) => new Explainer(this).Explain(start, seconds, pauses);

    /// <summary>The stretches of open time in order, those that touch as one. Ends when it is no longer asked, or at the bound.</summary>
    internal IEnumerable<(long From, long To)> Segments(long from, long until)
    {
        (long From, long To)? last = null;
        for (var at = from; at < until;)
        {
            var (offset, zoneEnd) = OffsetAt(at);
            var end = Math.Min(zoneEnd, until);
            for (var day = Day(at + offset); (day * NodaConstants.TicksPerDay) - offset < end; day++)
            {
                foreach (var open in _days[(int)day])
                {
                    var midnight = (day * NodaConstants.TicksPerDay) - offset;
                    var (f, t) = (Math.Max(midnight + open.Start, at), Math.Min(midnight + open.End, end));
                    if (f >= t)
                    {
                        continue;
                    }

                    if (last is { } before && before.To == f)
                    {
                        last = (before.From, t);
                        continue;
                    }

                    if (last is { } whole)
                    {
                        yield return whole;
                    }

                    last = (f, t);
                }
            }

            at = end;
        }

        if (last is { } rest)
        {
            yield return rest;
        }
    }

    /// <summary>Ticks of <c>[from, until)</c> whose local reading lies in the given hours of one local date, whatever the calendar says of it.</summary>
    internal long Reading(LocalDate date, Open[] hours, long from, long until)
    {
        var midnight = OpenDays.DayOf(date) * NodaConstants.TicksPerDay;
        var sum = 0L;
        var last = Math.Min(until, midnight + (2 * NodaConstants.TicksPerDay)); // no offset is as much as a day
        for (var at = Math.Max(from, midnight - NodaConstants.TicksPerDay); at < last;)
        {
            var (offset, zoneEnd) = OffsetAt(at);
            var end = Math.Min(zoneEnd, last);
            foreach (var open in hours)
            {
                sum += Math.Max(0, Math.Min(midnight + open.End - offset, end) - Math.Max(midnight + open.Start - offset, at));
            }

            at = end;
        }

        return sum;
    }

    internal LocalDate DateAt(Instant t) => t.InZone(_zone).Date;

    private long OpenTicks(Instant from, Instant to, IReadOnlyList<Pause> pauses)
    {
        if (pauses.Count == 0)
        {
            return Walk(from.ToUnixTimeTicks(), to.ToUnixTimeTicks(), long.MaxValue, out _);
        }

        var sum = 0L;
        foreach (var gap in Gaps.Between(from.ToUnixTimeTicks(), to.ToUnixTimeTicks(), pauses))
        {
            sum += Walk(gap.From, gap.To, long.MaxValue, out _);
        }

        return sum;
    }

    /// <summary>Adds up open time, at most <paramref name="wanted"/>.</summary>
    /// <param name="reached">When the last of what is wanted had passed; meaningless if there was less.</param>
    private long Walk(long from, long until, long wanted, out long reached)
    {
        var open = 0L;
        for (var at = from; at < until;)
        {
            var (offset, zoneEnd) = OffsetAt(at);
            var end = Math.Min(zoneEnd, until);
            var day = (int)Day(at + offset);
            var exception = _days.ExceptionFrom(day);
            while (true)
            {
                var midnight = (day * NodaConstants.TicksPerDay) - offset;
                if (midnight >= end)
                {
                    break;
                }

                if (midnight >= at && Weeks(midnight, end, day, exception, wanted - open) is > 0 and var weeks)
                {
                    open += weeks * _days.OpenInWeek;
                    day += weeks * 7;
                    continue;
                }

                foreach (var hours in _days.DayOfException(exception) == day ? _days.HoursOfException(exception++) : _days.OfWeekday(day))
                {
                    var (f, t) = (Math.Max(midnight + hours.Start, at), Math.Min(midnight + hours.End, end));
                    if (f >= t)
                    {
                        continue;
                    }

                    if (t - f >= wanted - open)
                    {
                        reached = f + (wanted - open);
                        return wanted;
                    }

                    open += t - f;
                }

                day++;
            }

            at = end;
        }

        reached = until;
        return open;
    }

    /// <summary>How many whole weeks from here have no exception, no change of offset, no end, and less open time than is wanted.</summary>
    private int Weeks(long midnight, long end, int day, int exception, long wanted)
    {
        var weeks = Math.Min((end - midnight) / (7 * NodaConstants.TicksPerDay), (_days.DayOfException(exception) - (long)day) / 7);
        return (int)(weeks > 0 && _days.OpenInWeek > 0 ? Math.Min(weeks, (wanted - 1) / _days.OpenInWeek) : weeks);
    }

    /// <returns>The offset valid at that instant (R-TZ1), and until when it is.</returns>
    private (long Offset, long End) OffsetAt(long ticks)
    {
        var interval = _zone.GetZoneInterval(Instant.FromUnixTimeTicks(ticks));
        return (interval.WallOffset.Ticks, interval.HasEnd ? interval.End.ToUnixTimeTicks() : long.MaxValue);
    }

    private (long OfDay, int Day) Local(Instant t)
    {
        var ticks = t.ToUnixTimeTicks();
        var local = ticks + OffsetAt(ticks).Offset;
        var day = Day(local);
        return (local - (day * NodaConstants.TicksPerDay), (int)day);
    }

    private static long Day(long localTicks) => Math.DivRem(localTicks, NodaConstants.TicksPerDay) is var (days, rest) && rest < 0 ? days - 1 : days;

    private static long Sum(long at, long span) => span > Last - at ? Last : at + span;

    private static CalendarDefinition AllDay()
    {
        Hours[] day = [new(0, Hours.MinutesOfDay)];
        return new() { Timezone = "Etc/UTC", Weekly = new(day, day, day, day, day, day, day) };
    }
}
