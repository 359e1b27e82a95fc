using System.Security.Cryptography;
using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Gateway.Webhooks;
using MailKit.Net.Smtp;
using MimeKit;
using NodaTime;

namespace Conversations.Gateway.Mail;

/// <summary>
/// Hands notices by mail to the configured server (RFC 5321): at least once, each with a Message-ID of its own that every
/// repeat has too. What the server refuses for good (5xx) is a dead letter; all else is tried again.
/// </summary>
/// <param name="options">Null: no server is configured.</param>
/// <param name="network">The clock by which a server is waited for: the machine's, whichever one tells what is due.</param>
internal sealed class MailTarget(MailOptions? options, IViews views, TimeProvider time, TimeProvider network) : IOutboxTarget
{
    /// <summary>Begins the reason of a dead letter that waits for a mail server to be configured.</summary>
    public const string NotConfigured = "mail_not_configured";

    /// <summary>
    /// Connections at once. Mail servers turn away who opens many, and a server that does not answer must not take up the
    /// outbox, from which customers' replies leave too.
    /// </summary>
    private const int AtOnce = 8;

    private const int LongestReason = 500;

    private int _sending;

    public string Serves => "notify/mail";

    public async ValueTask<Delivery> Deliver(OutboxEntry entry, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        if (options is null)
        {
            return new Delivery.Dead($"{NotConfigured}: set Mail:Host and Mail:From, restart, and replay this message.");
        }

        var notice = JsonSerializer.Deserialize(entry.Message.Body, DomainJson.Contract.SlaNotification)!;
        if (await Notices.Unready(entry, notice, views, Now(), cancellation) is { } unready)
        {
            return unready;
        }

        MimeMessage mail;
        try
        {
            mail = NoticeMail.Of(entry, notice, options);
        }
        catch (ParseException)
        {
            return new Delivery.Dead($"mail_address_invalid: '{notice.To}' is no mail address; mend the policy.");
        }

        using (mail)
        {
            return await InTurn(mail, options, beginAttempt, cancellation);
        }
    }

    private async ValueTask<Delivery> InTurn(MimeMessage mail, MailOptions server, Func<ValueTask> beginAttempt, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _sending) > AtOnce)
        {
            Interlocked.Decrement(ref _sending);
            return new Delivery.Wait("Other mails are being sent.", Now() + Duration.FromMilliseconds(RandomNumberGenerator.GetInt32(1_000, 8_000)));
        }

        try
        {
            await beginAttempt();
            return await Try(mail, server, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _sending);
        }
    }

    private async ValueTask<Delivery> Try(MimeMessage mail, MailOptions server, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(server.Patience, network);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        try
        {
            await Send(mail, server, either.Token);
            return Delivery.Done.Instance;
        }
        catch (SmtpCommandException refused) when ((int)refused.StatusCode >= 500)
        {
            return new Delivery.Dead(Reason($"mail_refused: the server answered {(int)refused.StatusCode}: {refused.Message}"));
        }
        catch (SmtpCommandException later)
        {
            return new Delivery.Again(Reason($"The mail server answered {(int)later.StatusCode}: {later.Message}"));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Delivery.Again("The mail server did not answer in time.");
        }
#pragma warning disable CA1031 // Not reached, no TLS, a certificate or a sign-in that is not right: the server or its settings, never this mail.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new Delivery.Again(Reason($"The mail server could not be used: {failure.Message}"));
        }
    }

    private static async Task Send(MimeMessage mail, MailOptions server, CancellationToken cancellation)
    {
        // Revocation lists are not asked for, as HttpClient does not: few private authorities publish any.
        using var client = new SmtpClient { CheckCertificateRevocation = false };
        await client.ConnectAsync(server.Host, server.Port, server.Tls, cancellation);
        if (server is { User: { } user, Password: { } password })
        {
            await client.AuthenticateAsync(user, password, cancellation);
        }

        await client.SendAsync(mail, cancellation);
        try
        {
            await client.DisconnectAsync(quit: true, cancellation);
        }
#pragma warning disable CA1031 // The mail is taken; how the connection ends changes nothing, and must not send it again.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private static string Reason(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= LongestReason ? line : line[..LongestReason];
    }

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds();
}
