using System.Globalization;
using Microsoft.AspNetCore.SignalR;
using Serilog;
using Serilog.Events;

namespace Conversations.Gateway.Hosting;

/// <summary>Serilog to the console. Levels and further sinks come from the section <c>Serilog</c>. Texts and secrets are never logged.</summary>
internal static class StructuredLogs
{
    public static void AddStructuredLogs(this WebApplicationBuilder builder)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Orleans", LogEventLevel.Warning)
            .MinimumLevel.Override("Polly", LogEventLevel.Fatal) // each failed attempt of what Orleans tries again; what it gives up it says itself
            .MinimumLevel.Override("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogEventLevel.Fatal) // our handler logs what is ours
            .ReadFrom.Configuration(builder.Configuration)
            .Filter.ByExcluding(entry => entry.Exception is HubException) // a watcher's own mistake; the watcher is told
            .Filter.ByExcluding(SaysWhatMainSays)
            .Enrich.FromLogContext()
            .WriteTo.Console(
                formatProvider: CultureInfo.InvariantCulture,
                outputTemplate: "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}")
            .CreateLogger();
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(logger, dispose: true);
    }

    /// <summary>The host logs a start that failed, stack and all; what was refused is told by the program itself, as a sentence.</summary>
    private static bool SaysWhatMainSays(LogEvent entry) =>
        entry.Exception is InvalidOperationException or IOException or UnauthorizedAccessException or Engine.StoreUnavailableException
        && entry.Properties.TryGetValue("EventId", out var id)
        && id is StructureValue { Properties: var members }
        && members.Any(m => m is { Name: "Name", Value: ScalarValue { Value: "HostedServiceStartupFaulted" } });
}
