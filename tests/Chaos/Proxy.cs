using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Conversations.EndToEnd.Tests;

/// <summary>A wire that can be cut: forwards a port to another one, until told not to.</summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly int _target;
    private volatile bool _cut;

    public Proxy(int target)
    {
        _target = target;
        _listener.Start(backlog: 256);
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Breaks every connection, in the middle of whatever it carried, and refuses new ones until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        _cut = true;
        Break();
    }

    public void Mend() => _cut = false;

    /// <summary>Breaks every connection; new ones are taken.</summary>
    public void Break()
    {
        foreach (var socket in _open.Keys)
        {
            socket.Close(timeout: 0); // RST: what was on its way is gone
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _end.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                _ = Forward(await _listener.AcceptTcpClientAsync(_end.Token));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task Forward(TcpClient near)
    {
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        var (nearSocket, farSocket) = (near.Client, far.Client);
        try
        {
            _open.TryAdd(nearSocket, 0);
            _open.TryAdd(farSocket, 0);
            if (_cut)
            {
                return;
            }

            await far.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            var (there, back) = (near.GetStream(), far.GetStream());
            await Task.WhenAny(there.CopyToAsync(back, _end.Token), back.CopyToAsync(there, _end.Token));
        }
        catch (Exception broken) when (broken is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // cut, or one side has gone
        }
        finally
        {
            _open.TryRemove(nearSocket, out _);
            _open.TryRemove(farSocket, out _);
            near.Dispose();
        }
    }
}
