using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Attendance;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Feed;

/// <summary>Where a client's cursor lets it start, and pages from there. One for SSE, SignalR and pull.</summary>
internal sealed class FeedReader(FeedHub hub, AttendanceBoard attendance, IFeed feed, Cursors cursors, TimeProvider time)
{
    /// <param name="Position">Where to go on from; after <paramref name="Expired"/>: the head.</param>
    /// <param name="Expired">The cursor is older than retention, or of a journal that no longer exists.</param>
    public sealed record Beginning(FeedPosition Position, bool Expired, Refusal? Refusal);

    public async ValueTask<Beginning> Start(AccountId account, string? cursor, CancellationToken cancellation)
    {
        var head = await feed.Head(cancellation);
        if (cursor is not { Length: > 0 })
        {
            return new(head, false, null);
        }

        if (!cursors.TryRead(account, cursor, out var position))
        {
            return new(head, false, Input.Invalid("invalid_cursor", "This is not a cursor of this account."));
        }

        var oldest = await feed.PositionAt(Instant.FromDateTimeOffset(time.GetUtcNow() - hub.Options.Retention), cancellation);
        return position.Epoch != head.Epoch || position.Offsets.Count != head.Offsets.Count || position.IsBehind(oldest) || head.IsBehind(position)
            ? new(head, true, null)
            : new(position, false, null);
    }

    /// <inheritdoc cref="FeedHub.GivenUp"/>
    public CancellationToken GivenUp => hub.GivenUp;

    public Subscription Watch(Topics topics, FeedPosition from)
    {
        var subscription = hub.Watch(topics, from);
        attendance.Greet(subscription);
        return subscription;
    }

    /// <summary>Up to <paramref name="limit"/> changes the caller may see, and the position after everything that was looked at.</summary>
    public async ValueTask<(IReadOnlyList<Change> Changes, FeedPosition Next)> Page(Caller caller, FeedPosition after, int limit, CancellationToken cancellation)
    {
        _ = Topics.Parse(caller, ["account"], out var topics);
        var changes = new List<Change>();
        while (changes.Count < limit)
        {
            var entries = await feed.Read(after, caller.Account, limit - changes.Count, cancellation);
            if (entries.Count == 0)
            {
                break;
            }

            after = entries[^1].Position;
            foreach (var entry in entries)
            {
                hub.Hear(entry);
            }

            changes.AddRange(entries.Where(topics!.Match).Select(e => new Change(e, cursors)));
        }

        return (changes, after);
    }
}
