using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// Reads instances with their calendars (sla.md 4, 5): when due, whether broken, how much has passed. Pure: the same instance,
/// the same versions of calendars and the same instant always give the same.
/// </summary>
/// <param name="find">A version of a calendar; null if it is not known here.</param>
internal sealed class ClockReader(Func<CalendarRef, BusinessCalendar?> find)
{
    /// <param name="now">What is not stopped is read as of then.</param>
    /// <param name="judged">False: that time has passed breaks nothing (nobody is to be alerted).</param>
    /// <returns>Null if it was never promised while it ran, or a calendar is not known here.</returns>
    public Clock? Read(Instance instance, Instant now, bool judged = true)
    {
        var line = new Line(this, instance, now);
        if (line.Pledges.Count == 0 || !line.IsKnown)
        {
            return null;
        }

        var (held, due, breachedAt, cause) = Judge(line, now, judged);
        var dropped = breachedAt is null && line.DroppedAt is not null;
        var ended = dropped ? line.DroppedAt : instance.EndedAt;
        var fulfilled = instance.Ending switch
        {
            _ when dropped => null,
            Ending.Fulfilled => instance.EndedAt,
            Ending.Closed or Ending.Spam when breachedAt is not null => instance.AnsweredAt,
            _ => null,
        };
        var stopped = fulfilled ?? ended;
        var target = Duration.FromSeconds(held.Seconds!.Value);
        var stands = stopped is null && due is null && instance.Stands;
        Duration? passed = stopped is not null || stands ? line.Elapsed(stopped ?? now) : null;
        var overrun = passed is { } all && all > target ? all - target : Duration.Zero;
        return new(
            instance.Metric, instance.Number, instance.Start, held.Seconds.Value, due,
            Remaining: stands ? Duration.Max(Duration.Zero, target - passed!.Value) : null,
            FulfilledAt: fulfilled,
            BreachedAt: breachedAt,
            BreachCause: cause,
            Cancelled: breachedAt is null && fulfilled is null && stopped is not null && instance.Ending != Ending.Merged,
            Merged: instance.Ending == Ending.Merged,
            Unreachable: due is null && stopped is null && !stands,
            StoppedAt: stopped,
            Policy: held.Policy,
            PolicyVersion: held.Version,
            Calendar: held.Calendar,
            Pauses: instance.Pauses.Count == 0 ? null : instance.Pauses,
            CountedTo: line.CountedTo,
            Counted: line.Counted is { } counted ? Seconds(counted) : null,
            Elapsed: stopped is null ? null : Seconds(passed!.Value),
            Overrun: stopped is null ? null : Seconds(overrun),
            OverrunWall: fulfilled is { } at && due is { } ran ? Math.Max(0, Seconds(at - ran)) : null,
            ByHand: held.Due is not null);
    }

    /// <summary>When a level fires; null if not before something changes.</summary>
    public Instant? TimeOf(SlaLevel level, Clock clock, Instance instance, Instant now)
    {
        var line = new Line(this, instance, now);
        if (!line.IsKnown)
        {
            return null;
        }

        switch (level.Kind)
        {
            case LevelKind.AtBreach:
                return clock.Due + Duration.FromMilliseconds(1);
            case LevelKind.After:
                return clock.Due is { } due && line.Pledges is [.., var last]
                    ? CalendarOf(last.Calendar)?.Due(Instant.Max(due, clock.BreachedAt ?? due), level.Seconds, instance.Pauses)
                    : null;
            default:
                var whole = clock is { ByHand: true, Due: { } byHand } ? line.Elapsed(byHand) : Duration.FromSeconds(clock.Target);
                return line.Reach(line.Pledges.Count - 1, level.After(whole));
        }
    }

    /// <summary>Seconds of the clock's own time from its start.</summary>
    public long Elapsed(Instance instance, Instant until) => Seconds(new Line(this, instance, until).Elapsed(until));

    /// <summary>What is counted for good of an instance up to an instant.</summary>
    public SettledPart? Settle(Instance instance, Instant at)
    {
        var line = new Line(this, instance with { EndedAt = null, Ending = null }, at);
        if (line.Pledges.Count == 0 || !line.IsKnown)
        {
            return null;
        }

        var (_, due, breachedAt, cause) = Judge(line, at, judged: true);
        return new(at, line.Elapsed(at), breachedAt is null ? null : due, breachedAt, cause);
    }

    /// <summary>
    /// Goes through what was promised, one promise after the other. The first that is broken stays broken whatever is promised
    /// later (R-ST3); one that comes too late is broken when it comes, never before (R-PO4, R-PO6).
    /// </summary>
    private static (Pledge Held, Instant? Due, Instant? BreachedAt, BreachCause? Cause) Judge(Line line, Instant now, bool judged)
    {
        if (line.Instance.Settled is { BreachedAt: { } settled } part)
        {
            return (line.Pledges[0], part.Due, settled, part.Cause);
        }

        var last = line.Pledges.Count - 1;
        for (var i = 0; ; i++)
        {
            var pledge = line.Pledges[i];
            var due = pledge.Due ?? line.Reach(i, Duration.FromSeconds(pledge.Seconds!.Value));
            if (due < pledge.From && pledge.From > line.Origin)
            {
                return (pledge, due, pledge.From, pledge.Change);
            }

            if (due < line.EndOf(i, now) && (i < last || judged || line.Instance.EndedAt is not null || line.DroppedAt is not null))
            {
                return (pledge, due, due, BreachCause.Time);
            }

            if (i == last)
            {
                return (pledge, due, null, null);
            }
        }
    }

    private BusinessCalendar? CalendarOf(CalendarRef? calendar) => calendar is null ? BusinessCalendar.Always : find(calendar);

    private static long Seconds(Duration duration) => (long)Math.Floor(duration.TotalSeconds);

    /// <summary>An instance's promises on the time line, each on its own calendar: a new one counts on from what the old one counted (R-PO7).</summary>
    private readonly struct Line
    {
        private readonly ClockReader _reader;
        private readonly IReadOnlyList<Pause> _pauses;
        private readonly List<Instant>? _ends;
        private readonly Duration _have;

        public Line(ClockReader reader, Instance instance, Instant now)
        {
            (_reader, Instance) = (reader, instance);
            _pauses = instance.EndedAt is { } ended ? Within(instance.Pauses, ended) : instance.Pauses;
            (Origin, _have) = instance.Settled is { } settled ? (settled.At, settled.Elapsed) : (instance.Start, Duration.Zero);
            var until = instance.EndedAt ?? now;
            if (instance.Pledges is [{ Seconds: not null } only] && only.From <= until)
            {
                Pledges = instance.Pledges; // by far the commonest
            }
            else
            {
                List<Pledge> kept = [];
                List<Instant> ends = [];
                for (var i = 0; i < instance.Pledges.Count && instance.Pledges[i] is var pledge && pledge.From <= until; i++)
                {
                    DroppedAt = pledge.Seconds is null ? DroppedAt ?? pledge.From : null;
                    if (pledge.Seconds is not null)
                    {
                        kept.Add(pledge);
                        ends.Add(i + 1 < instance.Pledges.Count ? Instant.Min(instance.Pledges[i + 1].From, until) : until);
                    }
                }

                (Pledges, _ends) = (kept, ends);
                DroppedAt = kept.Count == 0 ? null : DroppedAt;
            }
        }

        /// <summary>From where on is counted.</summary>
        public Instant Origin { get; }

        public Instance Instance { get; }

        /// <summary>Those in force before it ended, in order; without the times in which nothing was promised.</summary>
        public IReadOnlyList<Pledge> Pledges { get; }

        /// <summary>Since when nothing is promised any more.</summary>
        public Instant? DroppedAt { get; }

        public bool IsKnown
        {
            get
            {
                foreach (var pledge in Pledges)
                {
                    if (_reader.CalendarOf(pledge.Calendar) is null)
                    {
                        return false;
                    }
                }

                return true;
            }
        }

        /// <summary>Up to when earlier versions of the calendar counted; null if one has counted all.</summary>
        public Instant? CountedTo => Pledges.Count < 2 && Instance.Settled is null ? null
            : Parts(Pledges.Count - 1, Instant.MaxValue)[^1].From is var from && from > Instance.Start ? from : null;

        public Duration? Counted => CountedTo is { } to ? Elapsed(to) : null;

        /// <summary>Until when a promise was in force.</summary>
        public Instant EndOf(int pledge, Instant now) => _ends is { } ends ? ends[pledge] : Instance.EndedAt ?? now;

        /// <summary>The earliest instant by which so much has been counted, if nothing changes after a promise.</summary>
        public Instant? Reach(int pledge, Duration wanted)
        {
            var left = wanted - _have;
            if (pledge == 0)
            {
                return Due(Pledges[0].Calendar, Origin, left);
            }

            foreach (var part in Parts(pledge, Instant.MaxValue))
            {
                var counted = part.To == Instant.MaxValue ? Duration.MaxValue : Open(part);
                if (counted >= left)
                {
                    return Due(part.Calendar, part.From, left);
                }

                left -= counted;
            }

            return null;
        }

        public Duration Elapsed(Instant until)
        {
            var sum = _have;
            if (Pledges.Count > 0)
            {
                foreach (var part in Parts(Pledges.Count - 1, until))
                {
                    sum += Open(part);
                }
            }

            return sum;
        }

        /// <remarks>Around the clock without a pause is a sum: the promises of most conversations.</remarks>
        private Instant? Due(CalendarRef? calendar, Instant from, Duration open) =>
            open <= Duration.Zero ? from
            : calendar is null && _pauses.Count == 0 ? from + open
            : _reader.CalendarOf(calendar)!.Due(from, open, _pauses);

        private Duration Open(Part part) =>
            part.To <= part.From ? Duration.Zero
            : part.Calendar is null && _pauses.Count == 0 ? part.To - part.From
            : _reader.CalendarOf(part.Calendar)!.OpenTime(part.From, part.To, _pauses);

        /// <summary>The stretches of one calendar each, up to a promise that then goes on until the end.</summary>
        private List<Part> Parts(int pledge, Instant until)
        {
            List<Part> parts = [new(Origin, until, Pledges[0].Calendar)];
            for (var i = 1; i <= pledge && Pledges[i].From < until; i++)
            {
                var (from, calendar) = (Instant.Max(Pledges[i].From, Origin), Pledges[i].Calendar);
                if (calendar != parts[^1].Calendar)
                {
                    parts[^1] = parts[^1] with { To = from };
                    parts.Add(new(from, until, calendar));
                }
            }

            return parts;
        }

        /// <summary>Pauses as far as they fall before the end.</summary>
        private static IReadOnlyList<Pause> Within(IReadOnlyList<Pause> pauses, Instant end) =>
            pauses is [] || pauses[^1].To <= end ? pauses
            : [.. pauses.Where(p => p.From < end).Select(p => p.To is { } to && to <= end ? p : p with { To = end })];
    }

    private readonly record struct Part(Instant From, Instant To, CalendarRef? Calendar);
}
