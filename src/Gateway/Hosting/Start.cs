using Conversations.Gateway.Auth;

namespace Conversations.Gateway.Hosting;

internal static partial class Start
{
    /// <summary>Starts the server once there is a key to use it with, and says where it is.</summary>
    public static async Task StartWithFirstKey(this WebApplication app)
    {
        await app.StartAsync();

        LogStarted(app.Logger, string.Join(", ", app.Urls), app.Services.GetRequiredService<EngineDescription>().Text);
        if (app.Services.GetRequiredService<FirstKey>().Made is { } made)
        {
            // Printed once, past the log: logs are shipped and kept, a key must not be.
            await Console.Out.WriteLineAsync($"\n  Admin key (also in {made.File}):\n\n    {made.Key}\n");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Conversations gateway on {Urls}; {Engine}.")]
    private static partial void LogStarted(ILogger logger, string urls, string engine);
}
