using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains.Redis;

/// <summary>The journal's reads. An entity's events are one list; its length is the entity's version.</summary>
internal sealed class RedisJournal(RedisLink link, Keys keys, ISnapshots snapshots)
{
    /// <summary>Events of one read: a longer one would hold up everybody else's (1,000 are about half a megabyte).</summary>
    private const int Piece = 1_000;

    /// <remarks>Events are only ever appended, so a tail read after its snapshot has everything since. A snapshot that is ahead
    /// of the journal is of a history that was lost, and of no use.</remarks>
    public async ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation)
    {
        var of = keys.Of(EntityText.Of(entity));
        if (await snapshots.Read(entity, cancellation) is { Seq: > 0 } snapshot)
        {
            // From the snapshot's own event on: that it is there shows that the journal has reached the snapshot.
            var tail = await Range(of, snapshot.Seq, long.MaxValue, cancellation);
            if (tail.Count > 0)
            {
                return new(snapshot, tail[1..]);
            }
        }

        return new(null, await Range(of, 1, long.MaxValue, cancellation));
    }

    public async ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation)
    {
        var of = keys.Of(EntityText.Of(entity));
        if (!descending)
        {
            return await Range(of, after + 1, after > long.MaxValue - limit ? long.MaxValue : after + limit, cancellation);
        }

        var last = after > 0 ? after - 1 : await link.Reads.ListLengthAsync(of.Events).WaitAsync(cancellation);
        var events = last > 0 ? await Range(of, Math.Max(1, last - limit + 1), last, cancellation) : [];
        events.Reverse();
        return events;
    }

    /// <summary>
    /// The claim says which entity applied the id, that entity's receipts what it answered. A claim without a receipt is of a
    /// commit that has not come, or never will.
    /// </summary>
    public async ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation)
    {
        var name = EntityText.Escape(account.Value);
        var held = await link.Reads.StringGetAsync(keys.Claim(keys.PartitionOfId(name, commandId), name, commandId)).WaitAsync(cancellation);
        if (held.IsNull)
        {
            return null;
        }

        var claim = Claim.Parse(held!);
        var receipt = await link.Reads.HashGetAsync(keys.Of(new EntityText(name, claim.Entity)).Receipts, commandId).WaitAsync(cancellation);
        return StoredForm.ReceiptOf(EntityText.ParseLocal(account, claim.Entity), receipt);
    }

    /// <summary>Events by seq, both ends included, in pieces.</summary>
    private async ValueTask<List<StoredEvent>> Range(EntityKeys of, long first, long last, CancellationToken cancellation)
    {
        List<StoredEvent> events = [];
        for (var at = first; at <= last; at += Piece)
        {
            var stop = Math.Min(last, at + Piece - 1);
            var piece = await link.Reads.ListRangeAsync(of.Events, at - 1, stop - 1).WaitAsync(cancellation);
            for (var i = 0; i < piece.Length; i++)
            {
                events.Add(StoredForm.Event(at + i, (byte[])piece[i]!));
            }

            if (piece.Length < stop - at + 1)
            {
                break;
            }
        }

        return events;
    }
}
