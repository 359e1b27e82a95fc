using NodaTime;
using Xunit;

namespace Conversations.Engine.Tests.Workers;

/// <summary>At least once, in order per order key, with growing pauses (DESIGN.md 4, realtime.md 5).</summary>
public sealed class OutboxWorkerTests : OutboxWorld
{
    [Fact]
    public async Task What_is_committed_is_delivered_and_gone()
    {
        await Start();
        await Enqueue(("m1", "k"));

        var call = await Call();
        call.Answer(Delivery.Done.Instance);

        Assert.Equal(("m1", 0, Some.Acme), (call.Entry.Message.Id, call.Entry.Attempts, call.Entry.Account));
        Assert.Equal($"Complete {call.Entry.Id}", await Partition.Done(Cancel));
        Assert.Empty(await Left());
    }

    [Fact]
    public async Task The_order_of_a_key_holds_while_its_first_message_is_tried_again()
    {
        await Start();
        await Enqueue(("a1", "a"), ("a2", "a"), ("a3", "a"));
        await Fail(await Call("a1"));

        await AdvanceToNext();
        (await Call("a1")).Answer(Delivery.Done.Instance);
        (await Call("a2")).Answer(Delivery.Done.Instance);
        (await Call("a3")).Answer(Delivery.Done.Instance);

        Assert.Equal(["a1", "a1", "a2", "a3"], Calls);
    }

    [Fact]
    public async Task Other_keys_go_on_while_one_waits_for_its_retry()
    {
        await Start();
        await Enqueue(("a1", "a"), ("a2", "a"));
        await Fail(await Call("a1"));

        await Enqueue(("b1", "b"));
        (await Call("b1")).Answer(Delivery.Done.Instance);

        Assert.Equal(["a1", "b1"], Calls);
    }

    [Fact]
    public async Task Other_keys_are_tried_again_in_time_while_one_takes_long()
    {
        await Start();
        await Enqueue(("slow", "a"), ("b1", "b"));
        var (first, second) = (await Call(), await Call());
        var (slow, b1) = first.Entry.Message.Id == "slow" ? (first, second) : (second, first);
        await Fail(b1);

        await AdvanceToNext();
        (await Call("b1")).Answer(Delivery.Done.Instance);
        slow.Answer(Delivery.Done.Instance);

        await Settled("Complete", "Complete");
        Assert.Empty(await Left());
    }

    [Fact]
    public async Task More_than_can_be_under_way_at_once_are_all_delivered_once()
    {
        await Enqueue([.. Enumerable.Range(0, 200).Select(i => ($"m{i}", $"k{i}"))]);
        await Start();
        var calls = new List<OutboxCall>();
        for (var i = 0; i < 64; i++)
        {
            calls.Add(await Call());
        }

        calls.ForEach(c => c.Answer(Delivery.Done.Instance));
        for (var i = 64; i < 200; i++)
        {
            (await Call()).Answer(Delivery.Done.Instance);
        }

        await Settled([.. Enumerable.Repeat("Complete", 200)]);
        Assert.Equal(200, Calls.Distinct().Count());
        Assert.Equal(200, Calls.Length);
    }

    [Fact]
    public async Task The_pauses_grow_from_a_second_to_an_hour_with_a_fifth_of_jitter_and_end_after_a_day_with_the_dead()
    {
        await Start();
        await Enqueue(("m1", "k"), ("m2", "k"));
        var begin = Time.GetUtcNow();
        List<double> pauses = [];
        while (true)
        {
            var call = await Call("m1");
            Assert.Equal(pauses.Count, call.Entry.Attempts);
            await call.Begin();
            call.Answer(new Delivery.Again("no answer"));
            if (Time.GetUtcNow() - begin >= TimeSpan.FromHours(24))
            {
                break;
            }

            await Settled("BeginAttempt", "Retry");
            var due = Assert.Single(await Left()).Due;
            pauses.Add((due - Now).TotalSeconds);
            await AdvanceToNext();
        }

        await Settled("BeginAttempt", "Bury");
        double[] expected = [1, 5, 30, 120, 600, 1_800];
        Assert.All(pauses, (pause, i) =>
        {
            var whole = i < expected.Length ? expected[i] : 3_600;
            Assert.InRange(pause, whole * 0.8, whole * 1.2);
        });
        Assert.InRange(pauses.Count, 24, 36);
        Assert.True(pauses.Distinct().Count() > 5);
        var dead = Assert.Single(await Store.ReadDeadLetters(Some.Acme, null, 10, Cancel));
        Assert.Equal(("m1", "no answer", pauses.Count + 1), (dead.Message.Id, dead.Error, dead.Attempts));
        (await Call("m2")).Answer(Delivery.Done.Instance); // it held back its key no longer
    }

    [Fact]
    public async Task A_time_the_platform_names_is_honoured()
    {
        await Start();
        await Enqueue(("m1", "k"));
        var named = Now + Duration.FromMinutes(17);
        (await Call()).Answer(new Delivery.Again("429", named));

        await Time.SleepsUntil(named.ToDateTimeOffset(), Cancel);
        Time.Advance(TimeSpan.FromMinutes(17));

        (await Call("m1")).Answer(new Delivery.Again("429", Now)); // sooner than our own pause: ours
        await Settled("BeginAttempt", "Retry", "BeginAttempt", "Retry");
        Assert.InRange((Assert.Single(await Left()).Due - Now).TotalSeconds, 4, 6);
    }

    [Fact]
    public async Task To_wait_is_no_blame_and_never_ends_with_the_dead()
    {
        await Start();
        await Enqueue(("m1", "k"));
        for (var i = 0; i < 3; i++)
        {
            var call = await Call("m1");
            Assert.Equal(0, call.Entry.Attempts);
            call.Answer(new Delivery.Wait("suspended", Now + Duration.FromHours(20)));
            await Settled("Retry");
            await AdvanceToNext();
        }

        (await Call("m1")).Answer(Delivery.Done.Instance);
    }

    [Fact]
    public async Task A_target_that_throws_is_tried_again_with_growing_pauses()
    {
        await Start();
        await Enqueue(("m1", "k"));
        foreach (var (low, high) in new[] { (0.8, 1.2), (4.0, 6.0), (24.0, 36.0) })
        {
            (await Call("m1")).Throw(new InvalidOperationException("a fault of its own"));
            await Settled("BeginAttempt", "Retry");
            var entry = Assert.Single(await Left());
            Assert.InRange((entry.Due - Now).TotalSeconds, low, high);
            Assert.Equal("a fault of its own", entry.LastError);
            await AdvanceToNext();
        }

        (await Call("m1")).Answer(Delivery.Done.Instance);
    }

    [Fact]
    public async Task What_nobody_delivers_is_dead_and_can_be_replayed_or_discarded()
    {
        await Start();
        await Commit([new("u1", "unknown/x", "u", "{}"), new("u2", "unknown/x", "u", "{}")]);
        await Settled("Bury", "Bury");
        var dead = await Store.ReadDeadLetters(Some.Acme, null, 10, Cancel);
        Assert.Equal(["u2", "u1"], dead.Select(d => d.Message.Id));

        Assert.True(await Store.Discard(Some.Acme, dead[0].Id, Cancel));
        Assert.True(await Store.Replay(Some.Acme, dead[1].Id, Now, Cancel));
        await Settled("Bury"); // delivered again, and still nobody takes it

        Assert.Equal("u1", Assert.Single(await Store.ReadDeadLetters(Some.Acme, null, 10, Cancel)).Message.Id);
    }

    [Fact]
    public async Task A_replayed_letter_is_delivered_again()
    {
        await Start();
        await Enqueue(("m1", "k"));
        (await Call()).Answer(new Delivery.Dead("refused"));
        await Settled("Bury");
        var dead = Assert.Single(await Store.ReadDeadLetters(Some.Acme, null, 10, Cancel));

        await Store.Replay(Some.Acme, dead.Id, Now, Cancel);
        (await Call("m1")).Answer(Delivery.Done.Instance);

        await Settled("Complete");
        Assert.Empty(await Store.ReadDeadLetters(Some.Acme, null, 10, Cancel));
    }
}
