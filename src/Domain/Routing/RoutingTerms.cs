using System.Text.Json.Serialization;
using Conversations.Domain.Json;

namespace Conversations.Domain;

/// <summary>One attempt to give a conversation to somebody. Chosen by whoever offers; never used twice.</summary>
[JsonConverter(typeof(StringIdConverter<OfferId>))]
public readonly record struct OfferId(string Value) : IStringId<OfferId>
{
    public static OfferId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>What kind of attention a channel wants (routing.md 1).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ChannelClass>))]
public enum ChannelClass { Live, Async, Email, Voice }

/// <summary>A skill a conversation needs, and how good at least.</summary>
public sealed record SkillNeed(string Skill, int MinLevel = 1);

/// <summary>A skill an agent has. Levels start at 1.</summary>
public sealed record SkillLevel(string Skill, int Level = 1);

/// <summary>How one class of channels weighs and behaves (routing.md 1, 2). Times in seconds.</summary>
/// <param name="Weight">Units of capacity one conversation takes.</param>
/// <param name="MostAtOnce">Conversations of this class one agent has at most, whatever the weights say.</param>
/// <param name="Interruptible">Accepted only while everything together fits; primary work may push past it.</param>
/// <param name="Wraps">Whether wrapping up still takes the whole weight (live) or none (async).</param>
/// <param name="OfferSeconds">How long an offer stands.</param>
/// <param name="DormantAfter">Quiet time after which it weighs a quarter; 0: never.</param>
/// <param name="StickySeconds">How long the last agent is waited for.</param>
/// <param name="StickyWindow">How long ago the last agent may have been.</param>
public sealed record ClassTerms(
    int Weight, int MostAtOnce, bool Interruptible, bool Wraps, int OfferSeconds, int DormantAfter, int StickySeconds, int StickyWindow);

/// <summary>
/// The numbers routing works with: an account's configuration; the defaults are where to start (routing.md). Times in seconds.
/// </summary>
public sealed record RoutingTerms
{
    public static readonly RoutingTerms Default = new();

    /// <summary>Units an agent has, unless the agent's own profile says otherwise.</summary>
    public int Capacity { get; init; } = 100;

    /// <summary>How far primary work may push beyond an agent's capacity, in percent of it.</summary>
    public int HardPercent { get; init; } = 130;

    /// <summary>New assignments an agent takes in a minute.</summary>
    public int PerMinute { get; init; } = 6;

    /// <summary>The same while ramping up.</summary>
    public int RampPerMinute { get; init; } = 2;

    /// <summary>Absence after which an agent ramps up.</summary>
    public int RampAfter { get; init; } = 8 * 3_600;

    /// <summary>How long the ramp lasts.</summary>
    public int RampFor { get; init; } = 600;

    /// <summary>From the last sign of life over all connections to "unreachable".</summary>
    public int Lease { get; init; } = 30;

    /// <summary>From "unreachable" until live conversations are given to others.</summary>
    public int GraceLive { get; init; } = 60;

    /// <summary>Added to conversations that are given back because their agent was lost.</summary>
    public int LostBoost { get; init; } = 300;

    /// <summary>Dormant conversations of one agent that weigh less; further ones weigh what they did.</summary>
    public int MostDormant { get; init; } = 20;

    /// <summary>Offers that lapse in a row before an agent is not responding.</summary>
    public int ExpiriesInARow { get; init; } = 2;

    /// <summary>How long a conversation is not offered again to who declined or missed it.</summary>
    public int Exclusion { get; init; } = 60;

    /// <summary>Pause after exclusions were cleared because nobody else was left.</summary>
    public int RetryAfterClearing { get; init; } = 10;

    /// <summary>Failed offers after which a supervisor hears of it.</summary>
    public int EscalateAfter { get; init; } = 10;

    public int EscalatedBoost { get; init; } = 3_600;

    /// <summary>A reservation older than this is doubted: the agent asks whether the offer still stands.</summary>
    public int ReserveFor { get; init; } = 15;

    /// <summary>The most all boosts together count, so that nothing starves (routing.md 3).</summary>
    public int MostBoost { get; init; } = 4 * 3_600;

    public int ReopenedBoost { get; init; } = 300;
    public int HighBoost { get; init; } = 900;
    public int UrgentBoost { get; init; } = 3_600;

    /// <summary>When less than <see cref="ReplyWindowLeft"/> of the platform's reply window is left.</summary>
    public int ReplyWindowBoost { get; init; } = 3_600;

    public const int ReplyWindowLeft = 2 * 3_600;

    /// <summary>Audience from which a conversation is boosted, with the boost; the highest reached counts.</summary>
    public IReadOnlyDictionary<long, int> ReachBoosts { get; init; } = new Dictionary<long, int> { [10_000] = 600, [100_000] = 1_800, [1_000_000] = 3_600 };

    /// <summary>Customers' tiers with their boosts.</summary>
    public IReadOnlyDictionary<string, int> TierBoosts { get; init; } = new Dictionary<string, int>();

    /// <summary>Sentiment and the like, as labels with their boosts.</summary>
    public IReadOnlyDictionary<string, int> LabelBoosts { get; init; } = new Dictionary<string, int>();

    /// <summary>Labels of regulated or safety cases: they come before everything else.</summary>
    public IReadOnlyList<string> StrictLabels { get; init; } = [];

    /// <summary>Statuses in which an agent takes work.</summary>
    public IReadOnlyList<string> RoutableStatuses { get; init; } = ["available"];

    /// <summary>Channels whose class is not the usual one.</summary>
    public IReadOnlyDictionary<string, ChannelClass> ChannelClasses { get; init; } = new Dictionary<string, ChannelClass>();

    /// <summary>Where conversations go that were passed on too often.</summary>
    public QueueId? SupervisorQueue { get; init; }

    public int MostHops { get; init; } = 11;

    /// <summary>A → B → A within this is flagged.</summary>
    public int PingPongWithin { get; init; } = 600;

    /// <summary>How long a transfer to one agent waits before it comes back.</summary>
    public int TransferSeconds { get; init; } = 60;

    public ClassTerms Live { get; init; } = new(33, 4, Interruptible: false, Wraps: true, 20, 600, 20, 1_800);
    public ClassTerms Async { get; init; } = new(15, 20, Interruptible: false, Wraps: false, 60, 600, 600, 259_200);
    public ClassTerms Email { get; init; } = new(10, 20, Interruptible: true, Wraps: false, 60, 600, 600, 259_200);
    public ClassTerms Voice { get; init; } = new(100, 1, Interruptible: false, Wraps: true, 20, 0, 20, 1_800);

    public ClassTerms Of(ChannelClass channels) => channels switch
    {
        ChannelClass.Live => Live,
        ChannelClass.Async => Async,
        ChannelClass.Email => Email,
        ChannelClass.Voice => Voice,
    };

    public ChannelClass ClassOf(string channel) => ChannelClasses.TryGetValue(channel, out var known) ? known : channel switch
    {
        "webchat" => ChannelClass.Live,
        "email" => ChannelClass.Email,
        "voice" or "phone" => ChannelClass.Voice,
        _ => ChannelClass.Async,
    };

    /// <summary>What nobody could work with; null if there is nothing wrong.</summary>
    public Refusal? Check()
    {
        Refusal? Bad(string detail) => new("invalid_routing", detail, RefusalKind.Invalid);
        return Capacity is < 1 or > 10_000 || HardPercent is < 100 or > 1_000 ? Bad("A capacity is 1 to 10,000 units, and the hard limit 100 to 1,000 percent of it.")
            : PerMinute is < 1 or > Agent.InstantsKept || RampPerMinute is < 1 or > Agent.InstantsKept ? Bad($"A pace is 1 to {Agent.InstantsKept} a minute.")
            : Lease < 15 || GraceLive < 1 || ReserveFor < 5 || Exclusion < 1 || RetryAfterClearing < 1 || EscalateAfter < 1 || TransferSeconds < 1
                ? Bad("A time is a positive number of seconds; a lease has at least 15, a reservation 5.")
            : MostBoost is < 0 or > 86_400 ? Bad("All boosts together count for a day at most.")
            : new[] { Live, Async, Email, Voice }.Any(c => c.Weight < 0 || c.MostAtOnce < 1 || c.OfferSeconds < 1 || c.DormantAfter < 0 || c.StickySeconds < 0)
                ? Bad("Weights and times of a class are not negative; offers stand a second at least.")
            : null;
    }
}
