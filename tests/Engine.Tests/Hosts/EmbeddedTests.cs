using Conversations.Domain;
using Conversations.Engine.Embedded;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using Done = Reply<ConversationAnswer>.Done;

/// <summary>Mailboxes: one at a time, in order, and nothing lost when memory is let go.</summary>
public sealed class EmbeddedTests : IAsyncLifetime
{
    private World _world = null!;

    public async ValueTask InitializeAsync() => _world = await World.Create();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Commands_are_executed_one_after_the_other_in_the_order_they_came()
    {
        using var entities = _world.Entities();
        var gate = Gate();
        _world.Journal.OnCommit = async (c, commit) =>
        {
            var written = commit(); // asked for in order, as it is by the host
            await gate.Task;
            return await written;
        };

        Task<Reply<ConversationAnswer>>[] sent = [.. Enumerable.Range(0, 50).Select(i => Send(entities, World.Message($"m{i}")))];
        gate.SetResult();

        Assert.All(await Task.WhenAll(sent), r => Assert.IsType<Done>(r));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"m{i}"), await _world.Messages());
    }

    [Fact]
    public async Task A_caller_who_gives_up_while_waiting_has_no_effect()
    {
        using var entities = _world.Entities();
        using var patience = new CancellationTokenSource();
        var gate = Gate();
        _world.Journal.LoadsWhen = gate.Task; // the first has the turn until it knows what is there
        var first = Send(entities, World.Message("m1"));
        var waiting = Send(entities, World.Message("m2"), patience.Token);
        var behind = Send(entities, World.Message("m3"));

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.SetResult();

        Assert.All(await Task.WhenAll(first, behind), r => Assert.IsType<Done>(r));
        Assert.Equal(["m1", "m3"], await _world.Messages());
    }

    [Fact]
    public async Task A_caller_who_goes_away_while_it_is_written_does_not_break_it()
    {
        using var entities = _world.Entities();
        using var patience = new CancellationTokenSource();
        var (holding, gate) = Hold();
        var writing = Send(entities, World.Message("m1"), patience.Token);
        await holding;

        await patience.CancelAsync();
        gate.SetResult();

        Assert.IsType<Done>(await writing);
        Assert.IsType<Done>(await Send(entities, World.Message("m2")));
        Assert.Equal(["m1", "m2"], await _world.Messages());
    }

    [Fact]
    public async Task More_than_a_thousand_waiting_for_one_entity_is_overload_and_certainly_not_executed()
    {
        using var entities = _world.Entities();
        var (holding, gate) = Hold();
        List<Task<Reply<ConversationAnswer>>> sent = [Send(entities, World.Message("m0"))];
        await holding;
        sent.AddRange(Enumerable.Range(1, 999).Select(i => Send(entities, World.Message($"m{i}"))));

        Assert.IsType<Reply<ConversationAnswer>.Overloaded>(await Send(entities, World.Message("too many")));
        gate.SetResult();

        Assert.All(await Task.WhenAll(sent), r => Assert.IsType<Done>(r));
        Assert.Equal(1_000, (await _world.Messages()).Length);
        Assert.False(Assert.IsType<Done>(await Send(entities, World.Message("too many"))).Replayed);
    }

    [Fact]
    public async Task What_is_idle_leaves_memory_and_comes_back_from_the_journal()
    {
        using var entities = _world.Entities();
        await Send(entities, World.Message("m1"));
        await entities.Send(World.Acme, new Envelope<ReferenceCommand>("w", Actor.System, new AwaitMessage("key", new("e", new MessageChange.Deleted()))), World.Cancel);
        Assert.Equal(2, entities.Live);

        _world.Time.Advance(TimeSpan.FromMinutes(1));
        await Send(entities, World.Message("m2"));
        _world.Time.Advance(TimeSpan.FromSeconds(61));
        entities.Evict(TimeSpan.FromMinutes(2));
        Assert.Equal(1, entities.Live); // the conversation was used in between
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        entities.Evict(TimeSpan.FromMinutes(2));
        Assert.Equal(0, entities.Live);

        Assert.Equal(3, Assert.IsType<Done>(await Send(entities, World.Message("m3"))).Answer.MessageIndex);
    }

    [Fact]
    public async Task What_is_at_work_or_waited_for_is_not_let_go()
    {
        using var entities = _world.Entities();
        var (holding, gate) = Hold();
        var writing = Send(entities, World.Message("m1"));
        await holding;

        _world.Time.Advance(TimeSpan.FromHours(1));
        entities.Evict(TimeSpan.FromMinutes(2));

        Assert.Equal(1, entities.Live);
        gate.SetResult();
        Assert.IsType<Done>(await writing);
    }

    [Fact]
    public async Task It_lets_go_by_itself_as_time_passes()
    {
        using var entities = _world.Entities();
        await Send(entities, World.Message("m1"));
        await entities.StartAsync(World.Cancel);
        while (entities.Live > 0)
        {
            _world.Time.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        await entities.StopAsync(World.Cancel);
        Assert.Equal(["m1"], await _world.Messages());
    }

    [Fact]
    public async Task Eviction_racing_with_senders_loses_and_doubles_nothing()
    {
        using var entities = _world.Entities();
        using var done = new CancellationTokenSource();
        var evicting = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                _world.Time.Advance(TimeSpan.FromMilliseconds(1));
                entities.Evict(TimeSpan.Zero);
            }
        }, World.Cancel);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                Assert.IsType<Done>(await Send(entities, World.Message($"{sender}-{i}")));
            }
        })));

        await done.CancelAsync();
        await evicting;
        var messages = await _world.Messages();
        Assert.Equal(16 * 40, messages.Distinct().Count());
        Assert.Equal(16 * 40, messages.Length);
        Assert.All(Enumerable.Range(0, 16), s => Assert.Equal(
            Enumerable.Range(0, 40).Select(i => $"{s}-{i}"), messages.Where(m => m.StartsWith($"{s}-", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_tick_says_whether_anything_moved()
    {
        using var entities = _world.Entities();
        await Send(entities, World.Message("m1"));
        Assert.False(await entities.Tick(World.Key, World.Cancel));

        _world.Time.Advance(TimeSpan.FromHours(1));

        Assert.True(await entities.Tick(World.Key, World.Cancel));
        Assert.False(await entities.Tick(World.Key, World.Cancel));
        Assert.False(await entities.Tick(AccountType.Key(World.Acme), World.Cancel));
    }

    private static Task<Reply<ConversationAnswer>> Send(EmbeddedEntities entities, Envelope<ConversationCommand> envelope, CancellationToken? cancellation = null) =>
        entities.Send(World.Acme, World.Id, envelope, cancellation ?? World.Cancel).AsTask();

    private static TaskCompletionSource Gate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Holds every commit until the gate is opened; the first part is done when one is held.</summary>
    private (Task Holding, TaskCompletionSource Gate) Hold()
    {
        var (holding, gate) = (Gate(), Gate());
        _world.Journal.OnCommit = async (_, commit) =>
        {
            holding.TrySetResult();
            await gate.Task;
            return await commit();
        };
        return (holding.Task, gate);
    }
}
