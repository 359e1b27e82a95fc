using Conversations.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Engine.Tests.Stores;

/// <summary>Opening, closing, crashing: what SQLite's file goes through.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly DataFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_opener_is_refused_until_the_first_has_closed()
    {
        var first = Open();
        var refused = Assert.Throws<StoreUnavailableException>(Open);
        Assert.Contains(_folder.Database, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Stop that one first", refused.Message, StringComparison.Ordinal);

        await first.DisposeAsync();
        await using var second = Open();
        Assert.Equal(0, (await second.Head(Cancel)).Offsets[0]);
    }

    [Fact]
    public async Task A_newer_schema_is_refused_with_the_remedy_and_left_alone()
    {
        await Open().DisposeAsync();
        await Execute("UPDATE meta SET value = '99' WHERE key = 'schema'");

        var refused = Assert.Throws<StoreUnavailableException>(Open);
        Assert.Contains("schema 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Start the newer program again", refused.Message, StringComparison.Ordinal);

        await Execute($"UPDATE meta SET value = '{Schema.Version}' WHERE key = 'schema'");
        await Open().DisposeAsync(); // the refusal released the file
    }

    [Fact]
    public async Task Each_data_file_has_an_epoch_of_its_own_and_keeps_it()
    {
        using var otherFolder = new DataFolder();
        await using var other = SqliteStore.Open(otherFolder.Options(), TimeProvider.System, NullLogger.Instance);
        var store = Open();
        var epoch = (await store.Head(Cancel)).Epoch;
        await store.DisposeAsync();
        await using var again = Open();

        Assert.NotEmpty(epoch);
        Assert.Equal(epoch, (await again.Head(Cancel)).Epoch);
        Assert.NotEqual(epoch, (await other.Head(Cancel)).Epoch);
    }

    [Fact]
    public async Task The_log_is_moved_into_the_data_file_while_others_write_and_nothing_is_missing()
    {
        var options = new SqliteOptions { Path = _folder.Database, Synchronous = SqliteSynchronous.Off, LogPages = 16 };
        await using var store = SqliteStore.Open(options, TimeProvider.System, NullLogger.Instance);
        var (written, moved, restarted) = (0, 0, false);
        long size = new FileInfo(_folder.Database).Length;
        var began = await Salt();

        // Until it has been moved again and again and has begun anew: how soon is the machine's business.
        while (moved < 5 || !restarted)
        {
            Assert.IsType<CommitOutcome.Committed>(await store.Commit(Some.Commit(Some.Conversation("c1"), expected: written), Cancel));
            written++;
            var now = new FileInfo(_folder.Database).Length;
            (moved, size) = (now > size ? moved + 1 : moved, now);
            restarted |= await Salt() != began;
        }

        await store.DisposeAsync();
        await using var again = Open();
        Assert.Equal(written, (await again.Load(Some.Conversation("c1"), Cancel)).Tail.Count);

        // The header of the log holds two numbers that change whenever it begins anew (https://sqlite.org/fileformat2.html#walformat).
        async Task<long> Salt()
        {
            await using var log = new FileStream(_folder.Database + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var header = new byte[24];
            return await log.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, Cancel) < header.Length ? 0 : BitConverter.ToInt64(header, 16);
        }
    }

    [Fact]
    public async Task A_copy_of_the_files_taken_mid_flight_opens_with_all_that_was_acknowledged()
    {
        await using var store = Open();
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<CommitOutcome.Committed>(await store.Commit(Some.Commit(Some.Conversation("c1"), expected: i), Cancel));
        }

        // What a killed process leaves behind: the log not yet moved into the data file, and the beginning of a transaction.
        using var crashed = new DataFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(crashed.Database)!);
        File.Copy(_folder.Database, crashed.Database);
        Assert.True(new FileInfo(_folder.Database + "-wal").Length > 0);
        var log = await File.ReadAllBytesAsync(_folder.Database + "-wal", Cancel);
        Assert.IsType<CommitOutcome.Committed>(await store.Commit(Some.Commit(Some.Conversation("c1"), expected: 5, events: 100), Cancel));
        var longer = await File.ReadAllBytesAsync(_folder.Database + "-wal", Cancel);
        await File.WriteAllBytesAsync(crashed.Database + "-wal", longer[..(log.Length + ((longer.Length - log.Length) / 2))], Cancel);

        await using var recovered = SqliteStore.Open(crashed.Options(), TimeProvider.System, NullLogger.Instance);
        Assert.Equal([1, 2, 3, 4, 5], (await recovered.Load(Some.Conversation("c1"), Cancel)).Tail.Select(e => e.Seq));
        Assert.Equal(5, (await recovered.Head(Cancel)).Offsets[0]);
        Assert.IsType<CommitOutcome.Committed>(await recovered.Commit(Some.Commit(Some.Conversation("c1"), expected: 5), Cancel));
    }

    [Fact]
    public async Task Closing_finishes_what_waits_and_leaves_one_file()
    {
        var store = Open();
        var commits = Enumerable.Range(0, 2000).Select(i => store.Commit(Some.Commit(Some.Conversation($"c{i}")), Cancel).AsTask()).ToList();

        await store.DisposeAsync();

        Assert.All(await Task.WhenAll(commits), o => Assert.IsType<CommitOutcome.Committed>(o));
        Assert.False(File.Exists(_folder.Database + "-wal"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.Commit(Some.Commit(Some.Conversation("late")), Cancel));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.Head(Cancel));
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData(SqliteSynchronous.Off, 0)]
    [InlineData(SqliteSynchronous.Normal, 1)]
    [InlineData(SqliteSynchronous.Full, 2)]
    public void The_writing_connection_flushes_as_asked_and_keeps_a_log(SqliteSynchronous synchronous, long expected)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Database)!);
        using var connection = Connection.ForWriting(_folder.Database, synchronous);

        Assert.Equal(expected, Pragma("synchronous").Long(0));
        Assert.Equal("wal", Pragma("journal_mode").Text(0));

        Statement Pragma(string name)
        {
            var pragma = connection.Query($"PRAGMA {name}");
            pragma.Step();
            return pragma;
        }
    }

    [Fact]
    public void Flushing_before_every_answer_is_the_default() =>
        Assert.Equal(SqliteSynchronous.Full, new SqliteOptions { Path = "x" }.Synchronous);

    private SqliteStore Open() => SqliteStore.Open(_folder.Options(), TimeProvider.System, NullLogger.Instance);

    private async Task Execute(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder.Database};Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
