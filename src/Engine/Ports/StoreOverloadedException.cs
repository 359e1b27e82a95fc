namespace Conversations.Engine;

/// <summary>The store's queue is full. The write was refused before it was begun: it is certain that nothing was written.</summary>
public sealed class StoreOverloadedException : Exception
{
    public StoreOverloadedException() : base("The store takes no more writes at the moment; nothing was written.")
    {
    }

    public StoreOverloadedException(string message) : base(message)
    {
    }

    public StoreOverloadedException(string message, Exception inner) : base(message, inner)
    {
    }
}
