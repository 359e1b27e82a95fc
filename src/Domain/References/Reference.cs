using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// Changes to a message nobody has seen yet: platforms promise no order, so a delete may come before its post, and often
/// without its thread. One entity per message id; it looks again, less and less often, and forgets after 7 days.
/// </summary>
/// <param name="Key">The message's <see cref="MessageKey"/>.</param>
/// <param name="Looked">How often it has looked in vain.</param>
public sealed record Reference(AccountId Account, long Seq, string Key, Instant Since, int Looked, Instant? NextLook, IReadOnlyList<WaitingChange> Waiting)
{
    public const int Format = 1;

    /// <summary>More than this for one unseen message is not a customer's doing.</summary>
    public const int MostWaiting = 50;

    public static readonly Duration Patience = Duration.FromDays(7);

    public static Reference Empty(AccountId account) => new(account, 0, "", default, 0, null, []);

    public static string IdOf(string key) => "r" + StableHash.Hex(key);
}

/// <param name="EventId">Identifies the change; the command id it is applied under.</param>
public sealed record WaitingChange(string EventId, MessageChange Change);

[JsonDerivedType(typeof(AwaitMessage), "awaitMessage")]
[JsonDerivedType(typeof(LookAgain), "lookAgain")]
public abstract record ReferenceCommand(string Key, MessageRef? Existing) : IRefersToMessage<ReferenceCommand>
{
    [JsonIgnore]
    public string? RefersTo => Key;

    public ReferenceCommand With(MessageRef? message) => this with { Existing = message };
}

/// <summary>Keep this change until its message is known.</summary>
public sealed record AwaitMessage(string Key, WaitingChange Change, MessageRef? Existing = null) : ReferenceCommand(Key, Existing);

/// <summary>The message may be known by now.</summary>
public sealed record LookAgain(string Key, MessageRef? Existing = null) : ReferenceCommand(Key, Existing);

[JsonDerivedType(typeof(ChangeAwaited), "change.awaited")]
[JsonDerivedType(typeof(LookedInVain), "reference.looked")]
[JsonDerivedType(typeof(ReferenceResolved), "reference.resolved")]
[JsonDerivedType(typeof(ReferenceExpired), "reference.expired")]
public abstract record ReferenceEvent;

public sealed record ChangeAwaited(string Key, WaitingChange Change, Instant NextLook) : ReferenceEvent;

public sealed record LookedInVain(Instant NextLook) : ReferenceEvent;

/// <summary>The message is known; the changes go to its conversation, in the order they came.</summary>
public sealed record ReferenceResolved(MessageRef Message, IReadOnlyList<WaitingChange> Changes) : ReferenceEvent;

public sealed record ReferenceExpired(int Changes) : ReferenceEvent;

public sealed record ReferenceAnswer(long Seq);

public static class ReferenceDecider
{
    public static Reference Evolve(Reference state, Recorded<ReferenceEvent> recorded)
    {
        var next = recorded.Event switch
        {
            ChangeAwaited e => state with
            {
                Key = e.Key,
                Since = state.Waiting.Count == 0 ? recorded.At : state.Since,
                Looked = state.Waiting.Count == 0 ? 0 : state.Looked,
                NextLook = e.NextLook,
                Waiting = [.. state.Waiting, e.Change],
            },
            LookedInVain e => state with { Looked = state.Looked + 1, NextLook = e.NextLook },
            ReferenceResolved or ReferenceExpired => state with { Waiting = [], NextLook = null },
            _ => state,
        };
        return next with { Seq = recorded.Seq };
    }

    public static Decision<ReferenceEvent> Decide(Reference state, ReferenceCommand command, Context context)
    {
        switch (command)
        {
            case AwaitMessage { Existing: { } known } first when state.Key.Length == 0:
                return Accept(new ChangeAwaited(first.Key, first.Change, context.Now), new ReferenceResolved(known, [first.Change]));

            case AwaitMessage { Existing: { } known } early:
                return Accept(new ReferenceResolved(known, [.. state.Waiting, early.Change]));

            case AwaitMessage waits:
                return state.Waiting.Count >= Reference.MostWaiting
                    ? new Refusal("too_many_waiting", "Too many changes wait for a message that never came.", RefusalKind.TooMany)
                    : Accept(new ChangeAwaited(waits.Key, waits.Change, state.NextLook ?? context.Now + Pause(0)));

            case LookAgain when state.Waiting.Count == 0:
                return Accept();

            case LookAgain { Existing: { } found }:
                return Accept(new ReferenceResolved(found, state.Waiting));

            case LookAgain when context.Now < state.NextLook:
                return Accept();

            case LookAgain:
                return context.Now - state.Since > Reference.Patience
                    ? Accept(new ReferenceExpired(state.Waiting.Count))
                    : Accept(new LookedInVain(context.Now + Pause(state.Looked + 1)));

            default:
                return Refusals.UnknownCommand(command);
        }
    }

    public static ReferenceAnswer Answer(Reference state) => new(state.Seq);

    /// <summary>1 s, 4 s, 16 s, … at most 6 h: a message that is only overtaken arrives within seconds.</summary>
    private static Duration Pause(int looked) => Duration.FromSeconds(Math.Min(6 * 3_600, Math.Pow(4, Math.Min(looked, 8))));

    private static Decision<ReferenceEvent> Accept(params ReferenceEvent[] events) => new Decision<ReferenceEvent>.Accepted(events);
}
