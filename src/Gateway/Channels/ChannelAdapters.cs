using Conversations.Channels;
using Conversations.Channels.X;
using Conversations.Engine;
using Conversations.Gateway.Auth;

namespace Conversations.Gateway.Channels;

internal static class ChannelAdapters
{
    /// <summary>One line for each channel (docs/add-a-channel.md).</summary>
    public static void AddChannelAdapters(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SecretBox>();
        builder.Services.AddSingleton<ISecretOpener>(sp => sp.GetRequiredService<SecretBox>());
        builder.Services.AddSingleton<Ingress>();
        builder.Services.AddSingleton<IOutboxTarget, ChannelTarget>();
        builder.Services.AddX();
    }
}
