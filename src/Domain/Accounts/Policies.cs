using System.Text.Json.Serialization;
using Conversations.Domain.Sla;

namespace Conversations.Domain;

public sealed partial record AccountSettings
{
    /// <summary>Every version of every policy, oldest first; null in what was stored before there were any.</summary>
    public IReadOnlyDictionary<PolicyId, IReadOnlyList<PolicyVersion>>? Policies
    {
        get;
        init => (field, _ordered) = (value, null);
    }

    private PolicyVersion[]? _ordered;

    /// <summary>The policies in force, in their order (sla.md R-PO1).</summary>
    [JsonIgnore]
    public IReadOnlyList<PolicyVersion> PoliciesInOrder =>
        _ordered ??= [.. (Policies?.Values ?? []).Select(v => v[^1]).Where(p => !p.Removed).OrderBy(p => p.Policy.Position).ThenBy(p => p.Id.Value, StringComparer.Ordinal)];

    public PolicyVersion? Policy(PolicyId id, long version) =>
        Policies?.GetValueOrDefault(id) is { } versions && version >= 1 && version <= versions.Count ? versions[(int)version - 1] : null;

    /// <summary>
    /// What is promised to a conversation now: by the first policy that matches, else by its channel account's own targets,
    /// which are the last policy. An account that has policies and a channel without targets promises nothing else.
    /// </summary>
    public SlaTerms TermsFor(PolicyFacts facts)
    {
        foreach (var policy in PoliciesInOrder)
        {
            if (policy.Policy.When?.Matches(facts) ?? true)
            {
                return TermsOf(policy, facts.Priority);
            }
        }

        return (Channel(facts.Address)?.Sla ?? (PoliciesInOrder.Count == 0 ? SlaTargets.Default : null))?.ToTerms() ?? SlaTerms.None;
    }

    /// <summary>What one version of a policy promises at a priority, on the calendars of today.</summary>
    internal SlaTerms TermsOf(PolicyVersion version, Priority priority) => version.Policy.TermsAt(version.Id, version.Version, priority, Newest);

    private CalendarRef? Newest(CalendarId id) => Calendar(id) is { } calendar ? new(calendar.Id, calendar.Version) : null;
}
