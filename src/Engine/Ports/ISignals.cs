using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>
/// Carries what lasts seconds to every process: who is looking at what, who is typing (routing.md 11). It is in no history, and
/// may be lost; whoever sends it says it again as long as it is true.
/// </summary>
public interface ISignals
{
    /// <summary>To all processes, this one included. Never waits for anybody: a signal that cannot be sent is dropped.</summary>
    void Send(Signal signal);

    /// <summary>Raised for every signal, from whichever process. Handlers must not block.</summary>
    event Action<Signal>? Heard;
}

/// <param name="Topic">What it is about, as in the feed: <c>typing/{conversation}</c>.</param>
/// <param name="Body">JSON whoever hears it understands.</param>
public sealed record Signal(AccountId Account, string Topic, string Body);
