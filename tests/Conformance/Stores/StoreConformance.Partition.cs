using Conversations.Engine;
using Xunit;

namespace Conversations.Conformance.Stores;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task Deadlines_come_due_earliest_first_and_follow_the_newest_commit()
    {
        Assert.Null(await Store.Partition.NextDeadline(Cancel));
        await Committed(Some.Commit(Some.Conversation("c1"), nextDue: Some.At(30)));
        await Committed(Some.Commit(Some.Conversation("c2"), nextDue: Some.At(10)));
        await Committed(Some.Commit(Some.Conversation(Some.Other, "c3"), nextDue: Some.At(20)));
        await Committed(Some.Commit(Some.Conversation("c4")));

        Assert.Equal(Some.At(10), await Store.Partition.NextDeadline(Cancel));
        Assert.Empty(await Store.Partition.ReadDue(Some.At(9), 10, Cancel));
        Assert.Equal(
            [new DueEntity(Some.Conversation("c2"), Some.At(10)), new DueEntity(Some.Conversation(Some.Other, "c3"), Some.At(20))],
            await Store.Partition.ReadDue(Some.At(20), 10, Cancel));
        Assert.Single(await Store.Partition.ReadDue(Some.At(99), 1, Cancel));

        await Committed(Some.Commit(Some.Conversation("c2"), expected: 1, events: 0, nextDue: null));
        await Committed(Some.Commit(Some.Conversation("c1"), expected: 1, nextDue: Some.At(5)));

        Assert.Equal(["c1", "c3"], (await Store.Partition.ReadDue(Some.At(99), 10, Cancel)).Select(d => d.Entity.Id));
    }

    [Fact]
    public async Task The_outbox_gives_only_the_first_of_each_order_key()
    {
        await Enqueue(1, Some.Message("a1", "a"), Some.Message("b1", "b"), Some.Message("a2", "a"));

        var entries = await Outbox();

        Assert.Equal(["a1", "b1"], entries.Select(e => e.Message.Id));
        Assert.Equal(Some.Message("a1", "a"), entries[0].Message);
        Assert.Equal((Some.Acme, Some.At(1), 0, null, null),
            (entries[0].Account, entries[0].EnqueuedAt, entries[0].Attempts, entries[0].Progress, entries[0].LastError));
        await Store.Partition.Complete(entries[0].Id, Cancel);
        Assert.Equal(["a2", "b1"], (await Outbox()).Select(e => e.Message.Id).Order());
    }

    [Fact]
    public async Task Order_keys_of_two_accounts_do_not_hold_each_other_back()
    {
        await Enqueue(1, Some.Message("m", "same"));
        await Committed(Some.Commit(Some.Conversation(Some.Other, "c"), at: Some.At(2), outbox: [Some.Message("m", "same")]));

        Assert.Equal([Some.Acme, Some.Other], (await Outbox()).Select(e => e.Account));
    }

    [Fact]
    public async Task A_message_that_waits_for_its_retry_holds_back_its_order_key_only()
    {
        await Enqueue(1, Some.Message("a1", "a"), Some.Message("a2", "a"), Some.Message("b1", "b"));
        var a1 = (await Outbox())[0];

        await Store.Partition.BeginAttempt(a1.Id, Cancel);
        await Store.Partition.SaveProgress(a1.Id, "part 1", Cancel); // the next part starts with no attempts
        await Store.Partition.BeginAttempt(a1.Id, Cancel);
        await Store.Partition.Retry(a1.Id, Some.At(60), "429", Cancel);

        Assert.Equal(["b1"], (await Outbox(59)).Select(e => e.Message.Id));
        var again = (await Outbox(60)).Single(e => e.Message.Id == "a1");
        Assert.Equal((1, "part 1", "429", Some.At(60)), (again.Attempts, again.Progress, again.LastError, again.Due));
    }

    [Fact]
    public async Task The_next_outbox_time_looks_at_first_messages_only()
    {
        Assert.Null(await Store.Partition.NextOutbox(Cancel));
        await Enqueue(1, Some.Message("a1", "a"), Some.Message("a2", "a"));
        Assert.Equal(Some.At(1), await Store.Partition.NextOutbox(Cancel));

        await Store.Partition.Retry((await Outbox())[0].Id, Some.At(60), "later", Cancel);

        Assert.Equal(Some.At(60), await Store.Partition.NextOutbox(Cancel));
    }

    [Fact]
    public async Task An_attempt_that_began_is_remembered_over_a_restart()
    {
        await Enqueue(1, Some.Message("a1"));
        await Store.Partition.BeginAttempt((await Outbox())[0].Id, Cancel);

        await Reopen();

        Assert.Equal(1, (await Outbox()).Single().Attempts);
    }

    [Fact]
    public async Task A_buried_message_makes_way_and_lies_with_the_dead_letters()
    {
        await Enqueue(1, Some.Message("a1", "a", """{"b":1}"""), Some.Message("a2", "a"));
        var first = (await Outbox())[0];
        await Store.Partition.BeginAttempt(first.Id, Cancel);

        await Store.Partition.Bury(first.Id, Some.At(5), "forbidden", Cancel);

        Assert.Equal(["a2"], (await Outbox()).Select(e => e.Message.Id));
        var letter = (await Store.Partition.ReadDeadLetters(Some.Acme, null, 10, Cancel)).Single();
        Assert.Equal(new DeadLetter(letter.Id, first.Message, Some.At(1), Some.At(5), 1, "forbidden"), letter);
        Assert.Empty(await Store.Partition.ReadDeadLetters(Some.Other, null, 10, Cancel));
    }

    [Fact]
    public async Task Dead_letters_are_paged_newest_first()
    {
        for (var i = 0; i < 5; i++)
        {
            await Enqueue(i, Some.Message($"m{i}"));
            await Store.Partition.Bury((await Outbox()).Single().Id, Some.At(i), "no", Cancel);
        }

        var page = await Store.Partition.ReadDeadLetters(Some.Acme, null, 3, Cancel);
        var rest = await Store.Partition.ReadDeadLetters(Some.Acme, page[^1].Id, 3, Cancel);

        Assert.Equal(["m4", "m3", "m2"], page.Select(l => l.Message.Id));
        Assert.Equal(["m1", "m0"], rest.Select(l => l.Message.Id));
    }

    [Fact]
    public async Task A_replayed_dead_letter_goes_to_the_end_of_its_order_key()
    {
        await Enqueue(1, Some.Message("a1", "a"), Some.Message("a2", "a"));
        await Store.Partition.SaveProgress((await Outbox())[0].Id, "part 1", Cancel);
        await Store.Partition.BeginAttempt((await Outbox())[0].Id, Cancel);
        await Store.Partition.Bury((await Outbox())[0].Id, Some.At(5), "no", Cancel);
        var letter = (await Store.Partition.ReadDeadLetters(Some.Acme, null, 10, Cancel)).Single();

        Assert.False(await Store.Partition.Replay(Some.Other, letter.Id, Some.At(6), Cancel));
        Assert.True(await Store.Partition.Replay(Some.Acme, letter.Id, Some.At(6), Cancel));
        Assert.False(await Store.Partition.Replay(Some.Acme, letter.Id, Some.At(6), Cancel));

        Assert.Empty(await Store.Partition.ReadDeadLetters(Some.Acme, null, 10, Cancel));
        var second = (await Outbox()).Single();
        Assert.Equal("a2", second.Message.Id);
        await Store.Partition.Complete(second.Id, Cancel);
        var again = (await Outbox(6)).Single();
        Assert.Equal(("a1", 1, "part 1"), (again.Message.Id, again.Attempts, again.Progress));
    }

    [Fact]
    public async Task A_discarded_dead_letter_is_gone()
    {
        await Enqueue(1, Some.Message("a1"));
        await Store.Partition.Bury((await Outbox())[0].Id, Some.At(5), "no", Cancel);
        var letter = (await Store.Partition.ReadDeadLetters(Some.Acme, null, 10, Cancel)).Single();

        Assert.False(await Store.Partition.Discard(Some.Other, letter.Id, Cancel));
        Assert.True(await Store.Partition.Discard(Some.Acme, letter.Id, Cancel));
        Assert.False(await Store.Partition.Discard(Some.Acme, letter.Id, Cancel));
        Assert.False(await Store.Partition.Replay(Some.Acme, letter.Id, Some.At(6), Cancel));
        Assert.Empty(await Outbox());
    }

    [Fact]
    public async Task Completing_twice_or_too_late_touches_nobody_elses_message()
    {
        await Enqueue(1, Some.Message("a1"));
        var done = (await Outbox())[0].Id;
        await Store.Partition.Complete(done, Cancel);
        await Enqueue(2, Some.Message("a2"));

        await Store.Partition.Complete(done, Cancel);
        await Store.Partition.Bury(done, Some.At(3), "no", Cancel);

        Assert.Equal(["a2"], (await Outbox()).Select(e => e.Message.Id));
        Assert.Empty(await Store.Partition.ReadDeadLetters(Some.Acme, null, 10, Cancel));
    }

    [Fact]
    public async Task Every_message_of_many_order_keys_is_delivered_once_and_in_order()
    {
        var random = new Random(17);
        List<OutboxMessage> sent = [.. Enumerable.Range(0, 200).Select(i => Some.Message($"{i:000}", $"key-{random.Next(12)}"))];
        for (var i = 0; i < sent.Count; i += 8)
        {
            // One source: order is promised to what one entity sends (DESIGN.md 4).
            await Committed(Some.Commit(Some.Conversation("source"), expected: i / 8, at: Some.At(1), outbox: [.. sent.Skip(i).Take(8)]));
        }

        List<OutboxMessage> delivered = [];
        while (await Outbox() is { Count: > 0 } entries)
        {
            Assert.Equal(entries.Count, entries.DistinctBy(e => e.Message.OrderKey).Count());
            foreach (var entry in entries.Where(_ => random.Next(2) == 0))
            {
                delivered.Add(entry.Message);
                await Store.Partition.Complete(entry.Id, Cancel);
            }
        }

        Assert.Equal(sent.OrderBy(m => m.OrderKey).ThenBy(m => m.Id), delivered.GroupBy(m => m.OrderKey).OrderBy(g => g.Key).SelectMany(g => g));
    }

    [Fact]
    public async Task New_deadlines_and_messages_are_announced()
    {
        var heard = new SemaphoreSlim(0);
        Store.Partition.Changed += () => heard.Release();

        await Committed(Some.Commit(Some.Conversation("c1"), nextDue: Some.At(1)));
        await heard.WaitAsync(Cancel);
        await Enqueue(1, Some.Message("m"));
        await heard.WaitAsync(Cancel);
        Assert.Equal(0, heard.CurrentCount);
    }

    private async Task Enqueue(int second, params OutboxMessage[] messages) =>
        await Committed(Some.Commit(Some.Conversation(Guid.NewGuid().ToString("n")), at: Some.At(second), outbox: messages));

    private ValueTask<IReadOnlyList<OutboxEntry>> Outbox(int second = 50) => Store.Partition.ReadOutbox(Some.At(second), 100, Cancel);
}
