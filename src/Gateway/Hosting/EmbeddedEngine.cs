using Conversations.Channels;
using Conversations.Channels.X;
using Conversations.Engine;
using Conversations.Engine.Embedded;
using Conversations.Engine.Sqlite;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Webhooks;

namespace Conversations.Gateway.Hosting;

internal static class EmbeddedEngine
{
    /// <summary>The engine in this process: SQLite, a mailbox for each entity, the workers of its one partition.</summary>
    public static void AddEmbeddedEngine(this WebApplicationBuilder builder, GatewayOptions options)
    {
        var services = builder.Services;
        services.AddSingleton(sp => SqliteStore.Open(
            new() { Path = options.Database, Synchronous = options.Synchronous }, sp.GetRequiredService<TimeProvider>(), sp.GetRequiredService<ILogger<SqliteStore>>()));
        services.AddSingleton<IJournal>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IPartition>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IFeed>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IViews>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<SettingsCache>();
        services.AddSingleton(new EmbeddedOptions(options.IdleAfter));
        services.AddSingleton<EmbeddedEntities>();
        services.AddSingleton<IEntities>(sp => sp.GetRequiredService<EmbeddedEntities>());
        services.AddSingleton<IOutboxTarget, EntityTarget>();
        services.AddSingleton<IOutboxTarget, ChannelTarget>();
        services.AddSingleton<IOutboxTarget, PromisesTarget>();
        services.AddSingleton<PolicyTrial>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<IOutboxTarget>(sp => new NoticeTarget(
            NoticeTarget.Client(), sp.GetRequiredService<WebhookSecrets>(), sp.GetRequiredService<IViews>(), sp.GetRequiredService<TimeProvider>()));
        services.AddHostedService(sp => sp.GetRequiredService<EmbeddedEntities>());
        services.AddHostedService<DeadlineWorker>();
        services.AddHostedService<OutboxWorker>();
    }

    /// <summary>One line for each channel (docs/add-a-channel.md).</summary>
    public static void AddChannelAdapters(this WebApplicationBuilder builder, GatewayOptions options)
    {
        builder.Services.AddSingleton(MasterKey.OpenOrCreate(options.DataFolder, options.MasterKey, isNew: !File.Exists(options.Database)));
        builder.Services.AddSingleton<SecretBox>();
        builder.Services.AddSingleton<ISecretOpener>(sp => sp.GetRequiredService<SecretBox>());
        builder.Services.AddSingleton<Ingress>();
        builder.Services.AddX();
    }
}
