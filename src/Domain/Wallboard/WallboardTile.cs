using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// One queue on the wallboard, or all of them together (reports.md 1, 2). What has no denominator is null, not zero. Times in
/// seconds.
/// </summary>
/// <param name="Queue">Null in the total, and for conversations in no queue.</param>
/// <param name="Backlog">Waiting for somebody to take them.</param>
/// <param name="LongestWait">Of the oldest that nobody has taken, since it first began to wait for a person.</param>
/// <param name="AtRisk">Open conversations with a promise that was warned about and not yet broken.</param>
/// <param name="Breached">Open conversations with a broken promise.</param>
/// <param name="Ignored">Open conversations whose customer has waited for a reply for more than 24 hours.</param>
/// <param name="Unanswered">Open conversations whose customer waits for a reply, by how long.</param>
/// <param name="ReachAtRisk">Audience of open public conversations without any reply, by how long.</param>
/// <param name="ExpectedWait">Of who comes next: those ahead times the mean time between departures of the last 15 minutes; null with fewer than 5 of them.</param>
/// <param name="Staff">Who is there to answer; null where no agents are kept.</param>
/// <param name="Freshness">Seconds since the newest event in these figures; null before the first.</param>
public sealed record WallboardTile(
    QueueId? Queue, int Backlog, int Assigned, int Snoozed, int WithBot, int Unroutable, double? LongestWait, int AtRisk, int Breached, long Ignored,
    AgeBands Unanswered, AgeBands ReachAtRisk, IntervalFigures Rolling, IntervalFigures Today, double? Freshness, double? ExpectedWait = null, StaffFigures? Staff = null)
{
    public static readonly Duration IgnoredAfter = Duration.FromHours(24);

    /// <summary>Departures needed to say how long one waits (reports.md 1).</summary>
    public const int FewestDepartures = 5;

    public static double? Expected(int ahead, int departures, Duration within) =>
        departures < FewestDepartures ? null : Seconds(within / departures * ahead);

    public static WallboardTile Of(QueueId? queue, BoardFigures figures, SlotFigures rolling, Instant rollingFrom, SlotFigures today, Instant todayFrom, Instant now)
    {
        var late = AgeBucket.OlderThan(figures.LiveWaiting, now, ServiceLevel.Threshold(live: true))
            + AgeBucket.OlderThan(figures.AsyncWaiting, now, ServiceLevel.Threshold(live: false));
        return new(
            queue, figures.WaitingCount, figures.Assigned, figures.Snoozed, figures.Bot, figures.Unroutable, Seconds(now - figures.Oldest), figures.Warned,
            figures.Breached, AgeBucket.OlderThan(figures.Unanswered, now, IgnoredAfter), AgeBands.Of(figures.Unanswered, now), AgeBands.Of(figures.Reach, now),
            IntervalFigures.Of(rolling, rollingFrom, late), IntervalFigures.Of(today, todayFrom, late),
            figures.AsOf == Instant.MinValue ? null : Seconds(now - figures.AsOf));
    }

    internal static double? Seconds(Duration? duration) => duration is { } d ? Math.Round(Math.Max(0, d.TotalSeconds), 3) : null;
}

/// <summary>Counts by age; each band ends where the next begins.</summary>
public sealed record AgeBands(long Under5Minutes, long Under1Hour, long Under4Hours, long Under24Hours, long Older)
{
    internal static AgeBands Of(IReadOnlyList<AgeBucket> buckets, Instant now)
    {
        Span<long> bands = stackalloc long[5];
        foreach (var bucket in buckets)
        {
            bands[(now - bucket.Since).TotalMinutes switch { < 5 => 0, < 60 => 1, < 240 => 2, < 1_440 => 3, _ => 4 }] += bucket.Count;
        }

        return new(bands[0], bands[1], bands[2], bands[3], bands[4]);
    }
}

/// <param name="From">The figures count from here: slots are five minutes long.</param>
/// <param name="ServiceLevel">
/// Percent: answered in time, of all answered, abandoned, passed on late, and waiting past the time now. Null when there were none.
/// </param>
/// <param name="Wait">Of the answered, from when they began to wait for a person (ASA is its mean).</param>
/// <param name="FirstResponse">From the first customer message, in the hours of the promise; null where none was made.</param>
/// <param name="FirstResponseWall">The same by the wall clock, of all.</param>
public sealed record IntervalFigures(
    Instant From, int Offered, int Requeued, int Answered, int Abandoned, int Closed, double? ServiceLevel, Spread Wait, Spread FirstResponse,
    Spread FirstResponseWall, OfferFigures Offers)
{
    internal static IntervalFigures Of(SlotFigures slots, Instant from, long waitingLate)
    {
        var all = slots.Answered + slots.Abandoned + slots.LateOut + waitingLate;
        return new(
            from, slots.Offered, slots.Requeued, slots.Answered, slots.Abandoned, slots.Closed, all == 0 ? null : Math.Round(100.0 * slots.InTime / all, 1),
            Spread.Of(slots.Waits), Spread.Of(slots.FirstResponsesInHours), Spread.Of(slots.FirstResponses),
            OfferFigures.Of(slots.Offers ?? new()));
    }
}

/// <summary>Offer quality (reports.md 1).</summary>
/// <param name="Accepted">Percent of the offers that ended; likewise the others. Null when none has.</param>
/// <param name="PerAssignment">Offers made for each one accepted.</param>
/// <param name="ToAccept">From the offer to its accept.</param>
public sealed record OfferFigures(int Made, double? Accepted, double? Rejected, double? Expired, double? Rescinded, double? PerAssignment, Spread ToAccept)
{
    internal static OfferFigures Of(OfferCounts counts)
    {
        var ended = counts.Accepted + counts.Rejected + counts.Expired + counts.Rescinded + counts.Canceled;
        return new(
            counts.Made, Percent(counts.Accepted), Percent(counts.Rejected), Percent(counts.Expired), Percent(counts.Rescinded),
            counts.Accepted == 0 ? null : Math.Round((double)counts.Made / counts.Accepted, 2), Spread.Of(counts.Taken));

        double? Percent(int count) => ended == 0 ? null : Math.Round(100.0 * count / ended, 1);
    }
}

/// <summary>Seconds; all null when there is nothing to tell of.</summary>
public sealed record Spread(double? Mean, double? P50, double? P90, double? P99)
{
    internal static Spread Of(Histogram? histogram) => new(
        WallboardTile.Seconds(histogram?.Mean), WallboardTile.Seconds(histogram?.Percentile(0.5)), WallboardTile.Seconds(histogram?.Percentile(0.9)),
        WallboardTile.Seconds(histogram?.Percentile(0.99)));
}
