using System.Net;
using Conversations.Engine;

namespace Conversations.Grains;

/// <summary>How the processes of a cluster find each other and how long they wait.</summary>
public sealed record ConversationsClusterOptions
{
    public const string DefaultClusterId = "conversations";
    public const int DefaultSiloPort = 11_111;
    public const int DefaultGatewayPort = 30_000;
    public const int DefaultMissedProbes = 3;
    public const int DefaultMostWaiting = 1_000;
    public static readonly TimeSpan DefaultResponseTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan DefaultProbeTimeout = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan DefaultCollectAfter = TimeSpan.FromMinutes(5);

    /// <summary>Processes with the same id and the same Redis are one cluster. Default <c>conversations</c>.</summary>
    public string ClusterId { get; init; } = DefaultClusterId;

    /// <summary>
    /// The IP address at which the others reach this silo. Default: the loopback address, or in a container its own address.
    /// Silos on several machines must each be told theirs.
    /// </summary>
    public string? Address { get; init; }

    /// <summary>Where silos talk to each other. Default 11111. Not for the outside: there is no authentication on it.</summary>
    public int SiloPort { get; init; } = DefaultSiloPort;

    /// <summary>Where gateways talk to silos. Default 30000. Not for the outside: there is no authentication on it.</summary>
    public int GatewayPort { get; init; } = DefaultGatewayPort;

    /// <summary>
    /// How long a call to an entity may take, its waiting included. Default 5 s. Shorter tells callers sooner that an outcome is
    /// unknown; shorter than the journal's own time-out (2 s) would give up on what is merely slow.
    /// </summary>
    public TimeSpan ResponseTimeout { get; init; } = DefaultResponseTimeout;

    /// <summary>
    /// How long a silo may take to answer a probe. Default 2 s: with three misses a dead silo is voted out after 6 to 8 s, and its
    /// entities and workers serve elsewhere well within 20 s. Shorter also votes out silos that only pause.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = DefaultProbeTimeout;

    /// <summary>Probes in a row a silo may miss. Default 3.</summary>
    public int MissedProbes { get; init; } = DefaultMissedProbes;

    /// <summary>Commands that may wait for one entity. Default 1,000: seconds of work already; more is overload, and is refused.</summary>
    public int MostWaiting { get; init; } = DefaultMostWaiting;

    /// <summary>
    /// How long an entity of a kind stays in memory unused. Default 5 min; accounts 1 h. Longer saves reads, and costs a few
    /// kilobytes for each entity.
    /// </summary>
    public IReadOnlyDictionary<string, TimeSpan> CollectAfter { get; init; } = new Dictionary<string, TimeSpan>();

    internal IPAddress Reached => Address is { } named
        ? IPAddress.Parse(named)
        : Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") is "true" or "1"
            ? Dns.GetHostAddresses(Dns.GetHostName()).First(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
            : IPAddress.Loopback;

    internal TimeSpan CollectAfterOf(string kind) =>
        CollectAfter.TryGetValue(kind, out var set) ? set : kind == AccountType.Name ? TimeSpan.FromHours(1) : DefaultCollectAfter;

    /// <exception cref="InvalidOperationException">A value is out of its range; the message says which and what is allowed.</exception>
    internal void Validate()
    {
        Require(ClusterId.Length > 0, "Id", "is empty", "Choose a name, the same for every process.");
        Require(Address is null || IPAddress.TryParse(Address, out _), "Address", $"is '{Address}'", "Name the IP address at which the other processes reach this one.");
        Require(SiloPort is >= 1 and <= 65_535, "SiloPort", $"is {SiloPort}", "Choose a free port.");
        Require(GatewayPort is >= 1 and <= 65_535, "GatewayPort", $"is {GatewayPort}", "Choose a free port.");
        Require(SiloPort != GatewayPort, "GatewayPort", $"is the SiloPort, {SiloPort}", "Choose another free port.");
        Require(ResponseTimeout >= TimeSpan.FromSeconds(1), "ResponseTimeoutSeconds", $"is {ResponseTimeout.TotalSeconds}", "Choose 1 or more; 5 suits most.");
        Require(ProbeTimeout >= TimeSpan.FromMilliseconds(100), "ProbeTimeoutSeconds", $"is {ProbeTimeout.TotalSeconds}", "Choose 1 or 2.");
        Require(MissedProbes >= 1, "MissedProbes", $"is {MissedProbes}", "Choose 1 or more; 3 suits most.");
        Require(MostWaiting >= 1, "MostWaiting", $"is {MostWaiting}", "Choose 1 or more; 1000 suits most.");
        foreach (var (kind, age) in CollectAfter)
        {
            Require(age >= Quantum * 2, $"CollectAfterSeconds:{kind}", $"is {age.TotalSeconds}", $"Choose {Quantum.TotalSeconds * 2:0} or more.");
        }
    }

    /// <summary>How often unused entities are looked for.</summary>
    internal static TimeSpan Quantum => TimeSpan.FromSeconds(5);

    private static void Require(bool holds, string name, string found, string remedy)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Cluster:{name} {found}. {remedy}");
        }
    }
}
