namespace Conversations.Domain.Sla;

/// <summary>Which conversations a policy is for (sla.md R-PO2). Every condition that is named must hold; within one, any word will do.</summary>
/// <param name="Labels">Any of these labels.</param>
/// <param name="AllLabels">All of these labels.</param>
/// <param name="Tiers">The customer's tier.</param>
/// <param name="MinReach">At least this audience: the author's followers and the post's engagement (conversation.md 5).</param>
public sealed record PolicyMatch(
    IReadOnlyList<Priority>? Priorities = null,
    IReadOnlyList<QueueId>? Queues = null,
    IReadOnlyList<string>? Channels = null,
    IReadOnlyList<string>? ChannelAccounts = null,
    IReadOnlyList<Visibility>? Visibilities = null,
    IReadOnlyList<string>? Labels = null,
    IReadOnlyList<string>? AllLabels = null,
    IReadOnlyList<string>? Tiers = null,
    long? MinReach = null)
{
    public static readonly PolicyMatch Any = new();

    public bool Matches(PolicyFacts facts) =>
        (Priorities is null || Priorities.Contains(facts.Priority))
        && (Queues is null || (facts.Queue is { } queue && Queues.Contains(queue)))
        && (Channels is null || Channels.Contains(facts.Address.Channel))
        && (ChannelAccounts is null || ChannelAccounts.Contains(facts.Address.ChannelAccount))
        && (Visibilities is null || Visibilities.Contains(facts.Visibility))
        && (Labels is null || Labels.Any(facts.Labels.Contains))
        && (AllLabels is null || AllLabels.All(facts.Labels.Contains))
        && (Tiers is null || (facts.Tier is { } tier && Tiers.Contains(tier)))
        && (MinReach is null || facts.Reach >= MinReach);

    internal Refusal? Wrong()
    {
        int?[] counts =
        [
            Priorities?.Count, Queues?.Count, Channels?.Count, ChannelAccounts?.Count, Visibilities?.Count, Labels?.Count, AllLabels?.Count, Tiers?.Count,
        ];
        return counts.Any(c => c is 0 or > SlaPolicy.MostWords)
            ? SlaPolicy.Invalid($"A condition that is named has 1 to {SlaPolicy.MostWords} values.")
            : MinReach < 0 ? SlaPolicy.Invalid("'minReach' is not negative.")
            : null;
    }
}

/// <summary>What a conversation is matched by.</summary>
public sealed record PolicyFacts(
    Address Address, Visibility Visibility, Priority Priority, QueueId? Queue, IReadOnlyList<string> Labels, string? Tier, long? Reach)
{
    public static PolicyFacts Of(Conversation s) => new(
        s.Address, s.Visibility, s.Priority, s.Queue, s.Labels, s.Customer.Tier, s.Reach);
}
