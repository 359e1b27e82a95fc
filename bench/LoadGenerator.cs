using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Gateway.Http;
using Conversations.Gateway.Inbound;

namespace Conversations.Bench;

/// <summary>
/// Posts rendered requests over kept-alive connections, one at a time each. Plain sockets: it runs beside what it measures,
/// so its own cost must be small, and it is the same for both contestants.
/// </summary>
internal sealed class LoadGenerator : IDisposable
{
    private readonly Line[] _lines;

    public LoadGenerator(string url, int connections) => _lines = [.. Enumerable.Range(0, connections).Select(_ => new Line(new Uri(url)))];

    public static byte[] Post(string path, string token, byte[] json) =>
    [
        .. Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n")),
        .. json,
    ];

    /// <summary>A customer's message, as an integrator brings it.</summary>
    public static byte[] Inbound(string token, Address address, string id)
    {
        var message = Talk.Message(address, id);
        return Post("/v1/inbound", token, JsonSerializer.SerializeToUtf8Bytes(
            new InboundRequest
            {
                Channel = address.Channel,
                ChannelAccount = address.ChannelAccount,
                Thread = address.Thread,
                ExternalId = message.ExternalId,
                Visibility = message.Visibility,
                Author = new() { Id = message.Author.Id, Name = message.Author.Name, Handle = message.Author.Handle, Followers = message.Author.Followers },
                Text = message.Text,
            },
            ApiJson.Options));
    }

    /// <summary>Every connection sends its next request when the last was answered.</summary>
    public Task AtOnce(byte[][] requests, long[] latencies)
    {
        var next = -1;
        return Task.WhenAll(_lines.Select(line => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < requests.Length;)
            {
                var started = Stopwatch.GetTimestamp();
                await line.Send(requests[i]);
                latencies[i] = Stopwatch.GetTimestamp() - started;
            }
        })));
    }

    /// <summary>
    /// Sends at a fixed pace whatever the answers do. Latency counts from when a request was meant to be sent, so waiting for
    /// a free connection, or for a generator that fell behind, is part of it.
    /// </summary>
    /// <param name="meant">Told when each was meant to be sent, before it is.</param>
    public async Task AtPace(byte[][] requests, int perSecond, long[] latencies, Action<int, long>? meant = null)
    {
        var free = new ConcurrentQueue<Line>(_lines);
        using var anyFree = new SemaphoreSlim(_lines.Length);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var started = Stopwatch.GetTimestamp();
        var sent = new List<Task>(requests.Length);
        while (sent.Count < requests.Length)
        {
            await timer.WaitForNextTickAsync();
            var due = Math.Min(requests.Length, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond));
            while (sent.Count < due)
            {
                sent.Add(SendOne(sent.Count));
            }
        }

        await Task.WhenAll(sent);

        async Task SendOne(int i)
        {
            var since = started + (long)(i / (double)perSecond * Stopwatch.Frequency);
            meant?.Invoke(i, since);
            await anyFree.WaitAsync();
            free.TryDequeue(out var line);
            await line!.Send(requests[i]);
            free.Enqueue(line);
            anyFree.Release();
            latencies[i] = Stopwatch.GetTimestamp() - since;
        }
    }

    public void Dispose()
    {
        foreach (var line in _lines)
        {
            line.Dispose();
        }
    }

    private sealed class Line : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _buffer = new byte[16_384];

        public Line(Uri url) => _socket.Connect(IPAddress.Loopback, url.Port);

        public async Task Send(byte[] request)
        {
            await _socket.SendAsync(request);
            var length = 0;
            while (!IsWhole(_buffer.AsSpan(0, length)))
            {
                var read = await _socket.ReceiveAsync(_buffer.AsMemory(length));
                length = read > 0 ? length + read : throw new IOException("The server closed the connection.");
            }

            if (!_buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8))
            {
                throw new IOException($"Not taken: {Encoding.UTF8.GetString(_buffer, 0, length)}");
            }
        }

        public void Dispose() => _socket.Dispose();

        private static bool IsWhole(ReadOnlySpan<byte> answer)
        {
            var end = answer.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return false;
            }

            var head = answer[..(end + 2)];
            var length = head.IndexOf("Content-Length: "u8);
            if (length < 0)
            {
                return answer.EndsWith("0\r\n\r\n"u8); // chunked
            }

            var digits = head[(length + "Content-Length: ".Length)..];
            return answer.Length == end + 4 + int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
        }
    }
}
