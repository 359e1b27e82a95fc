using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Keeps the figures of <see cref="Boards"/> for one partition: a fact for each conversation, the open ones in memory, and for
/// each queue how it stands and what happened in each five minutes.
/// </summary>
public sealed class WallboardProjection : Projection
{
    internal const string ProjectionName = "wallboard", Open = "open", Over = "over", Board = "board", Slot = "slot";

    private static readonly ConversationType Type = new();

    private readonly Boards _boards = new();
    private readonly Dictionary<EntityKey, ConversationFact> _open = [];

    public override string Name => ProjectionName;
    public override int Format => 2;

    internal static string SlotKey(string queue, Instant slot) => string.Create(CultureInfo.InvariantCulture, $"{queue}/{slot.ToUnixTimeSeconds():D11}");

    public override async ValueTask Load(IProjectionStore store, CancellationToken cancellation)
    {
        await foreach (var row in Rows(store, Name, Open, cancellation))
        {
            var fact = JsonSerializer.Deserialize(row.Body, DomainJson.Contract.ConversationFact)!;
            _open[ConversationType.Key(row.Account, ConversationId.Of(row.Key))] = fact;
            _boards.Restore(row.Account, fact);
        }
    }

    public override async ValueTask<IReadOnlyList<ProjectionChange>> Apply(IReadOnlyList<FeedEntry> entries, IProjectionStore store, CancellationToken cancellation)
    {
        Dictionary<EntityKey, ConversationFact> changed = [];
        foreach (var entry in entries.Where(e => e.Entity.Kind == ConversationType.Name))
        {
            var before = changed.GetValueOrDefault(entry.Entity) ?? _open.GetValueOrDefault(entry.Entity) ?? await Find(entry, store, cancellation);
            var recorded = Type.Events.Decode(entry.Event);
            await Recall(entry.Entity.Account, before, recorded, store, cancellation);
            var after = ConversationFact.Evolve(before, recorded);
            _boards.Apply(entry.Entity.Account, before, after, recorded);
            changed[entry.Entity] = after;
        }

        return Changes(changed);
    }

    private List<ProjectionChange> Changes(Dictionary<EntityKey, ConversationFact> changed)
    {
        List<ProjectionChange> changes = [];
        foreach (var (entity, fact) in changed)
        {
            var (now, then) = fact.Place == BoardPlace.Over ? (Over, Open) : (Open, Over);
            changes.Add(new(entity.Account, now, entity.Id, JsonSerializer.SerializeToUtf8Bytes(fact, DomainJson.Contract.ConversationFact)));
            if (now == Open ? !_open.ContainsKey(entity) : _open.ContainsKey(entity))
            {
                changes.Add(new(entity.Account, then, entity.Id, null));
            }

            if (now == Open)
            {
                _open[entity] = fact;
            }
            else
            {
                _open.Remove(entity);
            }
        }

        var (boards, slots) = _boards.TakeChanges();
        changes.AddRange(boards.Select(b => new ProjectionChange(
            b.Account, Board, QueueKey(b.Queue), JsonSerializer.SerializeToUtf8Bytes(b.Figures, DomainJson.Contract.BoardFigures))));
        changes.AddRange(slots.Select(s => new ProjectionChange(
            s.Account, Slot, SlotKey(s.Queue, s.Slot), JsonSerializer.SerializeToUtf8Bytes(s.Figures, DomainJson.Contract.SlotFigures))));
        return changes;
    }

    /// <summary>Keys are not empty; no queue is called by a slash.</summary>
    internal static string QueueKey(string queue) => queue.Length == 0 ? "/" : queue;

    private static async ValueTask<ConversationFact> Find(FeedEntry entry, IProjectionStore store, CancellationToken cancellation) =>
        entry.Event.Seq > 1 && await store.FindRow(ProjectionName, Over, entry.Entity.Account, entry.Entity.Id, cancellation) is { } row
            ? JsonSerializer.Deserialize(row.Body, DomainJson.Contract.ConversationFact)!
            : new();

    /// <summary>After a restart the slot under way has to be added to, not begun anew.</summary>
    private async ValueTask Recall(AccountId account, ConversationFact before, Recorded<ConversationEvent> recorded, IProjectionStore store, CancellationToken cancellation)
    {
        foreach (var queue in Queues(before.Queue, recorded.Event))
        {
            var slot = SlotFigures.Of(recorded.At);
            if (_boards.Knows(account, queue, slot))
            {
                continue;
            }

            _boards.Restore(account, queue, slot, await store.FindRow(ProjectionName, Slot, account, SlotKey(queue, slot), cancellation) is { } row
                ? JsonSerializer.Deserialize(row.Body, DomainJson.Contract.SlotFigures)!
                : SlotFigures.None);
        }
    }

    /// <summary>The queues an event may count in.</summary>
    private static IEnumerable<string> Queues(QueueId? before, ConversationEvent @event)
    {
        yield return Boards.Key(before);
        if (@event is EpisodeStarted { Queue: { } first })
        {
            yield return first.Value;
        }
        else if (@event is AssignmentChanged next)
        {
            yield return Boards.Key(next.Queue);
        }
    }
}
