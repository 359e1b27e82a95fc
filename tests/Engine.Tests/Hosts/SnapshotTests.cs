using System.Text;
using Conversations.Domain;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

using Done = Reply<ConversationAnswer>.Done;

/// <summary>Snapshots bound what a load costs. They are a cache: losing one costs time, never data (DESIGN.md 5).</summary>
public sealed class SnapshotTests : IAsyncLifetime
{
    private World _world = null!;

    public async ValueTask InitializeAsync() => _world = await World.Create();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task One_is_kept_every_hundred_events_and_with_the_tail_it_gives_the_same_state_as_all_events()
    {
        List<long> kept = [];
        await Grow(350, kept);

        Assert.Equal([1, 2, 3], kept.Select(seq => seq / 100));
        var (state, replayed) = await Read();
        Assert.Equal(World.Json(await _world.Truth()), World.Json(state));
        Assert.Equal(350 - kept[^1], replayed);
    }

    [Fact]
    public async Task A_conversation_of_thousands_of_events_loads_a_hundred()
    {
        await Grow(5_000, []);

        var (state, replayed) = await Read();

        Assert.Equal(5_000, state.Seq);
        Assert.InRange(replayed, 0, 102);
    }

    [Theory]
    [InlineData("another format")]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("of another moment")]
    public async Task One_that_cannot_be_used_costs_time_and_is_replaced(string fault)
    {
        await Grow(250, []);
        var healthy = (await _world.Store.Load(World.Key, World.Cancel)).Snapshot!;
        await _world.Store.SaveSnapshot(
            World.Key,
            fault switch
            {
                "another format" => healthy with { Format = Conversation.Format + 1, State = "{\"whatever\":1}"u8.ToArray() },
                "not JSON" => healthy with { State = "{\"id\":"u8.ToArray() },
                "null" => healthy with { State = "null"u8.ToArray() },
                _ => healthy with { Seq = healthy.Seq + 1 },
            },
            World.Cancel);

        Assert.IsType<Done>(await _world.Host().Handle(World.Message("next")));

        Assert.Equal((250, true), (_world.Journal.Replayed, (await _world.Messages()).Contains("next")));
        Assert.Equal(250, (await _world.Journal.Kept(World.Cancel)).Seq); // the second load is short again
        var (state, replayed) = await Read();
        Assert.Equal((World.Json(await _world.Truth()), 1), (World.Json(state), replayed));
    }

    [Fact]
    public async Task One_that_could_not_be_kept_is_made_up_for_by_the_next_load()
    {
        _world.Journal.FailSnapshots = new IOException("full");
        await Grow(150, null);
        _world.Journal.FailSnapshots = null;

        await _world.Host().Handle(World.Message("next"));

        Assert.Equal(150, (await _world.Journal.Kept(World.Cancel)).Seq);
    }

    [Fact]
    public async Task The_configuration_does_not_trust_one_of_another_format_either()
    {
        await _world.Store.SaveSnapshot(AccountType.Key(World.Acme), new(1, Format: 99, Encoding.UTF8.GetBytes("{}")), World.Cancel);

        var settings = await new SettingsCache(_world.Store).Get(World.Acme, World.Cancel);

        Assert.NotNull(settings.Channel(World.Address));
    }

    /// <summary>One event each but for the first, so that the count is exact.</summary>
    private async Task Grow(int events, List<long>? kept)
    {
        var host = _world.Host();
        var seq = Assert.IsType<Done>(await host.Handle(World.Message("m1"))).Answer.Seq;
        for (var i = 0; seq < events; i++)
        {
            var before = seq;
            seq = Assert.IsType<Done>(await host.Handle(World.Command($"k{i}", new SetPriority(i % 2 == 0 ? Priority.High : Priority.Low)))).Answer.Seq;
            if (kept is not null && seq / 100 > before / 100)
            {
                kept.Add((await _world.Journal.Kept(World.Cancel)).Seq);
            }
        }
    }

    private async Task<(Conversation State, int Replayed)> Read() =>
        await StoredState.Read(_world.Journal, new ConversationType(), World.Key, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, World.Cancel);
}
