using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.Json;

namespace Conversations.Gateway.Hosting;

internal static class Server
{
    /// <summary>100,000 characters of text, each escaped, fit with room for the rest.</summary>
    private const long LargestBody = 1 << 20;

    public static void AddServer(this WebApplicationBuilder builder, GatewayOptions options)
    {
        if (builder.Configuration["Urls"] is null)
        {
            builder.WebHost.UseUrls(GatewayOptionsSetup.DefaultUrl);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTime + TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton(TimeProvider.System);
    }

    public static void AddApi(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<JsonOptions>(json => ApiJson.Configure(json.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddExceptionHandler<ProblemExceptionHandler>();
        builder.Services.AddProblemDetails();
        builder.Services.AddApiDocument();
    }

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(context => Unreadable.Of(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
    }
}
