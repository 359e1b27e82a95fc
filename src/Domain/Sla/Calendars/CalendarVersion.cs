using System.Text.Json.Serialization;
using NodaTime;

namespace Conversations.Domain.Sla;

/// <summary>A calendar as it was once defined. Never changed or removed: what was decided with it can be computed again (sla.md R-PO7).</summary>
/// <param name="Version">From 1, by one with each change of this calendar.</param>
/// <param name="At">When it was defined.</param>
public sealed record CalendarVersion(CalendarId Id, int Version, string? Name, CalendarDefinition Definition, Instant At)
{
    private BusinessCalendar? _compiled;

    /// <summary>Compiled by the first who asks; two at once compile the same twice.</summary>
    [JsonIgnore]
    public BusinessCalendar Calendar => _compiled ??= BusinessCalendar.Compile(Definition);

    public bool Equals(CalendarVersion? other) => other is not null && Id == other.Id && Version == other.Version;

    public override int GetHashCode() => HashCode.Combine(Id, Version);
}
