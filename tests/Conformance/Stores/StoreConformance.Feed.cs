using Conversations.Domain;
using Conversations.Engine;
using Xunit;

namespace Conversations.Conformance.Stores;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task The_feed_has_every_event_once_and_each_entitys_in_order()
    {
        var start = await Store.Feed.Head(Cancel);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            async () =>
            {
                for (var seq = 0; seq < 10; seq += 2)
                {
                    await Committed(Some.Commit(Some.Conversation($"c{i}"), expected: seq, events: 2));
                }
            },
            Cancel)));

        var entries = await ReadAll(start, account: null, page: 7);

        Assert.Equal(200, entries.Count);
        Assert.All(entries.GroupBy(e => e.Entity), g => Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), g.Select(e => e.Event.Seq)));
        Assert.Equal(await Store.Feed.Head(Cancel), entries[^1].Position);
        Assert.All(entries.GroupBy(e => e.Partition), g => Assert.Equal(g.Select(e => e.Offset).Order(), g.Select(e => e.Offset)));
    }

    [Fact]
    public async Task Watching_from_an_entrys_position_repeats_nothing_and_misses_nothing()
    {
        await Committed(Some.Commit(Some.Conversation("c1"), events: 3));
        var all = await ReadAll(null, account: null);

        var rest = await Store.Feed.Read(all[0].Position, null, 10, Cancel);

        Assert.Equal([2, 3], rest.Select(e => e.Event.Seq));
        Assert.Equal(Some.Conversation("c1"), rest[0].Entity);
        Assert.Empty(await Store.Feed.Read(all[2].Position, null, 10, Cancel));
    }

    [Fact]
    public async Task A_quiet_account_finds_its_events_behind_a_busy_ones()
    {
        await Committed(Some.Commit(Some.Conversation(Some.Other, "c1")));
        await Committed(Some.Commit(Some.Conversation(Some.Acme, "c1"), events: 300));
        await Committed(Some.Commit(Some.Conversation(Some.Other, "c1"), expected: 1));

        var entries = await Store.Feed.Read(null, Some.Other, 2, Cancel);

        Assert.Equal([1, 2], entries.Select(e => e.Event.Seq));
        Assert.All(entries, e => Assert.Equal(Some.Other, e.Entity.Account));
        Assert.Empty(await Store.Feed.Read(null, AccountId.Of("nobody"), 2, Cancel));
    }

    [Fact]
    public async Task The_position_at_a_time_is_before_the_first_event_from_then_on()
    {
        Assert.Equal(await Store.Feed.Head(Cancel), await Store.Feed.PositionAt(Some.Noon, Cancel));
        for (var i = 0; i < 9; i++)
        {
            await Committed(Some.Commit(Some.Conversation("c1"), expected: i, at: Some.At(i / 3 * 10))); // three at each of 0, 10, 20 s
        }

        Assert.Equal(9, await EventsFrom(-5));
        Assert.Equal(9, await EventsFrom(0));
        Assert.Equal(6, await EventsFrom(1));
        Assert.Equal(6, await EventsFrom(10));
        Assert.Equal(3, await EventsFrom(20));
        Assert.Equal(0, await EventsFrom(21));

        async Task<int> EventsFrom(int second) =>
            (await Store.Feed.Read(await Store.Feed.PositionAt(Some.At(second), Cancel), null, 100, Cancel)).Count;
    }

    [Fact]
    public async Task Commits_with_events_are_announced()
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Feed.Advanced += () => heard.TrySetResult();

        await Committed(Some.Commit(Some.Conversation("c1")));

        await heard.Task.WaitAsync(Cancel);
        Assert.Single(await Store.Feed.Read(null, null, 10, Cancel));
    }

    private async Task<List<FeedEntry>> ReadAll(FeedPosition? from, AccountId? account, int page = 100)
    {
        List<FeedEntry> all = [];
        while (await Store.Feed.Read(from, account, page, Cancel) is { Count: > 0 } entries)
        {
            all.AddRange(entries);
            from = entries[^1].Position;
        }

        return all;
    }
}
