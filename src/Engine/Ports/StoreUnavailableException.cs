namespace Conversations.Engine;

/// <summary>The store cannot be opened; the message says what to do.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
