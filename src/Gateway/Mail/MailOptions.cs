using MailKit.Security;
using MimeKit;

namespace Conversations.Gateway.Mail;

/// <summary>The server that notices by mail are handed to: the section <c>Mail</c> of the configuration.</summary>
/// <param name="PublicUrl">Where people reach the console: <c>Gateway:PublicUrl</c>. Null: mails name the conversation without a link.</param>
internal sealed record MailOptions(string Host, int Port, MailboxAddress From, SecureSocketOptions Tls, string? User, string? Password, Uri? PublicUrl)
{
    /// <summary>From connecting to the server's last answer. Default 15 s: what takes longer is tried again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Without the password: a record would show all its members.</summary>
    public override string ToString() => $"{Host}:{Port}";

    /// <returns>Null when nothing is configured: notices by mail then go to the dead letters, and say so.</returns>
    /// <exception cref="InvalidOperationException">Something is missing or wrong; the message says what to do.</exception>
    public static MailOptions? Of(IConfiguration configuration)
    {
        var section = configuration.GetSection("Mail");
        if (section["Host"] is not { Length: > 0 } host)
        {
            return section.GetChildren().Any(c => !string.IsNullOrEmpty(c.Value))
                ? throw new InvalidOperationException("Mail:Host is missing. Set it to the name of the mail server; or set nothing of Mail, and nothing is sent by mail.")
                : null;
        }

        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            throw new InvalidOperationException($"Mail:Host is the name or address of a server, not '{host}'. The port goes into Mail:Port.");
        }

        var tls = TlsOf(section["Tls"]);
        var port = section["Port"] is not { Length: > 0 } told ? PortOf(tls)
            : int.TryParse(told, out var number) && number is > 0 and < 65_536 ? number
            : throw new InvalidOperationException($"Mail:Port is a number from 1 to 65535, not '{told}'. Without it: 587, 465 with implicit TLS, 25 without any.");
        if (section["From"] is not { Length: > 0 } from || !MailboxAddress.TryParse(from, out var sender) || sender.Domain is not { Length: > 0 })
        {
            throw new InvalidOperationException("Mail:From is missing or no address. Set it to the sender, for example \"Conversations <sla@example.com>\".");
        }

        var (user, password) = (section["User"], section["Password"]);
        if (string.IsNullOrEmpty(user) != string.IsNullOrEmpty(password))
        {
            throw new InvalidOperationException("Mail:User and Mail:Password go together. Set both; or neither for a server that asks for none.");
        }

        if (tls == SecureSocketOptions.None && !string.IsNullOrEmpty(user) && !IsHere(host))
        {
            throw new InvalidOperationException("Mail:Password would cross the network readable. Set Mail:Tls to startTls or implicit.");
        }

        return new(host, port, sender, tls, Filled(user), Filled(password), PublicUrlOf(configuration["Gateway:PublicUrl"]));
    }

    private static SecureSocketOptions TlsOf(string? told) => told?.ToLowerInvariant() switch
    {
        null or "" or "starttls" => SecureSocketOptions.StartTls,
        "implicit" => SecureSocketOptions.SslOnConnect,
        "none" => SecureSocketOptions.None,
        _ => throw new InvalidOperationException($"Mail:Tls is startTls, implicit or none, not '{told}'."),
    };

    private static int PortOf(SecureSocketOptions tls) => tls switch
    {
        SecureSocketOptions.SslOnConnect => 465,
        SecureSocketOptions.None => 25,
        _ => 587,
    };

    private static Uri? PublicUrlOf(string? told) =>
        string.IsNullOrEmpty(told) ? null
        : Uri.TryCreate(told.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url is { Query: "", Fragment: "" } ? url
        : throw new InvalidOperationException($"Gateway:PublicUrl is the http or https address people reach this gateway at, not '{told}'.");

    private static bool IsHere(string host) => host == "localhost" || (System.Net.IPAddress.TryParse(host, out var address) && System.Net.IPAddress.IsLoopback(address));

    private static string? Filled(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
