using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;

namespace Conversations.Grains;

/// <summary>A partition's projections as its worker holds them: what a worker without the newest lease would write is refused, and it is told.</summary>
/// <param name="lost">Called once another worker is known to hold the partition.</param>
internal sealed class HeldProjections(RedisProjections projections, Action lost) : IProjectionStore
{
    public event Action? Advanced
    {
        add => projections.Advanced += value;
        remove => projections.Advanced -= value;
    }

    public ValueTask<IReadOnlyList<FeedEntry>> ReadEvents(long after, int limit, CancellationToken cancellation) =>
        projections.ReadEvents(after, limit, cancellation);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadHistory(EntityKey entity, long after, int limit, CancellationToken cancellation) =>
        projections.ReadHistory(entity, after, limit, cancellation);

    public ValueTask<long?> Checkpoint(string projection, int format, CancellationToken cancellation) =>
        projections.Checkpoint(projection, format, cancellation);

    public async ValueTask Reset(string projection, int format, CancellationToken cancellation) => await Held(async () =>
    {
        await projections.Reset(projection, format, cancellation);
        return true;
    });

    public ValueTask<bool> Advance(ProjectionStep step, CancellationToken cancellation) => Held(() => projections.Advance(step, cancellation));

    public ValueTask<IReadOnlyList<ProjectionRow>> ReadRows(string projection, string section, ProjectionRow? after, int limit, CancellationToken cancellation) =>
        projections.ReadRows(projection, section, after, limit, cancellation);

    public ValueTask<ProjectionRow?> FindRow(string projection, string section, AccountId account, string key, CancellationToken cancellation) =>
        projections.FindRow(projection, section, account, key, cancellation);

    private async ValueTask<bool> Held(Func<ValueTask<bool>> write)
    {
        try
        {
            return await write();
        }
        catch (LeaseLostException)
        {
            lost();
            throw;
        }
    }
}
