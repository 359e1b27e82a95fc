namespace Conversations.Gateway.Hosting;

/// <summary>What the process is started with, whatever its engine. Names in configuration; see README, "Settings".</summary>
/// <param name="DataFolder">Where this process keeps its files. <c>CONVERSATIONS_DATA</c>, default <c>./data</c>; with <c>--demo</c> its subfolder <c>demo</c>.</param>
/// <param name="Demo">Start with an invented scenario in a data folder of its own, emptied at every start.</param>
/// <param name="DrainTime">How long to stay up, not ready, before stopping, so that load balancers notice. Default none.</param>
internal sealed record GatewayOptions(string DataFolder, bool Demo, TimeSpan DrainTime, string? BootstrapKey, string? MasterKey);

/// <summary>What runs behind this gateway, for the line it starts with.</summary>
internal sealed record EngineDescription(string Text);

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
            TimeSpan.FromSeconds(configuration.GetValue<double?>("Gateway:DrainSeconds") ?? 0),
            configuration[Auth.Bootstrap.Variable],
            configuration[Auth.MasterKey.Variable]);
        builder.Services.AddSingleton(options);
        return options;
    }
}
