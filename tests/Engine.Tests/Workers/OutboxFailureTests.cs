using Xunit;

namespace Conversations.Engine.Tests.Workers;

/// <summary>Crashes and failing stores: at least once, and never once more than need be.</summary>
public sealed class OutboxFailureTests : OutboxWorld
{
    [Fact]
    public async Task A_part_that_is_done_continues_at_once_and_is_remembered_across_a_restart()
    {
        await Start();
        await Enqueue(("m1", "k"));
        var first = await Call("m1");
        await first.Begin();
        first.Answer(new Delivery.Progressed("part 1"));

        var second = await Call("m1");
        Assert.Equal(("part 1", 0), (second.Entry.Progress, second.Entry.Attempts));
        await Restart();

        var third = await Call("m1");
        Assert.Equal(("part 1", 0), (third.Entry.Progress, third.Entry.Attempts));
        third.Answer(Delivery.Done.Instance);
        await Settled("Complete");
        Assert.Empty(await Left());
    }

    [Fact]
    public async Task A_try_that_was_cut_off_is_counted()
    {
        await Start();
        await Enqueue(("m1", "k"));
        await (await Call("m1")).Begin();
        await Restart();

        var again = await Call("m1");
        Assert.Equal(1, again.Entry.Attempts); // it may have reached the platform: look first
        await again.Begin();
        await Restart();

        Assert.Equal(2, (await Call("m1")).Entry.Attempts);
    }

    [Fact]
    public async Task A_try_that_had_not_begun_is_not_counted()
    {
        await Start();
        await Enqueue(("m1", "k"));
        await Call("m1");
        await Restart();

        Assert.Equal(0, (await Call("m1")).Entry.Attempts);
    }

    [Fact]
    public async Task A_retry_keeps_its_time_across_a_restart()
    {
        await Start();
        await Enqueue(("m1", "k"));
        await Fail(await Call("m1"));
        await Restart();

        await AdvanceToNext();

        Assert.Equal(1, (await Call("m1")).Entry.Attempts);
    }

    [Fact]
    public async Task An_outcome_the_store_did_not_take_is_told_again_instead_of_delivering_again()
    {
        await Start();
        await Enqueue(("m1", "k"));
        Partition.Fails = static name => name == "Complete" ? new IOException("full") : null;
        (await Call("m1")).Answer(Delivery.Done.Instance);
        for (var i = 0; i < 4; i++)
        {
            var due = await Time.Sleeps(d => d > Time.GetUtcNow(), Cancel);
            if (i == 3)
            {
                Partition.Fails = static _ => null;
            }

            Time.Advance(due - Time.GetUtcNow());
        }

        await Settled("Complete");
        Assert.Equal(["m1"], Calls);
        Assert.Empty(await Left());
    }

    [Fact]
    public async Task An_outcome_that_comes_while_stopping_is_kept()
    {
        await Start();
        await Enqueue(("m1", "k"), ("m2", "k"));
        var call = await Call("m1");
        Partition.Fails = name =>
        {
            if (name == "Complete")
            {
                Stop(); // the host stops right between the platform's answer and our write
            }

            return null;
        };
        call.Answer(Delivery.Done.Instance);
        await Settled("Complete");
        await Restart();

        await Call("m2");
        Assert.Equal(["m1", "m2"], Calls);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_read_again_every_second()
    {
        Partition.Fails = static name => name == "ReadOutbox" ? new IOException("unplugged") : null;
        await Start();
        await Enqueue(("m1", "k"));
        for (var i = 1; i <= 3; i++)
        {
            await Time.SleepsUntil((Some.Noon + NodaTime.Duration.FromSeconds(i)).ToDateTimeOffset(), Cancel);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await Time.SleepsUntil((Some.Noon + NodaTime.Duration.FromSeconds(4)).ToDateTimeOffset(), Cancel);
        Assert.Empty(Calls);
        Partition.Fails = static _ => null;
        Time.Advance(TimeSpan.FromSeconds(1));

        (await Call("m1")).Answer(Delivery.Done.Instance);
    }

    [Fact]
    public async Task A_store_that_takes_no_attempts_keeps_the_message_from_being_sent()
    {
        await Start();
        await Enqueue(("m1", "k"));
        Partition.Fails = static name => name == "BeginAttempt" ? new StoreOverloadedException("full") : null;
        var call = await Call("m1");
        var refused = await Assert.ThrowsAsync<StoreOverloadedException>(() => call.Begin().AsTask());
        Partition.Fails = static _ => null;
        call.Throw(refused);

        await Settled("BeginAttempt", "Retry");
        await AdvanceToNext();
        (await Call("m1")).Answer(Delivery.Done.Instance);
    }

    /// <summary>Found as a reply sent twice: a list read just before the outcome was kept still held the message as it had been.</summary>
    [Fact]
    public async Task A_list_that_was_read_before_a_message_was_settled_does_not_deliver_it_again()
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Start();
        await Enqueue(("m1", "k"));
        var call = await Call("m1");
        Partition.AfterReading = async () =>
        {
            Partition.AfterReading = static () => ValueTask.CompletedTask;
            read.SetResult();
            await goOn.Task;
        };
        await Enqueue(("m2", "l")); // wakes the worker, which reads m1 as still to be done
        await read.Task.WaitAsync(Cancel);
        call.Answer(new Delivery.Progressed("sent"));
        await Settled("SaveProgress");
        goOn.SetResult();

        var next = new[] { await Call(), await Call() };

        Assert.Equal(["m1", "m2"], next.Select(c => c.Entry.Message.Id).Order());
        Assert.Equal("sent", next.Single(c => c.Entry.Message.Id == "m1").Entry.Progress);
    }
}
