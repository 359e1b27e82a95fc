using Conversations.Engine.Sqlite;

namespace Conversations.Gateway.Hosting;

/// <summary>What the process is started with. Names in configuration; see README, "Settings".</summary>
/// <param name="DataFolder">Where everything is kept. <c>CONVERSATIONS_DATA</c>, default <c>./data</c>; with <c>--demo</c> its subfolder <c>demo</c>.</param>
/// <param name="Demo">Start with an invented scenario in a data folder of its own, emptied at every start.</param>
/// <param name="Synchronous">SQLite's durability: <c>FULL</c> (default: an answer survives a power cut), <c>NORMAL</c> (survives a crash of the process).</param>
/// <param name="IdleAfter">How long an entity stays in memory unused. Default 2 minutes.</param>
/// <param name="DrainTime">How long to stay up, not ready, before stopping, so that load balancers notice. Default none.</param>
internal sealed record GatewayOptions(
    string DataFolder, bool Demo, SqliteSynchronous Synchronous, TimeSpan IdleAfter, TimeSpan DrainTime, string? BootstrapKey, string? MasterKey)
{
    public string Database => Path.Combine(DataFolder, "conversations.db");
}

internal static class GatewayOptionsSetup
{
    public const string DefaultUrl = "http://127.0.0.1:5080", DemoSwitch = "--demo";

    public static GatewayOptions AddGatewayOptions(this WebApplicationBuilder builder, string[] args)
    {
        var configuration = builder.Configuration;
        var demo = args.Contains(DemoSwitch);
        var folder = Path.GetFullPath(configuration["CONVERSATIONS_DATA"] ?? "data");
        var options = new GatewayOptions(
            demo ? Path.Combine(folder, "demo") : folder,
            demo,
            Durability(configuration["Store:Synchronous"]),
            Seconds(configuration, "Engine:IdleAfterSeconds", 120),
            Seconds(configuration, "Gateway:DrainSeconds", 0),
            configuration[Auth.Bootstrap.Variable],
            configuration["CONVERSATIONS_MASTER_KEY"]);
        Validate(options);
        Directory.CreateDirectory(options.DataFolder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(options.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        if (demo)
        {
            Empty(options);
        }

        builder.Services.AddSingleton(options);
        return options;
    }

    /// <summary>Every demo starts from nothing. Only files of our own are removed, and none while another demo holds them.</summary>
    private static void Empty(GatewayOptions options)
    {
        SqliteStore.Delete(options.Database);
        File.Delete(Path.Combine(options.DataFolder, "bootstrap.key"));
        File.Delete(Path.Combine(options.DataFolder, "master.key"));
    }

    private static void Validate(GatewayOptions options)
    {
        if (options.IdleAfter < TimeSpan.FromSeconds(1))
        {
            throw new InvalidOperationException("Engine:IdleAfterSeconds is at least 1.");
        }
    }

    private static SqliteSynchronous Durability(string? configured) => configured is null
        ? SqliteSynchronous.Full
        : Enum.TryParse<SqliteSynchronous>(configured, ignoreCase: true, out var level) && Enum.IsDefined(level)
            ? level
            : throw new InvalidOperationException($"Store:Synchronous is FULL, NORMAL or OFF, not '{configured}'.");

    private static TimeSpan Seconds(ConfigurationManager configuration, string key, double otherwise) =>
        TimeSpan.FromSeconds(configuration.GetValue<double?>(key) ?? otherwise);
}
