using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>What a mark on an episode's timeline means for its clocks (sla.md 3).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<MarkKind>))]
public enum MarkKind { Customer, Reply, BotReply, BotTookOver, HandedOff, Pending, Resumed, Closed, Reopened, Spam }

/// <param name="At">When it happened by its own time (the platform's), not when it arrived.</param>
/// <param name="Seq">The event that brought it: breaks ties, and names it for withdrawal.</param>
public sealed record Mark(Instant At, long Seq, MarkKind Kind);

/// <summary>
/// The times an episode's clocks are computed from, ordered by (time, seq) whatever order they arrived in (sla.md R-EV2).
/// </summary>
/// <remarks>
/// Bounded: beyond <see cref="Kept"/> marks the oldest is folded into <see cref="Base"/> for good. A message that arrives
/// later than 64 newer ones can no longer reorder them, and counts as the oldest of those kept.
/// </remarks>
/// <param name="From">The time of the newest mark folded into <paramref name="Base"/>; null while none is.</param>
public sealed record Timeline(Clocks Base, IReadOnlyList<Mark> Marks, Instant? From = null)
{
    public const int Kept = 64;

    /// <param name="underBot">A bot holds the conversation from its start, also for a message that turns out to be older.</param>
    public static Timeline Start(Instant at, SlaTargets targets, bool underBot = false) =>
        new(Clocks.Start(at, targets) with { UnderBot = underBot }, []);

    /// <summary>
    /// The clocks after each mark, kept so that a mark at the end, by far the commonest, costs one step and not the whole line.
    /// </summary>
    private Clocks[]? _after;

    private Clocks[] After => _after ??= Fold(Base, Marks, []);

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
    public Timeline BeganAt(Instant at) => From is null ? new(Base.NoLaterThan(at), Marks) : this;

    /// <summary>Every instance the marks still tell of, as they left it: earlier next responses too, then the current ones.</summary>
    public IReadOnlyList<Clock> Instances()
    {
        List<Clock> instances = [];
        var clocks = Base;
        foreach (var next in After)
        {
            if (clocks.NextResponse is { } ended && next.NextResponse?.Number != ended.Number)
            {
                instances.Add(ended);
            }

            clocks = next;
        }

        return [.. instances, .. clocks.All];
    }

    public Clocks Read() => After is [.., var last] ? last : Base;

    /// <param name="known">The clocks after the first marks, where those have not changed.</param>
    private static Clocks[] Fold(Clocks start, IReadOnlyList<Mark> marks, ReadOnlySpan<Clocks> known)
    {
        var after = new Clocks[marks.Count];
        known.CopyTo(after);
        for (var i = known.Length; i < after.Length; i++)
        {
            after[i] = (i == 0 ? start : after[i - 1]).After(marks[i]);
        }

        return after;
    }
}
