using Conversations.Engine;
using Conversations.Gateway.Administration;

namespace Conversations.Gateway.Wallboard;

internal static class ProjectionEndpoints
{
    /// <summary>What is read from projections: there where the engine runs some.</summary>
    public static void MapProjections(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(IProjections)))
        {
            app.MapWallboard();
            app.MapAudit();
        }
    }
}
