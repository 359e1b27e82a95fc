using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// How far each partition's feed has come, as far as this process knows: from its own commits, from what others announce and
/// from asking. Never behind what was read here; asking makes it exact.
/// </summary>
/// <remarks>
/// Each partition has a random epoch beside its data. One that was lost, or a head that went back (a Redis that came up
/// with less than it had acknowledged), means another history, whose offsets mean something else: the epoch changes.
/// </remarks>
internal sealed partial class Heads(RedisLink link, Keys keys, ILogger log)
{
    private readonly long[] _heads = new long[keys.Partitions];
    private readonly string[] _epochs = new string[keys.Partitions];
    private volatile string _epoch = "";

    /// <summary>Names the journal: made of the partitions' epochs.</summary>
    public string Epoch => _epoch;

    public long this[int partition] => Volatile.Read(ref _heads[partition]);

    public long[] Copy()
    {
        var copy = new long[_heads.Length];
        for (var i = 0; i < copy.Length; i++)
        {
            copy[i] = this[i];
        }

        return copy;
    }

    /// <summary>Partitions that have come further than this process had heard.</summary>
    public event Action<IReadOnlyList<int>>? Discovered;

    /// <summary>The journal has become another one; raised before <see cref="Epoch"/> says so.</summary>
    public event Action? Replaced;

    /// <summary>Read beside something else.</summary>
    public void Discover(int partition, long head)
    {
        if (Note(partition, head))
        {
            Discovered?.Invoke([partition]);
        }
    }

    /// <summary>Told; whoever calls this spreads the news.</summary>
    /// <returns>Whether it is news.</returns>
    public bool Note(int partition, long head)
    {
        var known = this[partition];
        while (known < head)
        {
            var before = Interlocked.CompareExchange(ref _heads[partition], head, known);
            if (before == known)
            {
                return true;
            }

            known = before;
        }

        return false;
    }

    /// <summary>Asks Redis.</summary>
    public async Task Refresh(CancellationToken cancellation)
    {
        // Copied before asking: a head noted while the question is on its way may be newer than the answer.
        var known = Copy();
        var answers = await Get(p => keys.Head(p)).WaitAsync(cancellation);
        List<int> advanced = [];
        for (var p = 0; p < answers.Length; p++)
        {
            var head = answers[p].IsNull ? 0 : (long)answers[p];
            if (head < known[p])
            {
                await Lost(p, known[p], head);
                advanced.Add(p);
            }
            else if (Note(p, head))
            {
                advanced.Add(p);
            }
        }

        if (advanced.Count > 0)
        {
            Discovered?.Invoke(advanced);
        }
    }

    /// <summary>Reads the epochs, and gives one to each partition that has none: a new one, or one that was lost.</summary>
    /// <returns>Whether the journal is another one than before.</returns>
    public async Task<bool> ReadEpochs(CancellationToken cancellation)
    {
        var answers = await Get(p => keys.Epoch(p)).WaitAsync(cancellation);
        for (var p = 0; p < answers.Length; p++)
        {
            var found = (string?)answers[p];
            if (found is null)
            {
                await link.Commits.StringSetAsync(keys.Epoch(p), NewEpoch(), when: When.NotExists);
                found = await link.Commits.StringGetAsync(keys.Epoch(p), CommandFlags.DemandMaster);
            }

            if (_epochs[p] is { } before && before != found)
            {
                // Whoever saw the loss first gave the new epoch; our head is of the history before.
                Interlocked.Exchange(ref _heads[p], 0);
                LogOtherHistory(p, before, found!);
            }

            _epochs[p] = found!;
        }

        var epoch = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Join(' ', _epochs))).ToString("x16", CultureInfo.InvariantCulture);
        var changed = epoch != _epoch;
        if (changed && _epoch.Length > 0)
        {
            Replaced?.Invoke();
        }

        _epoch = epoch;
        return changed;
    }

    private async Task Lost(int partition, long known, long found)
    {
        LogLost(partition, known, found);

        // All processes notice at about the same time; the first one's epoch is everybody's.
        var renewal = link.Commits.CreateTransaction();
        renewal.AddCondition(Condition.StringEqual(keys.Epoch(partition), _epochs[partition]));
        _ = renewal.StringSetAsync(keys.Epoch(partition), NewEpoch());
        await renewal.ExecuteAsync(CommandFlags.DemandMaster);

        Interlocked.Exchange(ref _heads[partition], found);
        await ReadEpochs(CancellationToken.None);
    }

    /// <summary>One key of each partition: in one command where one Redis has them all.</summary>
    private Task<RedisValue[]> Get(Func<int, string> key)
    {
        var wanted = Enumerable.Range(0, keys.Partitions).Select(p => (RedisKey)key(p)).ToArray();
        return link.IsCluster
            ? Task.WhenAll(wanted.Select(k => link.Reads.StringGetAsync(k, CommandFlags.DemandMaster)))
            : link.Reads.StringGetAsync(wanted, CommandFlags.DemandMaster);
    }

    private static string NewEpoch() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    [LoggerMessage(EventId = 30, Level = LogLevel.Critical,
        Message = "Partition {Partition} was at {Known} and is at {Found}: Redis came back with less than it had acknowledged. Watchers are told to list again. "
            + "Look at its append-only file and its replicas' lag (docs/operations.md).")]
    private partial void LogLost(int partition, long known, long found);

    [LoggerMessage(EventId = 31, Level = LogLevel.Critical, Message = "Partition {Partition} is another history now: epoch {Before} became {Found}.")]
    private partial void LogOtherHistory(int partition, string before, string found);
}
