using Conversations.Engine.Tests.Hosts;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Conversations.Engine.Tests.Workers;

/// <summary>The real thing: a conversation's promises, the worker and the journal, over an hour that takes no time.</summary>
public sealed class ConversationDeadlineTests
{
    [Fact]
    public async Task A_promise_warns_at_four_fifths_and_breaches_right_after_its_time_across_a_restart()
    {
        await using var world = await World.Create();
        using (var entities = world.Entities())
        using (var worker = Worker(world, entities))
        {
            await entities.Send(World.Acme, World.Id, World.Message("m1"), World.Cancel);
            await worker.StartAsync(World.Cancel);
            await Fire(world, TimeSpan.FromMinutes(48), "sla.warning");
            await worker.StopAsync(World.Cancel);
        }

        await world.Reopen();
        using (var entities = world.Entities())
        using (var worker = Worker(world, entities))
        {
            await worker.StartAsync(World.Cancel);
            await Fire(world, TimeSpan.FromMinutes(60) + TimeSpan.FromMilliseconds(1), "sla.breached");
            await worker.StopAsync(World.Cancel);
        }

        Assert.Equal(
            [("sla.warning", 48), ("sla.breached", 60)],
            (await world.History()).Where(e => e.Type.StartsWith("sla.", StringComparison.Ordinal)).Select(e => (e.Type, (int)(e.At - World.Noon).TotalMinutes)));
    }

    private static DeadlineWorker Worker(World world, IEntities entities) => new(world.Store, entities, world.Time, NullLogger<DeadlineWorker>.Instance);

    private static async Task Fire(World world, TimeSpan after, string type)
    {
        var at = World.Noon.ToDateTimeOffset() + after;
        await world.Time.SleepsUntil(at, World.Cancel);
        Assert.DoesNotContain(await world.History(), e => e.Type == type);
        world.Time.Advance(at - world.Time.GetUtcNow());
        await world.Until(async () => (await world.History()).Any(e => e.Type == type));
    }
}
