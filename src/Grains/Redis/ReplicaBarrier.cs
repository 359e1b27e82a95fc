using System.Globalization;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Waits until replicas have received what was committed. <c>WAIT</c> speaks for its own connection only and holds it up
/// meanwhile, so it has one of its own: a small write there comes after the commit in Redis' one order of writes, and once it
/// is on the replicas, so is the commit. All who come while one wait is on its way share the next.
/// </summary>
internal sealed class ReplicaBarrier : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;
    private readonly Keys _keys;
    private readonly int _replicas;
    private readonly int _milliseconds;
    private readonly Lock _gate = new();
    private readonly Dictionary<System.Net.EndPoint, Lane> _lanes = [];

    private ReplicaBarrier(ConnectionMultiplexer connection, Keys keys, RedisOptions options)
    {
        (_connection, _database, _keys) = (connection, connection.GetDatabase(), keys);
        (_replicas, _milliseconds) = (options.Replicas, (int)options.ReplicaTimeout.TotalMilliseconds);
    }

    public static async Task<ReplicaBarrier?> Connect(RedisOptions options, Keys keys)
    {
        if (options.Replicas == 0)
        {
            return null;
        }

        var configuration = RedisLink.Configure(options, "replicas");
        configuration.AsyncTimeout = configuration.SyncTimeout = (int)(options.ReplicaTimeout + options.CommandTimeout).TotalMilliseconds;
        return new(await ConnectionMultiplexer.ConnectAsync(configuration), keys, options);
    }

    /// <exception cref="TimeoutException">Not enough replicas have it in time; the commit itself has happened.</exception>
    public async Task Pass(int partition)
    {
        RedisKey mark = _keys.Prefix(partition) + "mark";
        var node = await _database.IdentifyEndpointAsync(mark) ?? throw new TimeoutException("The node of the partition is not known now.");
        Task<long> wait;
        lock (_gate)
        {
            if (!_lanes.TryGetValue(node, out var lane))
            {
                _lanes.Add(node, lane = new());
            }

            wait = lane.Next is null || lane.NextHasBegun ? lane.Queue(previous => Wait(lane, previous, node, mark)) : lane.Next;
        }

        var reached = await wait;
        if (reached < _replicas)
        {
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture, $"{reached} of {_replicas} replicas have the commit after {_milliseconds} ms; it may be lost with its node."));
        }
    }

    private async Task<long> Wait(Lane lane, Task previous, System.Net.EndPoint node, RedisKey mark)
    {
        await previous.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        lock (_gate)
        {
            lane.NextHasBegun = true; // whoever comes from here on may have committed after our mark
        }

        var written = _database.StringIncrementAsync(mark, flags: CommandFlags.DemandMaster);
        var answer = await _connection.GetServer(node).ExecuteAsync("WAIT", _replicas, _milliseconds);
        await written;
        return (long)answer;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>The waits of one node, one after the other.</summary>
    private sealed class Lane
    {
        public Task<long>? Next { get; private set; }

        public bool NextHasBegun { get; set; }

        public Task<long> Queue(Func<Task, Task<long>> wait)
        {
            var previous = Next ?? Task.CompletedTask;
            NextHasBegun = false;
            return Next = wait(previous);
        }
    }
}
