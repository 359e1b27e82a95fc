using Conversations.Domain;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using Done = Reply<ConversationAnswer>.Done;
using Refused = Reply<ConversationAnswer>.Refused;
using Unknown = Reply<ConversationAnswer>.Unknown;

/// <summary>load → decide → commit → reply (DESIGN.md 2, 5).</summary>
public sealed class EntityHostTests : IAsyncLifetime
{
    private World _world = null!;

    public async ValueTask InitializeAsync() => _world = await World.Create();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_is_answered_is_in_the_history()
    {
        var done = Assert.IsType<Done>(await _world.Host().Handle(World.Message("m1")));

        Assert.False(done.Replayed);
        var history = await _world.History();
        Assert.Equal(Enumerable.Range(1, history.Count).Select(i => (long)i), history.Select(e => e.Seq));
        Assert.Equal(history.Count, done.Answer.Seq);
        Assert.All(history, e => Assert.Equal(("in/webchat/acme/m1", World.Customer, World.Noon), (e.Cause, e.Actor, e.At)));
        Assert.Equal(done.Answer.Seq, (await _world.Store.Find(World.Acme, World.Id, World.Cancel))!.Seq);
    }

    [Fact]
    public async Task The_same_command_id_twice_is_one_effect_and_one_answer()
    {
        var host = _world.Host();
        var first = Assert.IsType<Done>(await host.Handle(World.Message("m1")));
        await host.Handle(World.Message("m2"));

        var again = Assert.IsType<Done>(await host.Handle(World.Message("m1", "another text")));

        Assert.True(again.Replayed);
        Assert.Equal(first.Answer, again.Answer);
        Assert.Equal(["m1", "m2"], await _world.Messages());
    }

    [Fact]
    public async Task A_retry_that_would_be_refused_now_gets_the_first_answer()
    {
        var host = _world.Host();
        var seen = Assert.IsType<Done>(await host.Handle(World.Message("m1"))).Answer.Seq;
        var reply = World.Command("k1", new PostMessage(PostKind.Reply, "Hello", BasedOnSeq: seen));
        var first = Assert.IsType<Done>(await host.Handle(reply));
        await host.Handle(World.Message("m2"));

        var again = Assert.IsType<Done>(await host.Handle(reply)); // on its own it looks stale by now
        var other = Assert.IsType<Refused>(await host.Handle(reply with { CommandId = "k2" }));

        Assert.Equal((true, first.Answer), (again.Replayed, again.Answer));
        Assert.Equal("stale_reply", other.Refusal.Code);
    }

    [Fact]
    public async Task A_strict_key_means_one_request_only()
    {
        var host = _world.Host();
        await host.Handle(World.Message("m1"));
        await host.Handle(World.Command("k1", new SetPriority(Priority.High)));

        var reused = Assert.IsType<Refused>(await host.Handle(World.Command("k1", new SetPriority(Priority.Low))));
        var refusedAndReused = Assert.IsType<Refused>(await host.Handle(World.Command("k1", new PostMessage(PostKind.Reply, "late", BasedOnSeq: 0))));
        var same = Assert.IsType<Done>(await host.Handle(World.Command("k1", new SetPriority(Priority.High))));

        Assert.Equal("idempotency_key_reused", reused.Refusal.Code);
        Assert.Equal("idempotency_key_reused", refusedAndReused.Refusal.Code);
        Assert.True(same.Replayed);
        Assert.Equal(Priority.High, (await _world.Truth()).Priority);
    }

    [Fact]
    public async Task If_match_lets_only_those_decide_who_have_seen_everything()
    {
        var host = _world.Host();
        var seq = Assert.IsType<Done>(await host.Handle(World.Message("m1"))).Answer.Seq;

        var stale = Assert.IsType<Refused>(await host.Handle(World.Command("k1", new Close(), ifMatch: seq - 1)));
        var ahead = Assert.IsType<Refused>(await host.Handle(World.Command("k2", new Close(), ifMatch: seq + 1)));
        Assert.IsType<Done>(await host.Handle(World.Command("k3", new Close(), ifMatch: seq)));

        Assert.All([stale, ahead], r => Assert.Equal("version_conflict", r.Refusal.Code));
        Assert.Equal($"{seq}", stale.Refusal.Current!["seq"]);
        Assert.True(Assert.IsType<Done>(await host.Handle(World.Command("k3", new Close(), ifMatch: seq))).Replayed);
    }

    [Fact]
    public async Task A_refusal_leaves_no_trace()
    {
        var host = _world.Host();
        Assert.Equal("not_found", Assert.IsType<Refused>(await host.Handle(World.Command("k1", new Close()))).Refusal.Code);

        await host.Handle(World.Message("m1"));

        Assert.False(Assert.IsType<Done>(await host.Handle(World.Command("k1", new Close()))).Replayed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_fails_is_an_unknown_outcome_and_its_retry_has_one_effect(bool afterWriting)
    {
        var host = _world.Host();
        await host.Handle(World.Message("m1"));
        var failure = new TimeoutException("no answer from the disk");
        if (afterWriting)
        {
            _world.Journal.FailAfterNext(failure);
        }
        else
        {
            _world.Journal.FailBeforeNext(failure);
        }

        Assert.IsType<Unknown>(await host.Handle(World.Message("m2")));
        Assert.Equal(afterWriting ? ["m1", "m2"] : ["m1"], await _world.Messages());

        // The next command decides on the truth, so it does not even conflict.
        var commits = _world.Journal.Commits;
        Assert.IsType<Done>(await host.Handle(World.Message("m3")));
        Assert.Equal(1, _world.Journal.Commits - commits);

        Assert.Equal(afterWriting, Assert.IsType<Done>(await host.Handle(World.Message("m2"))).Replayed);
        Assert.Equal(afterWriting ? ["m1", "m2", "m3"] : ["m1", "m3", "m2"], await _world.Messages());
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_an_unknown_outcome_until_it_can()
    {
        var host = _world.Host();
        _world.Journal.FailLoads = new IOException("unplugged");
        Assert.IsType<Unknown>(await host.Handle(World.Message("m1")));
        Assert.IsType<Unknown>(await host.Tick());

        _world.Journal.FailLoads = null;
        Assert.IsType<Done>(await host.Handle(World.Message("m1")));
    }

    [Fact]
    public async Task An_overloaded_store_is_told_and_costs_no_reload()
    {
        var host = _world.Host();
        await host.Handle(World.Message("m1"));
        var loads = _world.Journal.Loads;
        _world.Journal.FailBeforeNext(new StoreOverloadedException("full"));

        Assert.IsType<Reply<ConversationAnswer>.Overloaded>(await host.Handle(World.Message("m2")));
        Assert.False(Assert.IsType<Done>(await host.Handle(World.Message("m2"))).Replayed);

        Assert.Equal(loads, _world.Journal.Loads);
        Assert.Equal(["m1", "m2"], await _world.Messages());
    }

    [Fact]
    public async Task A_conflict_is_settled_by_reading_again()
    {
        var (left, right) = (_world.Host(), _world.Host());
        await left.Handle(World.Message("m1"));
        await right.Handle(World.Message("m2"));
        await left.Handle(World.Message("m3")); // left does not know m2

        Assert.False(Assert.IsType<Done>(await right.Handle(World.Message("m4"))).Replayed);

        Assert.Equal(["m1", "m2", "m3", "m4"], await _world.Messages());
        Assert.Equal(4, (await _world.Truth()).MessageCount);
    }

    [Fact]
    public async Task Endless_conflict_ends_as_overload()
    {
        var host = _world.Host();
        _world.Journal.OnCommit = static (_, _) => ValueTask.FromResult<CommitOutcome>(new CommitOutcome.Conflict(99));

        Assert.IsType<Reply<ConversationAnswer>.Overloaded>(await host.Handle(World.Message("m1")));
        Assert.Empty(await _world.History());
    }

    [Fact]
    public async Task A_copy_that_another_has_overtaken_believes_a_caller_who_has_seen_more()
    {
        var (behind, ahead) = (_world.Host(), _world.Host());
        await behind.Handle(World.Message("m1"));
        var seq = Assert.IsType<Done>(await ahead.Handle(World.Message("m2"))).Answer.Seq;

        Assert.IsType<Done>(await behind.Handle(World.Command("k1", new Close(), ifMatch: seq)));
    }

    [Fact]
    public async Task A_copy_that_replays_anothers_answer_reads_again()
    {
        var (behind, ahead) = (_world.Host(), _world.Host());
        await behind.Handle(World.Message("m1"));
        await ahead.Handle(World.Message("m2"));
        await ahead.Handle(World.Command("k0", new Close()));

        Assert.True(Assert.IsType<Done>(await behind.Handle(World.Message("m2"))).Replayed);

        // Decided on what it held before, this would have been accepted: it did not know that the conversation is closed.
        Assert.Equal("conversation_closed", Assert.IsType<Refused>(await behind.Handle(World.Command("k1", new PostMessage(PostKind.Reply, "Hi")))).Refusal.Code);
    }

    [Fact]
    public async Task A_tick_with_nothing_to_do_writes_nothing_and_a_repeated_one_has_no_second_effect()
    {
        var host = _world.Host();
        await host.Handle(World.Message("m1"));
        var commits = _world.Journal.Commits;
        Assert.True(Assert.IsType<Done>(await host.Tick()).Replayed);
        Assert.Equal(commits, _world.Journal.Commits);

        _world.Time.Advance(TimeSpan.FromHours(1));
        Assert.False(Assert.IsType<Done>(await host.Tick()).Replayed);
        var seq = (await _world.Truth()).Seq;
        Assert.True(Assert.IsType<Done>(await host.Tick()).Replayed);
        Assert.Equal(seq, (await _world.Truth()).Seq);
    }

    [Fact]
    public async Task A_tick_on_a_copy_that_another_has_overtaken_finds_the_deadline_at_the_second_look()
    {
        var (behind, ahead) = (_world.Host(), _world.Host());
        await behind.Handle(World.Message("m1"));
        await behind.Handle(World.Command("k1", new Close()));
        await ahead.Handle(World.Message("m2")); // opens again: a promise runs
        _world.Time.Advance(TimeSpan.FromHours(2));

        Assert.True(Assert.IsType<Done>(await behind.Tick()).Replayed); // it holds a closed conversation
        Assert.False(Assert.IsType<Done>(await behind.Tick()).Replayed);
        Assert.Contains(await _world.History(), e => e.Type == "sla.breached");
    }
}
