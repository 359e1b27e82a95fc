using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Channels;
using Conversations.Gateway.Hosting;
using Conversations.Gateway.Http;
using Conversations.Gateway.Webhooks;

namespace Conversations.Silo;

/// <summary>A process of silos only: no API, but health for whoever watches over it.</summary>
internal static partial class SiloHost
{
    public const string DefaultUrl = "http://127.0.0.1:5081";

    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddStructuredLogs();
        if (builder.Configuration["Urls"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddCluster(builder.Configuration[MasterKey.Variable], Role.Silo);
        builder.AddChannelAdapters();
        builder.AddNotices();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.MapGet("/healthz", () => TypedResults.Ok(new HealthView("alive")));
        app.MapGet("/readyz", IsReady);
        app.Lifetime.ApplicationStarted.Register(() =>
            LogStarted(app.Logger, app.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress, app.Services.GetRequiredService<EngineDescription>().Text, string.Join(", ", app.Urls)));
        return app;
    }

    private static async Task<IResult> IsReady(ISiloStatusOracle silo, IFeed feed, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        if (silo.CurrentStatus != SiloStatus.Active || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Problems.Of(503, "not_ready", "Joining or leaving the cluster.");
        }

        await feed.Head(cancellation); // the store answers
        return TypedResults.Ok(new HealthView("ready"));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Conversations silo {Silo}; {Engine}; health on {Urls}.")]
    private static partial void LogStarted(ILogger logger, SiloAddress silo, string engine, string urls);
}
