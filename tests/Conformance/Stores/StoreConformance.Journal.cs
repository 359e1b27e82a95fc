using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Xunit;

namespace Conversations.Conformance.Stores;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task An_entity_that_was_never_committed_is_empty()
    {
        var loaded = await Store.Journal.Load(Some.Conversation("c1"), Cancel);

        Assert.Null(loaded.Snapshot);
        Assert.Empty(loaded.Tail);
        Assert.Empty(await Store.Journal.ReadEvents(Some.Conversation("c1"), 0, 10, descending: true, Cancel));
        Assert.Null(await Store.Journal.FindReceipt(Some.Acme, "nothing", Cancel));
    }

    [Fact]
    public async Task Events_come_back_as_they_were_committed()
    {
        var commit = Some.Commit(Some.Conversation("c1")) with
        {
            Events =
            [
                Some.Event(1, topics: "agent/ann queue/support"),
                new(2, "labels.changed", Some.At(1), Actor.System, "", ReadOnlyMemory<byte>.Empty),
            ],
        };
        await Committed(commit);

        var tail = (await Store.Journal.Load(commit.Entity, Cancel)).Tail;

        Assert.Equal(2, tail.Count);
        Assert.Equal(commit.Events.Select(Comparable), tail.Select(Comparable));
    }

    [Fact]
    public async Task Reopening_finds_everything_acknowledged()
    {
        var row = Some.Row("c1");
        var commit = Some.Commit(Some.Conversation("c1"), events: 3, command: "cmd", nextDue: Some.At(9), outbox: [Some.Message("m")], view: row);
        await Committed(commit);
        var head = await Store.Feed.Head(Cancel);

        await Reopen();

        Assert.Equal(commit.Events.Select(Comparable), (await Store.Journal.Load(commit.Entity, Cancel)).Tail.Select(Comparable));
        Assert.NotNull(await Store.Journal.FindReceipt(Some.Acme, "cmd", Cancel));
        Assert.Equal(Some.At(9), await Store.Partition.NextDeadline(Cancel));
        Assert.Single(await Store.Partition.ReadOutbox(Some.Noon, 10, Cancel));
        Assert.NotNull(await Store.Views.Find(Some.Acme, row.Id, Cancel));
        Assert.Equal(head, await Store.Feed.Head(Cancel));
        await Committed(Some.Commit(commit.Entity, expected: 3));
    }

    [Fact]
    public async Task A_commit_on_another_version_is_a_conflict_and_writes_nothing()
    {
        var entity = Some.Conversation("c1");
        await Committed(Some.Commit(entity, events: 2, nextDue: Some.At(5)));
        var head = await Store.Feed.Head(Cancel);

        var late = Some.Commit(entity, expected: 1, command: "late", nextDue: Some.At(1), outbox: [Some.Message("m")], view: Some.Row("c1"),
            aliases: [new("alias", Some.Json("x"))]);
        var early = Some.Commit(entity, expected: 3, command: "early");

        Assert.Equal(new CommitOutcome.Conflict(2), await Store.Journal.Commit(late, Cancel));
        Assert.Equal(new CommitOutcome.Conflict(2), await Store.Journal.Commit(early, Cancel));
        Assert.Equal(new CommitOutcome.Conflict(0), await Store.Journal.Commit(Some.Commit(Some.Conversation("new"), expected: 7), Cancel));
        Assert.Equal(head, await Store.Feed.Head(Cancel));
        Assert.Equal(Some.At(5), await Store.Partition.NextDeadline(Cancel));
        Assert.Empty(await Store.Partition.ReadOutbox(Some.At(100), 10, Cancel));
        Assert.Null(await Store.Views.Find(Some.Acme, new("c1"), Cancel));
        Assert.Null(await Store.Journal.FindReceipt(Some.Acme, "late", Cancel));
        Assert.Null(await Store.Journal.FindReceipt(Some.Acme, "alias", Cancel));
    }

    [Fact]
    public async Task A_retry_gets_the_first_answer_and_writes_nothing()
    {
        var first = Some.Commit(Some.Conversation("c1"), command: "cmd", hash: [1], answer: "first");
        await Committed(first);

        // Both a blind retry and one that read the entity again, so that its version fits.
        foreach (var retry in new[] { first, Some.Commit(first.Entity, expected: 1, command: "cmd", hash: [1], answer: "second") })
        {
            var replayed = Assert.IsType<CommitOutcome.Replayed>(await Store.Journal.Commit(retry, Cancel));
            Assert.Equal(first.Entity, replayed.Receipt.Entity);
            Assert.Equal([1], replayed.Receipt.BodyHash);
            Assert.Equal("""{"text":"first"}""", Text(replayed.Receipt.Answer));
        }

        Assert.Single((await Store.Journal.Load(first.Entity, Cancel)).Tail);
    }

    [Fact]
    public async Task A_retry_to_another_entity_hears_which_entity_applied_it()
    {
        await Committed(Some.Commit(Some.Conversation("c1"), command: "cmd"));

        var outcome = await Store.Journal.Commit(Some.Commit(Some.Conversation("c2"), command: "cmd"), Cancel);

        Assert.Equal(Some.Conversation("c1"), Assert.IsType<CommitOutcome.Replayed>(outcome).Receipt.Entity);
    }

    [Fact]
    public async Task A_command_id_used_for_another_body_is_refused()
    {
        await Committed(Some.Commit(Some.Conversation("c1"), command: "cmd", hash: [1]));

        Assert.IsType<CommitOutcome.KeyReused>(await Store.Journal.Commit(Some.Commit(Some.Conversation("c1"), expected: 1, command: "cmd", hash: [2]), Cancel));
        Assert.Single((await Store.Journal.Load(Some.Conversation("c1"), Cancel)).Tail);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task An_unknown_body_compares_equal_to_any(bool storedKnown, bool askedKnown)
    {
        await Committed(Some.Commit(Some.Conversation("c1"), command: "cmd", hash: storedKnown ? [1] : null));

        var outcome = await Store.Journal.Commit(Some.Commit(Some.Conversation("c1"), command: "cmd", hash: askedKnown ? [2] : null), Cancel);

        Assert.IsType<CommitOutcome.Replayed>(outcome);
    }

    [Fact]
    public async Task Accounts_do_not_share_command_ids_or_entities()
    {
        await Committed(Some.Commit(Some.Conversation(Some.Acme, "c1"), command: "cmd", hash: [1]));
        await Committed(Some.Commit(Some.Conversation(Some.Other, "c1"), command: "cmd", hash: [2]));

        Assert.Equal(Some.Other, (await Store.Journal.FindReceipt(Some.Other, "cmd", Cancel))!.Entity.Account);
        Assert.Single((await Store.Journal.Load(Some.Conversation(Some.Acme, "c1"), Cancel)).Tail);
    }

    [Fact]
    public async Task A_commit_without_events_keeps_its_receipt_and_the_version()
    {
        var entity = Some.Conversation("c1");
        await Committed(Some.Commit(entity, events: 0, command: "first", answer: "nothing to do"));
        await Committed(Some.Commit(entity, events: 2, command: "second"));
        await Committed(Some.Commit(entity, expected: 2, events: 0, command: "third"));

        Assert.Equal("""{"text":"nothing to do"}""", Text((await Store.Journal.FindReceipt(Some.Acme, "first", Cancel))!.Answer));
        Assert.Equal(2, (await Store.Journal.Load(entity, Cancel)).Tail.Count);
        Assert.IsType<CommitOutcome.Replayed>(await Store.Journal.Commit(Some.Commit(entity, expected: 2, command: "third"), Cancel));
    }

    [Fact]
    public async Task Aliases_answer_as_further_command_ids()
    {
        var entity = Some.Conversation("c1");
        await Committed(Some.Commit(entity, command: "cmd", aliases: [new("alias", Some.Json("one"))]));
        await Committed(Some.Commit(entity, expected: 1, command: "cmd-2", aliases: [new("alias", Some.Json("two")), new("cmd", Some.Json("new"))]));

        var outcome = await Store.Journal.Commit(Some.Commit(entity, expected: 2, command: "alias", hash: [9]), Cancel);

        Assert.Equal("""{"text":"two"}""", Text(Assert.IsType<CommitOutcome.Replayed>(outcome).Receipt.Answer));
        Assert.Equal("""{"text":"new"}""", Text((await Store.Journal.FindReceipt(Some.Acme, "cmd", Cancel))!.Answer));
    }

    [Fact]
    public async Task An_alias_another_entity_holds_stays_as_it_is()
    {
        await Committed(Some.Commit(Some.Conversation("c1"), command: "cmd", answer: "mine"));
        await Committed(Some.Commit(Some.Conversation("c2"), command: "other", aliases: [new("cmd", Some.Json("theirs"))]));

        var receipt = await Store.Journal.FindReceipt(Some.Acme, "cmd", Cancel);

        Assert.Equal(Some.Conversation("c1"), receipt!.Entity);
        Assert.Equal("""{"text":"mine"}""", Text(receipt.Answer));
    }

    [Fact]
    public async Task History_is_read_in_pages_both_ways()
    {
        var entity = Some.Conversation("c1");
        await Committed(Some.Commit(entity, events: 5));

        Assert.Equal([1, 2], await Seqs(0, 2, descending: false));
        Assert.Equal([3, 4, 5], await Seqs(2, 10, descending: false));
        Assert.Equal([5, 4], await Seqs(0, 2, descending: true));
        Assert.Equal([3, 2, 1], await Seqs(4, 10, descending: true));
        Assert.Empty(await Seqs(1, 10, descending: true));
        Assert.Empty(await Seqs(5, 10, descending: false));

        async Task<IEnumerable<long>> Seqs(long after, int limit, bool descending) =>
            (await Store.Journal.ReadEvents(entity, after, limit, descending, Cancel)).Select(e => e.Seq);
    }

    [Fact]
    public async Task Loading_gives_the_newest_snapshot_and_what_came_after_it()
    {
        var entity = Some.Conversation("c1");
        await Committed(Some.Commit(entity, events: 5));
        await Store.Journal.SaveSnapshot(entity, new(2, 7, [1, 2]), Cancel);
        await Store.Journal.SaveSnapshot(entity, new(4, 8, [3, 4]), Cancel);
        await Store.Journal.SaveSnapshot(entity, new(3, 8, [5]), Cancel); // late: it does not replace the newer one

        var loaded = await Store.Journal.Load(entity, Cancel);

        Assert.Equal((4, 8), (loaded.Snapshot!.Seq, loaded.Snapshot.Format));
        Assert.Equal([3, 4], loaded.Snapshot.State);
        Assert.Equal([5], loaded.Tail.Select(e => e.Seq));
    }

    [Fact]
    public async Task Of_commits_on_one_version_exactly_one_succeeds()
    {
        var entity = Some.Conversation("c1");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            Task.Run(async () => await Store.Journal.Commit(Some.Commit(entity, command: $"cmd-{i}"), Cancel), Cancel)));

        Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
        Assert.Equal(49, outcomes.Count(o => o == new CommitOutcome.Conflict(1)));
        Assert.Single((await Store.Journal.Load(entity, Cancel)).Tail);
    }

    [Fact]
    public async Task Of_retries_at_once_exactly_one_is_applied_and_all_hear_its_answer()
    {
        var entity = Some.Conversation("c1");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            Task.Run(async () => await Store.Journal.Commit(Some.Commit(entity, command: "cmd"), Cancel), Cancel)));

        Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
        Assert.Equal(49, outcomes.OfType<CommitOutcome.Replayed>().Count());
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);

    private static (long, string, NodaTime.Instant, Actor, string, string, string?) Comparable(StoredEvent e) =>
        (e.Seq, e.Type, e.At, e.Actor, e.Cause, Text(e.Data), e.Topics);
}
