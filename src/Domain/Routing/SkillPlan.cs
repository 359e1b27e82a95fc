using NodaTime;

namespace Conversations.Domain;

/// <summary>What an agent must have to be offered a conversation now.</summary>
/// <param name="Step">How many steps of the plan have been taken.</param>
/// <param name="Groups">Queues whose agents help, beside the queue's own.</param>
public sealed record Requirement(int Step, IReadOnlyList<SkillNeed> Skills, IReadOnlyList<QueueId> Groups)
{
    /// <summary>Equal requirements have equal keys.</summary>
    public string Key { get; } = string.Join('|', Skills.OrderBy(s => s.Skill, StringComparer.Ordinal).Select(s => $"{s.Skill}:{s.MinLevel}"))
        + "/" + string.Join('|', Groups.Select(g => g.Value).Order(StringComparer.Ordinal));

    public bool MetBy(IReadOnlyList<SkillLevel> skills)
    {
        foreach (var need in Skills)
        {
            var met = false;
            foreach (var skill in skills)
            {
                met |= skill.Skill == need.Skill && skill.Level >= need.MinLevel;
            }

            if (!met)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>
/// Which skills are still asked for after waiting so long: a pure function of the time, so no step has to be remembered or
/// repaired (routing.md 3). Time wakes the matcher, nothing else.
/// </summary>
public static class SkillPlan
{
    /// <param name="anyoneHere">Whether somebody who meets a requirement is signed in, busy or not.</param>
    /// <returns>What is asked for now, and when the next step comes; null if there is none.</returns>
    public static (Requirement Now, Instant? Next) At(QueueSettings settings, WaitingItem item, Instant now, Func<Requirement, bool> anyoneHere)
    {
        var requirement = First(settings, item);
        foreach (var step in (settings.Plan ?? []).OrderBy(s => s.After))
        {
            var due = item.Entered + Duration.FromSeconds(step.After);
            if (due > now && !(step.SkipIfNobody && !anyoneHere(requirement)))
            {
                return (requirement, due);
            }

            requirement = After(requirement, step);
        }

        return (requirement, null);
    }

    public static Requirement First(QueueSettings settings, WaitingItem item) => new(0, [.. settings.Skills ?? [], .. item.Skills ?? []], []);

    /// <summary>The least that will ever be asked for.</summary>
    public static Requirement Last(QueueSettings settings, WaitingItem item) =>
        (settings.Plan ?? []).OrderBy(s => s.After).Aggregate(First(settings, item), After);

    private static Requirement After(Requirement r, PlanStep step) => new(
        r.Step + 1,
        [
            .. r.Skills.Where(s => s.Skill != step.Drop)
                .Select(s => step.Lower is { } lower && lower.Skill == s.Skill ? s with { MinLevel = Math.Min(s.MinLevel, lower.MinLevel) } : s),
        ],
        step.Add is { } group && !r.Groups.Contains(group) ? [.. r.Groups, group] : r.Groups);
}
