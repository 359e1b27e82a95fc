namespace Conversations.Peaks;

/// <summary>Who comes, who answers, and what goes wrong. Times are simulated time unless said otherwise.</summary>
internal sealed record Scenario
{
    /// <summary>App heartbeat (routing.md 1), in real time: a lease is not accelerated.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan DefaultWithin = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan DefaultShortAbandon = TimeSpan.FromSeconds(5);
    public static readonly Spread DefaultHandle = new Spread.Exponential(TimeSpan.FromSeconds(480));
    public const int DefaultAgents = 30;
    public const int DefaultSlots = 3;
    public const int DefaultExchanges = 1;
    public const int DefaultSeed = 1;
    public const int DefaultFirstResponse = 300;

    public required Arrivals Arrivals { get; init; }

    /// <summary>Over all queues.</summary>
    public int Agents { get; init; } = DefaultAgents;

    /// <summary>Conversations one agent has at once.</summary>
    public int Slots { get; init; } = DefaultSlots;

    /// <summary>Agents are spread evenly over them, customers by chance.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>From accepting to closing.</summary>
    public Spread Handle { get; init; } = DefaultHandle;

    /// <summary>How long a customer waits for the first answer. Null: for ever.</summary>
    public Spread? Patience { get; init; }

    /// <summary>From seeing an offer to accepting or declining it.</summary>
    public Spread Reaction { get; init; } = new Spread.Fixed(TimeSpan.Zero);

    /// <summary>Wrap-up after closing, if any.</summary>
    public Spread? WrapUp { get; init; }

    /// <summary>Replies in a conversation; before each but the first the customer writes again.</summary>
    public int Exchanges { get; init; } = DefaultExchanges;

    /// <summary>Share of offers that are declined.</summary>
    public double Reject { get; init; }

    /// <summary>Share of offers nobody reacts to.</summary>
    public double Ignore { get; init; }

    public Breaks? Breaks { get; init; }

    public Disconnect? Disconnect { get; init; }

    /// <summary>What counts as answered in time.</summary>
    public TimeSpan Within { get; init; } = DefaultWithin;

    /// <summary>Who leaves within this is not counted as abandoned.</summary>
    public TimeSpan ShortAbandon { get; init; } = DefaultShortAbandon;

    /// <summary>The promised first response; the gateway gets it in real time, rounded up to whole seconds.</summary>
    public TimeSpan FirstResponse { get; init; } = TimeSpan.FromSeconds(DefaultFirstResponse);

    /// <summary>Arrivals before this are served but not counted: the queue starts empty.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>After the last arrival, how long what is open may take. What is not over then is reported as such.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Simulated seconds in a real one.</summary>
    public double Speed { get; init; } = 1;

    public int Seed { get; init; } = DefaultSeed;

    /// <summary>Nothing but arrivals, handle times and patience: what Erlang's formulas know about.</summary>
    public bool IsPlain =>
        this is { Breaks: null, Disconnect: null, Reject: 0, Ignore: 0, Arrivals: Arrivals.Poisson { IsSteady: true } };

    /// <summary>Simulated time in real time.</summary>
    public TimeSpan Real(TimeSpan simulated) => simulated / Speed;

    /// <summary>Real time in simulated seconds.</summary>
    public double Simulated(TimeSpan real) => real.TotalSeconds * Speed;

    /// <summary>Slots of all agents together.</summary>
    public int AllSlots => Agents * Slots;
}

/// <summary>Each agent goes once in so long, at an own time, and comes back after so long; what is under way is finished first.</summary>
internal sealed record Breaks(TimeSpan Length, TimeSpan Every);

/// <summary>The tools of a share of the agents die at once: no heartbeat, no answer to anything.</summary>
/// <param name="At">From the start.</param>
/// <param name="For">Until they are back. Null: never.</param>
internal sealed record Disconnect(double Share, TimeSpan At, TimeSpan? For);
