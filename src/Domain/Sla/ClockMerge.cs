using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// What becomes of the promises when one conversation is merged into another (sla.md R-MG1). Pure; conversations have no merge
/// command yet: a thread is one customer's on one channel, and the same customer's threads are linked, not merged.
/// </summary>
public static class ClockMerge
{
    /// <summary>
    /// Each running instance of the source ends as merged. The target keeps the running instance that is due earlier, with its
    /// original start, so merging buys no time: for the resolution, and for the one answer that is owed, whether the source called
    /// it first or next. What the source had broken stays in the source's history; a reply in the source answers nothing in the target.
    /// </summary>
    /// <param name="due">When an instance is due now; null while it stands still, which is later than any.</param>
    public static (Course Source, Course Target) Merge(Course source, Course target, Instant at, Func<Instance, Instant?> due)
    {
        var (answer, resolution) = (Response(source), Running(source.Resolution));
        foreach (var instance in new[] { answer, resolution }.OfType<Instance>())
        {
            source = source.With(instance.End(at, Ending.Merged));
        }

        if (resolution is not null && target.Phase != Phase.Closed && IsEarlier(due, resolution, Running(target.Resolution)))
        {
            target = target.With(resolution with { Number = target.Resolution?.Number ?? 1 });
        }

        if (answer is null)
        {
            return (source, target);
        }

        var ours = Response(target);
        if (IsEarlier(due, answer, ours))
        {
            target = target.With(ours is not null ? answer with { Metric = ours.Metric, Number = ours.Number }
                : answer.Metric == Metric.FirstResponse && target is { FirstResponse: null, FirstRespondedAt: null, NoFirstResponse: false } ? answer
                : answer with { Metric = Metric.NextResponse, Number = (target.NextResponse?.Number ?? 0) + 1 });
        }

        return (source, target with
        {
            AskedAt = Instants.Earliest(target.AskedAt, source.AskedAt),
            WaitingSince = Instants.Earliest(target.WaitingSince, source.WaitingSince),
            UnansweredByAnyone = Instants.Earliest(target.UnansweredByAnyone, source.UnansweredByAnyone),
        });
    }

    /// <summary>One wait has one clock.</summary>
    private static Instance? Response(Course course) => Running(course.FirstResponse) ?? Running(course.NextResponse);

    private static Instance? Running(Instance? instance) => instance is { Ending: null } ? instance : null;

    private static bool IsEarlier(Func<Instance, Instant?> due, Instance theirs, Instance? ours) =>
        ours is null || (due(theirs) is { } first && !(due(ours) <= first));
}
