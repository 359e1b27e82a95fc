using System.Globalization;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Gateway.Mail;
using Microsoft.Extensions.Configuration;
using NodaTime;

namespace Conversations.Gateway.Tests.Mail;

/// <summary>Notices by mail over a real connection to a mail server that runs here.</summary>
public sealed class MailTests : IAsyncDisposable
{
    private static readonly AccountId Account = new("acme");
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 23, 9, 0);
    private static readonly ConversationId Conversation = new("c1");

    private readonly SmtpDouble _server = SmtpDouble.Plain("8BITMIME", "AUTH PLAIN LOGIN");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_notice_is_one_mail_that_says_what_is_late_and_where_to_look()
    {
        Assert.IsType<Delivery.Done>(await Deliver(Notice(), Options(_server, ("Gateway:PublicUrl", "https://help.example/base"))));

        var mail = Assert.Single(_server.Taken);
        Assert.Equal(("sla@acme.example", "lead@acme.example"), (mail.From, Assert.Single(mail.To)));
        Assert.Equal("First response late, was due 2026-11-23 08:00:00 UTC (high, care)", mail.Header("Subject"));
        Assert.Equal("Conversations <sla@acme.example>", mail.Header("From"));
        Assert.Equal("auto-generated", mail.Header("Auto-Submitted"));
        Assert.Equal("Mon, 23 Nov 2026 09:00:00 +0000", mail.Header("Date"));
        Assert.Equal(
            """
            A first response is late.

            Conversation: c1
            Due:          2026-11-23 08:00:00 UTC
            Broken at:    2026-11-23 08:00:00 UTC
            Reached:      the due time has passed; 1 h 30 min after it is due
            Priority:     high
            Queue:        care
            Assignee:     nobody
            Policy:       gold

            https://help.example/base/console/desk/open/c1

            """.ReplaceLineEndings("\n"),
            mail.Body);
    }

    [Fact]
    public async Task A_repeat_of_the_same_message_has_the_same_id_and_another_message_another()
    {
        await Deliver(Notice(), Options(_server));
        await Deliver(Notice(), Options(_server), attempts: 1);
        await Deliver(Notice(), Options(_server), message: "notice/c1/43/0");

        var ids = _server.Taken.Select(m => m.Header("Message-Id")).ToArray();
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[0], ids[2]);
        Assert.EndsWith("@acme.example>", ids[0], StringComparison.Ordinal);
        Assert.Equal(_server.Taken[0].Text, _server.Taken[1].Text);
        Assert.Single(_server.Taken.Select(m => m.Header("References")).Distinct()); // all of one conversation are one thread
        Assert.DoesNotContain("http", _server.Taken[0].Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RCPT", "450 4.2.1 mailbox busy", typeof(Delivery.Again))]
    [InlineData("MAIL", "451 4.3.0 later", typeof(Delivery.Again))]
    [InlineData("DATA", "452 4.3.1 full", typeof(Delivery.Again))]
    [InlineData(".", "451 4.3.0 greylisted", typeof(Delivery.Again))]
    [InlineData("", "421 4.3.2 shutting down", typeof(Delivery.Again))]
    [InlineData("AUTH", "535 5.7.8 who are you", typeof(Delivery.Again))]
    [InlineData(".", "", typeof(Delivery.Again))]
    [InlineData("RCPT", "", typeof(Delivery.Again))]
    [InlineData("RCPT", "550 5.1.1 no such user", typeof(Delivery.Dead))]
    [InlineData("MAIL", "553 5.7.1 not allowed", typeof(Delivery.Dead))]
    [InlineData(".", "554 5.7.1 spam", typeof(Delivery.Dead))]
    public async Task What_the_server_refuses_for_good_is_dead_and_everything_else_is_tried_again(string command, string answer, Type expected)
    {
        _server.Answers = line => (command.Length == 0 ? line.Length == 0 : line.StartsWith(command, StringComparison.Ordinal)) ? answer : null;

        var begun = 0;
        var delivery = await Deliver(Notice(), Options(_server, ("Mail:User", "sla"), ("Mail:Password", "secret")), begin: () => begun++);

        Assert.IsType(expected, delivery);
        Assert.Empty(_server.Taken);
        Assert.Equal(1, begun);
        if (delivery is Delivery.Dead dead)
        {
            Assert.StartsWith($"mail_refused: the server answered {answer[..3]}", dead.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_mail_was_taken_does_not_send_it_again()
    {
        _server.Answers = line => line == "QUIT" ? "" : null;
        Assert.IsType<Delivery.Done>(await Deliver(Notice(), Options(_server)));
        Assert.Single(_server.Taken);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_or_does_not_answer_is_tried_again()
    {
        var gone = SmtpDouble.Plain();
        var options = Options(gone);
        await gone.DisposeAsync();
        Assert.IsType<Delivery.Again>(await Deliver(Notice(), options));

        // It takes the connection and says nothing; the wait is ended by the clock, which the test moves.
        var time = new ManualTimeProvider();
        var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        try
        {
            var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
            var waiting = Deliver(Notice(), Options(port), time: time).AsTask();
            using var silent = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            time.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal(new Delivery.Again("The mail server did not answer in time."), await waiting);
        }
        finally
        {
            listener.Stop();
        }
    }

    [Fact]
    public async Task Without_the_TLS_that_is_asked_for_nothing_is_sent()
    {
        Assert.IsType<Delivery.Again>(await Deliver(Notice(), Options(_server, ("Mail:Tls", "startTls"), ("Mail:User", "sla"), ("Mail:Password", "secret"))));
        Assert.Empty(_server.Taken);
        Assert.DoesNotContain(_server.Heard, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_has_signed_is_told_nothing()
    {
        await using var server = SmtpDouble.SelfSigned();
        Assert.IsType<Delivery.Again>(await Deliver(Notice(), Options(server, ("Mail:Tls", "implicit"), ("Mail:User", "sla"), ("Mail:Password", "secret"))));
        Assert.Empty(server.Heard);
    }

    [Fact]
    public async Task Without_a_server_it_is_a_dead_letter_that_says_what_to_set()
    {
        var dead = Assert.IsType<Delivery.Dead>(await Deliver(Notice(), null));
        Assert.StartsWith("mail_not_configured: set Mail:Host", dead.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_address_is_a_dead_letter() =>
        Assert.StartsWith(
            "mail_address_invalid", Assert.IsType<Delivery.Dead>(await Deliver(Notice() with { To = "a@b@c <>" }, Options(_server))).Reason, StringComparison.Ordinal);

    [Fact]
    public async Task Before_the_recipients_hours_nothing_is_sent()
    {
        var opens = Now + Duration.FromHours(10);
        Assert.Equal(new Delivery.Wait("The recipient's hours have not begun.", opens), await Deliver(Notice() with { NotBefore = opens }, Options(_server)));
        Assert.Empty(_server.Heard);
    }

    [Theory]
    [InlineData(ConversationStatus.Closed, true, 0, 0)]
    [InlineData(ConversationStatus.Spam, false, 2, 0)]
    [InlineData(ConversationStatus.Open, true, 2, 1)]
    [InlineData(ConversationStatus.Closed, false, 0, 1)]
    public async Task What_waited_is_not_told_of_a_conversation_that_is_over(ConversationStatus status, bool held, int attempts, int sent)
    {
        Assert.IsType<Delivery.Done>(await Deliver(Notice() with { NotBefore = held ? Now : null }, Options(_server), status: status, attempts: attempts));
        Assert.Equal(sent, _server.Taken.Count);
    }

    [Theory]
    [InlineData("Mail:Host is missing", "From=sla@acme.example")]
    [InlineData("Mail:Host is the name", "Host=smtp://mail.example", "From=sla@acme.example")]
    [InlineData("Mail:From is missing", "Host=mail.example")]
    [InlineData("Mail:From is missing", "Host=mail.example", "From=nobody")]
    [InlineData("Mail:Port is a number", "Host=mail.example", "From=sla@acme.example", "Port=0")]
    [InlineData("Mail:Tls is startTls, implicit or none", "Host=mail.example", "From=sla@acme.example", "Tls=ssl")]
    [InlineData("Mail:User and Mail:Password go together", "Host=mail.example", "From=sla@acme.example", "User=sla")]
    [InlineData("Mail:Password would cross the network readable", "Host=mail.example", "From=sla@acme.example", "Tls=none", "User=sla", "Password=x")]
    public void Settings_that_cannot_work_are_refused_at_the_start_with_what_to_do(string expected, params string[] settings)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => GatewayApp.Build([.. settings.Select(s => $"--Mail:{s}")], addEngine: (_, _) => { }));
        Assert.StartsWith(expected, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 587)]
    [InlineData("implicit", 465)]
    [InlineData("none", 25)]
    public void The_port_follows_from_the_TLS(string? tls, int port) =>
        Assert.Equal(port, MailOptions.Of(Configured([("Mail:Host", "mail.example"), ("Mail:From", "sla@acme.example"), ("Mail:Tls", tls)]))!.Port);

    private static SlaNotification Notice() => new(
        "c1/firstResponse/1.1/+5400s", NoticeKind.Mail, "lead@acme.example", null, "sla.breached", Conversation, 42, Now, Metric.FirstResponse, 1,
        ["breach", "+5400s"], Now - Duration.FromHours(1), Now - Duration.FromHours(1), "gold", Priority.High, new("care"), null);

    private static MailOptions Options(SmtpDouble server, params (string, string?)[] more) => Options(server.Port, more);

    private static MailOptions Options(int port, params (string, string?)[] more) => MailOptions.Of(Configured(
    [
        ("Mail:Host", "127.0.0.1"), ("Mail:Port", port.ToString(CultureInfo.InvariantCulture)), ("Mail:From", "Conversations <sla@acme.example>"), ("Mail:Tls", "none"), .. more,
    ]))!;

    private static IConfiguration Configured((string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.GroupBy(s => s.Key).Select(s => KeyValuePair.Create(s.Key, s.Last().Value))).Build();

    private static ValueTask<Delivery> Deliver(
        SlaNotification notice, MailOptions? options, ConversationStatus status = ConversationStatus.Open, int attempts = 0, string message = "notice/c1/42/0",
        Action? begin = null, TimeProvider? time = null)
    {
        var target = new MailTarget(options, new OneRow(status), time ?? new Arranged(), network: time ?? TimeProvider.System);
        var entry = new OutboxEntry(
            1, Account, new(message, "notify/mail", message, JsonSerializer.Serialize(notice, DomainJson.Contract.SlaNotification)), Now, Now, attempts, null, null);
        return target.Deliver(
            entry,
            () =>
            {
                begin?.Invoke();
                return ValueTask.CompletedTask;
            },
            TestContext.Current.CancellationToken);
    }

    private sealed class Arranged : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
    }
}
