using NodaTime;

namespace Conversations.Domain;

/// <summary>Why a conversation stands further ahead than its age alone would have it (routing.md 3). Every source is kept.</summary>
public static class Boosts
{
    public const string ReplyWindow = "replyWindow", Reopened = "reopened", Lost = "lost", EscalatedSource = "escalated";

    public static IReadOnlyList<Boost> Of(Conversation s, RoutingTerms terms)
    {
        List<Boost> boosts = [];
        void Add(string source, int seconds, string? reason = null)
        {
            if (seconds != 0)
            {
                boosts.Add(new(source, seconds, reason));
            }
        }

        Add("priority", s.Priority switch { Priority.Urgent => terms.UrgentBoost, Priority.High => terms.HighBoost, _ => 0 }, s.PriorityReason);
        if (s.Visibility == Visibility.Public)
        {
            var reach = (s.Customer.Reach ?? 0) + (s.Engagement ?? 0);
            Add("reach", terms.ReachBoosts.Where(b => b.Key <= reach).Select(b => b.Value).DefaultIfEmpty().Max(), reach > 0 ? $"{reach}" : null);
        }

        Add("tier", s.Customer.Tier is { } tier ? terms.TierBoosts.GetValueOrDefault(tier) : 0, s.Customer.Tier);
        foreach (var label in s.Labels)
        {
            Add("label", terms.LabelBoosts.GetValueOrDefault(label), label);
        }

        boosts.AddRange(s.Routing?.Extra ?? []);
        return boosts;
    }

    /// <summary>All together, capped so that nothing starves: whatever waits outranks every arrival later than the cap.</summary>
    public static int Total(IReadOnlyList<Boost> boosts, RoutingTerms terms) => Math.Min(boosts.Sum(b => b.Seconds), terms.MostBoost);

    /// <summary>The same item with the boosts that hold now.</summary>
    public static WaitingItem Refreshed(WaitingItem item, Conversation s, RoutingTerms terms, Instant now)
    {
        var boosts = Of(s, terms);
        if (s.ReplyWindow is { ClosesAt: var closes } && closes > item.Entered && closes - now <= Duration.FromSeconds(RoutingTerms.ReplyWindowLeft))
        {
            boosts = [.. boosts, new(ReplyWindow, terms.ReplyWindowBoost)]; // once it has closed too: that is no reason to go back
        }

        return item with
        {
            Boosts = boosts.Count > 0 ? boosts : null,
            Boost = Total(boosts, terms),
            Strict = s.Labels.Any(terms.StrictLabels.Contains),
        };
    }

    public static bool Same(WaitingItem a, WaitingItem b) =>
        a.Boost == b.Boost && a.Strict == b.Strict && (a.Boosts ?? []).SequenceEqual(b.Boosts ?? []);
}
