using Microsoft.Extensions.DependencyInjection;

namespace Conversations.Engine;

public static class EngineServices
{
    /// <summary>What is the same in every engine: where entities' messages to each other go, bulk jobs, and what is tried without being done.</summary>
    public static IServiceCollection AddEngineServices(this IServiceCollection services) => services
        .AddSingleton<IOutboxTarget, EntityTarget>()
        .AddSingleton<IOutboxTarget, AgentTarget>()
        .AddSingleton<IOutboxTarget, QueueTarget>()
        .AddSingleton<IOutboxTarget, LedgerTarget>()
        .AddSingleton<IOutboxTarget, PromisesTarget>()
        .AddSingleton<PolicyTrial>()
        .AddJobs();

    /// <param name="role">What this process is, for operators.</param>
    public static IServiceCollection AddVitals(this IServiceCollection services, string role) => services
        .AddSingleton<Vitals>()
        .AddHostedService(sp => sp.GetRequiredService<Vitals>())
        .AddSingleton(sp => new ThisProcess(role, sp.GetRequiredService<Vitals>()));
}
