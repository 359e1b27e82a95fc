using System.Diagnostics;
using Conversations.Domain;
using NodaTime;
using Xunit;

namespace Conversations.Engine.Tests.Routing;

/// <summary>routing.md, end to end in the embedded engine: real commits, real outbox, real router.</summary>
public sealed class RouterTests
{
    [Fact]
    public async Task An_arrival_is_offered_accepted_and_kept_in_the_ledger()
    {
        await using var engine = await RoutingEngine.Start();
        var ann = await engine.Hire("ann");
        var id = await engine.Arrive("v-1");
        var offer = await engine.Offered(id);
        Assert.Equal([ann], offer.Agents);

        Assert.IsType<Reply<ConversationAnswer>.Done>(await engine.Accept(id, offer));
        var agent = await engine.Until(ann, a => a.Ledger is [{ Kind: WorkKind.Assigned }]);
        Assert.Equal((33, id), (agent.Load, agent.Ledger[0].Conversation));
        await engine.Until(async () => (await engine.Reader.Queue(RoutingEngine.Acme, RoutingEngine.Care, RoutingEngine.Cancel)).Waiting.Count == 0 ? "" : null);
        Assert.Equal(
            ["queue.joined", "offer.made", "offer.accepted", "assignment.changed", "queue.left", "work.changed"],
            (await engine.History(id)).Where(t => t is not ("conversation.started" or "episode.started" or "message.received" or "group.changed")));
    }

    [Fact]
    public async Task Who_becomes_free_is_offered_what_waits()
    {
        await using var engine = await RoutingEngine.Start();
        var ann = await engine.Hire("ann", new(Queues: [RoutingEngine.Care], Capacity: 40));
        var (first, second) = (await engine.Arrive("v-1"), await engine.Arrive("v-2"));
        Assert.IsType<Reply<ConversationAnswer>.Done>(await engine.Accept(first, await engine.Offered(first)));
        await engine.Until(ann, a => a.Ledger is [{ Kind: WorkKind.Assigned }]);
        Assert.Null((await engine.Row(second)).Offer);

        Assert.IsType<Reply<ConversationAnswer>.Done>(await engine.Ask(first, new Close("done"), RoutingEngine.By(ann)));
        Assert.Equal([ann], (await engine.Offered(second)).Agents);
    }

    [Fact]
    public async Task What_waited_before_the_process_died_is_offered_by_the_next_once_an_agent_shows()
    {
        await using var engine = await RoutingEngine.Start();
        var id = await engine.Arrive("v-1");
        await engine.Until(async () => (await engine.Reader.Queue(RoutingEngine.Acme, RoutingEngine.Care, RoutingEngine.Cancel)).Waiting.Count == 1 ? "" : null);
        await engine.Restart();
        var ann = await engine.Hire("ann");
        Assert.Equal([ann], (await engine.Offered(id)).Agents);
    }

    [Fact]
    public async Task A_store_that_gives_up_a_read_does_not_end_the_routing()
    {
        await using var engine = await RoutingEngine.Start();
        var id = await engine.Arrive("v-1");
        await engine.Restart();
        engine.Journal.FailNextLoad(new TaskCanceledException("Given up by the connection: nobody asked for it."));
        var ann = await engine.Hire("ann");
        Assert.Equal([ann], (await engine.Offered(id)).Agents);
    }

    [Fact]
    public async Task A_queue_that_was_only_a_name_takes_in_what_waits_in_it()
    {
        await using var engine = await RoutingEngine.Start(queues: new QueueSettings(new("other")));
        var id = await engine.Arrive("v-1");
        Assert.DoesNotContain("queue.joined", await engine.History(id));
        await engine.Ask(new PutQueue(new(RoutingEngine.Care)));
        await engine.Ask(id, new Reroute());
        var ann = await engine.Hire("ann");
        Assert.Equal([ann], (await engine.Offered(id)).Agents);
    }

    [Fact]
    public async Task Limits_are_exact_with_64_writers_at_once()
    {
        await using var engine = await RoutingEngine.Start(routes: false, queues: new QueueSettings(
            RoutingEngine.Care, Overflow: [new(OverflowLimit.MaxWaiting, 50, [new(OverflowDo.Refuse)])]));
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async w =>
        {
            for (var n = 0; n < 5; n++)
            {
                await engine.Arrive($"v-{w}-{n}");
            }
        }));
        var queue = await engine.Until(async () =>
            await engine.Reader.Queue(RoutingEngine.Acme, RoutingEngine.Care, RoutingEngine.Cancel) is { } q
            && (await engine.Store.ReadOutbox(Instant.MaxValue, 1, RoutingEngine.Cancel)).Count == 0 ? q : null);
        Assert.Equal(50, queue.Waiting.Count);
        var events = await engine.Store.ReadEvents(QueueType.Key(RoutingEngine.Acme, RoutingEngine.Care), 0, int.MaxValue, descending: false, RoutingEngine.Cancel);
        Assert.Equal((50, 270), (events.Count(e => e.Type == "item.entered"), events.Count(e => e.Type == "item.diverted")));
    }

    [Fact]
    public async Task Accepts_by_everybody_at_once_have_one_winner()
    {
        await using var engine = await RoutingEngine.Start(queues: new QueueSettings(RoutingEngine.Care, FanOut: 5));
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            await engine.Hire(name);
        }

        var id = await engine.Arrive("v-1");
        var offer = await engine.Offered(id);
        Assert.Equal(5, offer.Agents.Count);
        var replies = await Task.WhenAll(offer.Agents.Select(a => engine.Accept(id, offer, a)));
        Assert.Single(replies.OfType<Reply<ConversationAnswer>.Done>());
        Assert.All(replies.OfType<Reply<ConversationAnswer>.Refused>(), r => Assert.Equal("offer_gone", r.Refusal.Code));
        var row = await engine.Row(id);
        foreach (var agent in offer.Agents)
        {
            await engine.Until(agent, a => a.Ledger.Count == (agent == row.Assignee ? 1 : 0));
        }
    }

    /// <summary>The bar: p50 ≤ 20 ms, p99 ≤ 150 ms at 200 arrivals a second (issue 5); here a smaller load, and room for a busy machine.</summary>
    [Fact]
    public async Task From_arrival_to_offer_takes_milliseconds()
    {
        await using var engine = await RoutingEngine.Start(terms: new() { PerMinute = 16, RampPerMinute = 16 });
        for (var n = 0; n < 40; n++)
        {
            await engine.Hire($"agent-{n}", new(Queues: [RoutingEngine.Care], Capacity: 10_000));
        }

        List<double> took = [];
        for (var n = 0; n < 60; n++)
        {
            var started = Stopwatch.GetTimestamp();
            var id = await engine.Arrive($"v-{n}");
            var offer = await engine.Offered(id);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await engine.Accept(id, offer);
        }

        took.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"FIGURES arrival to offer: p50 {took[30]:F1} ms, p99 {took[59]:F1} ms");
        Assert.True(took[30] < 500, $"p50 {took[30]} ms");
    }
}
