using NodaTime;

namespace Conversations.Engine.Embedded;

/// <summary>One process, one partition.</summary>
public sealed class EmbeddedNodes(ThisProcess process, IPartition partition, TimeProvider time) : INodes
{
    public ValueTask<IReadOnlyList<Node>> Processes(CancellationToken cancellation) => ValueTask.FromResult<IReadOnlyList<Node>>([process.Look()]);

    public async ValueTask<IReadOnlyList<PartitionState>> Partitions(CancellationToken cancellation) =>
        [await PartitionState.Of(0, process.Name, partition, Instant.FromDateTimeOffset(time.GetUtcNow()), cancellation)];
}
