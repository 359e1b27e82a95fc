using NodaTime;

namespace Conversations.Domain;

/// <summary>Of instants that may not be.</summary>
public static class Instants
{
    /// <returns>Null if neither is.</returns>
    public static Instant? Earliest(Instant? a, Instant? b) => a is null ? b : b is null ? a : Instant.Min(a.Value, b.Value);
}
