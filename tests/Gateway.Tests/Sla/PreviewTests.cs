using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests.Sla;

/// <summary>The preview's own manners; its numbers are in <see cref="VectorTests"/>.</summary>
public sealed class PreviewTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private const string Office = """{"timezone":"Etc/UTC","weekly":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]]},"holidays":["2025-01-07"],"holidayNames":{"2025-01-07":"Feast"}}""";

    private Task<Answer> Ask(string members) => fixture.Supervisor.Post("/v1/sla/preview", $$"""{"calendar":{{Office}},{{members}}}""");

    [Fact]
    public async Task It_says_when_and_if_asked_why()
    {
        Assert.Equal("""{"due":"2025-01-06T10:00:00Z"}""", (await Ask("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":3600")).Is(200).Text);
        var why = (await Ask("\"op\":\"add\",\"start\":\"2025-01-06T16:00:00.500+00:00\",\"seconds\":7200,\"explain\":true,\"pauses\":[[\"2025-01-13T09:30:00Z\",\"2025-01-13T10:00:00Z\"]]")).Is(200);
        Assert.Equal("2025-01-13T10:30:00.500Z", why.Of("due"));
        var explanation = why["explanation"];
        Assert.Equal(2, explanation.GetProperty("segments").GetArrayLength() - 1);
        Assert.Equal(
            ["holiday", "pause"],
            explanation.GetProperty("skipped").EnumerateArray().Select(s => s.GetProperty("reason").GetString()));
        Assert.Equal("Feast", explanation.GetProperty("skipped")[0].GetProperty("name").GetString());
        Assert.NotEmpty(explanation.GetProperty("tzdata").GetString()!);
    }

    [Fact]
    public async Task What_never_comes_is_null()
    {
        const string Once = """{"timezone":"Etc/UTC","weekly":{},"overrides":{"2025-01-06":[["09:00","10:00"]]}}""";
        Assert.Equal("""{"due":null}""", (await fixture.Admin.Post("/v1/sla/preview", $$"""{"calendar":{{Once}},"op":"add","start":"2025-01-01T00:00:00Z","seconds":3601}""")).Is(200).Text);
        Assert.Equal("""{"opens":null}""", (await fixture.Admin.Post("/v1/sla/preview", $$"""{"calendar":{{Once}},"op":"next_open","start":"2025-01-06T10:00:00Z"}""")).Is(200).Text);
        Assert.Equal("""{"due":null}""", (await Ask("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":3600,\"pauses\":[[\"2025-01-06T09:30:00Z\",null]]")).Is(200).Text);
    }

    [Theory]
    [InlineData("\"op\":\"subtract\"", "invalid_value")]
    [InlineData("\"op\":null", "invalid_value")]
    [InlineData("\"op\":\"Add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":1", "invalid_value")]
    [InlineData("\"op\":\"add\",\"seconds\":1", "missing_field")]
    [InlineData("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\"", "missing_field")]
    [InlineData("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":-1", "invalid_value")]
    [InlineData("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":1.5", "invalid_value")]
    [InlineData("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":\"1 day\"", "invalid_value")]
    [InlineData("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":99999999999", "invalid_value")]
    [InlineData("\"op\":\"add\",\"start\":\"yesterday\",\"seconds\":1", "invalid_value")]
    [InlineData("\"op\":\"add\",\"start\":\"2025-01-06T09:00:00Z\",\"seconds\":1,\"days\":1", "unknown_field")]
    [InlineData("\"op\":\"between\",\"from\":\"2025-01-06T09:00:00Z\"", "missing_field")]
    [InlineData("\"op\":\"next_open\"", "missing_field")]
    [InlineData("\"op\":\"next_open\",\"start\":\"2025-01-06T09:00:00Z\",\"pauses\":[[\"2025-01-06T09:00:00Z\"]]", "invalid_value")]
    [InlineData("\"op\":\"next_open\",\"start\":\"2025-01-06T09:00:00Z\",\"pauses\":[[null,null]]", "invalid_value")]
    [InlineData("\"op\":\"next_open\",\"start\":\"2025-01-06T09:00:00Z\",\"pauses\":[7]", "invalid_value")]
    [InlineData("\"op\":\"next_open\",\"start\":\"2025-01-06T09:00:00Z\",\"pauses\":[[\"2025-01-06T09:00:00Z\",\"2025-01-06T08:00:00Z\"]]", "invalid_pause")]
    public async Task A_question_that_makes_no_sense_is_told_so(string members, string code) => (await Ask(members)).IsProblem(400, code);

    [Theory]
    [InlineData("""{"timezone":"Mars/Olympus","weekly":{"mon":[["09:00","17:00"]]}}""", "unknown_timezone")]
    [InlineData("""{"timezone":"Etc/UTC","weekly":{"mon":[]}}""", "no_open_time")]
    [InlineData("""{"timezone":"Etc/UTC","weekly":{"mon":[["09:00","17:00"],["10:00","11:00"]]}}""", "overlapping_hours")]
    [InlineData("""{"timezone":"Etc/UTC","weekly":{"mon":[["17:00","09:00"]]}}""", "invalid_hours")]
    [InlineData("""{"timezone":"Etc/UTC","overrides":{"2025-01-06":null}}""", "invalid_value")]
    [InlineData("""{"weekly":{}}""", "missing_field")]
    [InlineData("null", "invalid_value")]
    [InlineData("\"office\"", "invalid_value")]
    public async Task A_calendar_nobody_could_keep_is_refused_and_never_becomes_always_open(string calendar, string code) =>
        (await fixture.Admin.Post("/v1/sla/preview", $$"""{"calendar":{{calendar}},"op":"next_open","start":"2025-01-06T09:00:00Z"}""")).IsProblem(400, code);

    [Fact]
    public async Task It_touches_nothing()
    {
        var before = await fixture.Admin.Head();
        (await Ask("\"op\":\"next_open\",\"start\":\"2025-01-06T09:00:00Z\"")).Is(200);
        Assert.Equal(before, await fixture.Admin.Head());
    }

    /// <summary>The dearest questions that are let in: a calendar full of dates, the longest target, a thousand pauses, all of time.</summary>
    [Fact]
    public async Task The_dearest_question_is_answered_at_once()
    {
        var dates = Enumerable.Range(0, 5_000).Select(i => new DateOnly(2020, 1, 1).AddDays(i).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)).ToList();
        var calendar = new JsonObject
        {
            ["timezone"] = "Africa/Casablanca",
            ["weekly"] = JsonNode.Parse("""{"sun":[["09:00","09:01"]]}"""),
            ["holidays"] = new JsonArray([.. dates.Select(d => (JsonNode)d)]),
            ["overrides"] = new JsonObject(dates.Select(d => KeyValuePair.Create(d, JsonNode.Parse("""[["09:00","10:00"],["11:00","12:00"]]""")))),
        };
        var pauses = new JsonArray([.. Enumerable.Range(0, 1_000).Select(i => JsonNode.Parse($"""["{2_000 + i:0000}-01-01T00:00:00Z","{2_000 + i:0000}-06-01T00:00:00Z"]"""))]);
        foreach (var members in new[]
        {
            """{"op":"add","start":"0001-01-01T00:00:00Z","seconds":315360000,"explain":true}""",
            """{"op":"between","from":"0001-01-01T00:00:00Z","to":"9999-12-31T00:00:00Z"}""",
            """{"op":"next_open","start":"9999-12-31T00:00:00Z"}""",
        })
        {
            var request = JsonNode.Parse(members)!.AsObject();
            request["calendar"] = calendar.DeepClone();
            request["pauses"] = pauses.DeepClone();
            (await fixture.Admin.Post("/v1/sla/preview", request).WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).Is(200);
        }
    }
}
