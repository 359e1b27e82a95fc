using Conversations.Engine;

namespace Conversations.Gateway.Wallboard;

internal static class Projections
{
    /// <summary>Audit and wallboard, from what the engine's projections keep.</summary>
    public static void AddProjections(this WebApplicationBuilder builder)
    {
        builder.Services.AddProjectionReaders();
        builder.Services.AddHostedService<WallboardPublisher>();
    }
}
