namespace Conversations.Peaks;

/// <summary>Where a customer is, as far as the feed has told.</summary>
internal enum Where { Coming, Waiting, Offered, Held, Wrapping, Gone }

/// <param name="index">From 0, in order of arrival.</param>
/// <param name="handle">How long whoever takes it will need, in real time. Drawn beforehand: the same seed gives the same customers whatever the gateway does.</param>
/// <param name="patience">In real time. Null: for ever.</param>
internal sealed class Customer(int index, Line line, TimeSpan handle, TimeSpan? patience)
{
    public int Index => index;
    public Line Line => line;
    public TimeSpan Handle => handle;
    public TimeSpan? Patience => patience;

    /// <summary>Of the conversation; also the customer's own name.</summary>
    public string Thread { get; } = $"c{index}";

    public Where Where { get; set; } = Where.Coming;

    public string? Conversation { get; set; }

    /// <summary>The newest event seen of the conversation.</summary>
    public long Seq { get; set; }

    /// <summary>When the first message was sent to the gateway.</summary>
    public TimeSpan SentAt { get; set; }

    /// <summary>There was somebody for it when it was sent: its offer should come at once.</summary>
    public bool FoundSomebodyFree { get; set; }

    public bool WasOffered { get; set; }

    public bool WasAnswered { get; set; }

    /// <summary>Desks to which an offer of it stands.</summary>
    public List<Desk> OfferedTo { get; } = [];

    /// <summary>Who has it.</summary>
    public Desk? Desk { get; set; }

    /// <summary>Raised whenever somebody else begins with it, so that older plans come to nothing.</summary>
    public int Turn { get; set; }

    /// <summary>Work on it has begun in this turn, and ends at this time at the earliest.</summary>
    public TimeSpan? FinishAt { get; set; }

    /// <summary>The request about it that was sent last; the next waits for its answer.</summary>
    public Task Last { get; set; } = Task.CompletedTask;

    /// <summary>Messages written. Who talks to a second agent, the first having been lost, does not repeat the words of before.</summary>
    public int Written { get; set; }

    /// <summary>The gateway took the first message.</summary>
    public bool Opened { get; set; }

    public string MessageId(int number) => $"{Thread}-m{number}";
}

/// <summary>One agent's desk and tools.</summary>
internal sealed class Desk(string name, Line line, int slots)
{
    public string Name => name;
    public Line Line => line;
    public int Slots => slots;

    /// <summary>The tools are alive.</summary>
    public bool Online { get; set; } = true;

    /// <summary>Takes new work, as the gateway sees it.</summary>
    public bool Routable { get; set; } = true;

    /// <summary>On the way to a break, or in one.</summary>
    public bool Pausing { get; set; }

    public long Seq { get; set; }

    public HashSet<Customer> Held { get; } = [];

    /// <summary>Offers that stand, by offer id.</summary>
    public Dictionary<string, Customer> Offers { get; } = [];

    /// <summary>When a slot was given up while others waited; until the next offer comes.</summary>
    public TimeSpan? FreedAt { get; set; }

    public bool IsFree => Online && Routable && !Pausing && Offers.Count == 0 && Held.Count < Slots;

    /// <summary>Slots in which there could be work: all while at work, those in use while on the way to a break.</summary>
    public int Staffed => !Online ? 0 : Routable && !Pausing ? Slots : Held.Count;

    public int Busy => Online ? Held.Count : 0;
}

/// <summary>One queue, as the simulation sees it.</summary>
internal sealed class Line(string name)
{
    public string Name => name;

    /// <summary>Desks that could be offered something now.</summary>
    public int Free { get; set; }

    /// <summary>Customers sent and neither offered nor gone.</summary>
    public int Unoffered { get; set; }
}
