using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>What the clocks of an invented ticket would do (sla.md 10). Read by the code that conversations run: <see cref="Course"/> and <see cref="ClockReader"/>.</summary>
public static class SlaSimulation
{
    /// <summary>After so long a closed ticket is not reopened but another one begins (sla.md R-RO1).</summary>
    private static readonly Duration ReopenWindow = Duration.FromSeconds(AccountSettings.DefaultReopenWindow);

    /// <summary>The one calendar of a simulation.</summary>
    private static readonly CalendarRef Hours = new(new("simulated"), 1);

    /// <returns>The clocks as of <see cref="SimulatedTicket.AsOf"/>; what is later has not happened.</returns>
    public static SimulatedClocks Run(SimulatedTicket ticket, BusinessCalendar calendar)
    {
        var story = new Story(ticket);
        var seq = 0L;
        foreach (var happened in ticket.Events.Where(e => e.At <= ticket.AsOf).OrderBy(e => e.At))
        {
            story.Take(happened, ++seq);
        }

        return new Reading(ticket, calendar).Of(story);
    }

    /// <summary>Follows the events as a conversation would: what they mean for its status, and for its episodes.</summary>
    private sealed class Story(SimulatedTicket ticket)
    {
        private readonly SortedDictionary<(int Episode, int Number), Instance> _next = [];
        private Instance? _first;
        private Instant _closedAt;
        private int _episode;

        public Course? Course { get; private set; }

        public Instance? First => Course?.FirstResponse ?? _first;

        public IEnumerable<Instance> Next => _next.Values;

        public void Take(SimulatedEvent e, long seq)
        {
            if (Course is not { } course)
            {
                Begin(e, seq);
                return;
            }

            switch (e.Type)
            {
                case SimulatedEventType.Created:
                    break; // it has been
                case SimulatedEventType.CustomerMessage when !e.Auto:
                    Open(e.At, seq);
                    Mark(e.At, seq, MarkKind.Customer);
                    break;
                case SimulatedEventType.AgentReply when e.Delivered:
                    Mark(e.At, seq, MarkKind.Reply);
                    break;
                case SimulatedEventType.BotReply:
                    Mark(e.At, seq, MarkKind.BotReply);
                    break;
                case SimulatedEventType.Handoff:
                    Mark(e.At, seq, MarkKind.HandedOff);
                    break;
                case SimulatedEventType.Pending when course.Phase is not Phase.Closed:
                    Mark(e.At, seq, MarkKind.Pending);
                    break;
                case SimulatedEventType.OnHold when course.Phase is not Phase.Closed:
                    Mark(e.At, seq, MarkKind.Held);
                    break;
                case SimulatedEventType.Open or SimulatedEventType.Reopened:
                    Open(e.At, seq);
                    break;
                case SimulatedEventType.Closed when course.Phase is not Phase.Closed:
                    _closedAt = e.At;
                    Mark(e.At, seq, MarkKind.Closed);
                    break;
                case SimulatedEventType.PolicyApplied or SimulatedEventType.PolicyChanged:
                    Mark(e.At, seq, MarkKind.Matched, Terms(e.Targets ?? new(), seq));
                    break;
                case SimulatedEventType.PolicyRemoved:
                    Mark(e.At, seq, MarkKind.Matched, Terms(new(), seq));
                    break;
            }
        }

        private void Begin(SimulatedEvent e, long seq)
        {
            var created = e.Type == SimulatedEventType.Created;
            var phase = created ? e.Status ?? Phase.Open : Phase.Open;
            Course = Domain.Course.Start(e.At, Terms(ticket.Targets, 0), underBot: created && e.Bot, phase: phase);
            if (phase == Phase.Closed)
            {
                _closedAt = e.At;
            }

            if (!created)
            {
                Take(e, seq);
            }
            else if (!e.Outbound)
            {
                Mark(e.At, seq, e.Bot ? MarkKind.Customer : MarkKind.Created);
            }
            else
            {
                Course = Course with { NoFirstResponse = true };
            }
        }

        /// <summary>A customer's message, or an agent, opens what waits and reopens what is closed (R-PA3, R-RO).</summary>
        private void Open(Instant at, long seq)
        {
            if (Course!.Phase is Phase.Pending or Phase.OnHold)
            {
                Mark(at, seq, MarkKind.Resumed);
            }
            else if (Course.Phase == Phase.Closed && at - _closedAt <= ReopenWindow)
            {
                Mark(at, seq, MarkKind.Reopened);
            }
            else if (Course.Phase == Phase.Closed)
            {
                _first = First;
                _episode++;
                Course = Domain.Course.Start(at, Course.Terms, noFirstResponse: true);
            }
        }

        private void Mark(Instant at, long seq, MarkKind kind, SlaTerms? terms = null)
        {
            Course = Course!.After(new(at, seq, kind, terms));
            if (Course.NextResponse is { } next)
            {
                _next[(_episode, next.Number)] = next;
            }
        }

        private SlaTerms Terms(SimulatedTargets targets, long version) => new(
            "simulated", version, Seconds(targets.FirstResponse), Seconds(targets.NextResponse), Seconds(targets.Resolution),
            FirstResponseIn: Hours, NextResponseIn: Hours, ResolutionIn: Hours)
        {
            Pauses = ticket.Rules?.Pause is { } pause ? new(Set(pause.FirstResponse, Metric.FirstResponse), Set(pause.NextResponse, Metric.NextResponse), Set(pause.Resolution, Metric.Resolution)) : null,
        };

        /// <summary>What is not told of a metric is as conversations have it.</summary>
        private static HashSet<Phase> Set(IReadOnlyList<Phase>? told, Metric metric) =>
            told is not null ? [.. told] : [.. Enum.GetValues<Phase>().Where(p => SlaTerms.None.Pausing(metric, p))];

        private static int? Seconds(int? minutes) => minutes * 60;
    }

    private sealed class Reading(SimulatedTicket ticket, BusinessCalendar calendar)
    {
        private readonly ClockReader _reader = new(_ => calendar);

        public SimulatedClocks Of(Story story)
        {
            var (first, resolution) = (Of(story.First), Of(story.Course?.Resolution));
            List<(Clock Clock, SimulatedClock Shown)> next = [.. story.Next.Select(Of).OfType<(Clock, SimulatedClock)>()];
            var open = next.Select(n => n.Clock).Concat([first?.Clock, resolution?.Clock]).OfType<Clock>().Where(c => c.Runs);
            return new(
                first?.Shown, [.. next.Select(n => n.Shown)], resolution?.Shown, open.Min(c => c.Due),
                next.Count == 0 ? null : next.Max(n => n.Shown.ElapsedMinutes));
        }

        private (Clock Clock, SimulatedClock Shown)? Of(Instance? instance)
        {
            if (instance is null || _reader.Read(instance, ticket.AsOf) is not { } clock)
            {
                return null;
            }

            var until = clock.StoppedAt ?? ticket.AsOf;
            var elapsed = _reader.Elapsed(instance, until);
            var left = clock.Target - elapsed;
            Instant? At(SlaLevel level) => _reader.TimeOf(level, clock, instance, ticket.AsOf);
            return (clock, new(
                clock.Start, clock.Due, clock.Status, Minutes(elapsed), Minutes(left), Minutes(Math.Max(0, -left)),
                calendar.Elapsed(clock.Start, until, []) - calendar.Elapsed(clock.Start, until, clock.Pauses ?? []),
                clock.BreachedAt,
                ticket.WarnBeforeMinutes?.Distinct().ToDictionary(m => m, m => At(SlaLevel.Before(m * 60))),
                ticket.EscalateAfterMinutes?.Distinct().ToDictionary(m => m, m => At(SlaLevel.Escalation(m * 60)))));
        }

        private static long Minutes(long seconds) => (long)Math.Floor(seconds / 60.0);
    }
}
