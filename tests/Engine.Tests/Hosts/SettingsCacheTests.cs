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
    public async Task In_another_history_what_was_known_is_read_again()
    {
        var cache = new SettingsCache(_world.Journal);
        var first = await cache.Get(World.Acme, World.Cancel);
        cache.Publish(first with { Version = 50 });

        cache.Forget();

        Assert.Equal(0, cache.VersionOf(World.Acme));
        Assert.Equal(first.Version, (await cache.Get(World.Acme, World.Cancel)).Version);
        Assert.Equal(first.Version, cache.VersionOf(World.Acme));
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
    public async Task A_version_that_was_seen_is_read_before_it_is_published()
    {
        var alone = new SettingsCache(_world.Journal);
        await alone.Get(World.Acme, World.Cancel);
        var version = await _world.PutChannel(new("telegram", "bot"));

        Assert.Equal(version - 1, (await alone.Get(World.Acme, World.Cancel)).Version);
        Assert.Equal(version, (await alone.AtLeast(World.Acme, version, World.Cancel)).Version);
        Assert.Equal(version, (await alone.Get(World.Acme, World.Cancel)).Version);
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

    [Fact]
    public async Task Where_others_write_too_it_trusts_what_it_knows_for_a_second_only()
    {
        var follower = Follower();
        Assert.Equal(1, (await follower.Get(World.Acme, World.Cancel)).Version);
        await _world.PutChannel(new("telegram", "bot"));

        _world.Time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Equal(1, (await follower.Get(World.Acme, World.Cancel)).Version);
        _world.Time.Advance(TimeSpan.FromSeconds(0.1));

        var newer = await follower.Get(World.Acme, World.Cancel);
        Assert.Equal(2, newer.Version);
        Assert.NotNull(newer.Channel("telegram", "bot"));
        Assert.NotNull(newer.Channel("webchat", "acme"));
    }

    [Fact]
    public async Task What_somebody_has_seen_or_looks_for_is_read_at_once()
    {
        var (byVersion, byContent) = (Follower(), Follower());
        await byVersion.Get(World.Acme, World.Cancel);
        await byContent.Get(World.Acme, World.Cancel);
        var version = await _world.PutChannel(new("telegram", "bot"));

        Assert.Equal(version, (await byVersion.AtLeast(World.Acme, version, World.Cancel)).Version);
        Assert.Equal(version, (await byContent.Get(World.Acme, s => s.Channel("telegram", "bot") is not null, World.Cancel)).Version);
        Assert.Equal(version, byContent.VersionOf(World.Acme));
    }

    [Fact]
    public async Task What_was_heard_of_is_read_at_once()
    {
        var follower = Follower();
        await follower.Get(World.Acme, World.Cancel);
        var version = await _world.PutChannel(new("telegram", "bot"));

        follower.Heard(World.Acme, version);

        Assert.Equal(version, (await follower.Get(World.Acme, World.Cancel)).Version);
        follower.Heard(World.Acme, 1);
        Assert.Equal(version, (await follower.Get(World.Acme, World.Cancel)).Version);
    }

    [Fact]
    public async Task Those_who_ask_at_once_share_a_read()
    {
        var follower = Follower();
        await follower.Get(World.Acme, World.Cancel);
        _world.Time.Advance(TimeSpan.FromSeconds(2));

        var asked = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => follower.Get(World.Acme, World.Cancel).AsTask()));

        Assert.Single(asked.Distinct());
    }

    [Fact]
    public async Task Nothing_is_refused_by_a_configuration_that_is_no_longer_true()
    {
        await using var world = await World.Create();
        var follower = new SettingsCache(world.Journal, world.Time, SettingsCache.DefaultTrust);
        var host = new EntityHost<Conversation, ConversationCommand, ConversationEvent, ConversationAnswer>(
            ConversationType.Key(World.Acme, ConversationId.Of(World.Acme, Later)), new ConversationType(), world.Journal, follower, world.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.IsType<Reply<ConversationAnswer>.Refused>(await host.Handle(Message("m1")));

        await world.PutChannel(new(Later.Channel, Later.ChannelAccount));

        Assert.IsType<Reply<ConversationAnswer>.Done>(await host.Handle(Message("m2")));
    }

    private static readonly Address Later = new("telegram", "later", "chat-1");

    private static Envelope<ConversationCommand> Message(string id) => new(
        MessageKey.Of(Later, id), World.Customer, new ReceiveMessage(Later, new(id, Direction.Inbound, Visibility.Private, null, new("u-7"), id)), Strict: false);

    /// <summary>As another process has it.</summary>
    private SettingsCache Follower() => new(_world.Journal, _world.Time, SettingsCache.DefaultTrust);
}
