using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The live state of one agent: presence and the capacity ledger (routing.md 1). The ledger is never ahead of the truth in
/// the conversations for longer than a reservation lasts, and nothing is offered that is not in it.
/// </summary>
/// <param name="Next">The status to enter when nothing is left.</param>
/// <param name="ReachSince">When <paramref name="Reach"/> last changed; of a loss, the last sign of life.</param>
/// <param name="Lease">Connected: until when at the longest without another journaled sign of life.</param>
/// <param name="Grace">Unreachable: when live work goes to others. Null once it has.</param>
/// <param name="Assigned">When work was last assigned, newest last: for pacing and "longest since".</param>
/// <param name="Rejected">When offers were last rejected.</param>
/// <param name="Terms">A supervisor's change of capacity and skills.</param>
/// <param name="HeardBy">The process that heard the agent last: only it may say that there is silence.</param>
public sealed record Agent(
    AgentId Id,
    AccountId Account,
    long Seq,
    AgentProfile? Profile,
    Declared Declared,
    string? Next,
    Reach Reach,
    Instant ReachSince,
    Instant? Lease,
    Instant? Grace,
    bool NotResponding,
    int ExpiredInARow,
    Instant? RampUntil,
    IReadOnlyList<LedgerEntry> Ledger,
    IReadOnlyList<Instant> Assigned,
    IReadOnlyList<Instant> Rejected,
    AgentTerms? Terms = null,
    DrainMode Drain = DrainMode.None,
    Instant? DrainDeadline = null,
    string? HeardBy = null)
{
    public const int Format = 1;

    /// <summary>How many instants of the recent past are kept: more than any pace.</summary>
    public const int InstantsKept = 16;

    public static Agent Empty(AccountId account, AgentId id) =>
        new(id, account, 0, null, new("offline", false, SetBy.System, null, default, 0), null, Reach.Unreachable, default, null, null, false, 0, null, [], [], []);

    /// <summary>Takes new work (routing.md 1).</summary>
    [JsonIgnore]
    public bool Routable => Profile is not null && Declared.Routable && Next is null && Reach == Reach.Connected && !NotResponding && Drain == DrainMode.None;

    /// <summary>Has come to work, busy or not.</summary>
    [JsonIgnore]
    public bool SignedIn => Profile is not null && Reach == Reach.Connected && Declared.Status != "offline";

    [JsonIgnore]
    public IReadOnlyList<QueueId> Queues => Profile?.Queues ?? [];

    [JsonIgnore]
    public IReadOnlyList<SkillLevel> Skills => Terms?.Skills ?? Profile?.Skills ?? [];

    public int CapacityBy(RoutingTerms terms) => Terms?.Capacity ?? Profile?.Capacity ?? terms.Capacity;

    public LedgerEntry? Entry(ConversationId conversation)
    {
        foreach (var entry in Ledger)
        {
            if (entry.Conversation == conversation)
            {
                return entry;
            }
        }

        return null;
    }

    [JsonIgnore]
    public int Load
    {
        get
        {
            var load = 0;
            foreach (var entry in Ledger)
            {
                load += entry.Weight;
            }

            return load;
        }
    }

    /// <summary>The earliest instant at which a tick would do something.</summary>
    public Instant? NextDue()
    {
        var next = Reach == Reach.Connected ? Lease : Grace;
        next = Instants.Earliest(next, Declared.Until);
        next = Instants.Earliest(next, Terms?.Until);
        next = Instants.Earliest(next, Drain == DrainMode.Handover ? DrainDeadline : null);
        foreach (var entry in Ledger)
        {
            next = Instants.Earliest(next, entry.Until);
        }

        return next;
    }
}

/// <param name="Version">The seq of the event that set it.</param>
/// <param name="Until">A supervisor's: when it goes back to <paramref name="Before"/>.</param>
public sealed record Declared(
    string Status, bool Routable, SetBy SetBy, string? Reason, Instant At, long Version, Instant? Until = null, string? Before = null, bool BeforeRoutable = false);

public sealed record AgentTerms(int? Capacity, IReadOnlyList<SkillLevel>? Skills, Instant? Until);

/// <summary>What takes some of an agent's capacity.</summary>
/// <param name="Until">Of an offer: when it is doubted.</param>
/// <param name="Leaving">Given back or to be given back on the customer's next message; asked, not yet answered.</param>
public sealed record LedgerEntry(
    ConversationId Conversation, OfferId? Offer, WorkKind Kind, ChannelClass Class, int Weight, bool Interruptible, Instant Since, long Epoch,
    Instant? Until = null, bool Override = false, bool Wake = false, bool Leaving = false);

/// <param name="Presence">The version of the declared status.</param>
public sealed record AgentAnswer(AgentId Agent, long Seq, long Presence, string Status, bool Routable, int Load, bool Changed, Instant? Until = null);
