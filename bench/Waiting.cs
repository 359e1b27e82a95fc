using System.Diagnostics;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Engine.Sqlite;
using NodaTime;

namespace Conversations.Bench;

/// <summary>
/// Conversations that wait for an answer until a time: real ones, each decided by the domain from a customer's message an hour
/// before; only their rows are written past the engine, because that is quicker. None is in memory when its deadline comes.
/// </summary>
internal static class Waiting
{
    private const int Target = 3_600, Chunk = 10_000;

    /// <param name="due">When each is due.</param>
    public static async Task Prepare(string path, IEnumerable<(Address Address, Instant Due)> due)
    {
        // In the order of their keys, so that the index on them is filled from one end; due times are spread at random over it.
        var addresses = due.Select(a => (a.Address, a.Due, Id: ConversationId.Of(AccountId.Default, a.Address)))
            .OrderBy(a => a.Id.Value, StringComparer.Ordinal).ToArray();

        var decided = System.Threading.Channels.Channel.CreateBounded<Commit[]>(4);
        var deciding = Task.Run(async () =>
        {
            foreach (var chunk in addresses.Chunk(Chunk))
            {
                var commits = new Commit[chunk.Length];
                Parallel.For(0, chunk.Length, i => commits[i] = FirstMessage(chunk[i].Id, chunk[i].Address, chunk[i].Due));
                await decided.Writer.WriteAsync(commits);
            }

            decided.Writer.Complete();
        });

        using var connection = BareStore.Create(path, SqliteSynchronous.Off);
        connection.Execute("PRAGMA cache_size = -1000000");
        var indexes = DropIndexes(connection);
        var entities = new Dictionary<EntityKey, long>();
        await foreach (var commits in decided.Reader.ReadAllAsync())
        {
            connection.Query("BEGIN").Run();
            foreach (var commit in commits)
            {
                new BareWrite(commit, entities).To(connection);
            }

            connection.Query("COMMIT").Run();
        }

        await deciding;
        connection.Execute(string.Join(';', indexes));
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>A customer's message, due for an answer at <paramref name="due"/>: exactly what the engine would commit.</summary>
    private static Commit FirstMessage(ConversationId id, Address address, Instant due)
    {
        var type = Conversation;
        var key = ConversationType.Key(AccountId.Default, id);
        var command = Talk.Receive(address, $"m-{address.Thread}");
        var context = new Context(due - Duration.FromSeconds(Target), command.Actor, Settings);
        var before = type.Empty(key);
        var events = ((Decision<ConversationEvent>.Accepted)type.Decide(before, command.Command, context)).Events;
        Recorded<ConversationEvent>[] recorded = [.. events.Select((e, i) => new Recorded<ConversationEvent>(i + 1, context.Now, command.Actor, command.CommandId, e))];
        var after = recorded.Aggregate(before, type.Evolve);
        var answer = type.Answer(before, after, command.Command, recorded);
        var topics = type.Topics(before, after, recorded);
        return new(
            key, 0, command.CommandId, null, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(answer, DomainJson.Contract.ConversationAnswer),
            [.. recorded.Select(e => type.Events.Encode(e, topics))], context.Now, type.NextDue(after), [], [], type.Row(after));
    }

    private static readonly ConversationType Conversation = new();

    /// <summary>One promise, which warns only when it is over: each conversation fires once, as a breach.</summary>
    private static readonly AccountSettings Settings = AccountSettings.Empty(AccountId.Default) with
    {
        Channels = new Dictionary<string, ChannelSettings>
        {
            [ChannelSettings.KeyOf(LiveEngine.Channel, LiveEngine.ChannelAccount)] = new(
                LiveEngine.Channel, LiveEngine.ChannelAccount, Queue: new QueueId("support"), Sla: new("bench", 1, Target, null, null, WarnAt: 1)),
        },
    };

    /// <summary>Filled once at the end, an index costs a sort instead of a search for each row. Unique ones stay.</summary>
    private static List<string> DropIndexes(Connection connection)
    {
        List<(string Name, string Sql)> indexes = [];
        using (var query = connection.QueryOnce("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"))
        {
            while (query.Step())
            {
                indexes.Add((query.Text(0), query.Text(1)));
            }
        }

        foreach (var (name, _) in indexes)
        {
            connection.Execute($"DROP INDEX {name}");
        }

        return [.. indexes.Select(i => i.Sql)];
    }
}

/// <summary>The system's clock, set to another time.</summary>
internal sealed class ShiftedTime(DateTimeOffset start) : TimeProvider
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => start + Stopwatch.GetElapsedTime(_started) + new TimeSpan(Volatile.Read(ref _ahead));

    /// <summary>What is asleep until then is not woken by it.</summary>
    public void PutForwardTo(DateTimeOffset time) => Interlocked.Add(ref _ahead, (time - GetUtcNow()).Ticks);
}
