namespace Conversations.Gateway.Demo;

internal static class DemoSetup
{
    public static void AddDemo(this WebApplicationBuilder builder, Hosting.GatewayOptions options)
    {
        if (options.Demo)
        {
            builder.Services.AddHostedService<DemoScenario>();
        }
    }
}
