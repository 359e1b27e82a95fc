using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using Conversations.Domain.Sla;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

/// <summary>What people are told of why a promise is due when it is, kept word for word in <c>Explanations</c>.</summary>
public sealed class ExplanationTests
{
    private static readonly JsonSerializerOptions Pretty = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new InstantConverter(), new LocalDateConverter() },
    };

    private static readonly Hours[] Split = [new(540, 720), new(780, 1_020)];

    private static readonly CalendarDefinition Shop = new()
    {
        Timezone = "Europe/Berlin",
        Weekly = new(Split, Split, Split, Split, Split),
        Holidays = [new(2025, 12, 25), new(2025, 12, 26), new(2025, 12, 27)],
        HolidayNames = new Dictionary<LocalDate, string> { [new(2025, 12, 25)] = "Weihnachten" },
        Overrides = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2025, 12, 24)] = [new(540, 720)], [new(2025, 12, 28)] = [new(600, 660)] },
        Breaks = new Dictionary<LocalDate, IReadOnlyList<Hours>> { [new(2025, 12, 29)] = [new(690, 800)], [new(2025, 12, 26)] = [new(0, 720)] },
    };

    private static readonly Instant Tuesday = Instant.FromUtc(2025, 12, 23, 15, 0);

    public static TheoryData<string> Names => ["over christmas", "with pauses", "paused now", "never", "across the gap", "at once"];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_says_what_it_always_said(string name)
    {
        var calendar = BusinessCalendar.Compile(Shop);
        var why = name switch
        {
            "over christmas" => calendar.Explain(Tuesday, 6 * 3_600, []),
            "with pauses" => calendar.Explain(Tuesday, 6 * 3_600, [new(Tuesday + Duration.FromMinutes(30), Tuesday + Duration.FromHours(18)), new(Tuesday + Duration.FromDays(3), Tuesday + Duration.FromDays(4))]),
            "paused now" => calendar.Explain(Tuesday, 6 * 3_600, [new(Tuesday + Duration.FromMinutes(30), null)]),
            "never" => BusinessCalendar.Compile(Shop with { Weekly = WeekHours.None }).Explain(Tuesday, 6 * 3_600, []),
            "across the gap" => BusinessCalendar.Compile(new() { Timezone = "Europe/Berlin", Weekly = new(Sun: [new(0, 1_440)]) }).Explain(Instant.FromUtc(2025, 3, 29, 12, 0), 22 * 3_600, []),
            _ => calendar.Explain(Tuesday, 0, []),
        };
        Assert.Equal(Tzdb.Version, why.Tzdata);
        var said = JsonSerializer.Serialize(why with { Tzdata = "*" }, Pretty) + "\n";
        var file = Path.Combine(Folder(), name.Replace(' ', '-') + ".json");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Folder());
            File.WriteAllText(file, said);
        }

        Assert.Equal(File.ReadAllText(file), said);
    }

    // Of a conversation that began in the middle of a second, the segments added up to a second less than was promised.
    [Fact]
    public void The_seconds_of_its_segments_add_up_to_the_target_whenever_it_began()
    {
        var why = BusinessCalendar.Compile(Shop).Explain(Tuesday + Duration.FromMilliseconds(8_328), 6 * 3_600, []);
        Assert.True(why.Segments.Count > 2);
        Assert.Equal(6 * 3_600, why.Segments.Sum(s => s.Seconds));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Explanations");
}
