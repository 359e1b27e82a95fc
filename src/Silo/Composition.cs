using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Hosting;
using Conversations.Grains;

namespace Conversations.Silo;

internal static class Composition
{
    /// <summary>Time for a silo to hand over what it has, and for a gateway's requests to end.</summary>
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(30);

    /// <summary>The cluster's engine behind this process's part of it.</summary>
    public static void AddCluster(this WebApplicationBuilder builder, string? masterKey, Role role)
    {
        var redis = ClusterSettings.Redis(builder.Configuration);
        var cluster = ClusterSettings.Cluster(builder.Configuration);
        var services = builder.Services;
        services.AddSingleton(MasterKey.Shared(masterKey));
        services.AddSingleton(new EngineDescription($"{ClusterEngine.Describe(cluster, redis)}, role {role.ToString().ToLowerInvariant()}"));
        services.AddEngineServices();
        services.Configure<HostOptions>(host => host.ShutdownTimeout += ShutdownTime);
        if (role == Role.Gateway)
        {
            builder.AddClusterClient(cluster, redis);
        }
        else
        {
            builder.AddClusterSilo(cluster, redis);
        }

        services.AddClusterNodes(role switch { Role.Silo => "silo", Role.Gateway => "gateway", Role.Both => "silo and gateway" });
        services.AddExceptionHandler<StoreAway>();
        builder.AddTelemetry(role);
    }
}
