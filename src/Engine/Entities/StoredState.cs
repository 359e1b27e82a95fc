using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Conversations.Engine;

/// <summary>Reads an entity's state back from the journal.</summary>
internal static partial class StoredState
{
    /// <summary>Snapshot and tail; all events where the snapshot is of no use. It is a cache: losing one costs time, never data.</summary>
    /// <returns>The state, and how many events had to be replayed for it.</returns>
    public static async ValueTask<(TState State, int Replayed)> Read<TState, TCommand, TEvent, TAnswer>(
        IJournal journal, EntityType<TState, TCommand, TEvent, TAnswer> type, EntityKey key, ILogger logger, CancellationToken cancellation = default)
        where TState : class
        where TCommand : class
    {
        var stored = await journal.Load(key, cancellation);
        var (state, events) = (type.Empty(key), stored.Tail);
        if (stored.Snapshot is { } snapshot)
        {
            if (Open(type, snapshot, key, logger) is { } opened)
            {
                state = opened;
            }
            else
            {
                events = await journal.ReadEvents(key, 0, int.MaxValue, descending: false, cancellation);
            }
        }

        return (events.Aggregate(state, (s, e) => type.Evolve(s, type.Events.Decode(e))), events.Count);
    }

    /// <returns>Null when it is of another format or damaged.</returns>
    private static TState? Open<TState, TCommand, TEvent, TAnswer>(
        EntityType<TState, TCommand, TEvent, TAnswer> type, Snapshot snapshot, EntityKey key, ILogger logger)
        where TState : class
        where TCommand : class
    {
        if (snapshot.Format != type.Format)
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(snapshot.State, type.StateJson) is { } state && type.SeqOf(state) == snapshot.Seq)
            {
                return state;
            }

            LogUnusable(logger, key, snapshot.Seq, null);
        }
        catch (JsonException damaged)
        {
            LogUnusable(logger, key, snapshot.Seq, damaged);
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The snapshot of {Entity} at {Seq} cannot be used; its events are read instead.")]
    private static partial void LogUnusable(ILogger logger, EntityKey entity, long seq, Exception? failure);
}
