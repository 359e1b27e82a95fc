using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Conversations.Engine;

public static class JobSetup
{
    /// <summary>Bulk jobs, for whichever engine: they need entities, journal, views, settings and an outbox worker.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.TryAddSingleton(JobOptions.Default);
        services.AddSingleton<JobLane>();
        services.AddSingleton<JobHistory>();
        services.TryAddSingleton<ManualAssignment>();
        services.AddSingleton<JobItems>();
        services.AddSingleton<JobTrials>();
        services.AddSingleton<IOutboxTarget, DrainTarget>();
        return services.AddSingleton<IOutboxTarget, JobTarget>();
    }
}
