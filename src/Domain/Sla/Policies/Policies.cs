using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>Which terms are in force for a conversation, and since when (sla.md 6).</summary>
internal static class Policies
{
    /// <summary>After an attribute changed: the first policy that matches now holds for what runs too (R-PO2, R-PO4).</summary>
    public static void Rematch(Turn turn, Conversation before)
    {
        var s = turn.State;
        if (s is not { IsOver: false, Episode: { } episode } || (!before.IsOver && !Changed(before, s)))
        {
            return;
        }

        var settings = turn.Context.Settings;
        var (terms, held) = (settings.TermsFor(PolicyFacts.Of(s)), episode.Timeline.Read().Terms);
        if (terms.Policy == held.Policy && terms.Version != held.Version && settings.Policy(new(held.Policy), held.Version) is { } kept)
        {
            terms = settings.TermsOf(kept, s.Priority); // another priority is no reason to take over an edit (R-PO5)
        }

        if (terms.Policy != held.Policy || (terms.Priority != held.Priority && !terms.PromiseAs(held)))
        {
            turn.Emit(new SlaPolicyChanged(terms, turn.Now, PolicyChange.Matched));
        }
    }

    /// <summary>Before something begins: it is promised what the policies say today; what runs keeps its own (R-PO5).</summary>
    public static void Renew(Turn turn)
    {
        if (turn.State.Episode is not { } episode || episode.Timeline.Read() is not { AskedAt: null } course)
        {
            return;
        }

        var terms = turn.Context.Settings.TermsFor(PolicyFacts.Of(turn.State));
        if (terms.Policy != course.Terms.Policy || (terms.Version != course.Terms.Version && !terms.PromiseAs(course.Terms)))
        {
            turn.Emit(new SlaPolicyChanged(terms, turn.Now, PolicyChange.Edited));
        }
    }

    /// <summary>Today's policies for what runs, as if it matched them only now (R-PO5).</summary>
    public static Refusal? Apply(Turn turn)
    {
        if (turn.State is { IsOver: false, Episode: { } episode })
        {
            var (terms, held) = (turn.Context.Settings.TermsFor(PolicyFacts.Of(turn.State)), episode.Timeline.Read().Terms);
            var runs = episode.Clocks.Any(c => c.StoppedAt is null && (c.Policy != terms.Policy || c.PolicyVersion != terms.Version));
            if (runs || terms.Policy != held.Policy || terms.Version != held.Version)
            {
                turn.Emit(new SlaPolicyChanged(terms, turn.Now, PolicyChange.Applied));
            }
        }

        return null;
    }

    /// <summary>
    /// A calendar in use has newer versions: each counts from when it was made, however late we hear of it (R-PO7). What broke
    /// since then stays broken (R-ST3).
    /// </summary>
    public static void FollowCalendars(Turn turn)
    {
        var settings = turn.Context.Settings;
        if (settings.Calendars is not { Count: > 0 } || turn.State is not { IsOver: false, Episode: { } episode })
        {
            return;
        }

        Dictionary<CalendarId, int>? used = null;
        void Use(CalendarRef? calendar)
        {
            if (calendar is not null)
            {
                used ??= [];
                used[calendar.Id] = Math.Min(used.GetValueOrDefault(calendar.Id, int.MaxValue), calendar.Version);
            }
        }

        var course = episode.Timeline.Read();
        foreach (var metric in (ReadOnlySpan<Metric>)[Metric.FirstResponse, Metric.NextResponse, Metric.Resolution])
        {
            Use(course.Terms.CalendarOf(metric));
            Use(course.Of(metric) is { Ending: null } running ? running.Pledges[^1].Calendar : null);
        }

        foreach (var (id, version) in used ?? [])
        {
            for (var next = version + 1; settings.Calendar(id, next) is { } newer; next++)
            {
                var broken = episode.Clocks.Where(c => c.StoppedAt is null && c.BreachedAt >= newer.At).Max(c => c.BreachedAt);
                turn.Emit(new SlaCalendarChanged(
                    new(id, next), Instant.Min(turn.Now, broken is { } at ? at + Duration.FromMilliseconds(1) : newer.At)));
            }
        }
    }

    private static bool Changed(Conversation a, Conversation b) =>
        a.Priority != b.Priority || a.Queue != b.Queue || a.Visibility != b.Visibility || a.Engagement != b.Engagement
        || !ReferenceEquals(a.Labels, b.Labels) || !ReferenceEquals(a.Customer, b.Customer);
}
