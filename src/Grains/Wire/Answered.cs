using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

/// <summary>What came of a command, as it travels.</summary>
public enum Outcome { Done, Replayed, Refused, Overloaded, Unknown }

/// <summary>A <see cref="Reply{TAnswer}"/> as it travels.</summary>
/// <param name="Answer">When done or replayed.</param>
/// <param name="Refusal">When refused.</param>
public sealed record Answered<TAnswer>(Outcome Outcome, TAnswer? Answer = null, Refusal? Refusal = null)
    where TAnswer : class
{
    public Reply<TAnswer> ToReply() => this switch
    {
        { Outcome: Outcome.Done or Outcome.Replayed, Answer: { } answer } => new Reply<TAnswer>.Done(answer, Outcome == Outcome.Replayed),
        { Outcome: Outcome.Refused, Refusal: { } refusal } => new Reply<TAnswer>.Refused(refusal),
        { Outcome: Outcome.Overloaded } => new Reply<TAnswer>.Overloaded(),
        _ => new Reply<TAnswer>.Unknown(),
    };
}

internal static class Answered
{
    public static Answered<TAnswer> Of<TAnswer>(Reply<TAnswer> reply) where TAnswer : class => reply switch
    {
        Reply<TAnswer>.Done done => new(done.Replayed ? Outcome.Replayed : Outcome.Done, Answer: done.Answer),
        Reply<TAnswer>.Refused refused => new(Outcome.Refused, Refusal: refused.Refusal),
        Reply<TAnswer>.Overloaded => new(Outcome.Overloaded),
        _ => new(Outcome.Unknown),
    };
}
