using System.Reflection;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Conversations.Grains;

/// <summary>The cluster's engine: a process's part of it, as a silo or as a client of silos.</summary>
/// <remarks>Whoever hosts it registers a <see cref="TimeProvider"/> and, for a silo, the targets of the outbox.</remarks>
public static partial class ClusterEngine
{
    /// <summary>
    /// Entities whose silo a silo remembers, live or long gone: some 50 MB when it is full. At Orleans' own million a silo would keep half a
    /// gigabyte of a peak that is over. Of the others it asks the directory, one call more.
    /// </summary>
    private const int RememberedPlaces = 100_000;

    public static void AddClusterSilo(this IHostApplicationBuilder builder, ConversationsClusterOptions cluster, RedisOptions redis)
    {
        builder.Services.AddEngine(cluster, redis, sp => new GrainStorageSnapshots(sp));
        builder.UseOrleans(silo =>
        {
            silo.UseRedisClustering(options => options.ConfigurationOptions = RedisLink.Configure(redis, "membership"));
            silo.Configure<ClusterOptions>(options => Name(options, cluster, redis));
            silo.ConfigureEndpoints(cluster.Reached, cluster.SiloPort, cluster.GatewayPort, listenOnAnyHostAddress: !System.Net.IPAddress.IsLoopback(cluster.Reached));
            silo.Configure<ClusterMembershipOptions>(options => Watch(options, cluster));
            silo.Configure<SiloMessagingOptions>(options =>
            {
                Wait(options, cluster);
                options.MaxEnqueuedRequestsHardLimit = cluster.MostWaiting;
            });
            silo.Configure<GrainCollectionOptions>(options => Collect(options, cluster));
            silo.Configure<GrainDirectoryOptions>(options => options.CacheSize = RememberedPlaces);
            GrainStorageSnapshots.Add(silo, redis);
            silo.AddActivityPropagation();
        });
        builder.Services.AddSingleton<EntityEnvironment>();
        builder.Services.AddHostedService<PartitionKeeper>();
    }

    public static void AddClusterClient(this IHostApplicationBuilder builder, ConversationsClusterOptions cluster, RedisOptions redis)
    {
        builder.Services.AddEngine(cluster, redis, _ => null);
        builder.UseOrleansClient(client =>
        {
            client.UseRedisClustering(options => options.ConfigurationOptions = RedisLink.Configure(redis, "membership"));
            client.Configure<ClusterOptions>(options => Name(options, cluster, redis));
            client.Configure<ClientMessagingOptions>(options => Wait(options, cluster));
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
            client.UseConnectionRetryFilter<WaitForSilos>();
            client.AddActivityPropagation();
        });
    }

    /// <summary>This process tells the others how it is, and can be asked about all of them.</summary>
    /// <param name="role">What it is, for operators.</param>
    public static IServiceCollection AddClusterNodes(this IServiceCollection services, string role) => services
        .AddVitals(role)
        .AddSingleton<ClusterNodes>()
        .AddSingleton<INodes>(sp => sp.GetRequiredService<ClusterNodes>())
        .AddHostedService(sp => sp.GetRequiredService<ClusterNodes>());

    /// <summary>For a person; without credentials.</summary>
    public static string Describe(ConversationsClusterOptions cluster, RedisOptions redis) =>
        $"cluster {cluster.ClusterId}, journal {redis.Prefix} in Redis at {string.Join(", ", StackExchange.Redis.ConfigurationOptions.Parse(redis.Configuration).EndPoints)}";

    private static void AddEngine(
        this IServiceCollection services, ConversationsClusterOptions cluster, RedisOptions redis, Func<IServiceProvider, ISnapshots?> snapshots)
    {
        cluster.Validate();
        redis.Validate();
        services.AddKeyedSingleton(KeyedService.AnyKey, TimeProvider.System); // Orleans' own clock, whichever ours is
        services.AddWireContract();
        services.AddSingleton(sp =>
            RedisStore.Open(redis, TimeProvider.System, sp.GetRequiredService<ILogger<RedisStore>>(), snapshots(sp)).GetAwaiter().GetResult());
        services.AddHostedService<OpenJournal>(); // before Orleans: a silo without a journal must not join
        services.AddSingleton<IJournal>(sp => sp.GetRequiredService<RedisStore>());
        services.AddSingleton<IFeed>(sp => sp.GetRequiredService<RedisStore>());
        services.AddSingleton<IViews>(sp => sp.GetRequiredService<RedisStore>());
        services.AddSingleton<IProjections>(sp => sp.GetRequiredService<RedisStore>());
        services.AddSingleton(sp => sp.GetRequiredService<RedisStore>().Signals);
        services.AddSingleton<IDeadLetters>(sp => sp.GetRequiredService<RedisStore>().Whole);
        services.AddSingleton(sp =>
        {
            SettingsCache settings = new(sp.GetRequiredService<IJournal>(), sp.GetRequiredService<TimeProvider>(), SettingsCache.DefaultTrust);
            sp.GetRequiredService<RedisStore>().Replaced += settings.Forget;
            return settings;
        });
        services.AddSingleton<IEntities, OrleansEntities>();
    }

    /// <summary>What Orleans keeps in Redis lies apart by journal and by cluster.</summary>
    private static void Name(ClusterOptions options, ConversationsClusterOptions cluster, RedisOptions redis) =>
        (options.ServiceId, options.ClusterId) = (redis.Prefix, cluster.ClusterId);

    /// <summary>
    /// A silo that stops answering is out after missed probes of a bounded length: its entities and workers are needed elsewhere.
    /// What one silo learns it tells the others; the table is read often enough to make up for what was not told.
    /// </summary>
    private static void Watch(ClusterMembershipOptions options, ConversationsClusterOptions cluster)
    {
        options.ProbeTimeout = cluster.ProbeTimeout;

        // A silo that was heard of within this times the missed probes is not voted on; at its default of 8 s a frozen silo stayed a
        // member, and its entities were not to be had, for 30 s.
        options.MaxProbeTimeout = cluster.ProbeTimeout;
        options.NumMissedProbesLimit = cluster.MissedProbes;
        options.NumVotesForDeathDeclaration = 2;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }

    private static void Wait(MessagingOptions options, ConversationsClusterOptions cluster)
    {
        options.ResponseTimeout = cluster.ResponseTimeout;

        // What waits its turn is withdrawn with its caller; what has begun runs to its end, and nobody waits to hear of it.
        options.CancelRequestOnTimeout = true;
        options.WaitForCancellationAcknowledgement = false;
    }

    private static void Collect(GrainCollectionOptions options, ConversationsClusterOptions cluster)
    {
        options.CollectionQuantum = ConversationsClusterOptions.Quantum;
        options.CollectionAge = ConversationsClusterOptions.DefaultCollectAfter;
        foreach (var grain in typeof(ClusterEngine).Assembly.GetTypes().Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Grain)) && t.IsAssignableTo(typeof(IEntityGrain))))
        {
            options.ClassSpecificCollectionAge[grain.FullName!] = cluster.CollectAfterOf(KindOf(grain));
        }
    }

    private sealed class OpenJournal(RedisStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = store; // made by being asked for
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static string KindOf(Type grain) => grain.GetCustomAttribute<GrainTypeAttribute>()!.GetGrainType(null!, grain).ToString()!;

    /// <summary>A gateway started before the silos waits for them.</summary>
    private sealed partial class WaitForSilos(ILogger<WaitForSilos> logger) : IClientConnectionRetryFilter
    {
        public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
        {
            LogWaiting(logger, exception.Message);
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
            return true;
        }

        [LoggerMessage(Level = LogLevel.Warning, Message = "No silo answers yet; trying again. {Reason}")]
        private static partial void LogWaiting(ILogger logger, string reason);
    }
}
