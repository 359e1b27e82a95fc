using System.Text.Json;

namespace Conversations.Peaks.Tests;

/// <summary>
/// What a gateway does for the people of a simulation, in virtual time: one line for each queue, first come first served,
/// offers to the longest idle, leases and grace. Keeps the histories a real one would. A model, not a stand-in for the
/// product: it shows that the simulated people and the report are right, against formulas that are.
/// </summary>
internal sealed class VirtualGateway(Simulation simulation, Scenario scenario)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30), Grace = TimeSpan.FromSeconds(60), OfferFor = TimeSpan.FromSeconds(20);
    public static readonly DateTimeOffset Epoch = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (TimeSpan, long)> later = new();
    private readonly Dictionary<string, Thread> threads = [];
    private readonly Dictionary<string, Agent> agents = simulation.Desks.ToDictionary(d => d.Name, d => new Agent(d.Name, d.Line.Name));
    private readonly Dictionary<string, LinkedList<Thread>> waiting = simulation.Lines.ToDictionary(l => l.Name, _ => new LinkedList<Thread>());
    private long order;
    private int offers, told;
    private TimeSpan now;

    public List<Story> Stories { get; } = [];

    public List<ListedConversation> Listed { get; } = [];

    /// <summary>Events told twice, late or to nobody must not matter: every so many is told again.</summary>
    public int RepeatEvery { get; init; } = 7;

    /// <summary>Plays it to the end, or for so long.</summary>
    public static (VirtualGateway Gateway, PeakReport Report) Play(Scenario scenario)
    {
        var simulation = new Simulation(scenario, "run");
        var gateway = new VirtualGateway(simulation, scenario);
        gateway.Run();
        return (gateway, PeakReport.Of(scenario, simulation, gateway.Listed, gateway.Stories, new(simulation.Meter.Errors, 0, 0, 0, 0, null, null), 0));
    }

    private void Run()
    {
        simulation.Start();
        Serve();
        var end = scenario.Real(scenario.Arrivals.Length + scenario.Drain);
        while (!simulation.IsOver && now < end)
        {
            var own = later.TryPeek(out _, out var due) ? due.Item1 : TimeSpan.MaxValue;
            now = own < simulation.NextDue ? own : simulation.NextDue ?? own;
            simulation.Pass(now);
            Serve();
            while (later.TryPeek(out _, out due) && due.Item1 <= now)
            {
                later.Dequeue()();
                Serve();
            }
        }

        foreach (var thread in threads.Values.Where(t => !t.Closed))
        {
            Keep(thread);
        }
    }

    private void Serve()
    {
        while (simulation.Requests.TryDequeue(out var request))
        {
            simulation.Hear(request, Do(request));
        }
    }

    private Answer Do(Request request)
    {
        switch (request)
        {
            case Request.Write { Customer: var customer, Number: var number }:
                if (!threads.TryGetValue(customer.Thread, out var thread))
                {
                    threads[customer.Thread] = thread = new($"id-{customer.Thread}", customer.Line.Name) { Since = now };
                    Say(thread, "conversation.started", new { address = new { channel = Gateway.Channel, channelAccount = customer.Line.Name, thread = customer.Thread } });
                    waiting[thread.Queue].AddLast(thread);
                }

                Say(thread, "message.received", new { externalId = customer.MessageId(number) });
                Match(thread.Queue);
                return new(null, thread.Id);
            case Request.Accept { Customer: var customer, Desk: var desk, Offer: var offer }:
                thread = threads[customer.Thread];
                if (thread.Offer != offer || thread.OfferedTo?.Name != desk.Name)
                {
                    return new("offer_gone");
                }

                thread.OfferedTo.Offered--;
                (thread.Assignee, thread.OfferedTo, thread.Offer) = (thread.OfferedTo, null, null);
                thread.Assignee.Held.Add(thread);
                thread.Met ??= now - thread.Since <= scenario.Real(scenario.FirstResponse);
                Say(thread, "offer.accepted", new { offer, agent = desk.Name });
                Say(thread, "assignment.changed", new { assignee = desk.Name });
                Say(thread, "work.changed", new { agent = desk.Name, @as = "assigned" });
                Match(thread.Queue);
                return default;
            case Request.Reject { Customer: var customer, Offer: var offer }:
                EndOffer(threads[customer.Thread], offer, "rejected");
                return default;
            case Request.Say { Customer: var customer, Number: 1 }:
                Say(threads[customer.Thread], "sla.fulfilled", new { metric = "firstResponse", met = threads[customer.Thread].Met });
                return default;
            case Request.Close { Customer: var customer } when scenario.WrapUp is not null:
                Say(threads[customer.Thread], "wrapUp.started", new { });
                return default;
            case Request.Close { Customer: var customer }:
                return Close(threads[customer.Thread], Gateway.Served);
            case Request.CompleteWrap { Customer: var customer }:
                return Close(threads[customer.Thread], Gateway.Served);
            case Request.Leave { Customer: var customer }:
                return threads[customer.Thread].Assignee is not null ? new("version_conflict") : Close(threads[customer.Thread], Gateway.Left);
            case Request.Declare { Desk: var desk, Status: var status, Next: var next }:
                var agent = agents[desk.Name];
                (agent.Next, agent.Status) = next ? (status, agent.Status) : (null, status);
                if (!next)
                {
                    Declare(agent, status);
                }

                EnterNext(agent);
                Match(agent.Queue);
                return default;
            case Request.Heartbeat { Desk: var desk }:
                Beat(agents[desk.Name]);
                return default;
            default:
                return default;
        }
    }

    private Answer Close(Thread thread, string disposition)
    {
        if (thread.Closed)
        {
            return default;
        }

        waiting[thread.Queue].Remove(thread);
        if (thread.OfferedTo is not null)
        {
            EndOffer(thread, thread.Offer!, "canceled", again: false);
        }

        Say(thread, "status.changed", new { to = "closed", disposition });
        if (thread.Assignee is { } agent)
        {
            agent.Held.Remove(thread);
            agent.IdleSince = now;
            Say(thread, "work.changed", new { agent = agent.Name });
            thread.Assignee = null;
            EnterNext(agent);
        }

        thread.Closed = true;
        Keep(thread);
        Match(thread.Queue);
        return default;
    }

    private void Keep(Thread thread)
    {
        Stories.Add(Story.Of(thread.Id, thread.History));
        var state = thread.Closed ? "none" : thread.Assignee is not null ? "assigned" : thread.OfferedTo is not null ? "offered" : "waiting";
        Listed.Add(new(thread.Id, thread.Queue, thread.Id, thread.Closed ? "closed" : "open", new(state)));
        thread.History.Clear();
    }

    private void Match(string queue)
    {
        while (waiting[queue].First?.Value is { } thread
            && agents.Values.Where(a => a.Queue == queue && a.IsFree(scenario.Slots)).MinBy(a => a.IdleSince) is { } agent)
        {
            waiting[queue].RemoveFirst();
            var offer = $"o{++offers}";
            agent.Offered++;
            (thread.Offer, thread.OfferedTo) = (offer, agent);
            Say(thread, "offer.made", new { offer, agents = new[] { agent.Name }, expiresAt = Epoch + now + OfferFor });
            Later(OfferFor + Story.LastMoment, () => EndOffer(thread, offer, "expired"));
        }
    }

    private void EndOffer(Thread thread, string offer, string outcome, bool again = true)
    {
        if (thread.Offer != offer || thread.OfferedTo is not { } agent)
        {
            return;
        }

        agent.Offered--;
        agent.IdleSince = now;
        (thread.Offer, thread.OfferedTo) = (null, null);
        Say(thread, "offer.ended", new { offer, agent = agent.Name, outcome });
        if (again)
        {
            waiting[thread.Queue].AddFirst(thread);
            Match(thread.Queue);
        }
    }

    private void Beat(Agent agent)
    {
        agent.Beats++;
        agent.Reachable = true;
        var beat = agent.Beats;
        Match(agent.Queue);
        Later(Lease, () =>
        {
            if (agent.Beats != beat)
            {
                return;
            }

            agent.Reachable = false;
            foreach (var thread in threads.Values.Where(t => t.OfferedTo == agent).ToList())
            {
                EndOffer(thread, thread.Offer!, "rescinded");
            }

            Later(Grace, () =>
            {
                if (agent.Beats == beat)
                {
                    foreach (var thread in agent.Held.ToList())
                    {
                        agent.Held.Remove(thread);
                        thread.Assignee = null;
                        Say(thread, "assignment.changed", new { assignee = (string?)null });
                        Say(thread, "work.changed", new { agent = agent.Name });
                        waiting[thread.Queue].AddFirst(thread);
                    }

                    Match(agent.Queue);
                }
            });
        });
    }

    private void EnterNext(Agent agent)
    {
        if (agent is { Next: { } next, Held.Count: 0, Offered: 0 })
        {
            (agent.Next, agent.Status) = (null, next);
            Declare(agent, next);
        }
    }

    private void Declare(Agent agent, string status) => Tell($"agent/{agent.Name}", ++agent.Seq, "presence.declared", new { status, routable = status == "available" });

    private void Say(Thread thread, string type, object data)
    {
        var element = Tell($"conversation/{thread.Id}", thread.Seq + 1, type, data);
        thread.History.Add(new(++thread.Seq, type, Epoch + now, element));
    }

    private JsonElement Tell(string entity, long seq, string type, object data)
    {
        var change = new Change(entity, seq, type, Epoch + now, JsonSerializer.SerializeToElement(data));
        Later(TimeSpan.Zero, () =>
        {
            simulation.See(change);
            if (++told % RepeatEvery == 0)
            {
                simulation.See(change);
            }
        });
        return change.Data;
    }

    private void Later(TimeSpan wait, Action action) => later.Enqueue(action, (now + wait, order++));

    private sealed class Agent(string name, string queue)
    {
        public string Name => name;
        public string Queue => queue;
        public string Status { get; set; } = "available";
        public string? Next { get; set; }
        public bool Reachable { get; set; } = true;
        public int Beats { get; set; }
        public int Offered { get; set; }
        public long Seq { get; set; }
        public TimeSpan IdleSince { get; set; }
        public HashSet<Thread> Held { get; } = [];

        public bool IsFree(int slots) => Reachable && Next is null && Status == "available" && Offered == 0 && Held.Count < slots;
    }

    private sealed class Thread(string id, string queue)
    {
        public string Id => id;
        public string Queue => queue;
        public long Seq { get; set; }
        public TimeSpan Since { get; init; }
        public bool? Met { get; set; }
        public string? Offer { get; set; }
        public Agent? OfferedTo { get; set; }
        public Agent? Assignee { get; set; }
        public bool Closed { get; set; }
        public List<HistoryEvent> History { get; } = [];
    }
}
