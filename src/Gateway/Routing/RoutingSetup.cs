using Conversations.Engine;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Conversations.Gateway.Routing;

internal static class RoutingSetup
{
    /// <summary>The router of this process, and the ears for agents' signs of life.</summary>
    public static void AddRouting(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<RoutingReader>();
        services.AddSingleton(new ListenerName($"{Environment.MachineName} {builder.Configuration["Urls"]}".Trim()));
        services.AddSingleton<AgentLiveness>();
        services.AddSingleton<Router>();
        services.AddSingleton<QueueAdoption>();
        services.AddSingleton<QueueAdmission>();
        services.TryAddSingleton<ManualAssignment>();
        services.AddHostedService(sp => sp.GetRequiredService<AgentLiveness>());
        services.AddHostedService(sp => sp.GetRequiredService<Router>());
        services.AddHostedService(sp => sp.GetRequiredService<QueueAdoption>());
    }

    public static void MapRouting(this IEndpointRouteBuilder routes)
    {
        routes.MapAgents();
        routes.MapAgentBatch();
        routes.MapQueues();
        routes.MapRoutingTerms();
        routes.MapOffers();
    }
}
