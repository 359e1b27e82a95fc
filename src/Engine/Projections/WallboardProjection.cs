using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// Keeps the figures of <see cref="Boards"/> for one partition: a fact for each conversation, and for each queue how it stands
/// and what happened in each five minutes. In memory are the queues only: facts are read when something happens to their
/// conversation, so that what rests costs no memory.
/// </summary>
public sealed class WallboardProjection : Projection
{
    internal const string ProjectionName = "wallboard", Open = "open", Over = "over", Board = "board", Slot = "slot";

    /// <summary>Facts read at once: in Redis they share a round trip.</summary>
    private const int AtOnce = 100;

    private const int Page = 500;

    private static readonly ConversationType Type = new();

    private readonly Boards _boards = new();

    public override string Name => ProjectionName;
    public override int Format => 2;

    internal static string SlotKey(string queue, Instant slot) => string.Create(CultureInfo.InvariantCulture, $"{queue}/{slot.ToUnixTimeSeconds():D11}");

    public override async ValueTask Load(IProjectionStore store, CancellationToken cancellation)
    {
        await foreach (var row in Rows(store, Name, Open, cancellation))
        {
            _boards.Restore(row.Account, FactOf(row));
        }
    }

    public override async ValueTask<IReadOnlyList<ProjectionChange>> Apply(IReadOnlyList<FeedEntry> entries, IProjectionStore store, CancellationToken cancellation)
    {
        var stored = await Stored(entries, store, cancellation);
        Dictionary<EntityKey, ConversationFact> changed = [];
        foreach (var entry in entries.Where(e => e.Entity.Kind == ConversationType.Name))
        {
            var before = changed.GetValueOrDefault(entry.Entity) ?? stored[entry.Entity];
            var recorded = Type.Events.Decode(entry.Event);
            await Recall(entry.Entity.Account, before, recorded, store, cancellation);
            var after = ConversationFact.Evolve(before, recorded);
            _boards.Apply(entry.Entity.Account, before, after, recorded);
            changed[entry.Entity] = after;
        }

        return Changes(stored, changed);
    }

    private List<ProjectionChange> Changes(Dictionary<EntityKey, ConversationFact> stored, Dictionary<EntityKey, ConversationFact> changed)
    {
        List<ProjectionChange> changes = [];
        foreach (var (entity, fact) in changed)
        {
            var (was, now) = (SectionOf(stored[entity]), SectionOf(fact));
            changes.Add(new(entity.Account, now, entity.Id, JsonSerializer.SerializeToUtf8Bytes(fact, DomainJson.Contract.ConversationFact)));
            if (was != now)
            {
                changes.Add(new(entity.Account, was, entity.Id, null));
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

    private static string SectionOf(ConversationFact fact) => fact.Place == BoardPlace.Over ? Over : Open;

    /// <summary>The facts of the conversations these events are of, as they were before them.</summary>
    private async ValueTask<Dictionary<EntityKey, ConversationFact>> Stored(
        IReadOnlyList<FeedEntry> entries, IProjectionStore store, CancellationToken cancellation)
    {
        Dictionary<EntityKey, ConversationFact> stored = [];
        foreach (var some in entries.Where(e => e.Entity.Kind == ConversationType.Name).DistinctBy(e => e.Entity).Chunk(AtOnce))
        {
            var facts = await Task.WhenAll(some.Select(first => Find(first, store, cancellation)));
            foreach (var (first, (fact, isNew)) in some.Zip(facts))
            {
                stored.Add(first.Entity, fact);
                if (isNew)
                {
                    _boards.Restore(first.Entity.Account, fact);
                }
            }
        }

        return stored;
    }

    /// <returns>
    /// The fact; and whether the figures do not have it yet, because what it follows from had been forgotten by the feed before it
    /// was ever read: then it is the conversation's own history that tells.
    /// </returns>
    private static async Task<(ConversationFact Fact, bool IsNew)> Find(FeedEntry first, IProjectionStore store, CancellationToken cancellation)
    {
        var (account, id) = (first.Entity.Account, first.Entity.Id);
        if (first.Event.Seq == 1)
        {
            return (new(), false);
        }

        if ((await store.FindRow(ProjectionName, Open, account, id, cancellation) ?? await store.FindRow(ProjectionName, Over, account, id, cancellation)) is { } row)
        {
            return (FactOf(row), false);
        }

        var (fact, seq) = (new ConversationFact(), 0L);
        while (await store.ReadHistory(first.Entity, seq, Page, cancellation) is [.., var last] history && seq < first.Event.Seq - 1)
        {
            fact = history.Where(e => e.Seq < first.Event.Seq).Aggregate(fact, (before, e) => ConversationFact.Evolve(before, Type.Events.Decode(e)));
            seq = last.Seq;
        }

        return (fact, true);
    }

    private static ConversationFact FactOf(ProjectionRow row) => JsonSerializer.Deserialize(row.Body, DomainJson.Contract.ConversationFact)!;

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
