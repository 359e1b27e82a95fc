using Conversations.Domain.Staffing;
using Conversations.Replaying;
using NodaTime;

namespace Conversations.Peaks;

/// <summary>
/// What a peak was like. Waits and slot times are in simulated seconds and leave out who came during the warm-up; latencies
/// are in real milliseconds. Everything but <paramref name="System"/> and the occupancy comes from the gateway's histories.
/// </summary>
/// <param name="Expected">What Erlang says of this load and these slots, where it can: a steady rate, no breaks, nothing going wrong.</param>
internal sealed record PeakReport(
    ServiceFigures Service, OfferFigures Offers, AccountedFor Accounted, SystemFigures System, ExpectedFigures? Expected, double WallSeconds)
{
    public static PeakReport Of(
        Scenario scenario, Simulation simulation, IReadOnlyList<ListedConversation> listed, IReadOnlyCollection<Story> stories, SystemFigures system, double wallSeconds)
    {
        var all = stories.ToDictionary(s => s.Conversation);
        var counted = simulation.Customers.Where(c => simulation.Times[c.Index] >= scenario.WarmUp && c.Conversation is not null)
            .Select(c => all.GetValueOrDefault(c.Conversation!)).OfType<Story>().ToList();
        var service = ServiceFigures.Of(scenario, counted, simulation.Meter, stories.Select(s => s.ClosedAt ?? s.ArrivedAt ?? default).DefaultIfEmpty().Max());
        return new(
            service,
            OfferFigures.Of(scenario, stories, simulation.Meter),
            AccountedFor.Of(simulation.Customers, listed, all),
            system,
            ExpectedFigures.Of(scenario, simulation, service),
            wallSeconds);
    }
}

/// <summary>What customers and agents felt (reports.md 1).</summary>
/// <param name="ServiceLevel">Answered in time ÷ (answered + left after more than the short time + still waiting for longer than the time). Null: nobody.</param>
/// <param name="Asa">Mean wait of the answered, seconds.</param>
/// <param name="Abandoned">Left ÷ arrived.</param>
/// <param name="Occupancy">Slot time in use ÷ slot time staffed.</param>
/// <param name="SlotTime">Mean seconds from an offer that was accepted being made until its slot was free again.</param>
/// <param name="SlaMet">First responses in the promised time.</param>
internal sealed record ServiceFigures(
    int Arrived, int Answered, int Left, int StillWaiting, double? ServiceLevel, double? Asa, double? WaitP50, double? WaitP90, double? WaitP99, double? Abandoned,
    double? Occupancy, double? SlotTime, int SlaMet, int SlaBreached)
{
    public static ServiceFigures Of(Scenario scenario, IReadOnlyList<Story> stories, Meter meter, DateTimeOffset end)
    {
        double Seconds(DateTimeOffset? from, DateTimeOffset? to) => scenario.Simulated(to!.Value - from!.Value);
        var arrived = stories.Where(s => s.ArrivedAt is not null).ToList();
        var waits = arrived.Where(s => s.AnsweredAt is not null).Select(s => Seconds(s.ArrivedAt, s.AnsweredAt)).Order().ToList();
        var left = arrived.Where(s => s.Left).Select(s => Seconds(s.ArrivedAt, s.ClosedAt)).ToList();
        var waiting = arrived.Where(s => s.AnsweredAt is null && s.ClosedAt is null).Select(s => Seconds(s.ArrivedAt, end)).ToList();
        var (within, briefly) = (scenario.Within.TotalSeconds, scenario.ShortAbandon.TotalSeconds);
        var judged = waits.Count + left.Count(w => w > briefly) + waiting.Count(w => w > within);
        var slotTimes = stories.SelectMany(s => s.SlotTimes).Select(t => scenario.Simulated(t)).ToList();
        return new(
            arrived.Count, waits.Count, left.Count, waiting.Count,
            judged == 0 ? null : (double)waits.Count(w => w <= within) / judged,
            waits.Count == 0 ? null : waits.Average(),
            Percentile.Of(waits, 50), Percentile.Of(waits, 90), Percentile.Of(waits, 99),
            arrived.Count == 0 ? null : (double)left.Count / arrived.Count,
            meter.StaffedSeconds == 0 ? null : meter.BusySeconds / meter.StaffedSeconds,
            slotTimes.Count == 0 ? null : slotTimes.Average(),
            stories.Count(s => s.Met == true), stories.Count(s => s.Met == false));
    }
}

/// <param name="OverCapacity">Times an agent came to have more than fits, without a flag that allows it.</param>
/// <param name="DoubleAssigned">Times somebody got what somebody else had, or an accept was acknowledged that the history does not have.</param>
/// <param name="ArrivalP50">Milliseconds from an arrival being journaled to its offer, with somebody free.</param>
/// <param name="SeenP50">The same from outside: from sending the message to seeing the offer in the feed.</param>
/// <param name="NextP50">From sending a close to seeing the agent's next offer in the feed, with somebody waiting.</param>
/// <param name="ExpiryP99">Milliseconds by which offers ended later than the last moment in which they could be accepted.</param>
internal sealed record OfferFigures(
    int Made, int Accepted, int Rejected, int Expired, int Rescinded, int Canceled, int OverCapacity, int DoubleAssigned,
    int ArrivalSamples, double? ArrivalP50, double? ArrivalP99, double? SeenP50, double? SeenP99, int NextSamples, double? NextP50, double? NextP99, double? ExpiryP99)
{
    public static OfferFigures Of(Scenario scenario, IReadOnlyCollection<Story> stories, Meter meter)
    {
        int Count(string outcome) => stories.Sum(s => s.Offers.GetValueOrDefault(outcome));
        var byConversation = stories.ToDictionary(s => s.Conversation);
        var vanished = meter.Accepted.Count(a => !byConversation.TryGetValue(a.Conversation, out var story) || !story.AcceptedOffers.Contains(a.Offer));
        var free = meter.FoundFree.Select(c => byConversation.GetValueOrDefault(c)).OfType<Story>()
            .Where(s => s.OfferedAt is not null).Select(s => (s.OfferedAt!.Value - s.ArrivedAt!.Value).TotalMilliseconds).Order().ToList();
        var (seen, next) = (meter.ArrivalToOffer.Order().ToList(), meter.FreedToOffer.Order().ToList());
        var late = stories.SelectMany(s => s.ExpiryLateness).Order().ToList();
        return new(
            Count("made"), Count("accepted"), Count("rejected"), Count("expired"), Count("rescinded"), Count("canceled"),
            Capacity.Exceeded(stories, scenario.Slots * Gateway.Weight), stories.Sum(s => s.DoubleAssignments) + vanished,
            seen.Count, Percentile.Of(free, 50), Percentile.Of(free, 99), Percentile.Of(seen, 50), Percentile.Of(seen, 99),
            next.Count, Percentile.Of(next, 50), Percentile.Of(next, 99), Percentile.Of(late, 99));
    }
}

/// <summary>Everything that was opened, by what became of it. Nothing is in two places, and what is in none is lost.</summary>
/// <param name="Opened">First messages the gateway acknowledged.</param>
/// <param name="Unfinished">Still open, in one of the states an open conversation may be in.</param>
/// <param name="Lost">Not listed, without its acknowledged message, with a gap in its history, or open and nowhere.</param>
/// <param name="Which">Up to <see cref="MostShown"/> of the lost, with what is wrong.</param>
internal sealed record AccountedFor(int Opened, int Served, int Left, int ClosedOtherwise, int Unfinished, int Lost, IReadOnlyList<string> Which)
{
    public const int MostShown = 20;

    private static readonly HashSet<string> Somewhere = ["waiting", "offered", "assigned", "wrapping", "held", "unroutable"];

    public static AccountedFor Of(IEnumerable<Customer> customers, IReadOnlyList<ListedConversation> listed, Dictionary<string, Story> stories)
    {
        var rows = listed.DistinctBy(r => r.Id).ToDictionary(r => r.Id);
        var opened = customers.Where(c => c.Opened).ToList();
        var (served, left, otherwise, unfinished) = (0, 0, 0, 0);
        List<string> lost = [];
        foreach (var customer in opened)
        {
            var (row, story) = (rows.GetValueOrDefault(customer.Conversation!), stories.GetValueOrDefault(customer.Conversation!));
            var wrong = row is null ? "is not listed"
                : story is null || !story.Messages.Contains(customer.MessageId(1)) ? "has lost its message"
                : story.Fault is { } fault ? fault
                : row.Status == "closed" ? (story.ClosedAt is null ? "is closed, but its history does not say so" : null)
                : !Somewhere.Contains(row.Routing.State) ? $"is open, but nowhere ({row.Routing.State})"
                : null;
            if (wrong is not null)
            {
                lost.Add($"{customer.Conversation} ({customer.Thread}) {wrong}");
                continue;
            }

            var closed = row!.Status == "closed";
            served += closed && story!.Disposition == Gateway.Served ? 1 : 0;
            left += closed && story!.Disposition == Gateway.Left ? 1 : 0;
            otherwise += closed && story!.Disposition is not (Gateway.Served or Gateway.Left) ? 1 : 0;
            unfinished += closed ? 0 : 1;
        }

        return new(opened.Count, served, left, otherwise, unfinished, lost.Count, [.. lost.Take(MostShown)]);
    }
}

/// <summary>How the run itself went.</summary>
/// <param name="Errors">Answers nobody should get, by request and problem code.</param>
/// <param name="LatenessP99">Milliseconds by which this process was late. If it is large, so are the latencies it saw.</param>
internal sealed record SystemFigures(
    IReadOnlyDictionary<string, int> Errors, long Retries, long FeedEvents, int FeedResets, int FeedReconnects, double? LatenessP99, double? LatenessMost);

/// <summary>
/// Erlang's answer for the arrivals that came and the slot time that was measured: a slot is taken from the offer on, and
/// given back when the gateway has heard of the close, so both are part of the time it is busy with one customer.
/// </summary>
/// <param name="Model">"Erlang C", or "Erlang A" where customers leave.</param>
internal sealed record ExpectedFigures(string Model, double Erlangs, int Slots, double ServiceLevel, double? Asa, double Occupancy, double Abandoned)
{
    public static ExpectedFigures? Of(Scenario scenario, Simulation simulation, ServiceFigures seen)
    {
        if (!scenario.IsPlain || seen.SlotTime is not { } slotTime)
        {
            return null;
        }

        // Each queue is a system of its own.
        var counted = (scenario.Arrivals.Length - scenario.WarmUp).TotalHours;
        var (slots, perHour) = (scenario.AllSlots / scenario.Queues, simulation.Times.Count(t => t >= scenario.WarmUp) / counted / scenario.Queues);
        var demand = new Demand(perHour, Duration.FromSeconds(slotTime));
        var (within, briefly) = (Duration.FromTimeSpan(scenario.Within), Duration.FromTimeSpan(scenario.ShortAbandon));
        if (scenario.Patience is { } patience)
        {
            var a = new ErlangA(demand, slots, Duration.FromTimeSpan(patience.Mean));
            return new("Erlang A", demand.Erlangs, slots, a.ServiceLevel(within, briefly), a.Asa?.TotalSeconds, a.Occupancy, a.Abandoned);
        }

        var c = new ErlangC(demand, slots);
        return new("Erlang C", demand.Erlangs, slots, c.ServiceLevel(within), c.Asa?.TotalSeconds, c.Occupancy, 0);
    }
}
