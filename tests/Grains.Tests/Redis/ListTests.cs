using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;
using NodaTime;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>Lists merged from partitions, against what a plain sort of the same rows gives.</summary>
public sealed class ListTests(OneRedis redis)
{
    private static readonly string?[] Names = [null, "a", "b", "c/d", "e:f"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 64)]
    public async Task Every_query_gives_what_filtering_and_sorting_all_rows_gives(int seed, int partitions)
    {
        await using var store = await Journals.Open(Journals.New(redis.Configuration) with { Partitions = partitions });
        var random = new Random(seed);
        Dictionary<string, (long Version, ConversationRow Row)> rows = [];
        for (var i = 0; i < 400; i++)
        {
            var id = $"c{random.Next(150)}";
            var version = rows.TryGetValue(id, out var known) ? known.Version : 0;
            var row = Any(random, id);
            Assert.IsType<CommitOutcome.Committed>(await store.Commit(Some.Commit(Some.Conversation(id), version, view: row), Cancel));
            rows[id] = (version + 1, row);
        }

        for (var i = 0; i < 150; i++)
        {
            var query = AnyQuery(random);
            var expected = Sorted(rows.Values.Select(r => r.Row), query);
            Assert.Equal(expected, await Pages(store, query));
        }
    }

    [Fact]
    public async Task More_rows_of_one_moment_than_one_look_takes_are_all_listed()
    {
        await using var store = await Journals.Open(Journals.New(redis.Configuration) with { Partitions = 2 });
        await Task.WhenAll(Enumerable.Range(0, 700).Select(i => store.Commit(
            Some.Commit(Some.Conversation($"c{i}"), view: Some.Row($"c{i}") with { Assignee = i % 3 == 0 ? new("ann") : null }), Cancel).AsTask()));
        ConversationQuery all = new(Some.Acme, Limit: 60);

        Assert.Equal(700, (await Pages(store, all)).Distinct().Count());
        Assert.Equal(466, (await Pages(store, all with { Unassigned = true })).Distinct().Count());
        Assert.Equal(234, (await Pages(store, all with { Assignee = new("ann"), Order = ConversationOrder.Created })).Distinct().Count());

        // The last one of a page moves on before the next page is asked for: the others of its moment are not lost.
        var page = await store.List(all, Cancel);
        await store.Commit(Some.Commit(Some.Conversation(page.Next!.Value.Id), 1, view: Some.Row(page.Next!.Value.Id) with { LastActivityAt = Some.At(9) }), Cancel);
        Assert.Equal(640, (await Pages(store, all with { After = page.Next })).Distinct().Count());
    }

    private static ConversationRow Any(Random random, string id)
    {
        Instant? Maybe() => random.Next(3) == 0 ? null : Some.At(random.Next(20));
        return Some.Row(id) with
        {
            CreatedAt = Some.At(id.Length * 3),
            LastActivityAt = Some.At(random.Next(20)),
            NextDue = Maybe(),
            WaitingSince = Maybe(),
            Status = random.GetItems(Enum.GetValues<ConversationStatus>(), 1)[0],
            Queue = random.GetItems(Names, 1)[0] is { } queue ? new(queue) : null,
            Assignee = random.GetItems(Names, 1)[0] is { } agent ? new(agent) : null,
            Address = new(random.Next(2) == 0 ? "x" : "email", "brand", id),
            Priority = random.GetItems(Enum.GetValues<Priority>(), 1)[0],
            SlaState = random.GetItems(Enum.GetValues<SlaState>(), 1)[0],
            Customer = new($"customer-{random.Next(5)}"),
            Labels = [.. random.GetItems(["vip", "x\"y", "ü", "late"], random.Next(3)).Distinct()],
        };
    }

    private static ConversationQuery AnyQuery(Random random)
    {
        bool Seldom() => random.Next(4) == 0;
        return new(
            Some.Acme,
            random.GetItems(Enum.GetValues<ConversationOrder>(), 1)[0],
            random.Next(1, 20),
            Status: random.Next(3) switch
            {
                0 => [ConversationStatus.Open, ConversationStatus.Pending, ConversationStatus.OnHold, ConversationStatus.Snoozed],
                1 => random.GetItems(Enum.GetValues<ConversationStatus>(), random.Next(4)),
                _ => null,
            },
            Queue: random.Next(2) == 0 ? new(random.GetItems(Names[1..], 1)[0]!) : null,
            Assignee: random.Next(3) == 0 ? new(random.GetItems(Names[1..], 1)[0]!) : null,
            Unassigned: Seldom(),
            Channel: Seldom() ? "x" : null,
            Priority: Seldom() ? Priority.Urgent : null,
            Label: Seldom() ? "x\"y" : null,
            Sla: Seldom() ? SlaState.Breached : null,
            Customer: Seldom() ? "customer-1" : null);
    }

    private static List<string> Sorted(IEnumerable<ConversationRow> rows, ConversationQuery query)
    {
        Func<ConversationRow, Instant?> time = query.Order switch
        {
            ConversationOrder.Due => r => r.NextDue,
            ConversationOrder.Waiting => r => r.WaitingSince,
            ConversationOrder.Activity => r => r.LastActivityAt,
            ConversationOrder.Created => r => r.CreatedAt,
        };
        var sorted = rows.Where(r => ListPlan.Matches(query, r)).OrderBy(time).ThenBy(r => r.Id.Value, StringComparer.Ordinal).Select(r => r.Id.Value);
        return [.. query.Order is ConversationOrder.Due or ConversationOrder.Waiting ? sorted : sorted.Reverse()];
    }

    private static async Task<List<string>> Pages(RedisStore store, ConversationQuery query)
    {
        List<string> all = [];
        while (true)
        {
            var page = await store.List(query, Cancel);
            Assert.True(page.Items.Count <= query.Limit);
            all.AddRange(page.Items.Select(r => r.Id.Value));
            if (page.Next is null)
            {
                return all;
            }

            query = query with { After = page.Next };
        }
    }
}
