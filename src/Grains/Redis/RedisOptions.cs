using Conversations.Engine;

namespace Conversations.Grains.Redis;

/// <summary>Where the cluster's journal is and how it is treated.</summary>
public sealed record RedisOptions
{
    public const string DefaultPrefix = "conversations";
    public const int DefaultPartitions = 64;
    public const int MostPartitions = 1_024;
    public const int DefaultMaxInFlight = 8_192;
    public const int DefaultFeedEntries = 1_000_000;
    public static readonly TimeSpan DefaultCommandTimeout = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan DefaultFeedRetention = TimeSpan.FromDays(8);
    public static readonly TimeSpan DefaultSafetyPoll = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan DefaultReplicaTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Endpoints and credentials as StackExchange.Redis writes them, for example <c>redis-1:6379,redis-2:6379,password=…,ssl=true</c>.</summary>
    public required string Configuration { get; init; }

    /// <summary>What every key begins with. Default <c>conversations</c>. Another prefix is another journal; no braces.</summary>
    public string Prefix { get; init; } = DefaultPrefix;

    /// <summary>
    /// Into how many parts the journal is split; null takes what the journal was made with, 64 for a new one. More spread over
    /// more Redis nodes and silos, and each list and idle poll asks every one of them. It cannot be changed later.
    /// </summary>
    public int? Partitions { get; init; }

    /// <summary>
    /// How long one command may take. Default 2 s. Shorter gives up sooner on a Redis that is only slow, and every write given
    /// up on is an unknown outcome; longer keeps callers waiting for a Redis that has died.
    /// </summary>
    public TimeSpan CommandTimeout { get; init; } = DefaultCommandTimeout;

    /// <summary>How long connecting may take, at the start and again after a loss. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = DefaultConnectTimeout;

    /// <summary>
    /// The most commits under way. Default 8,192, less than a second's work for one Redis. Beyond it a commit is refused
    /// before it is sent; larger takes longer bursts, and lets callers wait longer for an answer they may have given up on.
    /// </summary>
    public int MaxInFlight { get; init; } = DefaultMaxInFlight;

    /// <summary>
    /// How far back the feed reaches. Default 8 days: a day more than gateways promise, so that a cursor just accepted is not
    /// overtaken by forgetting. The history itself is kept for ever.
    /// </summary>
    public TimeSpan FeedRetention { get; init; } = DefaultFeedRetention;

    /// <summary>
    /// The most commits kept in the feed of one partition. Default 1,000,000, about 150 bytes each. Bounds the memory under a
    /// rate that <see cref="FeedRetention"/> alone would not; cursors older than that are told to list again.
    /// </summary>
    public int FeedEntries { get; init; } = DefaultFeedEntries;

    /// <summary>
    /// How often to look for what the announcements of other processes failed to tell (Redis may drop them). Default 2 s: the
    /// longest such a change stays unseen. Shorter costs an idle Redis one small read for each process each time.
    /// </summary>
    public TimeSpan SafetyPoll { get; init; } = DefaultSafetyPoll;

    /// <summary>
    /// What to do at the start about a Redis that may forget what it acknowledged. Default <see cref="DurabilityCheck.Refuse"/>;
    /// <see cref="DurabilityCheck.Warn"/> starts all the same.
    /// </summary>
    public DurabilityCheck Durability { get; init; } = DurabilityCheck.Refuse;

    /// <summary>
    /// Replicas that must have received a commit before it is acknowledged. Default 0: none. Each adds a round trip to its
    /// slowest replica, shared by the commits that wait at the same time, and makes commits fail while replicas are missing.
    /// </summary>
    public int Replicas { get; init; }

    /// <summary>How long to wait for the replicas. Default 1 s; after that the commit is an unknown outcome.</summary>
    public TimeSpan ReplicaTimeout { get; init; } = DefaultReplicaTimeout;

    /// <exception cref="StoreUnavailableException">A value is out of its range; the message says which and what is allowed.</exception>
    internal void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Configuration), nameof(Configuration), "is missing", "Name at least one endpoint, for example 127.0.0.1:6379.");
        Require(Prefix.Length > 0 && Prefix.AsSpan().IndexOfAny('{', '}') < 0, nameof(Prefix), $"is '{Prefix}'", "Choose one without braces that is not empty.");
        Require(Partitions is null or (>= 1 and <= MostPartitions), nameof(Partitions), $"is {Partitions}", $"Choose 1 to {MostPartitions}.");
        Require(CommandTimeout > TimeSpan.Zero, nameof(CommandTimeout), $"is {CommandTimeout}", "Choose a second or a few.");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), $"is {ConnectTimeout}", "Choose a few seconds.");
        Require(MaxInFlight >= 1, nameof(MaxInFlight), $"is {MaxInFlight}", "Choose 1 or more.");
        Require(FeedRetention > TimeSpan.Zero, nameof(FeedRetention), $"is {FeedRetention}", "Choose more than gateways promise, usually 8 days.");
        Require(FeedEntries >= 1_000, nameof(FeedEntries), $"is {FeedEntries}", "Choose 1,000 or more.");
        Require(SafetyPoll > TimeSpan.Zero, nameof(SafetyPoll), $"is {SafetyPoll}", "Choose a second or a few.");
        Require(Replicas >= 0, nameof(Replicas), $"is {Replicas}", "Choose 0 (none) or more.");
        Require(ReplicaTimeout > TimeSpan.Zero, nameof(ReplicaTimeout), $"is {ReplicaTimeout}", "Choose a second or so.");
    }

    private static void Require(bool holds, string name, string found, string remedy)
    {
        if (!holds)
        {
            throw new StoreUnavailableException($"Redis:{name} {found}. {remedy}");
        }
    }
}

public enum DurabilityCheck
{
    /// <summary>Does not start on a Redis that keeps no append-only file or may evict keys.</summary>
    Refuse,

    /// <summary>Says so in the log, and starts. For trials, and where the operator knows better.</summary>
    Warn,
}
