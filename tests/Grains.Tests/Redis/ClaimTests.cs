using System.Globalization;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>One id aimed at two entities in different partitions (docs/adr/0006-redis-journal.md).</summary>
public abstract class ClaimTests(string? configuration) : IAsyncLifetime
{
    private RedisOptions _options = null!;
    private RedisStore _store = null!;
    private RedisStore _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _options = Journals.New(configuration);
        _store = await Journals.Open(_options);
        _other = await Journals.Open(_options);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null)
        {
            await _store.DisposeAsync();
            await _other.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_message_delivered_to_several_conversations_at_once_is_taken_by_one_and_the_others_hear_its_answer()
    {
        for (var round = 0; round < 25; round++)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(
                async () =>
                {
                    var store = i % 2 == 0 ? _store : _other;
                    while (true)
                    {
                        try
                        {
                            return await store.Commit(Some.Commit(Some.Conversation($"{round}-{i}"), command: $"in/{round}", answer: $"{i}"), Cancel);
                        }
                        catch (TimeoutException)
                        {
                            // they chased each other too long; the caller tries again with the same id
                        }
                    }
                },
                Cancel)));

            Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
            var heard = outcomes.OfType<CommitOutcome.Replayed>().ToArray();
            Assert.Equal(3, heard.Length);
            var winner = Array.FindIndex(outcomes, o => o is CommitOutcome.Committed);
            Assert.All(heard, h => Assert.Equal(Some.Conversation($"{round}-{winner}"), h.Receipt.Entity));
            Assert.All(heard, h => Assert.Equal(Some.Json($"{winner}"), h.Receipt.Answer.ToArray()));
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(i == winner ? 1 : 0, (await _store.Load(Some.Conversation($"{round}-{i}"), Cancel)).Tail.Count);
            }
        }
    }

    [Fact]
    public async Task A_claim_whose_commit_never_came_is_no_receipt_and_goes_to_whoever_commits()
    {
        await Claim("dead", "in/1");
        Assert.Null(await _store.FindReceipt(Some.Acme, "in/1", Cancel));

        Assert.IsType<CommitOutcome.Committed>(await _store.Commit(Some.Commit(Some.Conversation("heir"), command: "in/1"), Cancel));

        Assert.Equal(Some.Conversation("heir"), (await _store.FindReceipt(Some.Acme, "in/1", Cancel))!.Entity);
        var late = await _store.Commit(Some.Commit(Some.Conversation("dead"), command: "in/1"), Cancel);
        Assert.Equal(Some.Conversation("heir"), Assert.IsType<CommitOutcome.Replayed>(late).Receipt.Entity);
    }

    [Fact]
    public async Task The_entity_that_claimed_before_a_crash_commits_after_it()
    {
        await Claim("mine", "in/1");

        Assert.IsType<CommitOutcome.Committed>(await _store.Commit(Some.Commit(Some.Conversation("mine"), command: "in/1"), Cancel));
    }

    [Fact]
    public async Task A_commit_still_on_its_way_under_a_claim_that_was_taken_over_is_refused_there_and_hears_the_new_owner()
    {
        // The heir fences the claim and crashes before it takes it over: the first owner's commit finds the fence.
        await Claim("first", "in/1");
        await using var link = await RedisLink.Connect(_options, NullLogger.Instance);
        Keys keys = new(_options.Prefix, _store.Partitions.Count);
        await link.Write(Script.Fence, [keys.Of(Text("first")).Receipts], ["in/1", 1]);

        Assert.IsType<CommitOutcome.Committed>(await _store.Commit(Some.Commit(Some.Conversation("first"), command: "in/1"), Cancel));
        Assert.Equal(Some.Conversation("first"), (await _store.FindReceipt(Some.Acme, "in/1", Cancel))!.Entity);
        Assert.IsType<CommitOutcome.Replayed>(await _store.Commit(Some.Commit(Some.Conversation("heir"), command: "in/1"), Cancel));
    }

    [Fact]
    public async Task An_alias_of_a_claim_whose_commit_never_came_is_kept()
    {
        await Claim("dead", "in/1");

        await _store.Commit(Some.Commit(Some.Conversation("c"), command: "cmd", aliases: [new("in/1", Some.Json("alias"))]), Cancel);

        Assert.Equal(Some.Json("alias"), (await _store.FindReceipt(Some.Acme, "in/1", Cancel))!.Answer.ToArray());
    }

    [Fact]
    public async Task A_commit_refused_for_its_version_leaves_its_id_to_whoever_uses_it_next()
    {
        Assert.IsType<CommitOutcome.Conflict>(await _store.Commit(Some.Commit(Some.Conversation("a"), expected: 7, command: "in/1"), Cancel));

        Assert.Null(await _store.FindReceipt(Some.Acme, "in/1", Cancel));
        Assert.IsType<CommitOutcome.Committed>(await _store.Commit(Some.Commit(Some.Conversation("b"), command: "in/1"), Cancel));
        Assert.IsType<CommitOutcome.Replayed>(await _store.Commit(Some.Commit(Some.Conversation("a"), command: "in/1"), Cancel));
    }

    [Fact]
    public async Task Many_ids_aimed_at_random_among_few_entities_are_applied_once_each()
    {
        var random = new Random(3);
        var aimed = Enumerable.Range(0, 300).Select(_ => (Entity: random.Next(6), Id: $"id-{random.Next(60)}")).ToArray();
        var applied = await Task.WhenAll(aimed.Select(a => Task.Run(
            async () =>
            {
                var (expected, entity) = (0L, Some.Conversation($"e{a.Entity}"));
                while (true)
                {
                    try
                    {
                        switch (await _store.Commit(Some.Commit(entity, expected, command: a.Id, answer: a.Entity.ToString(CultureInfo.InvariantCulture)), Cancel))
                        {
                            case CommitOutcome.Conflict conflict:
                                expected = conflict.CurrentSeq;
                                break;
                            case CommitOutcome.Replayed replayed:
                                return (a.Id, Fresh: false, replayed.Receipt.Entity);
                            default:
                                return (a.Id, Fresh: true, entity);
                        }
                    }
                    catch (TimeoutException)
                    {
                        // tries again with the same id, as a caller does
                    }
                }
            },
            Cancel)));

        Assert.All(applied.GroupBy(a => a.Id), g =>
        {
            Assert.Single(g, a => a.Fresh);
            Assert.Single(g.Select(a => a.Item3).Distinct());
        });
        Assert.Equal(applied.Count(a => a.Fresh), (await _store.Read(null, null, 10_000, Cancel)).Count);
    }

    /// <summary>What a process leaves that died between the claim and the commit in a cluster.</summary>
    private async Task Claim(string conversation, string id)
    {
        await using var link = await RedisLink.Connect(_options, NullLogger.Instance);
        Keys keys = new(_options.Prefix, _store.Partitions.Count);
        Assert.IsType<Claimed.Own>(await new Claims(link, keys, TimeProvider.System).Take(Text(conversation), id, above: 0));
    }

    private static EntityText Text(string conversation) => EntityText.Of(Some.Conversation(conversation));
}

public sealed class ClaimTestsOnOneRedis(OneRedis redis) : ClaimTests(redis.Configuration);

public sealed class ClaimTestsOnACluster(ThreeRedis redis) : ClaimTests(redis.Configuration);
