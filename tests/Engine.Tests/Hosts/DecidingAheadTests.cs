using Conversations.Domain;
using Conversations.Engine.Embedded;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using Done = Reply<ConversationAnswer>.Done;

/// <summary>Commands to one entity are decided one at a time; their commits share flushes (ADR 14).</summary>
public sealed class DecidingAheadTests : IAsyncLifetime
{
    private World _world = null!;
    private EmbeddedEntities _entities = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await World.Create();
        _entities = _world.Entities();
        Assert.IsType<Done>(await Send(World.Message("m1")));
    }

    public async ValueTask DisposeAsync()
    {
        _entities.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task The_next_command_is_committed_while_the_first_ones_flush_is_not_through()
    {
        var disk = Hold();
        var first = Send(World.Message("m2"));
        var second = Send(World.Message("m3"));
        await disk.Waiting(2);
        Assert.False(first.IsCompleted || second.IsCompleted); // nothing is answered before it is durable

        disk.Go();

        Assert.Equal(
            [Assert.IsType<Done>(await first).Answer.Seq, Assert.IsType<Done>(await second).Answer.Seq],
            (await _world.History()).Where(e => e.Type == "message.received").Skip(1).Select(e => e.Seq));
        Assert.Equal(["m1", "m2", "m3"], await _world.Messages());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_decided_on_a_commit_that_failed_is_decided_again(bool afterWriting)
    {
        var disk = Hold(fails: 1, afterWriting);
        var first = Send(World.Message("m2"));
        var others = Enumerable.Range(3, 5).Select(i => Send(World.Message($"m{i}"))).ToArray();
        await disk.Waiting(6);

        disk.Go();

        Assert.IsType<Reply<ConversationAnswer>.Unknown>(await first);
        Assert.All(await Task.WhenAll(others), r => Assert.False(Assert.IsType<Done>(r).Replayed));
        Assert.Equal(afterWriting, Assert.IsType<Done>(await Send(World.Message("m2"))).Replayed);
        Assert.Equal(["m1", "m2", "m3", "m4", "m5", "m6", "m7"], (await _world.Messages()).Order());
        var history = await _world.History();
        Assert.Equal(Enumerable.Range(1, history.Count).Select(i => (long)i), history.Select(e => e.Seq));
    }

    [Fact]
    public async Task A_refusal_is_told_only_when_what_it_rests_on_is_durable()
    {
        var disk = Hold();
        var close = Send(World.Command("k1", new Close()));
        await disk.Waiting(1);
        var reply = Send(World.Command("k2", new PostMessage(PostKind.Reply, "Hi")));
        Assert.False(reply.IsCompleted);

        disk.Go();

        Assert.IsType<Done>(await close);
        Assert.Equal("conversation_closed", Assert.IsType<Reply<ConversationAnswer>.Refused>(await reply).Refusal.Code);
    }

    [Fact]
    public async Task What_was_refused_because_of_a_commit_that_failed_is_not_refused()
    {
        var disk = Hold(fails: 1);
        var close = Send(World.Command("k1", new Close()));
        await disk.Waiting(1);
        var reply = Send(World.Command("k2", new PostMessage(PostKind.Reply, "Hi")));

        disk.Go();

        Assert.IsType<Reply<ConversationAnswer>.Unknown>(await close);
        Assert.IsType<Done>(await reply);
    }

    private Task<Reply<ConversationAnswer>> Send(Envelope<ConversationCommand> envelope) => _entities.Send(World.Acme, World.Id, envelope, World.Cancel).AsTask();

    private Disk Hold(int fails = 0, bool afterWriting = false)
    {
        var disk = new Disk(fails, afterWriting);
        _world.Journal.OnCommit = disk.Commit;
        return disk;
    }

    /// <summary>A disk that waits for a sign, and fails the first so many writes.</summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.
    private sealed class Disk(int fails, bool afterWriting)
#pragma warning restore CA1001
    {
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _asked = new(0);
        private int _fails = fails;

        public void Go() => _go.SetResult();

        public async Task Waiting(int commits)
        {
            for (var i = 0; i < commits; i++)
            {
                await _asked.WaitAsync(World.Cancel);
            }
        }

        public async ValueTask<CommitOutcome> Commit(Commit commit, Func<ValueTask<CommitOutcome>> write)
        {
            var failing = Interlocked.Decrement(ref _fails) >= 0;
            var written = failing && !afterWriting ? ValueTask.FromResult<CommitOutcome>(CommitOutcome.KeyReused.Instance) : write(); // in the order asked for, as the store does
            _asked.Release();
            await _go.Task;
            var outcome = await written;
            return failing ? throw new IOException("unplugged") : outcome;
        }
    }
}
