using Conversations.Engine;
using Conversations.Engine.Embedded;
using Conversations.Engine.Sqlite;
using Conversations.Gateway.Auth;

namespace Conversations.Gateway.Hosting;

/// <summary>The engine in this process: SQLite, a mailbox for each entity, the workers of its one partition.</summary>
internal static class EmbeddedEngine
{
    public static void Add(WebApplicationBuilder builder, GatewayOptions options)
    {
        var configuration = builder.Configuration;
        var durability = Durability(configuration["Store:Synchronous"]);
        var idleAfter = TimeSpan.FromSeconds(configuration.GetValue<double?>("Engine:IdleAfterSeconds") ?? EmbeddedOptions.Default.IdleAfter.TotalSeconds);
        if (idleAfter < TimeSpan.FromSeconds(1))
        {
            throw new InvalidOperationException("Engine:IdleAfterSeconds is at least 1.");
        }

        PrivateFolder.Create(options.DataFolder);
        var database = Path.Combine(options.DataFolder, "conversations.db");
        if (options.Demo)
        {
            Empty(options, database);
        }

        var services = builder.Services;
        services.AddSingleton(MasterKey.OpenOrCreate(options.DataFolder, options.MasterKey, isNew: !File.Exists(database)));
        services.AddSingleton(new EngineDescription($"data in {options.DataFolder}; durability {durability}"));
        services.AddSingleton(sp => SqliteStore.Open(
            new() { Path = database, Synchronous = durability }, sp.GetRequiredService<TimeProvider>(), sp.GetRequiredService<ILogger<SqliteStore>>()));
        services.AddSingleton<IJournal>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IPartition>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IDeadLetters>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IFeed>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IViews>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IProjectionStore>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<IProjections>(sp => sp.GetRequiredService<SqliteStore>());
        services.AddSingleton<ISignals, LocalSignals>();
        services.AddSingleton(sp => new SettingsCache(sp.GetRequiredService<IJournal>()));
        services.AddSingleton(new EmbeddedOptions(idleAfter));
        services.AddSingleton<EmbeddedEntities>();
        services.AddSingleton<IEntities>(sp => sp.GetRequiredService<EmbeddedEntities>());
        services.AddEngineServices();
        services.AddHostedService(sp => sp.GetRequiredService<EmbeddedEntities>());
        services.AddHostedService<DeadlineWorker>();
        services.AddHostedService<OutboxWorker>();
        services.AddVitals("gateway and engine");
        services.AddSingleton<INodes, EmbeddedNodes>();
        services.AddProjectionWorkers();
    }

    /// <summary>Every demo starts from nothing. Only files of our own are removed, and none while another demo holds them.</summary>
    private static void Empty(GatewayOptions options, string database)
    {
        SqliteStore.Delete(database);
        File.Delete(Path.Combine(options.DataFolder, "bootstrap.key"));
        File.Delete(Path.Combine(options.DataFolder, "master.key"));
    }

    /// <summary>SQLite's: <c>FULL</c> (default: an answer survives a power cut), <c>NORMAL</c> (survives a crash of the process).</summary>
    private static SqliteSynchronous Durability(string? configured) => configured is null
        ? SqliteSynchronous.Full
        : Enum.TryParse<SqliteSynchronous>(configured, ignoreCase: true, out var level) && Enum.IsDefined(level)
            ? level
            : throw new InvalidOperationException($"Store:Synchronous is FULL, NORMAL or OFF, not '{configured}'.");
}
