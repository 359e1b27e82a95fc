using Microsoft.Extensions.DependencyInjection;

namespace Conversations.Channels.X;

public static class XServices
{
    /// <summary>Connections are given up after two minutes, so that a change in DNS is followed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>Far above any answer of X (100 posts with entities are below 1 MB): what is larger is not X.</summary>
    private const long LargestAnswer = 16 * 1024 * 1024;

    /// <summary>Adds the channel; needs a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddX(this IServiceCollection services) =>
        services.AddSingleton<IChannel>(provider => new XChannel(Client(), provider.GetRequiredService<TimeProvider>()));

    public static HttpClient Client() => new(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = ConnectionLifetime })
    {
        MaxResponseContentBufferSize = LargestAnswer,
    };
}
