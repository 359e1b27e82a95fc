namespace Conversations.Engine.Embedded;

/// <summary>All processes are this one.</summary>
public sealed class LocalSignals : ISignals
{
    public event Action<Signal>? Heard;

    public void Send(Signal signal) => Heard?.Invoke(signal);
}
