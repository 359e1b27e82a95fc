using Conversations.Gateway.Administration;
using Conversations.Gateway.Attendance;
using Conversations.Gateway.Auth;
using Conversations.Gateway.BulkJobs;
using Conversations.Gateway.Channels;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Demo;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Hosting;
using Conversations.Gateway.Http;
using Conversations.Gateway.Inbound;
using Conversations.Gateway.Operation;
using Conversations.Gateway.Routing;
using Conversations.Gateway.Sla;
using Conversations.Gateway.Supervision;
using Conversations.Gateway.Wallboard;
using Conversations.Gateway.WebConsole;
using Conversations.Gateway.Webhooks;

namespace Conversations.Gateway;

/// <summary>The gateway, part by part.</summary>
internal static class GatewayApp
{
    /// <param name="configure">Last word on the services, for tests: another clock, another adapter.</param>
    /// <param name="addEngine">Null: the engine in this process. It registers the ports of <c>Conversations.Engine</c>, the master key and a description.</param>
    public static WebApplication Build(
        string[] args, Action<WebApplicationBuilder>? configure = null, Action<WebApplicationBuilder, GatewayOptions>? addEngine = null)
    {
        // The configuration reads "--demo --urls X" as demo = "--urls": switches without a value are not for it.
        var builder = WebApplication.CreateBuilder([.. args.Where(a => a != GatewayOptionsSetup.DemoSwitch)]);
        var options = builder.AddGatewayOptions(args);
        builder.AddStructuredLogs();
        builder.AddServer(options);
        (addEngine ?? EmbeddedEngine.Add)(builder, options);
        builder.AddChannelAdapters();
        builder.AddNotices();
        builder.AddConversationsAuth();
        builder.AddFirstKey();
        builder.AddApi();
        builder.AddRouting();
        builder.AddFeed();
        builder.AddProjections();
        builder.AddAttendance();
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
        app.MapBatchGet();
        app.MapConversationCommands();
        app.MapBulkJobs();
        app.MapRouting();
        app.MapSupervision();
        app.MapFeed();
        app.MapAttendance();
        app.MapCalendars();
        app.MapPolicies();
        app.MapPreview();
        app.MapConversationSla();
        app.MapSigningSecret();
        app.MapCaller();
        app.MapKeys();
        app.MapDeadLetters();
        app.MapWallboard();
        app.MapAudit();
        app.MapNodes();
        app.MapHealth();
        app.MapApiDocument();
        app.MapConsole();
        return app;
    }
}
