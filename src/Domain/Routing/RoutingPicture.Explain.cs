using NodaTime;

namespace Conversations.Domain;

/// <summary>Why a conversation is where it is in its queue, and who could take it (routing.md 3).</summary>
/// <param name="Position">How many are before it.</param>
/// <param name="NextStep">When less is asked for.</param>
/// <param name="WaitsFor">The agent who had it and is asked first.</param>
/// <param name="Eligible">Agents who could be offered it now.</param>
/// <param name="NotNow">The others of the queue, by why not.</param>
public sealed record Explanation(
    QueueId Queue, long Key, Instant Base, int Boost, IReadOnlyList<Boost> Boosts, bool Strict, int Position, int Step, IReadOnlyList<SkillNeed> Skills,
    IReadOnlyList<QueueId> Groups, Instant? NextStep, AgentId? WaitsFor, int Eligible, IReadOnlyDictionary<string, int> NotNow);

public sealed partial class RoutingPicture
{
    /// <returns>Null when it waits in no queue here.</returns>
    public Explanation? Explain(ConversationId conversation, Instant now)
    {
        if (!_items.TryGetValue(conversation, out var item) || item.Queue.Settings is not { } settings)
        {
            return null;
        }

        var (needs, next) = SkillPlan.At(settings, item.Item, now, r => AnyoneHere(item.Queue, r));
        var (eligible, not) = (0, new SortedDictionary<string, int>(StringComparer.Ordinal));
        var seen = new HashSet<AgentId>();
        foreach (var agent in Staff(item.Queue, needs))
        {
            if (!seen.Add(agent.State.Id))
            {
                continue;
            }

            var why = !needs.MetBy(agent.State.Skills) ? "skills"
                : item.Item.Barred?.Contains(agent.State.Id) == true ? "in_it_already"
                : item.Excludes(agent.State.Id, now) ? "declined_or_missed"
                : Admission.Refuses(agent.State, item.Item.Class, Terms, now)?.Code;
            if (why is null)
            {
                eligible++;
            }
            else
            {
                not[why] = not.GetValueOrDefault(why) + 1;
            }
        }

        return new(
            item.Queue.Id, item.Item.Key, item.Item.Base, item.Item.Boost, item.Item.Boosts ?? [], item.Item.Strict,
            item.Queue.State?.Waiting.Find(conversation) is { } waits ? item.Queue.State.Waiting.PositionOf(waits) : 0,
            needs.Step, needs.Skills, needs.Groups, next, Waits(item, now).Only, eligible, not);
    }
}
