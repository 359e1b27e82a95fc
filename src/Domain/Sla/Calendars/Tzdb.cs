using System.Collections.Frozen;
using NodaTime;
using NodaTime.TimeZones;

namespace Conversations.Domain.Sla;

/// <summary>The time-zone rules this process computes with.</summary>
public static class Tzdb
{
    /// <summary>NodaTime itself also understands <c>UTC+05:00</c>, which is no zone of the IANA's (sla.md R-CA2).</summary>
    private static readonly FrozenSet<string> Names = DateTimeZoneProviders.Tzdb.Ids.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>For example <c>2026a</c>. Part of the record of each due time (sla.md R-TZ4).</summary>
    public static string Version { get; } = TzdbDateTimeZoneSource.Default.TzdbVersion;

    public static bool IsZone(string? name) => name is not null && Names.Contains(name);

    internal static DateTimeZone Zone(string name) => DateTimeZoneProviders.Tzdb[name];
}
