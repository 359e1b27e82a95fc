using Conversations.Engine;

namespace Conversations.Gateway.Webhooks;

internal static class NoticesSetup
{
    public static void AddNotices(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<WebhookSecrets>();
        builder.Services.AddSingleton<IOutboxTarget>(sp => new NoticeTarget(
            NoticeTarget.Client(), sp.GetRequiredService<WebhookSecrets>(), sp.GetRequiredService<IViews>(), sp.GetRequiredService<TimeProvider>()));
    }
}
