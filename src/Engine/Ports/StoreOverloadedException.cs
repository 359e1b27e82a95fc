namespace Conversations.Engine;

/// <summary>
/// The store's write queue is full. The one exception of a write that is not an unknown outcome: nothing was executed and
/// nothing will be, so the same write may simply be tried again later.
/// </summary>
public sealed class StoreOverloadedException(string message) : Exception(message);
