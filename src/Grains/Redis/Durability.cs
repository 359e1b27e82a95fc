using Conversations.Engine;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Looks at the start whether Redis keeps what it acknowledges. What it says about itself is read from <c>INFO</c>, which every
/// service allows; <c>CONFIG</c> is often forbidden, and then the operator is told what to make sure of.
/// </summary>
internal sealed partial class Durability(RedisOptions options, ILogger log)
{
    public async Task Check(ConnectionMultiplexer connection)
    {
        foreach (var server in connection.GetServers().Where(s => s is { IsConnected: true, IsReplica: false, ServerType: not ServerType.Sentinel }))
        {
            await Check(server);
        }
    }

    private async Task Check(IServer server)
    {
        // Not through the client's own call, which asks for administrator's rights that this program does not need.
        var info = ((string)(await server.ExecuteAsync("INFO"))!).Split("\r\n").Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .ToLookup(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        var where = server.EndPoint.ToString()!;
        if (info["aof_enabled"].FirstOrDefault() != "1")
        {
            Object(where, "keeps no append-only file, so a restart loses what was acknowledged since its last dump", "Set 'appendonly yes'.");
        }

        if (info["maxmemory_policy"].FirstOrDefault() is { } policy && policy != "noeviction")
        {
            Object(where, $"evicts keys when its memory is full (maxmemory-policy {policy}), which would tear holes in histories", "Set 'maxmemory-policy noeviction'.");
        }

        if (options.Replicas > 0 && (!int.TryParse(info["connected_slaves"].FirstOrDefault(), out var replicas) || replicas < options.Replicas))
        {
            LogFewReplicas(where, info["connected_slaves"].FirstOrDefault() ?? "?", options.Replicas);
        }

        await CheckFlush(server, where);
    }

    private async Task CheckFlush(IServer server, string where)
    {
        try
        {
            var answer = (RedisValue[])(await server.ExecuteAsync("CONFIG", "GET", "appendfsync"))!;
            switch ((string?)answer.ElementAtOrDefault(1))
            {
                case "always":
                    LogAlways(where);
                    break;
                case "everysec":
                    LogEverySecond(where);
                    break;
                case var flush:
                    Object(where, $"leaves flushing to the operating system (appendfsync {flush}), so loss of power can undo up to half a minute", "Set 'appendfsync everysec' or 'always'.");
                    break;
            }
        }
        catch (RedisServerException e)
        {
            LogNotTold(where, e.Message);
        }
    }

    private void Object(string where, string finding, string remedy)
    {
        if (options.Durability == DurabilityCheck.Refuse)
        {
            throw new StoreUnavailableException($"Redis at {where} {finding}. {remedy} To start all the same, set Redis:Durability to Warn.");
        }

        LogNotDurable(where, finding, remedy);
    }

    [LoggerMessage(EventId = 50, Level = LogLevel.Information, Message = "Redis at {Where} flushes before every acknowledgement (appendfsync always)")]
    private partial void LogAlways(string where);

    [LoggerMessage(EventId = 51, Level = LogLevel.Information,
        Message = "Redis at {Where} flushes every second (appendfsync everysec): acknowledged commits survive the death of Redis; loss of power can undo the last second or two")]
    private partial void LogEverySecond(string where);

    [LoggerMessage(EventId = 52, Level = LogLevel.Warning,
        Message = "Redis at {Where} does not tell how it flushes its append-only file ({Error}). Make sure that it is 'appendfsync everysec' or 'always', and that it has a replica.")]
    private partial void LogNotTold(string where, string error);

    [LoggerMessage(EventId = 53, Level = LogLevel.Error, Message = "ACKNOWLEDGED COMMITS MAY BE LOST: Redis at {Where} {Finding}. {Remedy}")]
    private partial void LogNotDurable(string where, string finding, string remedy);

    [LoggerMessage(EventId = 54, Level = LogLevel.Warning,
        Message = "Redis at {Where} has {Connected} replicas; commits will not be acknowledged before {Wanted} have them (Redis:Replicas).")]
    private partial void LogFewReplicas(string where, string connected, int wanted);
}
