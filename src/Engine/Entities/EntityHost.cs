using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Domain.Json;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Engine;

/// <summary>
/// One live entity: load → decide → commit → evolve → reply (DESIGN.md 2). Called by one caller at a time; the mailbox (or
/// the grain) sees to that. Both engines run exactly this.
/// </summary>
/// <remarks>
/// The next state is computed beside the current one and takes its place only when the commit is acknowledged. A failed
/// write is an unknown outcome: the state in memory is dropped and read again by the next command.
/// </remarks>
public sealed partial class EntityHost<TState, TCommand, TEvent, TAnswer>(
    EntityKey key,
    EntityType<TState, TCommand, TEvent, TAnswer> type,
    IJournal journal,
    SettingsCache settings,
    TimeProvider time,
    ILogger logger)
    where TState : class
    where TCommand : class
{
    /// <summary>Conflicts mean another live copy wrote in between; reading again settles it, endless conflict is a fault.</summary>
    private const int Tries = 4;

    private const string TickPrefix = "tick/";

    private TState? _state;

    public async ValueTask<Reply<TAnswer>> Handle(Envelope<TCommand> envelope)
    {
        var reply = await Try(envelope);
        Instruments.Answered(key.Kind, reply);
        return reply;
    }

    private async ValueTask<Reply<TAnswer>> Try(Envelope<TCommand> envelope)
    {
        try
        {
            for (var tries = 0; tries < Tries; tries++)
            {
                if (await TryHandle(envelope) is { } reply)
                {
                    return reply;
                }
            }

            return new Reply<TAnswer>.Overloaded();
        }
        catch (StoreOverloadedException)
        {
            return new Reply<TAnswer>.Overloaded(); // refused before it was begun: the state in memory is still true
        }
#pragma warning disable CA1031 // Whatever failed, the outcome is unknown and the answer is the same: drop, and let the caller retry.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _state = null;
            LogFailed(logger, key, envelope.CommandId, failure);
            return new Reply<TAnswer>.Unknown();
        }
    }

    /// <summary>Looks at the deadlines now.</summary>
    public async ValueTask<Reply<TAnswer>> Tick()
    {
        try
        {
            _state ??= await Load();
        }
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailed(logger, key, "tick", failure);
            return new Reply<TAnswer>.Unknown();
        }

        return type.TickOf(_state) is { } tick
            ? await Handle(new($"{TickPrefix}{key.Kind}/{key.Id}/{type.SeqOf(_state)}", Actor.System, tick, Strict: false))
            : new Reply<TAnswer>.Refused(Refusals.UnknownCommand("tick"));
    }

    /// <summary>Ticks that find nothing to do leave no trace; any other command leaves its receipt.</summary>
    private static bool IsTick(Envelope<TCommand> envelope) => envelope.CommandId.StartsWith(TickPrefix, StringComparison.Ordinal);

    private async ValueTask<Reply<TAnswer>?> TryHandle(Envelope<TCommand> envelope)
    {
        var fresh = _state is null;
        var state = _state ??= await Load();
        var command = await Resolve(envelope.Command);
        var context = new Context(
            Instant.Max(Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds(), type.NotBefore(state)),
            envelope.Actor,
            state as AccountSettings ?? await settings.AtLeast(key.Account, envelope.Settings ?? 0, CancellationToken.None));

        if (envelope.IfMatch > type.SeqOf(state) && !fresh)
        {
            _state = null; // the caller has seen more than we: another live copy wrote it
            return null;
        }

        var decision = Decide();

        // A process that is a version behind is late, never wrong: nothing is refused by a configuration that is no longer true.
        if (decision is Decision<TEvent>.Refused && state is not AccountSettings
            && await settings.Newer(context.Settings, CancellationToken.None) is { } newer)
        {
            context = context with { Settings = newer };
            decision = Decide();
        }

        return decision switch
        {
            Decision<TEvent>.Refused { Refusal: var refusal } => await Refuse(envelope, refusal),
            Decision<TEvent>.Accepted { Events.Count: 0 } when IsTick(envelope) => Idle(type.Answer(state, state, command, [])),
            Decision<TEvent>.Accepted { Events: var events } => await Commit(envelope, command, context, state, events),
            _ => throw new InvalidOperationException("A decision is accepted or refused."),
        };

        Decision<TEvent> Decide() => envelope.IfMatch is { } seen && seen != type.SeqOf(state)
            ? Refusals.VersionConflict(type.SeqOf(state))
            : type.Decide(state, command, context);
    }

    /// <summary>
    /// The index says that something is due, our state says that nothing is: another live copy may have written since, so the
    /// next look reads again.
    /// </summary>
    private Reply<TAnswer>.Done Idle(TAnswer answer)
    {
        _state = null;
        return new(answer, Replayed: true);
    }

    /// <summary>
    /// The command may have been applied already, and what it did may be why it is refused now (a reply repeated after it
    /// was sent looks stale): the first answer wins over the refusal.
    /// </summary>
    private async ValueTask<Reply<TAnswer>> Refuse(Envelope<TCommand> envelope, Refusal refusal) =>
        await journal.FindReceipt(key.Account, envelope.CommandId, CancellationToken.None) is { } receipt
            ? Replay(envelope, receipt)
            : new Reply<TAnswer>.Refused(refusal);

    private async ValueTask<Reply<TAnswer>?> Commit(
        Envelope<TCommand> envelope, TCommand command, Context context, TState state, IReadOnlyList<TEvent> events)
    {
        var next = state;
        var recorded = new Recorded<TEvent>[events.Count];
        for (var i = 0; i < recorded.Length; i++)
        {
            recorded[i] = new(type.SeqOf(state) + i + 1, context.Now, envelope.Actor, envelope.CommandId, events[i]);
            next = type.Evolve(next, recorded[i]);
        }

        var answer = type.Answer(state, next, command, recorded);
        var topics = type.Topics(state, next, recorded);
        var stored = Array.ConvertAll(recorded, e => type.Events.Encode(e, topics));
        var sent = Stopwatch.GetTimestamp();
        var outcome = await Measured(sent, journal.Commit(
            new(
                key,
                type.SeqOf(state),
                envelope.CommandId,
                HashOf(envelope),
                JsonSerializer.SerializeToUtf8Bytes(answer, type.AnswerJson),
                stored,
                context.Now,
                type.NextDue(next),
                [.. type.Aliases(next, answer, recorded).Select(a => new ReceiptAlias(a.Key, JsonSerializer.SerializeToUtf8Bytes(a.Answer, type.AnswerJson)))],
                [.. type.Outbox(next, recorded)],
                recorded.Length > 0 ? type.Row(next) : null),
            CancellationToken.None));

        switch (outcome)
        {
            case CommitOutcome.Committed:
                _state = next;
                type.Durable(next);
                Tell(recorded, stored);
                if (type.SnapshotEvery(next) is var every && type.SeqOf(next) / every > type.SeqOf(state) / every)
                {
                    _ = KeepSnapshot(next);
                }

                return new Reply<TAnswer>.Done(answer, Replayed: false);

            case CommitOutcome.Replayed replayed:
                _state = null; // decided anew, so our state may lack what another live copy did with it
                return Replay(envelope, replayed.Receipt);

            case CommitOutcome.KeyReused:
                return KeyReused();

            case CommitOutcome.Conflict conflict:
                Instruments.Conflicted(key.Kind);
                LogConflict(logger, key, type.SeqOf(state), conflict.CurrentSeq);
                _state = null;
                return null;

            default:
                throw new InvalidOperationException($"Unknown outcome {outcome}.");
        }
    }

    /// <summary>Counts what became of promises, and says in the log what somebody has to mend.</summary>
    private void Tell(Recorded<TEvent>[] recorded, StoredEvent[] stored)
    {
        for (var i = 0; i < recorded.Length; i++)
        {
            Instruments.Happened(stored[i].Type);
            if (type.Alarm(recorded[i].Event) is { } alarm)
            {
                LogAlarm(logger, key, alarm);
            }
        }
    }

    private async ValueTask<CommitOutcome> Measured(long since, ValueTask<CommitOutcome> commit)
    {
        var outcome = "failed";
        try
        {
            var result = await commit;
            outcome = result switch
            {
                CommitOutcome.Committed => "committed",
                CommitOutcome.Replayed => "replayed",
                CommitOutcome.Conflict => "conflict",
                _ => "key_reused",
            };
            return result;
        }
        finally
        {
            Instruments.Committed(key.Kind, since, outcome);
        }
    }

    private Reply<TAnswer> Replay(Envelope<TCommand> envelope, StoredReceipt receipt) =>
        HashOf(envelope) is { } asked && receipt.BodyHash is { } applied && !asked.AsSpan().SequenceEqual(applied)
            ? KeyReused()
            : new Reply<TAnswer>.Done(JsonSerializer.Deserialize(receipt.Answer.Span, type.AnswerJson)!, Replayed: true);

    private static Reply<TAnswer>.Refused KeyReused() => new(new(
        "idempotency_key_reused", "This Idempotency-Key was used for another request.", RefusalKind.Invalid));

    private async ValueTask<TCommand> Resolve(TCommand command)
    {
        if (command is not IRefersToMessage<TCommand> { RefersTo: { } messageKey } refers)
        {
            return command;
        }

        var receipt = await journal.FindReceipt(key.Account, messageKey, CancellationToken.None);
        var answer = receipt?.Entity.Kind == ConversationType.Name ? JsonSerializer.Deserialize(receipt.Answer.Span, DomainJson.Contract.ConversationAnswer) : null;
        return refers.With(answer is { Message: { } message, MessageSeq: { } seq } ? new(answer.Conversation, message, seq) : null);
    }

    private byte[]? HashOf(Envelope<TCommand> envelope)
    {
        if (!envelope.Strict)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(key.ToString()));
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(envelope.Command, type.CommandJson));
        return hash.GetHashAndReset();
    }

    private async ValueTask<TState> Load()
    {
        var (state, replayed) = await StoredState.Read(journal, type, key, logger);
        if (replayed >= type.SnapshotEvery(state))
        {
            _ = KeepSnapshot(state); // one was lost, or is of another format: not every load is to pay for it
        }

        type.Durable(state);
        return state;
    }

    private async Task KeepSnapshot(TState state)
    {
        try
        {
            await journal.SaveSnapshot(key, new(type.SeqOf(state), type.Format, JsonSerializer.SerializeToUtf8Bytes(state, type.StateJson)), CancellationToken.None);
        }
#pragma warning disable CA1031 // A snapshot is a cache: without it the next load only takes longer.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogSnapshotFailed(logger, key, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Command {CommandId} on {Entity} failed; its outcome is unknown and the entity is read again.")]
    private static partial void LogFailed(ILogger logger, EntityKey entity, string commandId, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Entity} was decided at {Seq} but stands at {Current}; reading it again.")]
    private static partial void LogConflict(ILogger logger, EntityKey entity, long seq, long current);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Entity}: {Alarm}")]
    private static partial void LogAlarm(ILogger logger, EntityKey entity, string alarm);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No snapshot of {Entity} was kept.")]
    private static partial void LogSnapshotFailed(ILogger logger, EntityKey entity, Exception failure);
}
