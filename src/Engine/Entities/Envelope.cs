using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>A command with who asks, under which id, and what they assume.</summary>
/// <param name="CommandId">Unique in the account. The same id again gets the first answer and no second effect.</param>
/// <param name="IfMatch">The version the caller saw; another current one refuses the command.</param>
/// <param name="Strict">
/// True: the same id must mean the same command (HTTP's Idempotency-Key). False: the id alone decides (a platform's redelivery
/// may differ in details such as follower counts, and is still the same message).
/// </param>
/// <param name="Settings">The version of the account's configuration the sender has seen: the decision is made with no older one. Null: with what is known.</param>
public sealed record Envelope<TCommand>(
    string CommandId, Actor Actor, TCommand Command, long? IfMatch = null, bool Strict = true, long? Settings = null);

/// <summary>What an entity answers.</summary>
public abstract record Reply<TAnswer>
{
    private Reply() { }

    /// <summary>Durable. <paramref name="Replayed"/>: it had been applied before, and this is the first answer.</summary>
    public sealed record Done(TAnswer Answer, bool Replayed) : Reply<TAnswer>;

    /// <summary>Not applied, and nothing was changed.</summary>
    public sealed record Refused(Refusal Refusal) : Reply<TAnswer>;

    /// <summary>Too much at once: certainly not applied. Try again.</summary>
    public sealed record Overloaded : Reply<TAnswer>;

    /// <summary>The write failed or timed out: it may have been applied. Try again with the same id.</summary>
    public sealed record Unknown : Reply<TAnswer>;
}
