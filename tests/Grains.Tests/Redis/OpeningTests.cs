using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>What is looked at before a journal is opened.</summary>
public sealed class OpeningTests(OneRedis redis)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_journal_keeps_its_number_of_partitions_and_refuses_another_with_the_remedy()
    {
        var options = Journals.New(redis.Configuration) with { Partitions = 8 };
        await using (var store = await Journals.Open(options))
        {
            Assert.Equal(8, store.Partitions.Count);
        }

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Journals.Open(options with { Partitions = 16 }));
        Assert.Contains("8 partitions", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Set it to 8", refused.Message, StringComparison.Ordinal);
        await using var unset = await Journals.Open(options with { Partitions = null });
        Assert.Equal(8, unset.Partitions.Count);
    }

    [Fact]
    public async Task A_newer_schema_is_refused_with_the_remedy()
    {
        var options = Journals.New(redis.Configuration);
        await (await Journals.Open(options)).DisposeAsync();
        await redis.Server.Execute("HSET", $"{options.Prefix}:journal", "schema", 99);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Journals.Open(options));

        Assert.Contains("schema 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Start the newer program again", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_Redis_at_all_is_said_with_the_remedy_and_without_the_password()
    {
        var options = new RedisOptions { Configuration = $"127.0.0.1:{RedisServer.FreePort()},password=hush", ConnectTimeout = TimeSpan.FromMilliseconds(300) };

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Journals.Open(options));

        Assert.Contains("Start Redis there", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("appendonly", "no", "appendonly yes")]
    [InlineData("appendfsync", "no", "appendfsync everysec")]
    [InlineData("maxmemory-policy", "allkeys-lru", "maxmemory-policy noeviction")]
    public async Task A_Redis_that_may_forget_is_refused_with_the_remedy_or_loudly_taken(string setting, string value, string remedy)
    {
        var options = Journals.New(redis.Configuration);
        await using var forgetful = await RedisServer.Start($"--{setting}", value);
        options = options with { Configuration = forgetful.Endpoint };

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Journals.Open(options));
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);

        var log = new HeardLog();
        await using var store = await RedisStore.Open(options with { Durability = DurabilityCheck.Warn }, TimeProvider.System, log, cancellation: Cancel);
        Assert.Contains(log.Lines, l => l.Level == LogLevel.Error && l.Text.Contains(remedy, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Redis_that_forbids_CONFIG_is_taken_with_a_warning()
    {
        var options = Journals.New(redis.Configuration);
        await using var managed = await RedisServer.Start("--rename-command", "CONFIG", "");
        var log = new HeardLog();

        await using var store = await RedisStore.Open(options with { Configuration = managed.Endpoint }, TimeProvider.System, log, cancellation: Cancel);

        Assert.Contains(log.Lines, l => l.Level == LogLevel.Warning && l.Text.Contains("Make sure", StringComparison.Ordinal));
        Assert.IsType<CommitOutcome.Committed>(await store.Commit(Some.Commit(Some.Conversation("c")), Cancel));
    }

    [Fact]
    public async Task A_user_who_may_not_do_everything_a_commit_does_is_refused_at_the_start_and_not_in_the_middle_of_one()
    {
        var options = Journals.New(redis.Configuration);
        await redis.Server.Execute("ACL", "SETUSER", "limited", "on", ">hush", "~*", "&*", "+@all", "-xtrim");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            Journals.Open(options with { Configuration = $"{options.Configuration},user=limited,password=hush" }));

        Assert.Contains("xtrim", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("may use all data commands", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_by_name()
    {
        var options = new RedisOptions { Configuration = "127.0.0.1:1" };
        foreach (var (wrong, name) in new (RedisOptions, string)[]
        {
            (options with { Configuration = " " }, "Redis:Configuration"),
            (options with { Prefix = "a{b}" }, "Redis:Prefix"),
            (options with { Partitions = 0 }, "Redis:Partitions"),
            (options with { Partitions = 1_025 }, "Redis:Partitions"),
            (options with { MaxInFlight = 0 }, "Redis:MaxInFlight"),
            (options with { FeedRetention = TimeSpan.Zero }, "Redis:FeedRetention"),
            (options with { Replicas = -1 }, "Redis:Replicas"),
        })
        {
            Assert.Contains(name, (await Assert.ThrowsAsync<StoreUnavailableException>(() => Journals.Open(wrong))).Message, StringComparison.Ordinal);
        }
    }

    private sealed class HeardLog : ILogger
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
