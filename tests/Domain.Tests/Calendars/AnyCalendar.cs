using System.Globalization;
using System.Text.Json;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;

namespace Conversations.Domain.Tests;

/// <summary>A calendar, an instant near something odd, a target and pauses.</summary>
internal sealed record Case(CalendarDefinition Definition, Instant Start, long Seconds, IReadOnlyList<Pause> Pauses)
{
    public BusinessCalendar Calendar => BusinessCalendar.Compile(Definition);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Start} + {Seconds} s, pauses [{string.Join(", ", Pauses)}], {JsonSerializer.Serialize(Definition, DomainJson.Contract.CalendarDefinition)}");
}

internal static class AnyCalendar
{
    /// <summary>Zones whose clocks do what clocks do: gaps and folds of 30 minutes to 3 hours, at midnight too, and a day that never was.</summary>
    private static readonly (string Zone, Instant Near)[] Moments =
    [
        ("Etc/UTC", Instant.FromUtc(2026, 1, 1, 0, 0)),
        ("Europe/Berlin", Instant.FromUtc(2025, 3, 30, 1, 0)),
        ("Europe/Berlin", Instant.FromUtc(2025, 10, 26, 1, 0)),
        ("America/New_York", Instant.FromUtc(2025, 3, 9, 7, 0)),
        ("America/New_York", Instant.FromUtc(2025, 11, 2, 6, 0)),
        ("Australia/Lord_Howe", Instant.FromUtc(2025, 10, 4, 15, 30)),
        ("Australia/Lord_Howe", Instant.FromUtc(2025, 4, 5, 15, 0)),
        ("America/Sao_Paulo", Instant.FromUtc(2015, 10, 18, 3, 0)),
        ("America/Sao_Paulo", Instant.FromUtc(2015, 2, 22, 2, 0)),
        ("America/Havana", Instant.FromUtc(2025, 3, 9, 5, 0)),
        ("America/Havana", Instant.FromUtc(2025, 11, 2, 5, 0)),
        ("Asia/Beirut", Instant.FromUtc(2025, 3, 29, 22, 0)),
        ("Asia/Tehran", Instant.FromUtc(2015, 3, 21, 20, 30)),
        ("Antarctica/Troll", Instant.FromUtc(2025, 3, 30, 1, 0)),
        ("Antarctica/Troll", Instant.FromUtc(2025, 10, 26, 1, 0)),
        ("Africa/Casablanca", Instant.FromUtc(2025, 2, 23, 2, 0)),
        ("Africa/Casablanca", Instant.FromUtc(2025, 4, 6, 2, 0)),
        ("Pacific/Apia", Instant.FromUtc(2011, 12, 30, 10, 0)),
        ("Pacific/Kwajalein", Instant.FromUtc(1993, 8, 21, 12, 0)),
        ("Asia/Manila", Instant.FromUtc(1978, 3, 21, 16, 0)),
        ("Asia/Kathmandu", Instant.FromUtc(1985, 12, 31, 18, 30)),
        ("Asia/Kolkata", Instant.FromUtc(2025, 10, 20, 0, 0)),
    ];

    private static readonly int[] Times = [0, 1, 30, 90, 120, 150, 179, 180, 181, 360, 540, 720, 780, 1_020, 1_320, 1_380, 1_439, 1_440];

    public static readonly Gen<Case> Cases =
        from moment in Gen.Elements(Moments)
        from week in Gen.ListOf(Gen.Frequency((1, Gen.Constant<IReadOnlyList<Hours>>([])), (4, SomeHours())), 7)
        from holidays in Gen.ListOf(Dates(moment), 2)
        from overrides in Gen.ListOf(Dated(moment), 2)
        from breaks in Gen.ListOf(Dated(moment), 2)
        from start in Minutes(moment.Near)
        from seconds in Gen.Frequency((3, Gen.Choose(1, 200_000)), (1, Gen.Choose(1, 120)), (2, Gen.Choose(1, 60).Select(n => n * 1_800)), (1, Gen.Constant(0)))
        from pauses in Gen.Choose(0, 3).SelectMany(n => Gen.ListOf(SomePause(moment.Near), n))
        select new Case(
            new()
            {
                Timezone = moment.Zone,
                Weekly = new(week[0], week[1], week[2], week[3], week[4], week[5], week[6]),
                Holidays = [.. holidays],
                Overrides = Map(overrides),
                Breaks = Map(breaks),
            },
            start,
            seconds,
            [.. pauses]);

    public static readonly Arbitrary<Case> All = Arb.From(Cases);

    /// <summary>Most dates are near; a date that is a holiday and has an override too is worth having.</summary>
    public static Gen<LocalDate> Dates((string Zone, Instant Near) moment) =>
        Gen.Choose(-3, 4).Select(days => moment.Near.InZone(DateTimeZoneProviders.Tzdb[moment.Zone]).Date.PlusDays(days));

    public static Gen<Pause> SomePause(Instant near) =>
        from start in Minutes(near)
        from length in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 3_000)))
        from open in Gen.Choose(0, 9)
        select new Pause(start, open == 0 ? null : start + Duration.FromMinutes(length));

    public static Gen<IReadOnlyList<Hours>> SomeHours() =>
        from count in Gen.Choose(1, 3)
        from cuts in Gen.ListOf(Gen.Elements(Times), count * 2)
        select (IReadOnlyList<Hours>)[.. cuts.Distinct().Order().Chunk(2).Where(c => c.Length == 2).Select(c => new Hours(c[0], c[1]))];

    private static Gen<(LocalDate, IReadOnlyList<Hours>)> Dated((string Zone, Instant Near) moment) =>
        from date in Dates(moment)
        from hours in Gen.Frequency((1, Gen.Constant<IReadOnlyList<Hours>>([])), (3, SomeHours()))
        select (date, hours);

    private static Gen<Instant> Minutes(Instant near) => Gen.Choose(-4_000, 4_000).Select(m => near + Duration.FromMinutes(m));

    private static Dictionary<LocalDate, IReadOnlyList<Hours>> Map(IEnumerable<(LocalDate Date, IReadOnlyList<Hours> Hours)> dated) =>
        dated.DistinctBy(d => d.Date).ToDictionary(d => d.Date, d => d.Hours);
}
