using System.Text.Json;

namespace Conversations.Peaks;

/// <summary>What the history says became of one customer. The gateway's own times, whatever the simulation thought.</summary>
internal sealed class Story
{
    /// <summary>What somebody's ledger holds of it: from then on so many units, or none.</summary>
    /// <param name="Excused">Beyond capacity by somebody's will, or because it woke: allowed (routing.md, I2).</param>
    internal readonly record struct Load(DateTimeOffset At, string Agent, int Weight, bool Excused);

    private readonly HashSet<string> dormant = [];
    private string? assignee;
    private bool transferring;

    public required string Conversation { get; init; }

    public DateTimeOffset? ArrivedAt { get; private set; }
    public DateTimeOffset? OfferedAt { get; private set; }
    public DateTimeOffset? AnsweredAt { get; private set; }
    public DateTimeOffset? ClosedAt { get; private set; }
    public string? Disposition { get; private set; }

    /// <summary>The first response, if it is decided.</summary>
    public bool? Met { get; private set; }

    /// <summary>From the accepted offer being made until the slot was free again, for each time somebody had it.</summary>
    public List<TimeSpan> SlotTimes { get; } = [];

    public Dictionary<string, int> Offers { get; } = [];

    public HashSet<string> AcceptedOffers { get; } = [];

    /// <summary>An accept counts until so long after the offer ran out; the expiry fires at that same instant (routing.md 2).</summary>
    public static readonly TimeSpan LastMoment = TimeSpan.FromMilliseconds(250);

    /// <summary>Milliseconds from the last moment of an accept to having ended.</summary>
    public List<double> ExpiryLateness { get; } = [];

    public HashSet<string> Messages { get; } = [];

    public List<Load> Loads { get; } = [];

    /// <summary>Somebody got it while somebody else had it.</summary>
    public int DoubleAssignments { get; private set; }

    /// <summary>A message is there twice, or a number is missing.</summary>
    public string? Fault { get; private set; }

    public bool Left => Disposition == Gateway.Left && AnsweredAt is null;

    public static Story Of(string conversation, IReadOnlyList<HistoryEvent> events)
    {
        var story = new Story { Conversation = conversation };
        Dictionary<string, (DateTimeOffset Made, DateTimeOffset Expires)> offers = [];
        DateTimeOffset? slotSince = null;
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            story.Fault ??= e.Seq == i + 1 ? null : $"seq {e.Seq} where {i + 1} was expected";
            switch (e.Type)
            {
                case "message.received":
                    story.ArrivedAt ??= e.At;
                    story.Fault ??= story.Messages.Add(Text(e, "externalId")!) ? null : $"{Text(e, "externalId")} is there twice";
                    break;
                case "offer.made":
                    story.OfferedAt ??= e.At;
                    story.Made(e, offers);
                    break;
                case "offer.ended":
                    story.Count(Text(e, "outcome")!);
                    story.Ended(e, Text(e, "agent")!);
                    if (Text(e, "outcome") == "expired" && offers.TryGetValue(Text(e, "offer")!, out var ran))
                    {
                        story.ExpiryLateness.Add((e.At - ran.Expires - LastMoment).TotalMilliseconds);
                    }

                    break;
                case "offer.accepted":
                    story.Count("accepted");
                    story.AnsweredAt ??= e.At;
                    story.AcceptedOffers.Add(Text(e, "offer")!);
                    story.DoubleAssignments += story.assignee is not null && !story.transferring ? 1 : 0;
                    slotSince = offers.TryGetValue(Text(e, "offer")!, out var made) ? made.Made : e.At;
                    break;
                case "transfer.requested":
                    story.transferring = true;
                    break;
                case "transfer.ended":
                    story.transferring = false;
                    break;
                case "assignment.changed":
                    var to = Text(e, "assignee");
                    story.DoubleAssignments += story.assignee is not null && to is not null && to != story.assignee && !story.transferring ? 1 : 0;
                    story.assignee = to;
                    break;
                case "work.changed":
                    story.Work(e);
                    if (Text(e, "as") is null && slotSince is { } since)
                    {
                        story.SlotTimes.Add(e.At - since);
                        slotSince = null;
                    }

                    break;
                case "status.changed" when Text(e, "to") == "closed":
                    (story.ClosedAt, story.Disposition, story.assignee) = (e.At, Text(e, "disposition"), null);
                    break;
                case "sla.fulfilled" when Text(e, "metric") == "firstResponse":
                    story.Met = e.Data.GetProperty("met").GetBoolean();
                    break;
                case "sla.breached" when Text(e, "metric") == "firstResponse":
                    story.Met ??= false;
                    break;
            }
        }

        return story;
    }

    private void Count(string outcome) => Offers[outcome] = Offers.GetValueOrDefault(outcome) + 1;

    private void Made(HistoryEvent e, Dictionary<string, (DateTimeOffset Made, DateTimeOffset Expires)> offers)
    {
        Count("made");
        var offer = Text(e, "offer")!;
        offers[offer] = (e.At, e.Data.GetProperty("expiresAt").GetDateTimeOffset());
        Loads.AddRange(e.Data.GetProperty("agents").EnumerateArray().Select(agent => new Load(e.At, agent.GetString()!, Gateway.Weight, Excused: false)));
    }

    private void Ended(HistoryEvent e, string agent)
    {
        if (agent != assignee)
        {
            Loads.Add(new(e.At, agent, 0, Excused: false));
        }
    }

    private void Work(HistoryEvent e)
    {
        var (agent, kind) = (Text(e, "agent")!, Text(e, "as"));
        var woke = kind == "assigned" && dormant.Remove(agent);
        if (kind == "dormant")
        {
            dormant.Add(agent);
        }

        var excused = woke || (e.Data.TryGetProperty("override", out var forced) && forced.ValueKind == JsonValueKind.True);
        Loads.Add(new(e.At, agent, kind switch { "dormant" => (Gateway.Weight + 3) / 4, null or "parked" => 0, _ => Gateway.Weight }, excused));
    }

    private static string? Text(HistoryEvent e, string name) =>
        e.Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Who had more than fits, going by the conversations' own histories (routing.md, I2).</summary>
internal static class Capacity
{
    /// <returns>Times an agent came to be above capacity without a flag that allows it.</returns>
    public static int Exceeded(IEnumerable<Story> stories, int capacity)
    {
        var exceeded = 0;
        var loads = stories.SelectMany(s => s.Loads.Select((load, n) => (s.Conversation, load, n)));
        foreach (var agent in loads.GroupBy(x => x.load.Agent))
        {
            Dictionary<string, Story.Load> held = [];
            var total = 0;

            // What is given back in the same millisecond in which something is taken was given back first.
            foreach (var (conversation, load, _) in agent.OrderBy(x => x.load.At).ThenBy(x => x.load.Weight).ThenBy(x => x.n))
            {
                total -= held.Remove(conversation, out var before) && !before.Excused ? before.Weight : 0;
                var was = total + (before.Excused ? 0 : before.Weight);
                held[conversation] = load;
                total += load.Excused ? 0 : load.Weight;
                exceeded += total > capacity && total > was ? 1 : 0;
            }
        }

        return exceeded;
    }
}
