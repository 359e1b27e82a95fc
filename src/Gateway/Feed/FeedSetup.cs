namespace Conversations.Gateway.Feed;

internal static class FeedSetup
{
    public static void AddFeed(this WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection("Feed");
        builder.Services.AddSingleton(FeedOptions.Default with
        {
            Retention = TimeSpan.FromHours(section.GetValue("RetentionHours", FeedOptions.Default.Retention.TotalHours)),
        });
        builder.Services.AddSingleton<Cursors>();
        builder.Services.AddSingleton<FeedReader>();
        builder.Services.AddSingleton<FeedHub>();
        builder.Services.AddHostedService(sp => sp.GetRequiredService<FeedHub>());
        builder.Services.AddSignalR(hub => hub.EnableDetailedErrors = false)
            .AddJsonProtocol(json => Http.ApiJson.Configure(json.PayloadSerializerOptions));
    }
}
