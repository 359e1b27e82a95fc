using System.Collections.Concurrent;
using System.Diagnostics;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Engine.Embedded;
using Conversations.Grains.Redis;
using Conversations.Grains.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Conversations.Bench;

/// <summary>
/// The store, the engine over it, and the engine in the grains of a silo, against the bare script: the very same calls of <c>commit.lua</c>, recorded beforehand,
/// over the same client library with nothing around them. Then a silo whose partitions are worked off as well, for comparison: the script has nothing of the kind.
/// </summary>
internal static class CommitBench
{
    private const int Senders = 128, ThreadsOfEach = 8;

    public static async Task Run(bool quick, string appendFsync)
    {
        Console.WriteLine($"Commits: {Senders} senders at once, two customer messages to one reply, {Senders * ThreadsOfEach:N0} conversations, appendfsync {appendFsync}");
        await using var server = await RedisServer.Start("--appendfsync", appendFsync, "--auto-aof-rewrite-percentage", "0");
        var (rounds, ofEach) = (quick ? 3 : 9, quick ? 32 : 128);
        foreach (var contestant in new[] { "store", "engine", "grains", "silo" })
        {
            await using var measured = await RedisStore.Open(Options(server, contestant), TimeProvider.System, NullLogger.Instance);
            await using var rehearsal = await RedisStore.Open(Options(server, $"{contestant}-rehearsal"), TimeProvider.System, NullLogger.Instance);
            await using var bareConnection = await ConnectionMultiplexer.ConnectAsync(RedisLink.Configure(Options(server, contestant), "bare"));
            var bare = new BareScript(bareConnection, Options(server, $"{contestant}-bare"));
            var observed = new Observed(rehearsal);
            using var recording = new EmbeddedEntities(observed, new(observed), EmbeddedOptions.Default, TimeProvider.System, NullLogger<EmbeddedEntities>.Instance);
            using var live = new EmbeddedEntities(measured, new(measured), EmbeddedOptions.Default, TimeProvider.System, NullLogger<EmbeddedEntities>.Instance);
            await Talk.Register(recording);
            using var silo = contestant is "grains" or "silo" ? await LiveSilo.Start(Options(server, $"{contestant}-silo"), workers: contestant == "silo") : null;
            var entities = silo?.Services.GetRequiredService<IEntities>() ?? live;
            await Talk.Register(entities);
            (Address Address, Envelope<ConversationCommand> Envelope)[][] commands = [];
            Commit[][] commits = [];
            BareScript.Prepared[][] calls = [];
            var taken = await Rounds.Take(
                contestant, "bare", rounds,
                async round =>
                {
                    commands = Talk.Commands(round, Senders, ofEach, ThreadsOfEach);
                    observed.Taken.Clear();
                    await Parallel(new long[Senders * ofEach], ofEach, (s, i) => Talk.Send(recording, commands[s][i]));
                    commits = [.. commands.Select(of => of.Select(c => observed.Taken[c.Envelope.CommandId]).ToArray())];
                    calls = [.. commits.Select(of => of.Select(bare.Prepare).ToArray())];
                },
                () => Round.Measure(Senders * ofEach, latencies => Parallel(latencies, ofEach, contestant == "store"
                    ? (s, i) => Commit(measured, commits[s][i])
                    : (s, i) => Talk.Send(entities, commands[s][i]))),
                () => Round.Measure(Senders * ofEach, latencies => Parallel(latencies, ofEach, (s, i) => bare.Call(calls[s][i]))));
            taken.Print($"{contestant} against the bare script");
            if (contestant != "silo")
            {
                Bars.AtLeast($"{contestant}/bare", taken.Ratio.Median, 0.7);
            }
        }
    }

    private static RedisOptions Options(RedisServer server, string prefix) => new() { Configuration = server.Endpoint, Prefix = prefix, Durability = DurabilityCheck.Warn };

    private static async ValueTask Commit(RedisStore store, Commit commit)
    {
        if (await store.Commit(commit, CancellationToken.None) is not CommitOutcome.Committed)
        {
            throw new InvalidOperationException($"{commit.CommandId} was not committed.");
        }
    }

    private static Task Parallel(long[] latencies, int ofEach, Func<int, int, ValueTask> operation) =>
        Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < ofEach; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await operation(sender, i);
                latencies[(sender * ofEach) + i] = Stopwatch.GetTimestamp() - started;
            }
        })));

    /// <summary>The journal, with what was committed by command id.</summary>
    private sealed class Observed(IJournal journal) : IJournal
    {
        public ConcurrentDictionary<string, Commit> Taken { get; } = [];

        public ValueTask<StoredEntity> Load(EntityKey entity, CancellationToken cancellation) => journal.Load(entity, cancellation);

        public ValueTask<CommitOutcome> Commit(Commit commit, CancellationToken cancellation)
        {
            Taken[commit.CommandId] = commit;
            return journal.Commit(commit, cancellation);
        }

        public ValueTask<StoredReceipt?> FindReceipt(AccountId account, string commandId, CancellationToken cancellation) =>
            journal.FindReceipt(account, commandId, cancellation);

        public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(EntityKey entity, long after, int limit, bool descending, CancellationToken cancellation) =>
            journal.ReadEvents(entity, after, limit, descending, cancellation);

        public ValueTask SaveSnapshot(EntityKey entity, Snapshot snapshot, CancellationToken cancellation) => journal.SaveSnapshot(entity, snapshot, cancellation);
    }
}

/// <summary>The script's calls, made beforehand.</summary>
internal sealed class BareScript(ConnectionMultiplexer connection, RedisOptions options)
{
    private readonly IDatabase _database = connection.GetDatabase();
    private readonly Keys _keys = new(options.Prefix, RedisOptions.DefaultPartitions);
    private bool _known;

    public readonly record struct Prepared(RedisKey[] Keys, RedisValue[] Values);

    public Prepared Prepare(Commit commit)
    {
        var call = CommitCall.For(commit, _keys, options, inCluster: false);
        return new(call.Keys, call.Arguments);
    }

    public async ValueTask Call(Prepared call)
    {
        if (!_known)
        {
            await connection.GetServers()[0].ScriptLoadAsync(Script.Commit.Text);
            _known = true;
        }

        var answer = await _database.ScriptEvaluateAsync(Script.Commit.Hash, call.Keys, call.Values);
        if (answer.Resp2Type != ResultType.Integer)
        {
            throw new InvalidOperationException($"Not committed: {answer}");
        }
    }
}
