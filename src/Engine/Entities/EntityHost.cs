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
/// Nothing is answered before it is durable, and all that it rests on. A failed write is an unknown outcome: the state in memory
/// is dropped and read again by the next command, and whatever was decided on it meets a version that does not fit.
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

    private readonly DecidedState<TState> _decided = new();

    public ValueTask<Reply<TAnswer>> Handle(Envelope<TCommand> envelope) => Finish(() => Begin(envelope));

    /// <summary>Looks at the deadlines now.</summary>
    public ValueTask<Reply<TAnswer>> Tick() => Finish(BeginTick);

    /// <summary>Sees what was begun to its end, beginning again as often as that takes; after a few times the entity is overloaded.</summary>
    /// <param name="begin">Calls <see cref="Begin"/> or <see cref="BeginTick"/>.</param>
    public async ValueTask<Reply<TAnswer>> Finish(Func<ValueTask<Task<Reply<TAnswer>?>>> begin)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            if (await await begin() is { } reply)
            {
                return reply;
            }
        }

        return Told(new Reply<TAnswer>.Overloaded());
    }

    /// <summary>
    /// Decides, and sends the commit on its way. By one caller at a time; the next may begin before this one's commit is through:
    /// it is decided on what that will leave, and committed after it. Should that fail, the version does not fit, and it begins again.
    /// Only where no other live copy can write: a version is a number, and says nothing of who reached it (ADR 14).
    /// </summary>
    /// <returns>The end of it: the answer, once all that it rests on is durable; null: begin again.</returns>
    /// <remarks>
    /// A queue that 200 conversations enter in a second would otherwise make each of them wait for all flushes before its own: at 5 ms a
    /// flush it would be full at 200 commands a second, with no room for those who leave.
    /// </remarks>
    public async ValueTask<Task<Reply<TAnswer>?>> Begin(Envelope<TCommand> envelope)
    {
        try
        {
            return await TryBegin(envelope);
        }
#pragma warning disable CA1031 // Whatever failed, the outcome is unknown and the answer is the same: drop, and let the caller retry.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return Task.FromResult<Reply<TAnswer>?>(Lost(envelope, failure, _decided.Doubts));
        }
    }

    /// <inheritdoc cref="Begin"/>
    public async ValueTask<Task<Reply<TAnswer>?>> BeginTick()
    {
        TState state;
        try
        {
            (state, _) = await Current();
        }
#pragma warning disable CA1031
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailed(logger, key, "tick", failure);
            return Task.FromResult<Reply<TAnswer>?>(new Reply<TAnswer>.Unknown());
        }

        return type.TickOf(state) is { } tick
            ? await Begin(new($"{TickPrefix}{key.Kind}/{key.Id}/{type.SeqOf(state)}", Actor.System, tick, Strict: false))
            : Task.FromResult<Reply<TAnswer>?>(new Reply<TAnswer>.Refused(Refusals.UnknownCommand("tick")));
    }

    /// <summary>Ticks that find nothing to do leave no trace; any other command leaves its receipt.</summary>
    private static bool IsTick(Envelope<TCommand> envelope) => envelope.CommandId.StartsWith(TickPrefix, StringComparison.Ordinal);

    private Reply<TAnswer> Told(Reply<TAnswer> reply)
    {
        Instruments.Answered(key.Kind, reply);
        return reply;
    }

    private Reply<TAnswer> Lost(Envelope<TCommand> envelope, Exception failure, int doubts)
    {
        _decided.Doubt(doubts);
        LogFailed(logger, key, envelope.CommandId, failure);
        return Told(new Reply<TAnswer>.Unknown());
    }

    private async ValueTask<(TState State, int Doubts)> Current()
    {
        if (_decided.Known is ({ } known, var seen))
        {
            return (known, seen);
        }

        await _decided.Last; // what is on its way could be written between the reading and our own commit
        var doubts = _decided.Doubts;
        var state = await Load();
        _decided.Keep(state, doubts);
        return (state, doubts);
    }

    private async ValueTask<Task<Reply<TAnswer>?>> TryBegin(Envelope<TCommand> envelope)
    {
        var fresh = _decided.Known.State is null;
        var (state, doubts) = await Current();
        var command = await Resolve(envelope.Command);
        var context = new Context(
            Instant.Max(Instant.FromDateTimeOffset(time.GetUtcNow()).ToMilliseconds(), type.NotBefore(state)),
            envelope.Actor,
            state as AccountSettings ?? await settings.AtLeast(key.Account, envelope.Settings ?? 0, CancellationToken.None));

        if (envelope.IfMatch > type.SeqOf(state) && !fresh)
        {
            _decided.Doubt(doubts); // the caller has seen more than we: another live copy wrote it
            return Task.FromResult<Reply<TAnswer>?>(null);
        }

        var decision = Decide();

        // A process that is a version behind is late, never wrong: nothing is refused by a configuration that is no longer true.
        if (decision is Decision<TEvent>.Refused && state is not AccountSettings
            && await settings.Newer(context.Settings, CancellationToken.None) is { } newer)
        {
            context = context with { Settings = newer };
            decision = Decide();
        }

        var prior = _decided.Last;
        return decision switch
        {
            Decision<TEvent>.Refused { Refusal: var refusal } => Refuse(envelope, refusal, prior, doubts),
            Decision<TEvent>.Accepted { Events.Count: 0 } when IsTick(envelope) => Idle(type.Answer(state, state, command, []), prior, doubts),
            Decision<TEvent>.Accepted { Events: var events } => _decided.Follow(Commit(envelope, command, context, state, events, prior, doubts)),
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
    private async Task<Reply<TAnswer>?> Idle(TAnswer answer, Task prior, int doubts)
    {
        await prior;
        _decided.Doubt(doubts);
        return Told(new Reply<TAnswer>.Done(answer, Replayed: true));
    }

    /// <summary>
    /// The command may have been applied already, and what it did may be why it is refused now (a reply repeated after it
    /// was sent looks stale): the first answer wins over the refusal.
    /// </summary>
    private async Task<Reply<TAnswer>?> Refuse(Envelope<TCommand> envelope, Refusal refusal, Task prior, int doubts)
    {
        await prior;
        if (_decided.Doubts != doubts)
        {
            return null; // refused because of something that did not come to be
        }

        try
        {
            return Told(await journal.FindReceipt(key.Account, envelope.CommandId, CancellationToken.None) is { } receipt
                ? Replay(envelope, receipt)
                : new Reply<TAnswer>.Refused(refusal));
        }
#pragma warning disable CA1031 // As in Begin.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return Lost(envelope, failure, doubts);
        }
    }

    private async Task<Reply<TAnswer>?> Commit(
        Envelope<TCommand> envelope, TCommand command, Context context, TState state, IReadOnlyList<TEvent> events, Task prior, int doubts)
    {
        var next = state;
        try
        {
            var recorded = new Recorded<TEvent>[events.Count];
            for (var i = 0; i < recorded.Length; i++)
            {
                recorded[i] = new(type.SeqOf(state) + i + 1, context.Now, envelope.Actor, envelope.CommandId, events[i]);
                next = type.Evolve(next, recorded[i]);
            }

            var answer = type.Answer(state, next, command, recorded);
            var topics = type.Topics(state, next, recorded);
            var stored = Array.ConvertAll(recorded, e => type.Events.Encode(e, topics));
            var commit = Measured(new(
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
                recorded.Length > 0 ? type.Row(next) : null));
            _decided.Keep(next, doubts);
            var outcome = await commit;
            await prior;
            if (Settle(envelope, answer, state, next, outcome, doubts) is not { } reply)
            {
                return null;
            }

            if (reply is Reply<TAnswer>.Done { Replayed: false })
            {
                Tell(recorded, stored);
            }

            return Told(reply);
        }
        catch (StoreOverloadedException)
        {
            await prior;
            _decided.Undo(state, next, doubts); // refused before it was begun: the state before it is still true
            return Told(new Reply<TAnswer>.Overloaded());
        }
#pragma warning disable CA1031 // As in Begin.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await prior;
            return Lost(envelope, failure, doubts);
        }
    }

    /// <returns>Null: begin again.</returns>
    private Reply<TAnswer>? Settle(Envelope<TCommand> envelope, TAnswer answer, TState state, TState next, CommitOutcome outcome, int doubts)
    {
        switch (outcome)
        {
            case CommitOutcome.Committed:
                type.Durable(next);
                if (type.SnapshotEvery(next) is var every && type.SeqOf(next) / every > type.SeqOf(state) / every)
                {
                    _ = KeepSnapshot(next);
                }

                return new Reply<TAnswer>.Done(answer, Replayed: false);

            case CommitOutcome.Replayed replayed:
                _decided.Doubt(doubts); // decided anew, so our state may lack what another live copy did with it
                return Replay(envelope, replayed.Receipt);

            case CommitOutcome.KeyReused:
                _decided.Undo(state, next, doubts);
                return KeyReused();

            case CommitOutcome.Conflict conflict:
                Instruments.Conflicted(key.Kind);
                LogConflict(logger, key, type.SeqOf(state), conflict.CurrentSeq);
                _decided.Doubt(doubts);
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

    private async ValueTask<CommitOutcome> Measured(Commit commit)
    {
        var (since, outcome) = (Stopwatch.GetTimestamp(), "failed");
        try
        {
            var result = await journal.Commit(commit, CancellationToken.None);
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
