using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Conversations.Gateway.Tests;

/// <summary>A client of the hub that speaks its JSON protocol itself.</summary>
internal sealed class HubSocket : IDisposable
{
    private const char End = '\u001e';

    private readonly ClientWebSocket _socket = new();
    private string _read = "";

    public static async Task<HubSocket> Open(TestGateway gateway, string key)
    {
        var hub = new HubSocket();
        await hub._socket.ConnectAsync(new($"ws://{gateway.Url.Authority}/v1/hub?access_token={Uri.EscapeDataString(key)}"), TestContext.Current.CancellationToken);
        await hub.Send("""{"protocol":"json","version":1}""");
        Assert.Equal("{}", (await hub.Message()).ToString());
        return hub;
    }

    /// <summary>Asks for a stream; what it brings is read with Next.</summary>
    public Task Watch(string[]? topics, string? cursor = null) =>
        Send(JsonSerializer.Serialize(new { type = 4, invocationId = "1", target = "Watch", arguments = new object?[] { topics, cursor } }));

    /// <summary>The next item of the stream, as SSE would have it; null when the stream has completed.</summary>
    /// <exception cref="InvalidOperationException">It completed with an error; the message is the error.</exception>
    public async Task<Heard?> Next()
    {
        while (true)
        {
            var message = await Message();
            switch (message.GetProperty("type").GetInt32())
            {
                case 2:
                    var item = message.GetProperty("item");
                    return new(item.GetProperty("event").GetString()!, item.GetProperty("id").GetString(), item.GetProperty("data").GetRawText());
                case 3:
                    return message.TryGetProperty("error", out var error) ? throw new InvalidOperationException(error.GetString()) : null;
                case 6:
                    break;
                default:
                    Assert.Fail($"Not expected: {message}");
                    break;
            }
        }
    }

    public async Task<Heard> Next(string kind)
    {
        var heard = await Next();
        Assert.True(heard?.Event == kind, $"Expected {kind}, heard {heard}");
        return heard;
    }

    public void Dispose() => _socket.Dispose();

    private async Task Send(string message) =>
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    private async Task<JsonElement> Message()
    {
        var buffer = new byte[65_536];
        while (!_read.Contains(End, StringComparison.Ordinal))
        {
            var received = await _socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
            Assert.NotEqual(WebSocketMessageType.Close, received.MessageType);
            _read += Encoding.UTF8.GetString(buffer, 0, received.Count);
        }

        var end = _read.IndexOf(End, StringComparison.Ordinal);
        var message = _read[..end];
        _read = _read[(end + 1)..];
        return JsonElement.Parse(message);
    }
}
