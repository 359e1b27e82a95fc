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
            .MinimumLevel.Override("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogEventLevel.Fatal) // our handler logs what is ours
            .ReadFrom.Configuration(builder.Configuration)
            .Filter.ByExcluding(entry => entry.Exception is HubException) // a watcher's own mistake; the watcher is told
            .Enrich.FromLogContext()
            .WriteTo.Console(
                formatProvider: CultureInfo.InvariantCulture,
                outputTemplate: "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}")
            .CreateLogger();
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(logger, dispose: true);
    }
}
