using Conversations.Gateway.Administration;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Channels;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Demo;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Hosting;
using Conversations.Gateway.Http;
using Conversations.Gateway.Inbound;
using Conversations.Gateway.Routing;

namespace Conversations.Gateway;

/// <summary>The gateway, part by part.</summary>
internal static class GatewayApp
{
    /// <param name="configure">Last word on the services, for tests: another clock, another adapter.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The configuration reads "--demo --urls X" as demo = "--urls": switches without a value are not for it.
        var builder = WebApplication.CreateBuilder([.. args.Where(a => a != GatewayOptionsSetup.DemoSwitch)]);
        var options = builder.AddGatewayOptions(args);
        builder.AddStructuredLogs();
        builder.AddServer(options);
        builder.AddEmbeddedEngine(options);
        builder.AddChannelAdapters(options);
        builder.AddConversationsAuth();
        builder.AddApi();
        builder.AddRouting();
        builder.AddFeed();
        builder.AddDemo(options);
        builder.AddGracefulStop();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseProblems();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseKnownQuery();
        app.MapInbound();
        app.MapWebhooks();
        app.MapChannels();
        app.MapConversationReads();
        app.MapConversationCommands();
        app.MapRouting();
        app.MapFeed();
        app.MapKeys();
        app.MapDeadLetters();
        app.MapHealth();
        app.MapApiDocument();
        return app;
    }
}
