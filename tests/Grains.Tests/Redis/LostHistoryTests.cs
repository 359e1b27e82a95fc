using Conversations.Engine;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>A Redis that comes back with less than it had acknowledged: the feed's epoch says that it is another history.</summary>
public sealed class LostHistoryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replaced_Redis_is_another_journal()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var server = await RedisServer.Start();
        var options = Journals.New(server.Endpoint);
        string epoch;
        await using (var store = await Journals.Open(options))
        {
            epoch = (await store.Head(Cancel)).Epoch;
        }

        await using (var again = await Journals.Open(options))
        {
            Assert.Equal(epoch, (await again.Head(Cancel)).Epoch);
        }

        await server.Execute("FLUSHALL");
        await using var replaced = await Journals.Open(options);
        Assert.NotEqual(epoch, (await replaced.Head(Cancel)).Epoch);
    }

    [Fact]
    public async Task Data_lost_while_processes_run_is_noticed_by_all_and_the_journal_goes_on_under_another_epoch()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var server = await RedisServer.Start();
        var options = Journals.New(server.Endpoint) with { SafetyPoll = TimeSpan.FromMilliseconds(50) };
        await using var one = await Journals.Open(options);
        await using var two = await Journals.Open(options);
        await one.Commit(Some.Commit(Some.Conversation("c"), events: 5), Cancel);
        var before = await two.Head(Cancel);

        await server.Execute("FLUSHALL");
        await Journals.Until(async () => (await one.Head(Cancel)).Epoch is var epoch && epoch != before.Epoch && epoch == (await two.Head(Cancel)).Epoch);

        Assert.Equal(new CommitOutcome.Conflict(0), await one.Commit(Some.Commit(Some.Conversation("c"), expected: 5), Cancel));
        Assert.IsType<CommitOutcome.Committed>(await one.Commit(Some.Commit(Some.Conversation("d")), Cancel));
        await Journals.Until(async () => (await two.Read(await two.PositionAt(Some.Noon, Cancel), null, 10, Cancel)).Count == 1);
    }
}
