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
    /// What the marks come to, carried along: a mark nearly always comes last, and then costs one step. Reading all 64 again
    /// for each of a decision's questions took 80 KB of the 118 KB a message allocated.
    /// </summary>
    private Reading Current { get; init; } = Reading.Of(Base, Marks);

    public Timeline Add(Mark mark)
    {
        mark = From is { } from && mark.At < from ? mark with { At = from } : mark;
        var at = Marks.Count;
        while (at > 0 && (Marks[at - 1].At, Marks[at - 1].Seq).CompareTo((mark.At, mark.Seq)) >= 0)
        {
            at--;
        }

        List<Mark> marks = new(Marks.Count + 1);
        marks.AddRange(Marks);
        marks.Insert(at, mark);
        var current = at == Marks.Count ? Current.After(mark) : Reading.Of(Base, marks);
        if (marks.Count <= Kept)
        {
            return this with { Marks = marks, Current = current };
        }

        var (oldest, folded) = (marks[0], Base.After(marks[0]));
        marks.RemoveAt(0);
        return this with { Base = folded, Marks = marks, From = oldest.At, Current = current.From(Base, folded) };
    }

    /// <summary>Takes a mark back: a reply the channel refused after all never happened (sla.md R-QR).</summary>
    public Timeline Without(long seq, MarkKind kind)
    {
        if (!Marks.Any(m => m.Seq == seq && m.Kind == kind))
        {
            return this;
        }

        Mark[] marks = [.. Marks.Where(m => m.Seq != seq || m.Kind != kind)];
        return this with { Marks = marks, Current = Reading.Of(Base, marks) };
    }

    /// <summary>Something that starts no response clock (an automatic message) turned out to be what the episode began with.</summary>
    public Timeline BeganAt(Instant at) => From is null && Base.NoLaterThan(at) is var began && began != Base
        ? this with { Base = began, Current = Reading.Of(began, Marks) }
        : this;

    /// <summary>Every instance the marks still tell of, as they left it: earlier next responses too, then the current ones.</summary>
    public IEnumerable<Clock> Instances() => Current.Ended.Concat(Current.Now.All);

    /// <summary>One of <see cref="Instances"/>, or null.</summary>
    public Clock? Instance(Metric metric, int number) => Current.Instance(metric, number);

    public Clocks Read() => Current.Now;

    /// <summary>The clocks after all marks, and the next responses that ended on the way, numbered without gaps.</summary>
    private sealed class Reading(Clocks now, IReadOnlyList<Clock> ended)
    {
        public Clocks Now { get; } = now;

        public IReadOnlyList<Clock> Ended { get; } = ended;

        public static Reading Of(Clocks start, IReadOnlyList<Mark> marks) =>
            marks.Aggregate(new Reading(start, []), (reading, mark) => reading.After(mark));

        public Reading After(Mark mark)
        {
            var next = Now.After(mark);
            return new(next, EndedBetween(Now, next) is { } over ? [.. Ended, over] : Ended);
        }

        /// <summary>The same, told from one mark later on.</summary>
        public Reading From(Clocks start, Clocks later) => EndedBetween(start, later) is null ? this : new(Now, [.. Ended.Skip(1)]);

        public Clock? Instance(Metric metric, int number)
        {
            if (Now.Of(metric) is { } current && current.Number == number)
            {
                return current;
            }

            var place = Ended.Count > 0 && metric == Metric.NextResponse ? number - Ended[0].Number : -1;
            return place >= 0 && place < Ended.Count ? Ended[place] : null;
        }

        /// <summary>Follows from the timeline, so it never makes two of them differ.</summary>
        public override bool Equals(object? obj) => obj is Reading;

        public override int GetHashCode() => 0;

        private static Clock? EndedBetween(Clocks before, Clocks after) =>
            before.NextResponse is { } clock && after.NextResponse?.Number != clock.Number ? clock : null;
    }
}
