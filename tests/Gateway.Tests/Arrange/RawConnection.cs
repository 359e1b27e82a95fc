using System.Net.Sockets;
using System.Text;

namespace Conversations.Gateway.Tests;

/// <summary>A connection on which a test says exactly what it likes.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();
    private NetworkStream _stream = null!;

    public static async Task<RawConnection> Open(TestGateway gateway)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(gateway.Url.Host, gateway.Url.Port, TestContext.Current.CancellationToken);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    public Task Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    public async Task Send(byte[] bytes) => await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Request line and headers of an authorised POST; more headers and the body are the test's.</summary>
    public Task SendHead(string path, string key, string headers, string contentType = "application/json") =>
        Send($"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {key}\r\nContent-Type: {contentType}\r\n{headers}\r\n\r\n");

    /// <summary>Everything until the gateway closes.</summary>
    public async Task<string> ReadToEnd()
    {
        var text = new StringBuilder();
        var buffer = new byte[16_384];
        try
        {
            while (await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // closed with what we sent still unread
        }

        return text.ToString();
    }

    /// <summary>The head of one response, to its empty line.</summary>
    public async Task<string> ReadHead()
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await _stream.ReadAsync(one, TestContext.Current.CancellationToken) > 0)
        {
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    public void Dispose() => _client.Dispose();
}
