using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conversations.Engine;

public static class ProjectionSetup
{
    /// <summary>What each partition computes. A new projection is one more line.</summary>
    public static readonly IReadOnlyList<Func<Projection>> All = [() => new AuditProjection(), () => new WallboardProjection()];

    /// <summary>Those who show what projections keep, for whichever engine: they need <see cref="IProjections"/>.</summary>
    public static void AddProjectionReaders(this IServiceCollection services)
    {
        services.AddSingleton<AuditLog>();
        services.AddSingleton<Wallboards>();
    }

    /// <summary>A worker for each projection on the one partition of this process.</summary>
    public static void AddProjectionWorkers(this IServiceCollection services)
    {
        foreach (var create in All)
        {
            services.AddSingleton<IHostedService>(sp => new ProjectionWorker(
                sp.GetRequiredService<IProjectionStore>(), create, sp.GetRequiredService<TimeProvider>(), sp.GetRequiredService<ILogger<ProjectionWorker>>()));
        }
    }
}
