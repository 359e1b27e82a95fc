using Conversations.Gateway;
using Conversations.Gateway.Hosting;

namespace Conversations.Silo;

/// <summary>One process of a cluster, in one of its roles.</summary>
internal sealed class SiloApp : IAsyncDisposable
{
    private readonly Role _role;

    private SiloApp(WebApplication app, Role role) => (App, _role) = (app, role);

    public WebApplication App { get; }

    /// <param name="configure">Last word on the services, for tests.</param>
    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says what to do.</exception>
    public static SiloApp Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var role = Roles.Of(args);
        return new(
            role == Role.Silo
                ? SiloHost.Build(args, configure)
                : GatewayApp.Build(args, configure, (builder, options) => builder.AddCluster(options.MasterKey, role)),
            role);
    }

    public Task Start() => _role == Role.Silo ? App.StartAsync() : App.StartWithFirstKey();

    public Task WaitForShutdown() => App.WaitForShutdownAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
