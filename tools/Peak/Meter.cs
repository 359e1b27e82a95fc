namespace Conversations.Peaks;

/// <summary>What is only to be seen while it happens. The rest is read from the histories afterwards.</summary>
internal sealed class Meter
{
    private TimeSpan last;
    private int staffed, busy;

    /// <summary>Only between these (real time since the start) does slot time count.</summary>
    public required TimeSpan From { get; init; }

    public required TimeSpan To { get; init; }

    /// <summary>Milliseconds from sending a message to seeing its offer in the feed, where somebody was free.</summary>
    public List<double> ArrivalToOffer { get; } = [];

    /// <summary>Conversations of whom that was measured.</summary>
    public List<string> FoundFree { get; } = [];

    /// <summary>Milliseconds from sending a close to seeing the agent's next offer, where somebody waited.</summary>
    public List<double> FreedToOffer { get; } = [];

    /// <summary>Milliseconds by which the simulation itself was late. Large: the figures above are its own.</summary>
    public List<double> Lateness { get; } = [];

    /// <summary>Answers nobody should get, by request and code.</summary>
    public SortedDictionary<string, int> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Offers accepted here: (conversation, offer, agent) as the gateway acknowledged it.</summary>
    public List<AcceptedOffer> Accepted { get; } = [];

    /// <summary>Slot-seconds (real) there could be work in.</summary>
    public double StaffedSeconds { get; private set; }

    /// <summary>Slot-seconds (real) with work in them.</summary>
    public double BusySeconds { get; private set; }

    /// <summary>Counts slot time up to now, then changes what is in use.</summary>
    public void Change(TimeSpan now, int staffedBy, int busyBy)
    {
        var (from, to) = (last < From ? From : last, now > To ? To : now);
        if (to > from)
        {
            StaffedSeconds += staffed * (to - from).TotalSeconds;
            BusySeconds += busy * (to - from).TotalSeconds;
        }

        (last, staffed, busy) = (now, staffed + staffedBy, busy + busyBy);
    }

    public void Error(Request request, string code)
    {
        var name = $"{request.Name}:{code}";
        Errors[name] = Errors.GetValueOrDefault(name) + 1;
    }
}

internal readonly record struct AcceptedOffer(string Conversation, string Offer, string Agent);
