using NodaTime;

namespace Conversations.Domain;

/// <summary>Who caused a change. There is no change without one (conversation.md 4).</summary>
public sealed record Actor(ActorKind Kind, string Id)
{
    public static readonly Actor System = new(ActorKind.System, "system");
}

[System.Text.Json.Serialization.JsonConverter(typeof(Json.CamelCaseEnumConverter<ActorKind>))]
public enum ActorKind { Customer, Agent, Supervisor, Admin, Operator, Integrator, Bot, System }

/// <summary>Everything a decision may know besides state and command. Pure data: time and configuration enter here only.</summary>
/// <param name="Now">The deciding process's clock, cut to milliseconds.</param>
/// <param name="Actor">Who asks.</param>
/// <param name="Settings">The account's configuration at one version.</param>
public sealed record Context(Instant Now, Actor Actor, AccountSettings Settings);

/// <summary>What a decider answers: events to commit, or a refusal. Never an exception.</summary>
public abstract record Decision<TEvent>
{
    private Decision() { }

    /// <summary>The command is accepted. No events means the state is already as asked: it succeeds and records nothing.</summary>
    public sealed record Accepted(IReadOnlyList<TEvent> Events) : Decision<TEvent>;

    public sealed record Refused(Refusal Refusal) : Decision<TEvent>;

    public static implicit operator Decision<TEvent>(Refusal refusal) => new Refused(refusal);
}

/// <summary>A typed "no".</summary>
/// <param name="Code">Stable, snake_case; part of the public API.</param>
/// <param name="Detail">For a person.</param>
/// <param name="Kind">Which family it belongs to; the gateway maps it to a status.</param>
/// <param name="Current">Facts the caller needs to go on, for example the current status. May be null.</param>
public sealed record Refusal(string Code, string Detail, RefusalKind Kind, IReadOnlyDictionary<string, string>? Current = null);

public enum RefusalKind { Invalid, NotFound, Conflict, Precondition, Gone, TooMany }

/// <summary>An event with its place and origin in the entity's history: the unit that is stored, replayed and streamed.</summary>
/// <param name="Seq">Contiguous from 1 per entity.</param>
/// <param name="At">When it was committed, by the deciding process's clock.</param>
/// <param name="Cause">The id of the command that caused it.</param>
public sealed record Recorded<TEvent>(long Seq, Instant At, Actor Actor, string Cause, TEvent Event);
