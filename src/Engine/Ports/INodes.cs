using NodaTime;

namespace Conversations.Engine;

/// <summary>The processes of this system and the partitions they work on, for operators. A cluster answers for all of them.</summary>
public interface INodes
{
    ValueTask<IReadOnlyList<Node>> Processes(CancellationToken cancellation);

    ValueTask<IReadOnlyList<PartitionState>> Partitions(CancellationToken cancellation);
}

/// <param name="Name">Machine and process.</param>
/// <param name="Role">gateway, silo or both; embedded: everything in one process.</param>
/// <param name="Version">Of the program, with the commit it was built from where that is known.</param>
/// <param name="CommandsPerSecond">Answered in the last minute, refusals included.</param>
/// <param name="OverloadedPerSecond">Turned away.</param>
/// <param name="Commit">From sending a commit to the journal's answer, in seconds, of the last minute.</param>
/// <param name="DeadlineLateness">From a deadline to the commit of what came of it.</param>
/// <param name="FeedLag">From the commit of an event to its being handed to those who watch.</param>
/// <param name="OutboxAge">How old outbox messages were when a try to deliver them ended.</param>
public sealed record Node(
    string Name,
    string Role,
    string Version,
    string Runtime,
    Instant StartedAt,
    long MemoryBytes,
    double CommandsPerSecond,
    double RefusedPerSecond,
    double OverloadedPerSecond,
    Vital Commit,
    Vital DeadlineLateness,
    Vital FeedLag,
    Vital OutboxAge);

/// <param name="Node">The process that works on it; null: nobody now.</param>
/// <param name="NextDeadline">The earliest deadline of all. In the past: so late is the latest one that has not fired yet.</param>
/// <param name="OutboxDue">Messages whose turn has come; counted to <see cref="MostCounted"/>.</param>
/// <param name="OutboxOldest">When the oldest of them was enqueued.</param>
public sealed record PartitionState(int Id, string? Node, Instant? NextDeadline, int OutboxDue, Instant? OutboxOldest)
{
    /// <summary>More than so many due messages are "so many": counting costs reading.</summary>
    public const int MostCounted = 200;

    public static async ValueTask<PartitionState> Of(int id, string? node, IPartition partition, Instant now, CancellationToken cancellation)
    {
        var due = await partition.ReadOutbox(now, MostCounted, cancellation);
        return new(id, node, await partition.NextDeadline(cancellation), due.Count, due.Count == 0 ? null : due.Min(entry => entry.EnqueuedAt));
    }
}
