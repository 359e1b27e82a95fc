namespace Conversations.Engine.Sqlite;

/// <summary>What the transaction that is being written will have to be announced, if it commits. Writing thread only.</summary>
internal sealed class Effects
{
    /// <summary>Events were appended.</summary>
    public bool Advanced { get; set; }

    /// <summary>A deadline was set, or an outbox message may have become the one to try.</summary>
    public bool Changed { get; set; }

    public void Clear() => Advanced = Changed = false;
}
