using System.Globalization;
using Conversations.Grains;
using Conversations.Grains.Redis;

namespace Conversations.Silo;

/// <summary>The sections <c>Redis</c> and <c>Cluster</c> of the configuration. Ranges are checked by the options themselves.</summary>
internal static class ClusterSettings
{
    public const string DefaultRedis = "127.0.0.1:6379";

    public static RedisOptions Redis(IConfiguration configuration)
    {
        var section = configuration.GetSection("Redis");
        return new()
        {
            Configuration = section["Configuration"] ?? DefaultRedis,
            Prefix = section["Prefix"] ?? RedisOptions.DefaultPrefix,
            Partitions = section.GetValue<int?>("Partitions"),
            CommandTimeout = Seconds(section, "CommandTimeoutSeconds", RedisOptions.DefaultCommandTimeout),
            ConnectTimeout = Seconds(section, "ConnectTimeoutSeconds", RedisOptions.DefaultConnectTimeout),
            MaxInFlight = section.GetValue("MaxInFlight", RedisOptions.DefaultMaxInFlight),
            FeedRetention = TimeSpan.FromHours(section.GetValue("FeedRetentionHours", RedisOptions.DefaultFeedRetention.TotalHours)),
            FeedEntries = section.GetValue("FeedEntries", RedisOptions.DefaultFeedEntries),
            SafetyPoll = Seconds(section, "SafetyPollSeconds", RedisOptions.DefaultSafetyPoll),
            Durability = Durability(section["Durability"]),
            Replicas = section.GetValue("Replicas", 0),
            ReplicaTimeout = Seconds(section, "ReplicaTimeoutSeconds", RedisOptions.DefaultReplicaTimeout),
        };
    }

    public static ConversationsClusterOptions Cluster(IConfiguration configuration)
    {
        var section = configuration.GetSection("Cluster");
        var collect = section.GetSection("CollectAfterSeconds");
        return new()
        {
            ClusterId = section["Id"] ?? ConversationsClusterOptions.DefaultClusterId,
            Address = section["Address"],
            SiloPort = section.GetValue("SiloPort", ConversationsClusterOptions.DefaultSiloPort),
            GatewayPort = section.GetValue("GatewayPort", ConversationsClusterOptions.DefaultGatewayPort),
            ResponseTimeout = Seconds(section, "ResponseTimeoutSeconds", ConversationsClusterOptions.DefaultResponseTimeout),
            ProbeTimeout = Seconds(section, "ProbeTimeoutSeconds", ConversationsClusterOptions.DefaultProbeTimeout),
            MissedProbes = section.GetValue("MissedProbes", ConversationsClusterOptions.DefaultMissedProbes),
            MostWaiting = section.GetValue("MostWaiting", ConversationsClusterOptions.DefaultMostWaiting),
            CollectAfter = collect.GetChildren().ToDictionary(
                kind => kind.Key.ToLowerInvariant(),
                kind => TimeSpan.FromSeconds(double.TryParse(kind.Value, CultureInfo.InvariantCulture, out var seconds)
                    ? seconds
                    : throw new InvalidOperationException($"Cluster:CollectAfterSeconds:{kind.Key} is a number of seconds, not '{kind.Value}'."))),
        };
    }

    private static DurabilityCheck Durability(string? configured) => configured is null
        ? DurabilityCheck.Refuse
        : Enum.TryParse<DurabilityCheck>(configured, ignoreCase: true, out var check) && Enum.IsDefined(check)
            ? check
            : throw new InvalidOperationException($"Redis:Durability is refuse or warn, not '{configured}'.");

    private static TimeSpan Seconds(IConfigurationSection section, string key, TimeSpan otherwise) =>
        TimeSpan.FromSeconds(section.GetValue<double?>(key) ?? otherwise.TotalSeconds);
}
