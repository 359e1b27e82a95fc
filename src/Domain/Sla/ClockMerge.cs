using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// What becomes of the promises when one conversation is merged into another (sla.md R-MG1). Pure; conversations have no merge
/// command yet: a thread is one customer's on one channel, and the same customer's threads are linked, not merged.
/// </summary>
public static class ClockMerge
{
    /// <summary>
    /// Each running instance of the source ends as merged. For each metric the target keeps the running instance that is due
    /// earlier, with its original start: merging buys no time. What the source had broken stays in the source's history; a reply
    /// in the source answers nothing in the target.
    /// </summary>
    /// <param name="due">When an instance is due now; null while it stands still, which is later than any.</param>
    public static (Course Source, Course Target) Merge(Course source, Course target, Instant at, Func<Instance, Instant?> due)
    {
        foreach (var metric in (ReadOnlySpan<Metric>)[Metric.FirstResponse, Metric.NextResponse, Metric.Resolution])
        {
            if (source.Of(metric) is not { Ending: null } theirs)
            {
                continue;
            }

            source = source.With(theirs.End(at, Ending.Merged));
            var ours = target.Of(metric);
            if (Owes(target, metric, ours) && (ours is not { Ending: null } || Earlier(due(theirs), due(ours))))
            {
                target = target.With(theirs with { Number = ours is { Ending: null } ? ours.Number : (ours?.Number ?? 0) + 1 });
            }
        }

        if (source.AskedAt is { } asked && (target.FirstResponse is { Ending: null } || target.NextResponse is { Ending: null }))
        {
            target = target with { AskedAt = Earliest(target.AskedAt, asked), WaitingSince = Earliest(target.WaitingSince, source.WaitingSince ?? asked) };
        }

        return (source, target);
    }

    /// <summary>One wait has one clock: a first response of the source does not run beside a next response of the target, nor the other way round.</summary>
    private static bool Owes(Course target, Metric metric, Instance? ours) => metric switch
    {
        Metric.FirstResponse => ours is { Ending: null } || (target.FirstRespondedAt is null && ours is null && target.NextResponse is not { Ending: null }),
        Metric.NextResponse => target.FirstResponse is not { Ending: null },
        Metric.Resolution => target.Phase != Phase.Closed,
    };

    private static bool Earlier(Instant? a, Instant? b) => a is { } first && !(b <= first);

    private static Instant Earliest(Instant? a, Instant b) => a is { } first ? Instant.Min(first, b) : b;
}
