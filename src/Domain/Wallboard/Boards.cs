using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// The figures of one partition's queues, kept up to date event by event: each costs what it changes, not what exists.
/// No clock and no I/O; whoever drives it stores what <see cref="TakeChanges"/> names.
/// </summary>
public sealed class Boards
{
    private readonly Dictionary<(AccountId Account, string Queue), Board> _boards = [];
    private readonly Dictionary<(AccountId Account, string Queue, Instant Slot), SlotFigures> _slots = [];
    private readonly HashSet<(AccountId Account, string Queue)> _changedBoards = [];
    private readonly HashSet<(AccountId Account, string Queue, Instant Slot)> _changedSlots = [];

    /// <summary>An open conversation as it was stored.</summary>
    public void Restore(AccountId account, ConversationFact fact) => Of(account, fact).Count(fact, +1);

    public void Restore(AccountId account, string queue, Instant slot, SlotFigures figures) => _slots[(account, queue, slot)] = figures;

    public bool Knows(AccountId account, string queue, Instant slot) => _slots.ContainsKey((account, queue, slot));

    public void Apply(AccountId account, ConversationFact before, ConversationFact after, Recorded<ConversationEvent> recorded)
    {
        if (!ReferenceEquals(before, after) && before != after)
        {
            Of(account, before).Count(before, -1);
            Of(account, after).Count(after, +1);
        }

        Note(account, before, after, recorded);

        foreach (var fact in (ConversationFact[])[before, after])
        {
            Of(account, fact).AsOf = recorded.At;
            _changedBoards.Add((account, Key(fact.Queue)));
        }
    }

    /// <summary>What changed since the last call.</summary>
    public (IReadOnlyList<(AccountId Account, string Queue, BoardFigures Figures)> Boards, IReadOnlyList<(AccountId Account, string Queue, Instant Slot, SlotFigures Figures)> Slots) TakeChanges()
    {
        (AccountId, string, BoardFigures)[] boards = [.. _changedBoards.Select(k => (k.Account, k.Queue, _boards[k].Figures()))];
        (AccountId, string, Instant, SlotFigures)[] slots = [.. _changedSlots.Select(k => (k.Account, k.Queue, k.Slot, _slots[k]))];
        _changedBoards.Clear();
        _changedSlots.Clear();
        foreach (var old in _slots.Keys.GroupBy(k => (k.Account, k.Queue)).SelectMany(g => g.OrderByDescending(k => k.Slot).Skip(2)).ToArray())
        {
            _slots.Remove(old); // events come by commit time: an older slot is not touched again
        }

        return (boards, slots);
    }

    /// <summary>The empty name stands for "in no queue".</summary>
    public static string Key(QueueId? queue) => queue?.Value ?? "";

    private Board Of(AccountId account, ConversationFact fact)
    {
        var key = (account, Key(fact.Queue));
        if (!_boards.TryGetValue(key, out var board))
        {
            _boards.Add(key, board = new());
        }

        return board;
    }

    private void Note(AccountId account, ConversationFact before, ConversationFact after, Recorded<ConversationEvent> recorded)
    {
        var at = recorded.At;
        var moved = before.Place != after.Place || before.Queue != after.Queue;
        if (before.Place == BoardPlace.Waiting && !before.Answered)
        {
            var waited = at - (before.Entered ?? at);
            var late = waited > ServiceLevel.Threshold(before.Live);
            if (after.Answered)
            {
                Add(account, before.Queue, at, new(Answered: 1, InTime: late ? 0 : 1, Waits: Histogram.Empty.With(at - (before.Arrived ?? at))));
            }
            else if (after.Status == ConversationStatus.Closed && waited > ServiceLevel.ShortAbandon(before.Live))
            {
                Add(account, before.Queue, at, new(Abandoned: 1));
            }
            else if (late && after.Place == BoardPlace.Waiting && before.Queue != after.Queue)
            {
                Add(account, before.Queue, at, new(LateOut: 1));
            }
        }

        if (moved && after.Place == BoardPlace.Waiting)
        {
            Add(account, after.Queue, at, new(Offered: 1, Requeued: before.Place is BoardPlace.Assigned or BoardPlace.Waiting ? 1 : 0));
        }

        if (moved && after.Status == ConversationStatus.Closed)
        {
            Add(account, after.Queue, at, new(Closed: 1));
        }

        if (before.FirstResponse(after, recorded) is { } response)
        {
            Add(account, after.Queue, at, new(FirstResponses: Histogram.Empty.With(response)));
        }

        if (Offer(before, recorded) is { } offer)
        {
            Add(account, before.Queue, at, new(Offers: offer));
        }

        if (recorded.Event is SlaFulfilled { Metric: Metric.FirstResponse, Elapsed: { } seconds })
        {
            Add(account, after.Queue, at, new(FirstResponsesInHours: Histogram.Empty.With(Duration.FromSeconds(seconds))));
        }
    }

    private static OfferCounts? Offer(ConversationFact before, Recorded<ConversationEvent> recorded) => recorded.Event switch
    {
        OfferMade e => new(Made: e.Agents.Count),
        OfferAccepted => new(Accepted: 1, Taken: before.OfferedAt is { } made ? Histogram.Empty.With(Duration.Max(Duration.Zero, recorded.At - made)) : null),
        OfferEnded { Outcome: OfferOutcome.Rejected } => new(Rejected: 1),
        OfferEnded { Outcome: OfferOutcome.Expired } => new(Expired: 1),
        OfferEnded { Outcome: OfferOutcome.Rescinded } => new(Rescinded: 1),
        OfferEnded { Outcome: OfferOutcome.Canceled } => new(Canceled: 1),
        _ => null,
    };

    private void Add(AccountId account, QueueId? queue, Instant at, SlotFigures figures)
    {
        var key = (account, Key(queue), SlotFigures.Of(at));
        _slots[key] = _slots.GetValueOrDefault(key, SlotFigures.None).Plus(figures);
        _changedSlots.Add(key);
    }

    private sealed class Board
    {
        private readonly int[] _places = new int[Enum.GetValues<BoardPlace>().Length];
        private readonly Ages _arrived = new(), _live = new(), _async = new(), _unanswered = new(), _reach = new();
        private int _warned, _breached;

        public Instant AsOf { get; set; } = Instant.MinValue;

        public void Count(ConversationFact fact, int by)
        {
            _places[(int)fact.Place] += by;
            if (fact.Waits)
            {
                _arrived.Add(fact.Arrived!.Value, by);
                (fact.Live ? _live : _async).Add(fact.Entered!.Value, by);
            }

            if (fact.Place == BoardPlace.Over)
            {
                return;
            }

            _warned += fact.Warned is null || fact.Breached is not null ? 0 : by;
            _breached += fact.Breached is null ? 0 : by;
            if (fact is { Unanswered: { } since, Blocked: false, Bot: null })
            {
                _unanswered.Add(since, by);
                if (fact is { Public: true, Responded: false, Reach: > 0 })
                {
                    _reach.Add(fact.FirstAt ?? since, by * fact.Reach);
                }
            }
        }

        public BoardFigures Figures() => new(
            _places[(int)BoardPlace.Waiting], _places[(int)BoardPlace.Assigned], _places[(int)BoardPlace.Snoozed], _places[(int)BoardPlace.Bot],
            _places[(int)BoardPlace.Unroutable], _warned, _breached, _arrived.Oldest, _live.Buckets(AsOf), _async.Buckets(AsOf), _unanswered.Buckets(AsOf),
            _reach.Buckets(AsOf), AsOf);
    }
}
