using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Conversations.Clusters;

/// <summary>
/// The topology of docker/compose.yaml as plain processes on this machine: one Redis, silos, gateways. Every call reads and
/// writes the state file in <paramref name="folder"/>, so calls of different processes may follow each other.
/// </summary>
internal sealed class Cluster(string folder, TimeProvider time) : IDisposable
{
    /// <summary>A silo joins after it has found Redis and the other silos; on a busy machine that has taken 20 s.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);

    /// <summary>What a drain may take: requests end, entities are handed on. Afterwards it is killed.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>By name and Redis' port: the port under which a node is told to find Redis. Tests put a wire there that they can cut.</summary>
    public Func<string, int, int> RedisSeenBy { get; init; } = (_, port) => port;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <exception cref="ClusterException">There is none in this folder.</exception>
    public ClusterState State => ClusterState.Read(folder) ?? throw new ClusterException($"There is no cluster in {folder}. Start one with 'up'.");

    public static string SiloProgram
    {
        get
        {
            // artifacts/bin/Conversations.Cluster/debug → artifacts/bin/Conversations.Silo/debug
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(here.Parent!.Parent!.FullName, "Conversations.Silo", here.Name, "Conversations.Silo.dll");
        }
    }

    /// <summary>Starts what is missing of the topology asked for, and waits until all of it is ready.</summary>
    public async Task<ClusterState> Up(int silos, int gateways, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var state = ClusterState.Read(folder) ?? new ClusterState(
            $"conversations-{RandomNumberGenerator.GetHexString(8, lowercase: true)}",
            $"admin-{RandomNumberGenerator.GetHexString(32, lowercase: true)}",
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            []);
        state.Write(folder);
        if (!state.Of(NodeKind.Redis).Any(r => r.Alive))
        {
            await StartRedis(cancellation);
        }

        await Scale(NodeKind.Silo, silos, cancellation);
        await Scale(NodeKind.Gateway, gateways, cancellation);
        return State;
    }

    /// <summary>Starts missing ones, or drains the newest ones, until there are so many.</summary>
    public async Task Scale(NodeKind kind, int count, CancellationToken cancellation)
    {
        var prefix = kind == NodeKind.Silo ? "silo" : "gateway";
        var missing = Enumerable.Range(1, count).Select(n => $"{prefix}-{n.ToString(CultureInfo.InvariantCulture)}")
            .Where(name => State.Nodes.FirstOrDefault(n => n.Name == name) is not { Alive: true }).ToList();
        await Task.WhenAll(missing.Select(name => Launch(name, kind)).ToList().Select(node => UntilReady(node, cancellation)));

        foreach (var surplus in State.Of(kind).Where(n => NumberOf(n) > count).OrderByDescending(NumberOf).ToList())
        {
            await Drain(surplus.Name, cancellation);
        }
    }

    /// <summary>Starts a node again under its name, address and data, and waits until it is ready.</summary>
    public async Task<Node> Restart(string name, CancellationToken cancellation)
    {
        var node = Of(name);
        if (node.Kind == NodeKind.Redis)
        {
            return await StartRedis(cancellation);
        }

        var started = Launch(name, node.Kind);
        await UntilReady(started, cancellation);
        return started;
    }

    /// <summary>SIGKILL: nothing in the process runs any more.</summary>
    public async Task Kill(string name, CancellationToken cancellation)
    {
        Processes.Signal(Of(name), Processes.Kill);
        await UntilEnded(Of(name), StopPatience, cancellation);
    }

    public void Freeze(string name) => Processes.Signal(Of(name), Processes.Stop);

    public void Thaw(string name) => Processes.Signal(Of(name), Processes.Continue);

    /// <summary>SIGTERM: it takes nothing new, hands on what it has, and ends. True if it ended by itself.</summary>
    public async Task<bool> Drain(string name, CancellationToken cancellation)
    {
        var node = Of(name);
        Processes.Signal(node, Processes.Term);
        var gracefully = await UntilEnded(node, StopPatience, cancellation);
        if (!gracefully)
        {
            await Kill(name, cancellation);
        }

        return gracefully;
    }

    /// <summary>Gateways first, then silos, Redis last: each still has what it needs while it drains.</summary>
    public async Task Down(bool forget, CancellationToken cancellation)
    {
        foreach (var kind in new[] { NodeKind.Gateway, NodeKind.Silo, NodeKind.Redis })
        {
            await Task.WhenAll(State.Of(kind).Where(n => n.Alive).Select(n => Drain(n.Name, cancellation)));
        }

        if (forget)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public async Task<bool> IsReady(Node node, CancellationToken cancellation)
    {
        try
        {
            if (node.Kind == NodeKind.Redis)
            {
                return await PingRedis(node.Port, cancellation);
            }

            using var answer = await _http.GetAsync(new Uri(node.Url, "/readyz"), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or IOException or SocketException || (notYet is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    public string LogOf(string name) => Path.Combine(folder, $"{name}.log");

    private Node Of(string name) => State.Nodes.FirstOrDefault(n => n.Name == name)
        ?? throw new ClusterException($"There is no '{name}'. There are: {string.Join(", ", State.Nodes.Select(n => n.Name))}.");

    private async Task<Node> StartRedis(CancellationToken cancellation)
    {
        var port = State.Of(NodeKind.Redis).FirstOrDefault()?.Port ?? FreePort();
        var data = Directory.CreateDirectory(Path.Combine(folder, "redis"));
        string[] arguments =
        [
            "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", data.FullName,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ];
        var (pid, started) = Processes.Start(RedisProgram(), arguments, new Dictionary<string, string>(), LogOf("redis"));
        var node = new Node("redis", NodeKind.Redis, port, pid, started);
        State.With(node).Write(folder);
        await UntilReady(node, cancellation);
        return node;
    }

    private Node Launch(string name, NodeKind kind)
    {
        var known = State.Nodes.FirstOrDefault(n => n.Name == name);
        var port = known?.Port ?? FreePort();
        var state = State;
        var (pid, started) = Processes.Start(
            Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet")),
            ["exec", SiloProgram, "--role", kind == NodeKind.Silo ? "silo" : "gateway"],
            new Dictionary<string, string>
            {
                ["CONVERSATIONS_MASTER_KEY"] = state.MasterKey,
                ["CONVERSATIONS_BOOTSTRAP_KEY"] = state.AdminKey,
                ["CONVERSATIONS_DATA"] = Path.Combine(folder, name),
                ["Cluster__Id"] = state.Id,
                ["Redis__Configuration"] = $"127.0.0.1:{RedisSeenBy(name, state.Of(NodeKind.Redis).Single().Port).ToString(CultureInfo.InvariantCulture)}",
                ["Cluster__SiloPort"] = FreePort().ToString(CultureInfo.InvariantCulture),
                ["Cluster__GatewayPort"] = FreePort().ToString(CultureInfo.InvariantCulture),
                ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0", // they share the processors: who waits for work must not spin
                ["Urls"] = $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}",
            },
            LogOf(name));
        var node = new Node(name, kind, port, pid, started);
        State.With(node).Write(folder);
        return node;
    }

    private async Task UntilReady(Node node, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!await IsReady(node, cancellation))
        {
            if (!node.Alive)
            {
                throw new ClusterException($"{node.Name} ended at once. Its log says:\n{TailOf(node.Name)}");
            }

            if (time.GetElapsedTime(began) > StartPatience)
            {
                throw new ClusterException($"{node.Name} is not ready after {StartPatience.TotalSeconds} s. Its log says:\n{TailOf(node.Name)}");
            }

            await Task.Delay(Look, time, cancellation);
        }
    }

    private async Task<bool> UntilEnded(Node node, TimeSpan patience, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (node.Alive)
        {
            if (time.GetElapsedTime(began) > patience)
            {
                return false;
            }

            await Task.Delay(Look, time, cancellation);
        }

        return true;
    }

    private string TailOf(string name) => string.Join('\n', File.Exists(LogOf(name)) ? File.ReadLines(LogOf(name)).TakeLast(12) : []);

    private static int NumberOf(Node node) => int.Parse(node.Name.AsSpan(node.Name.LastIndexOf('-') + 1), CultureInfo.InvariantCulture);

    private static string RedisProgram() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "redis-server")).FirstOrDefault(File.Exists)
        ?? throw new ClusterException("redis-server is not installed. Debian and Ubuntu: apt-get install redis-server. macOS: brew install redis.");

    private static async Task<bool> PingRedis(int port, CancellationToken cancellation)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
        await using var stream = socket.GetStream();
        await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellation);
        var answer = new byte[7];
        await stream.ReadExactlyAsync(answer, cancellation);
        return answer.AsSpan().SequenceEqual("+PONG\r\n"u8); // while it reads its data it says -LOADING
    }

    /// <summary>Below the range from which the system takes ports for outgoing connections (32768 up): those come and go meanwhile.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken
            }
        }
    }
}

/// <summary>Something whoever called can put right; the message says what.</summary>
internal sealed class ClusterException(string message) : Exception(message);
