using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Conversations.Gateway.Tests.Mail;

/// <summary>
/// A mail server as far as RFC 5321 asks of one, on a real port of this machine: keeps what it takes, and answers as it is told.
/// </summary>
internal sealed class SmtpDouble : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<TakenMail> _taken = new();
    private int _read;
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    private SmtpDouble(X509Certificate2? certificate)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = Serve();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What to answer a command instead of the usual; null: the usual. An empty answer closes the connection.</summary>
    public Func<string, string?> Answers { get; set; } = _ => null;

    /// <summary>The extensions it offers (EHLO).</summary>
    public string[] Offers { get; init; } = ["8BITMIME"];

    public IReadOnlyList<TakenMail> Taken => [.. _taken];

    /// <summary>Every command, in order.</summary>
    public IReadOnlyList<string> Heard => [.. _heard];

    public static SmtpDouble Plain(params string[] offers) => new(null) { Offers = offers };

    /// <summary>Speaks TLS from the first byte, with a certificate that nobody has signed.</summary>
    public static SmtpDouble SelfSigned()
    {
        using var key = RSA.Create(2_048);
        var request = new CertificateRequest("CN=mail.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return new(X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null));
    }

    /// <summary>Waits for the next one about a conversation; those about others are passed over.</summary>
    public async Task<TakenMail> Next(string conversation)
    {
        while (true)
        {
            Assert.True(await _arrived.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "No mail came.");
            if (Taken[_read++] is var mail && mail.Body.Contains(conversation, StringComparison.Ordinal))
            {
                return mail;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _serving;
        _closing.Dispose();
        _arrived.Dispose();
        _certificate?.Dispose();
    }

    private async Task Serve()
    {
        List<Task> sessions = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_closing.Token);
                sessions.Add(Talk(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // closing
        }

        await Task.WhenAll(sessions);
    }

    private async Task Talk(TcpClient client)
    {
        using var _ = client;
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var secured = new SslStream(stream);
                await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _closing.Token);
                stream = secured;
            }

            await using var __ = stream;
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            await Session(reader, stream);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // the client has gone, or did not trust us
        }
    }

    private async Task Session(StreamReader reader, Stream stream)
    {
        var (from, to) = ("", new List<string>());
        await Say(stream, Answers("") ?? "220 double.example ready");
        while (await reader.ReadLineAsync(_closing.Token) is { } line)
        {
            _heard.Enqueue(line);
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            var answer = Answers(line) ?? verb switch
            {
                "EHLO" => string.Join("\r\n", (string[])[.. Offers.Prepend("double.example").SkipLast(1).Select(o => $"250-{o}"), $"250 {Offers.Prepend("double.example").Last()}"]),
                "AUTH" => "235 welcome",
                "MAIL" or "RCPT" or "RSET" or "NOOP" => "250 ok",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "500 what?",
            };
            if (answer.Length == 0)
            {
                return;
            }

            switch (verb)
            {
                case "MAIL":
                    from = line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
                    break;
                case "RCPT":
                    to.Add(line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)]);
                    break;
            }

            await Say(stream, answer);
            if (verb == "DATA" && answer.StartsWith('3'))
            {
                var text = await Text(reader);
                var end = Answers(".") ?? "250 taken";
                if (end.StartsWith('2'))
                {
                    _taken.Enqueue(new(from, [.. to], text));
                    _arrived.Release();
                }

                if (end.Length == 0)
                {
                    return;
                }

                await Say(stream, end);
                to.Clear();
            }
            else if (verb == "QUIT")
            {
                return;
            }
        }
    }

    private async Task<string> Text(StreamReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(_closing.Token) is { } line && line != ".")
        {
            text.Append(line.StartsWith('.') ? line[1..] : line).Append('\n');
        }

        return text.ToString();
    }

    private async Task Say(Stream stream, string answer) => await stream.WriteAsync(Encoding.Latin1.GetBytes(answer + "\r\n"), _closing.Token);
}

/// <param name="From">Of the envelope.</param>
/// <param name="Text">Header and body as they came.</param>
internal sealed record TakenMail(string From, IReadOnlyList<string> To, string Text)
{
    /// <summary>A header line, unfolded.</summary>
    public string Header(string name)
    {
        var unfolded = Text.Replace("\n ", " ", StringComparison.Ordinal).Replace("\n\t", " ", StringComparison.Ordinal);
        return unfolded.Split('\n').TakeWhile(l => l.Length > 0).Single(l => l.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))[(name.Length + 2)..];
    }

    public string Body => Text[(Text.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
}
