using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Conversations.Grains.Tests.Redis;

/// <summary>A real redis-server in a folder of its own on a free loopback port, ended with the test.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/redis-server";

    private static readonly HashSet<int> Given = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations-redis-");
    private readonly string[] _arguments;
    private Process? _process;

    private RedisServer(string[] arguments)
    {
        _arguments = arguments;
        Port = FreePort();
    }

    /// <summary>Null where it is installed; else why its tests are left out.</summary>
    public static string? Missing => File.Exists(Program) ? null : $"REDIS IS NOT INSTALLED HERE ({Program}): its tests are left out. On Debian: apt-get install redis-server.";

    public int Port { get; }

    public string Endpoint => $"127.0.0.1:{Port}";

    public static async Task<RedisServer> Start(params string[] arguments)
    {
        var server = new RedisServer(arguments);
        await server.Start();
        return server;
    }

    /// <summary>Never the same one twice: whoever was given it may not listen on it yet.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            lock (Given)
            {
                if (Given.Add(port))
                {
                    return port;
                }
            }
        }
    }

    /// <summary>Starts it, again on what it had written.</summary>
    public async Task Start()
    {
        ProcessStartInfo start = new(Program)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _folder.FullName,
                "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            },
        };
        Array.ForEach(_arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
        var output = _process.StandardOutput;
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                _ = output.ReadToEndAsync(); // so that it never waits for a reader
                return;
            }
        }

        throw new InvalidOperationException($"redis-server at {Endpoint} ended while starting.");
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public async Task Kill()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>One command, as an operator would give it.</summary>
    public async Task<RedisResult> Execute(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{Endpoint},allowAdmin=true");
        return await connection.GetServer(Endpoint).ExecuteAsync(command, arguments);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await Kill();
        }

        _folder.Delete(recursive: true);
    }
}
