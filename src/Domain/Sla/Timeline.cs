using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The times an episode's clocks are computed from, ordered by (time, seq) whatever order they arrived in (sla.md R-EV2).
/// </summary>
/// <remarks>
/// Bounded: beyond <see cref="Kept"/> marks the oldest is folded into <see cref="Base"/> for good. A message that arrives
/// later than 64 newer ones can no longer reorder them, and counts as the oldest of those kept.
/// </remarks>
/// <param name="From">The time of the newest mark folded into <paramref name="Base"/>; null while none is.</param>
public sealed record Timeline(Course Base, IReadOnlyList<Mark> Marks, Instant? From = null)
{
    public const int Kept = 64;

    /// <summary>Pauses and promises an instance may have in <see cref="Base"/> before they are counted for good.</summary>
    private const int Unsettled = 16;

    /// <param name="underBot">A bot holds the conversation from its start, also for a message that turns out to be older.</param>
    /// <param name="noFirstResponse">An earlier episode has had it (sla.md R-RO2).</param>
    public static Timeline Start(Instant at, SlaTerms terms, bool underBot = false, bool noFirstResponse = false) =>
        new(Course.Start(at, terms, underBot, noFirstResponse), []);

    /// <summary>
    /// The course after each mark, kept so that a mark at the end, by far the commonest, costs one step and not the whole line.
    /// </summary>
    private Course[]? _after;

    private Course[] After => _after ??= Fold(Base, Marks, []);

    public Timeline Add(Mark mark)
    {
        mark = From is { } from && mark.At < from ? mark with { At = from } : mark;
        var at = Marks.Count;
        while (at > 0 && (Marks[at - 1].At, Marks[at - 1].Seq).CompareTo((mark.At, mark.Seq)) > 0)
        {
            at--;
        }

        List<Mark> marks = new(Marks.Count + 1);
        marks.AddRange(Marks);
        marks.Insert(at, mark);
        var after = Fold(Base, marks, After.AsSpan(0, at));
        if (marks.Count <= Kept)
        {
            return new(Base, marks, From) { _after = after };
        }

        var oldest = marks[0];
        marks.RemoveAt(0);
        return new(after[0], marks, oldest.At) { _after = after[1..] };
    }

    /// <summary>Takes a mark back: a reply the channel refused after all never happened (sla.md R-QR).</summary>
    public Timeline Without(long seq, MarkKind kind) =>
        Marks.Any(m => m.Seq == seq && m.Kind == kind)
            ? new(Base, [.. Marks.Where(m => m.Seq != seq || m.Kind != kind)], From)
            : this;

    /// <summary>Something that starts no response clock (an automatic message) turned out to be what the episode began with.</summary>
    public Timeline BeganAt(Instant at) => From is null && at < Base.Began ? new(Base.NoLaterThan(at), Marks) : this;

    /// <summary>Every instance the marks still tell of, as they left it: earlier next responses too, then the current ones.</summary>
    public IReadOnlyList<Instance> Instances()
    {
        if (_instances is { } known)
        {
            return known;
        }

        List<Instance> instances = [];
        var course = Base;
        foreach (var next in After)
        {
            if (course.NextResponse is { } ended && next.NextResponse?.Number != ended.Number)
            {
                instances.Add(ended);
            }

            course = next;
        }

        instances.AddRange(course.All);
        return _instances = instances;
    }

    private List<Instance>? _instances;

    public Course Read() => After is [.., var last] ? last : Base;

    /// <summary>
    /// Instances in <see cref="Base"/> that have gathered so many pauses or promises that what came before <see cref="From"/> is
    /// to be counted for good: nothing can arrive there any more, and the state must not grow with its history.
    /// </summary>
    public IEnumerable<Instance> ToSettle() => From is not { } from ? [] : Base.All.Where(i =>
        !i.IsFinished && i.Pauses.Count + i.Pledges.Count > Unsettled && (i.Settled is null || i.Settled.At < from));

    public Timeline Settle(Metric metric, int number, SettledPart part) => Base.Of(metric) is { } instance && instance.Number == number
        ? new(Base.With(instance.Settle(part)), Marks, From)
        : this;

    /// <param name="known">The courses after the first marks, where those have not changed.</param>
    private static Course[] Fold(Course start, IReadOnlyList<Mark> marks, ReadOnlySpan<Course> known)
    {
        var after = new Course[marks.Count];
        known.CopyTo(after);
        for (var i = known.Length; i < after.Length; i++)
        {
            after[i] = (i == 0 ? start : after[i - 1]).After(marks[i]);
        }

        return after;
    }
}
