using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Conversations.Grains.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Conversations.Bench;

/// <summary>What a silo holds of conversations in use, and what stays of them when they have gone idle.</summary>
internal static class IdleBench
{
    private const int Senders = 128;

    /// <summary>What a warm silo may hold more than before: caches of Orleans' own.</summary>
    private const double Bar = 1.1;

    private static readonly TimeSpan CollectAfter = TimeSpan.FromSeconds(10);

    public static async Task Run(bool quick)
    {
        var conversations = quick ? 10_000 : 100_000;
        Console.WriteLine($"Memory: {conversations:N0} conversations touched, unused ones leave after {CollectAfter.TotalSeconds:0} s");
        await using var server = await RedisServer.Start("--appendfsync", "no");
        using var silo = await LiveSilo.Start(
            new RedisOptions { Configuration = server.Endpoint, Prefix = "idle", Durability = DurabilityCheck.Warn }, CollectAfter);
        var entities = silo.Services.GetRequiredService<IEntities>();
        await Talk.Register(entities);
        await Touch(entities, 0, conversations); // as many others before: code, pools and caches take their size
        await Empty(silo);
        var before = Held();

        var started = Stopwatch.GetTimestamp();
        await Touch(entities, 1, conversations);
        var took = Stopwatch.GetElapsedTime(started);
        var live = (Count: await Count(silo), Bytes: Held());
        await Empty(silo);
        var after = Held();

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    before {Megabytes(before)} MB, touched ({conversations / took.TotalSeconds:N0} a second) {Megabytes(live.Bytes)} MB with {live.Count:N0} live, idle {Megabytes(after)} MB"));
        if (live.Count > 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {(live.Bytes - before) / (double)live.Count / 1_024:0.0} KB for each live conversation"));
        }

        Bars.AtMost("memory after/before", after / (double)before, Bar);
    }

    private static string Megabytes(long bytes) => (bytes / 1_048_576.0).ToString("0.0", CultureInfo.InvariantCulture);

    private static long Held()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static Task Touch(IEntities entities, int round, int conversations)
    {
        var (address, envelope) = Talk.Commands(round, 1, 1, 1)[0][0];
        var receive = (ReceiveMessage)envelope.Command;
        return Parallel.ForEachAsync(
            Enumerable.Range(0, conversations),
            new ParallelOptions { MaxDegreeOfParallelism = Senders },
            (i, _) => Talk.Send(entities, Message(address with { Thread = $"{round}-{i}" }, receive.Message with { ExternalId = $"{round}-{i}" })));
    }

    private static (Address Address, Envelope<ConversationCommand> Envelope) Message(Address address, InboundMessage message) => (address, new(
        MessageKey.Of(address, message.ExternalId), new(ActorKind.Customer, message.Author.Id), new ReceiveMessage(address, message), Strict: false));

    private static async Task Empty(IHost silo)
    {
        while (await Count(silo) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }

    private static Task<int> Count(IHost silo) => LiveSilo.Conversations(silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0));
}
