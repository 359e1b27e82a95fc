using Conversations.Domain;
using Xunit;

namespace Conversations.Engine.Tests.Hosts;

public sealed class SettingsCacheTests : IAsyncLifetime
{
    private World _world = null!;

    public async ValueTask InitializeAsync() => _world = await World.Create();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task It_reads_an_account_once()
    {
        var cache = new SettingsCache(_world.Journal);
        var loads = _world.Journal.Loads;
        var first = await cache.Get(World.Acme, World.Cancel);

        Assert.Same(first, await cache.Get(World.Acme, World.Cancel));
        Assert.Equal((1, 1), (first.Version, _world.Journal.Loads - loads));
    }

    [Fact]
    public async Task The_newer_version_wins_in_whichever_order_they_come()
    {
        var first = await _world.Settings.Get(World.Acme, World.Cancel);
        var second = first with { Version = 2 };

        Assert.Same(second, _world.Settings.Publish(second));
        Assert.Same(second, _world.Settings.Publish(first));
        Assert.Same(second, await _world.Settings.Get(World.Acme, World.Cancel));
    }

    [Fact]
    public async Task A_commit_publishes_what_it_made()
    {
        var version = await _world.PutChannel(new("telegram", "bot"));

        var settings = await _world.Settings.Get(World.Acme, World.Cancel);
        Assert.Equal(version, settings.Version);
        Assert.NotNull(settings.Channel("telegram", "bot"));
    }

    [Fact]
    public async Task An_account_that_does_not_exist_is_not_remembered()
    {
        var loads = _world.Journal.Loads;
        Assert.Equal(0, (await _world.Settings.Get(new("nobody"), World.Cancel)).Version);
        Assert.Equal(0, (await _world.Settings.Get(new("nobody"), World.Cancel)).Version);
        Assert.Equal(2, _world.Journal.Loads - loads);
    }

    [Fact]
    public async Task A_decision_uses_the_newest_known_version()
    {
        await _world.PutChannel(new("webchat", "acme", Queue: new("care")));
        await _world.Host().Handle(World.Message("m1"));
        Assert.Equal(new QueueId("care"), (await _world.Truth()).Queue);
    }
}
