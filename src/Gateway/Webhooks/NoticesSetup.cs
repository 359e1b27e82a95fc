using Conversations.Engine;
using Conversations.Gateway.Mail;

namespace Conversations.Gateway.Webhooks;

internal static class NoticesSetup
{
    /// <exception cref="InvalidOperationException">The mail server's settings are wrong; the message says what to do.</exception>
    public static void AddNotices(this IHostApplicationBuilder builder)
    {
        var mail = MailOptions.Of(builder.Configuration);
        builder.Services.AddSingleton<IOutboxTarget>(sp => new MailTarget(mail, sp.GetRequiredService<IViews>(), sp.GetRequiredService<TimeProvider>(), network: TimeProvider.System));
        builder.Services.AddSingleton<WebhookSecrets>();
        builder.Services.AddSingleton<IOutboxTarget>(sp => new NoticeTarget(
            NoticeTarget.Client(), sp.GetRequiredService<WebhookSecrets>(), sp.GetRequiredService<IViews>(), sp.GetRequiredService<TimeProvider>()));
    }
}
