using Conversations.Engine;
using Conversations.Grains;
using Conversations.Grains.Redis;
using Conversations.Grains.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Bench;

/// <summary>A silo in this process, as the program composes it, without a gateway and without anybody to deliver to.</summary>
internal static class LiveSilo
{
    private static readonly string[] Kinds = [ConversationType.Name, AccountType.Name, ReferenceType.Name];

    /// <param name="workers">Whether the partitions' deadlines, letters and projections are worked off too.</param>
    public static async Task<IHost> Start(RedisOptions redis, TimeSpan? collectAfter = null, TimeProvider? time = null, bool workers = true)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddClusterSilo(
            new()
            {
                ClusterId = $"bench-{redis.Prefix}",
                SiloPort = RedisServer.FreePort(),
                GatewayPort = RedisServer.FreePort(),
                CollectAfter = collectAfter is { } age ? Kinds.ToDictionary(kind => kind, _ => age) : new Dictionary<string, TimeSpan>(),
            },
            redis);
        if (!workers)
        {
            builder.Services.Remove(builder.Services.Single(s => s.ImplementationType == typeof(PartitionKeeper)));
        }

        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>Conversations live in it now.</summary>
    public static async Task<int> Conversations(IManagementGrain management) => (await management.GetSimpleGrainStatistics())
        .Where(s => s.GrainType.Contains(nameof(ConversationGrain), StringComparison.Ordinal)).Sum(s => s.ActivationCount);
}
