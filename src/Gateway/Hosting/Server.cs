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
        // Whoever is told "not now" is told when: one place for the store's overload and the domain's limits (api.md 1).
        app.Use((context, next) =>
        {
            context.Response.OnStarting(static state =>
            {
                var response = ((HttpContext)state).Response;
                if (response.StatusCode is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
                {
                    response.Headers.RetryAfter = "1";
                }

                return Task.CompletedTask;
            }, context);
            return next(context);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages(context => Unreadable.Of(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
    }
}
