using Conversations.Engine;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Conversations.Silo;

internal static class Telemetry
{
    /// <summary>Where OpenTelemetry's own setting says to send it; without it nothing is measured for anybody.</summary>
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Orleans' meter and activities, the server's, the runtime's and our own, over OTLP, when an endpoint is configured.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, Role role)
    {
        if (builder.Configuration[Endpoint] is not { Length: > 0 })
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                "conversations", serviceNamespace: "conversations", serviceInstanceId: $"{Environment.MachineName}/{Environment.ProcessId}")
                .AddAttributes([new("conversations.role", role.ToString().ToLowerInvariant())]))
            .WithMetrics(metrics => metrics
                .AddMeter(Instruments.MeterName, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections")
                .AddRuntimeInstrumentation()
                .AddOtlpExporter())
            .WithTracing(traces => traces
                .AddSource("Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application")
                .AddAspNetCoreInstrumentation()
                .AddOtlpExporter());
    }
}
