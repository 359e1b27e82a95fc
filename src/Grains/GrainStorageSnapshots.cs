using System.Buffers.Binary;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Persistence;
using Orleans.Storage;

namespace Conversations.Grains;

/// <summary>
/// Snapshots through Orleans' grain storage on Redis, under the key the journal has for them: on the node of the events. Whole
/// states belong there and nowhere else: a snapshot is a cache, and one in a hundred commits writes it.
/// </summary>
/// <remarks>Nothing in it runs out by itself: a state that vanished under a live grain is what makes two of it.</remarks>
internal sealed class GrainStorageSnapshots(IServiceProvider services) : ISnapshots
{
    private const string Provider = "snapshots", StateName = "snapshot";

    /// <summary>Looked for when first used: the storage asks the journal for its keys, and the journal has us.</summary>
    private IGrainStorage Storage => services.GetRequiredKeyedService<IGrainStorage>(Provider);

    public static void Add(ISiloBuilder silo, RedisOptions redis) => silo.AddRedisGrainStorage(
        Provider,
        (OptionsBuilder<RedisStorageOptions> options) => options.Configure<IServiceProvider>((storage, services) =>
        {
            storage.ConfigurationOptions = RedisLink.Configure(redis, "snapshots");
            storage.GrainStorageSerializer = new Form();
            storage.GetStorageKey = (_, id) => services.GetRequiredService<RedisStore>().SnapshotKeyOf(GrainKey.Read(id.Type.ToString()!, id.Key.ToString()!));
        }));

    public async ValueTask<Snapshot?> Read(EntityKey entity, CancellationToken cancellation) =>
        await Find(entity, cancellation) is { RecordExists: true, State: { } kept } ? new(kept.Seq, kept.Format, kept.State) : null;

    public async ValueTask Save(EntityKey entity, Snapshot snapshot, CancellationToken cancellation)
    {
        var found = await Find(entity, cancellation);
        if (found is { RecordExists: true, State: { } kept } && kept.Seq >= snapshot.Seq)
        {
            return;
        }

        found.State = new() { Seq = snapshot.Seq, Format = snapshot.Format, State = snapshot.State };
        try
        {
            await Storage.WriteStateAsync(StateName, IdOf(entity), found).WaitAsync(cancellation);
        }
        catch (InconsistentStateException)
        {
            // another live copy has just kept one
        }
    }

    private async ValueTask<GrainState<Kept>> Find(EntityKey entity, CancellationToken cancellation)
    {
        var found = new GrainState<Kept>();
        await Storage.ReadStateAsync(StateName, IdOf(entity), found).WaitAsync(cancellation);
        return found;
    }

    private static GrainId IdOf(EntityKey entity) => GrainId.Create(entity.Kind, GrainKey.Of(entity));

    /// <summary>A snapshot as the storage holds it.</summary>
    internal sealed class Kept
    {
        public long Seq { get; set; }
        public int Format { get; set; }
        public byte[] State { get; set; } = [];
    }

    /// <summary>Seq and format before the state's own bytes, which are JSON already.</summary>
    private sealed class Form : IGrainStorageSerializer
    {
        private const int Head = sizeof(long) + sizeof(int);

        public BinaryData Serialize<T>(T? input)
        {
            var kept = (Kept)(object)input!;
            var bytes = new byte[Head + kept.State.Length];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, kept.Seq);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(long)), kept.Format);
            kept.State.CopyTo(bytes, Head);
            return new(bytes);
        }

        public T Deserialize<T>(BinaryData input)
        {
            var bytes = input.ToMemory().Span;
            return (T)(object)new Kept
            {
                Seq = BinaryPrimitives.ReadInt64LittleEndian(bytes),
                Format = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(long)..]),
                State = bytes[Head..].ToArray(),
            };
        }
    }
}
