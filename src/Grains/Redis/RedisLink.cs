using Conversations.Engine;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// The connections. Commits have one of their own, so that nobody's long list or feed page comes before an acknowledgement in
/// its line. A command while there is no connection fails at once and is not kept for later: its caller would be told that it
/// failed, and it would happen all the same.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    /// <summary>Time-outs are looked for, and connecting is tried again, at this pace.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    /// <summary>Errors Redis answers before it executes anything. A script's first write is where memory and disk are looked at.</summary>
    private static readonly string[] NotExecuted =
        ["LOADING", "BUSY", "OOM", "MISCONF", "NOREPLICAS", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"];

    private readonly ILogger _log;

    private RedisLink(ConnectionMultiplexer commits, ConnectionMultiplexer reads, ILogger log)
    {
        (CommitConnection, ReadConnection, _log) = (commits, reads, log);
        Commits = commits.GetDatabase();
        Reads = reads.GetDatabase();
        IsCluster = commits.GetServers().Any(s => s.ServerType == ServerType.Cluster);
    }

    public ConnectionMultiplexer CommitConnection { get; }

    public ConnectionMultiplexer ReadConnection { get; }

    public IDatabase Commits { get; }

    public IDatabase Reads { get; }

    /// <summary>Keys of two partitions cannot meet in one command.</summary>
    public bool IsCluster { get; }

    /// <exception cref="StoreUnavailableException">No Redis there.</exception>
    public static async Task<RedisLink> Connect(RedisOptions options, ILogger log)
    {
        ConnectionMultiplexer? commits = null;
        try
        {
            commits = await ConnectionMultiplexer.ConnectAsync(Configure(options, "commits"));
            return new(commits, await ConnectionMultiplexer.ConnectAsync(Configure(options, "reads")), log);
        }
        catch (Exception e) when (e is RedisException or ArgumentException or FormatException)
        {
            if (commits is not null)
            {
                await commits.DisposeAsync();
            }

            // The configuration may hold a password: only its endpoints are told.
            throw new StoreUnavailableException(
                $"No connection to Redis at {Endpoints(options)}: {e.Message} Start Redis there, or set Redis:Configuration to where it is.", e);
        }
    }

    internal static ConfigurationOptions Configure(RedisOptions options, string purpose)
    {
        var configuration = ConfigurationOptions.Parse(options.Configuration);
        configuration.AbortOnConnectFail = true;
        configuration.AsyncTimeout = configuration.SyncTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.HeartbeatInterval = Heartbeat;

        // What Redis answers is read on the threads that go on with it. The library's own threads, the default, keep a process alive that
        // blocks its pool; nothing here blocks, and handing each answer from one pool to the other cost a quarter of the throughput.
        configuration.SocketManager = SocketManager.ThreadPool;
        configuration.ReconnectRetryPolicy = new LinearRetry((int)Heartbeat.TotalMilliseconds);
        configuration.ClientName ??= $"conversations-{purpose}";
        return configuration;
    }

    private static string Endpoints(RedisOptions options)
    {
        try
        {
            return string.Join(", ", ConfigurationOptions.Parse(options.Configuration).EndPoints);
        }
        catch (ArgumentException)
        {
            return "the configured endpoints";
        }
    }

    /// <summary>A script that writes, on the commits' connection.</summary>
    /// <exception cref="StoreOverloadedException">Certainly not executed: Redis would not take writes, or there is no connection.</exception>
    /// <exception cref="RedisException">Unknown whether it was executed.</exception>
    /// <exception cref="RedisTimeoutException">Unknown whether it was executed.</exception>
    public async Task<RedisResult> Write(Script script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await Run(Commits, script, keys, values, CommandFlags.DemandMaster);
        }
        catch (RedisServerException e) when (NotExecuted.Any(code => e.Message.StartsWith(code, StringComparison.Ordinal)))
        {
            LogRefused(script.Name, e.Message);
            throw new StoreOverloadedException($"Redis does not take writes now: {e.Message}");
        }
        catch (RedisConnectionException e) when (
            e is { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection, CommandStatus: not CommandStatus.Sent })
        {
            // Thrown while looking for a connection to send it on, so it was not sent; nothing is kept for later.
            throw new StoreOverloadedException($"There is no connection to Redis now: {e.Message}");
        }
    }

    /// <summary>A script that only reads.</summary>
    public Task<RedisResult> Read(Script script, RedisKey[] keys, RedisValue[] values) => Run(Reads, script, keys, values, CommandFlags.DemandMaster);

    /// <summary>
    /// By its hash. A Redis that was restarted, or a node that took over, has forgotten its scripts and has executed nothing: it
    /// is given the text then, and knows the script from then on.
    /// </summary>
    private static async Task<RedisResult> Run(IDatabase on, Script script, RedisKey[] keys, RedisValue[] values, CommandFlags flags)
    {
        try
        {
            return await on.ScriptEvaluateAsync(script.Hash, keys, values, flags);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await on.ExecuteAsync(
                "EVAL", [script.Text, keys.Length, .. keys.Select(k => (object)k), .. values.Select(v => (object)v)], flags);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CommitConnection.DisposeAsync();
        await ReadConnection.DisposeAsync();
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "Redis refused the script {Script} before executing it: {Error}")]
    private partial void LogRefused(string script, string error);
}
