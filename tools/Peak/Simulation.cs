namespace Conversations.Peaks;

/// <summary>
/// The people of a peak: customers who come and leave, agents who take, answer and close, go on breaks and lose their
/// tools. Knows no network and no clock: it is told what time it is, what the feed says and what requests were answered,
/// and puts what people do next in <see cref="Requests"/>. So the same code runs against a gateway and, in tests, through
/// a year of simulated time in a second. All times in here are real time since the start; the scenario's were shrunk by
/// its speed.
/// </summary>
internal sealed partial class Simulation
{
    /// <summary>How soon somebody whose leaving crossed with a change looks again, in real time.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly Scenario scenario;
    private readonly Random random;
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> timers = new();
    private readonly Dictionary<string, Customer> byThread = [];
    private readonly Dictionary<string, Customer> byConversation = [];
    private readonly Dictionary<string, Desk> byAgent = [];
    private long order;
    private TimeSpan now;

    /// <param name="run">Begins the names of everything this run makes.</param>
    public Simulation(Scenario scenario, string run)
    {
        this.scenario = scenario;
        Run = run;
        random = new(scenario.Seed);
        Lines = [.. Enumerable.Range(0, scenario.Queues).Select(n => new Line($"{run}-q{n}"))];
        Desks = [.. Enumerable.Range(0, scenario.Agents).Select(n => new Desk($"{run}-a{n}", Lines[n % Lines.Count], scenario.Slots))];
        byAgent = Desks.ToDictionary(d => d.Name);

        // One stream of random numbers for each kind of thing: more of one does not change the others. Which queue is drawn as
        // well: by turns, each queue's customers would come more evenly than people do, and wait less.
        var (times, handles, patiences, lines) = (new Random(random.Next()), new Random(random.Next()), new Random(random.Next()), new Random(random.Next()));
        Times = scenario.Arrivals.Draw(times);
        Customers = [.. Times.Select((_, n) => new Customer(
            n, Lines[lines.Next(Lines.Count)], scenario.Real(scenario.Handle.Draw(handles)), scenario.Patience is { } p ? scenario.Real(p.Draw(patiences)) : null))];
        byThread = Customers.ToDictionary(c => c.Thread);
        Meter = new() { From = scenario.Real(scenario.WarmUp), To = scenario.Real(scenario.Arrivals.Length) };
    }

    public string Run { get; }

    public IReadOnlyList<Line> Lines { get; }

    public IReadOnlyList<Desk> Desks { get; }

    /// <summary>Simulated times of arrival, in order.</summary>
    public IReadOnlyList<TimeSpan> Times { get; }

    public IReadOnlyList<Customer> Customers { get; }

    public Meter Meter { get; }

    /// <summary>What is to be sent to the gateway, in order.</summary>
    public Queue<Request> Requests { get; } = new();

    /// <summary>When something is to happen next. Null: never.</summary>
    public TimeSpan? NextDue => timers.TryPeek(out _, out var next) ? next.At : null;

    public int Arrived { get; private set; }

    public int Over { get; private set; }

    /// <summary>Everybody has come, and everything is over.</summary>
    public bool IsOver => Over == Customers.Count;

    /// <summary>Everybody is at the desk and starts now.</summary>
    public void Start()
    {
        foreach (var desk in Desks)
        {
            Meter.Change(now, desk.Staffed, desk.Busy);
            desk.Line.Free += desk.IsFree ? 1 : 0;
            Beat(desk, Scenario.Heartbeat * random.NextDouble());
            PlanBreak(desk, random.NextDouble());
        }

        PlanDisconnect();
        ArriveNext();
    }

    /// <summary>Does what is due by now.</summary>
    public void Pass(TimeSpan to)
    {
        while (timers.TryPeek(out var action, out var due) && due.At <= to)
        {
            timers.Dequeue();
            if (due.At > now)
            {
                now = due.At;
            }

            Meter.Lateness.Add((to - due.At).TotalMilliseconds);
            action();
        }

        now = to > now ? to : now;
    }

    private void After(TimeSpan wait, Action action) => timers.Enqueue(action, (now + wait, order++));

    /// <summary>Changes a desk and keeps count of what that means for its line and for slot time.</summary>
    private void Change(Desk desk, Action change)
    {
        var (staffed, busy, free) = (desk.Staffed, desk.Busy, desk.IsFree);
        change();
        desk.Line.Free += (desk.IsFree ? 1 : 0) - (free ? 1 : 0);
        Meter.Change(now, desk.Staffed - staffed, desk.Busy - busy);
    }
}
