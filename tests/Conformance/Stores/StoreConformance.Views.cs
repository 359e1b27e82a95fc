using Conversations.Domain;
using Conversations.Engine;
using Xunit;

namespace Conversations.Conformance.Stores;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_row_is_found_as_it_was_after_its_newest_commit()
    {
        var row = Some.Row("c1") with { Labels = ["a", "b \"quoted\""], NextDue = Some.At(5), Assignee = new("ann") };
        await Committed(Some.Commit(Some.Conversation("c1"), view: row with { Labels = ["old"] }));
        await Committed(Some.Commit(Some.Conversation("c1"), expected: 1, view: row));
        await Committed(Some.Commit(Some.Conversation("c1"), expected: 2, view: null));

        var found = await Store.Views.Find(Some.Acme, row.Id, Cancel);

        Assert.Equivalent(row, found, strict: true);
        Assert.Null(await Store.Views.Find(Some.Other, row.Id, Cancel));
        Assert.Null(await Store.Views.Find(Some.Acme, new("c2"), Cancel));
    }

    [Fact]
    public async Task Each_order_sorts_by_its_own_time_and_leaves_out_rows_without_one()
    {
        await Save(
            Some.Row("a") with { CreatedAt = Some.At(1), LastActivityAt = Some.At(9), WaitingSince = Some.At(5), NextDue = Some.At(30) },
            Some.Row("b") with { CreatedAt = Some.At(2), LastActivityAt = Some.At(8), WaitingSince = Some.At(4) },
            Some.Row("c") with { CreatedAt = Some.At(3), LastActivityAt = Some.At(10), NextDue = Some.At(20) });

        Assert.Equal("c a", await Ids(new(Some.Acme, ConversationOrder.Due)));
        Assert.Equal("b a", await Ids(new(Some.Acme, ConversationOrder.Waiting)));
        Assert.Equal("c a b", await Ids(new(Some.Acme, ConversationOrder.Activity)));
        Assert.Equal("c b a", await Ids(new(Some.Acme, ConversationOrder.Created)));
        Assert.Equal("", await Ids(new(Some.Other)));
    }

    [Theory]
    [InlineData(ConversationOrder.Due)]
    [InlineData(ConversationOrder.Waiting)]
    [InlineData(ConversationOrder.Activity)]
    [InlineData(ConversationOrder.Created)]
    public async Task Pages_hold_every_row_once_also_among_equal_times(ConversationOrder order)
    {
        var random = new Random(5);
        List<ConversationRow> rows = [.. Enumerable.Range(0, 40).Select(i =>
        {
            var at = Some.At(random.Next(4));
            return Some.Row($"c{random.Next():x8}-{i}") with { CreatedAt = at, LastActivityAt = at, WaitingSince = at, NextDue = at };
        })];
        await Save([.. rows]);

        List<ConversationRow> read = [];
        ConversationKeyset? after = null;
        do
        {
            var page = await Store.Views.List(new(Some.Acme, order, Limit: 7, After: after), Cancel);
            Assert.InRange(page.Items.Count, 1, 7);
            read.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        var expected = rows.OrderBy(r => r.CreatedAt).ThenBy(r => r.Id.Value, StringComparer.Ordinal).Select(r => r.Id);
        Assert.Equal(order is ConversationOrder.Due or ConversationOrder.Waiting ? expected : expected.Reverse(), read.Select(r => r.Id));
    }

    [Fact]
    public async Task A_last_page_that_is_exactly_full_says_so()
    {
        await Save(Some.Row("a"), Some.Row("b"));

        Assert.Null((await Store.Views.List(new(Some.Acme, Limit: 2), Cancel)).Next);
        Assert.NotNull((await Store.Views.List(new(Some.Acme, Limit: 1), Cancel)).Next);
    }

    [Fact]
    public async Task Each_filter_selects_and_all_must_hold()
    {
        await Save(
            Some.Row("a") with { Status = ConversationStatus.Open, Queue = new("support"), Assignee = new("ann"), Labels = ["vip", "x\"y"] },
            Some.Row("b") with { Status = ConversationStatus.Closed, Queue = new("support"), Priority = Priority.Urgent, Labels = ["vip2"] },
            Some.Row("c") with { Status = ConversationStatus.OnHold, Assignee = new("bob"), SlaState = SlaState.Breached, Customer = new("cara") },
            Some.Row("d") with { Status = ConversationStatus.Spam, Address = new("email", "help", "d"), SlaState = SlaState.Running });
        ConversationQuery all = new(Some.Acme);

        Assert.Equal("a", await Matching(all with { Status = [ConversationStatus.Open] }));
        Assert.Equal("a c", await Matching(all with { Status = [ConversationStatus.Open, ConversationStatus.OnHold] }));
        Assert.Equal("b c", await Matching(all with { Status = [ConversationStatus.Closed, ConversationStatus.OnHold] }));
        Assert.Equal("", await Matching(all with { Status = [] }));
        Assert.Equal("a b", await Matching(all with { Queue = new("support") }));
        Assert.Equal("c", await Matching(all with { Assignee = new("bob") }));
        Assert.Equal("b d", await Matching(all with { Unassigned = true }));
        Assert.Equal("d", await Matching(all with { Channel = "email" }));
        Assert.Equal("b", await Matching(all with { Priority = Priority.Urgent }));
        Assert.Equal("a", await Matching(all with { Label = "vip" }));
        Assert.Equal("a", await Matching(all with { Label = "x\"y" }));
        Assert.Equal("c", await Matching(all with { Sla = SlaState.Breached }));
        Assert.Equal("d", await Matching(all with { Sla = SlaState.Running }));
        Assert.Equal("c", await Matching(all with { Customer = "cara" }));
        Assert.Equal("b", await Matching(all with { Queue = new("support"), Unassigned = true }));
        Assert.Equal("", await Matching(all with { Queue = new("support"), Channel = "email" }));
        Assert.Equal("", await Matching(all with { Channel = "x' OR 1=1 --" }));
    }

    [Fact]
    public async Task A_row_moves_between_lists_with_its_commits()
    {
        await Save(Some.Row("a") with { WaitingSince = Some.At(1), NextDue = Some.At(2) }, Some.Row("b") with { LastActivityAt = Some.At(1) });

        await Committed(Some.Commit(Some.Conversation("a"), expected: 1, view: Some.Row("a") with { LastActivityAt = Some.At(3), Status = ConversationStatus.Closed }));

        Assert.Equal("", await Ids(new(Some.Acme, ConversationOrder.Due)));
        Assert.Equal("", await Ids(new(Some.Acme, ConversationOrder.Waiting)));
        Assert.Equal("a b", await Ids(new(Some.Acme)));
        Assert.Equal("b", await Ids(new(Some.Acme, Status: [ConversationStatus.Open])));
    }

    [Fact]
    public async Task Watching_from_a_lists_position_shows_everything_the_list_did_not()
    {
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    await Committed(Some.Commit(Some.Conversation("c"), expected: i, view: Some.Row("c") with { Seq = i + 1 }));
                }
            },
            Cancel);

        do
        {
            var page = await Store.Views.List(new(Some.Acme), Cancel);
            var next = await Store.Feed.Read(page.AsOf, Some.Acme, 1, Cancel);
            var seen = page.Items.Count == 0 ? 0 : page.Items[0].Seq;
            Assert.True(next.Count == 0 || next[0].Event.Seq <= seen + 1, $"listed {seen}, watched from {(next.Count == 0 ? 0 : next[0].Event.Seq)}");
        }
        while (!writing.IsCompleted);
        await writing;
    }

    private async Task Save(params ConversationRow[] rows)
    {
        foreach (var row in rows)
        {
            await Committed(Some.Commit(Some.Conversation(row.Account, row.Id.Value), view: row));
        }
    }

    private async Task<string> Ids(ConversationQuery query) =>
        string.Join(' ', (await Store.Views.List(query, Cancel)).Items.Select(r => r.Id.Value));

    /// <summary>The same rows in whichever order is asked, so any order will do.</summary>
    private async Task<string> Matching(ConversationQuery query)
    {
        var byCreation = (await Ids(query with { Order = ConversationOrder.Created })).Split(' ').Order();
        var byActivity = (await Ids(query)).Split(' ').Order();
        Assert.Equal(byCreation, byActivity);
        return string.Join(' ', byActivity);
    }
}
