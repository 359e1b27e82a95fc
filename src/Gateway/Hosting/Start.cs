using Conversations.Engine;
using Conversations.Gateway.Auth;

namespace Conversations.Gateway.Hosting;

internal static partial class Start
{
    /// <summary>Starts the server once there is a key to use it with, and says where it is.</summary>
    public static async Task StartWithFirstKey(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<GatewayOptions>();
        var key = await Bootstrap.EnsureFirstKey(
            app.Services.GetRequiredService<IEntities>(), app.Services.GetRequiredService<SettingsCache>(), options.DataFolder, options.BootstrapKey, CancellationToken.None);
        await app.StartAsync();

        LogStarted(app.Logger, string.Join(", ", app.Urls), options.DataFolder, options.Synchronous.ToString());
        if (key is not null && options.BootstrapKey is not { Length: > 0 })
        {
            // Printed once, past the log: logs are shipped and kept, a key must not be.
            await Console.Out.WriteLineAsync($"\n  Admin key (also in {Path.Combine(options.DataFolder, "bootstrap.key")}):\n\n    {key}\n");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Conversations gateway on {Urls}; data in {DataFolder}; durability {Synchronous}.")]
    private static partial void LogStarted(ILogger logger, string urls, string dataFolder, string synchronous);
}
