using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests.Sla;

/// <summary>A supervisor sets hours, with a lunch break and holidays, and sees what follows.</summary>
public sealed class CalendarTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private static JsonObject Office(string end = "17:00") => JsonNode.Parse($$$"""
        {"name":"Office","timezone":"Europe/Berlin","weekly":{"mon":[["09:00","12:00"],["13:00","{{{end}}}"]],"fri":[["09:00","24:00"]],"sat":[["00:00","02:00"]]},
         "holidays":["2026-12-25"],"overrides":{"2026-12-24":[["09:00","12:00"]]},"breaks":{"2026-12-28":[["10:00","10:30"]]},"holidayNames":{"2026-12-25":"Christmas"}}
        """)!.AsObject();

    [Fact]
    public async Task A_supervisor_sets_hours_and_everyone_who_works_by_them_sees_them()
    {
        var put = (await fixture.Supervisor.Put("/v1/calendars/office", Office())).Is(200);
        Assert.Equal(("office", 1, "Europe/Berlin", "\"1\""), (put.Of("id"), put["version"].GetInt32(), put.Of("timezone"), put.ETag));
        Assert.Equal("""[["09:00","12:00"],["13:00","17:00"]]""", put["weekly"].GetProperty("mon").GetRawText());
        Assert.Equal("""[["09:00","24:00"]]""", put["weekly"].GetProperty("fri").GetRawText());
        Assert.Equal("[]", put["weekly"].GetProperty("sun").GetRawText());
        Assert.Equal("""{"2026-12-24":[["09:00","12:00"]]}""", put["overrides"].GetRawText());
        Assert.Equal("Christmas", put["holidayNames"].GetProperty("2026-12-25").GetString());
        Assert.Equal(put.Text, (await fixture.Agent.Get("/v1/calendars/office")).Is(200).Text);
        Assert.Contains(put.Text, (await fixture.Integrator.Get("/v1/calendars")).Is(200).Text, StringComparison.Ordinal);
        (await fixture.Rival.Get("/v1/calendars/office")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task A_change_is_a_new_version_the_same_again_is_none_and_the_old_one_can_still_be_read()
    {
        (await fixture.Admin.Put("/v1/calendars/desk", Office())).Is(200);
        var before = await fixture.Admin.Head();
        Assert.Equal(1, (await fixture.Admin.Put("/v1/calendars/desk", Office())).Is(200)["version"].GetInt32());
        Assert.Equal(before, await fixture.Admin.Head());
        Assert.Equal(2, (await fixture.Admin.Put("/v1/calendars/desk", Office("18:00"))).Is(200)["version"].GetInt32());

        Assert.Equal("17:00", (await fixture.Admin.Get("/v1/calendars/desk?version=1")).Is(200)["weekly"].GetProperty("mon")[1][1].GetString());
        Assert.Equal("18:00", (await fixture.Admin.Get("/v1/calendars/desk?version=2")).Is(200)["weekly"].GetProperty("mon")[1][1].GetString());
        (await fixture.Admin.Get("/v1/calendars/desk?version=3")).IsProblem(404, "not_found");
        (await fixture.Admin.Get("/v1/calendars/desk?version=x")).IsProblem(400, "invalid_query");
        Assert.Contains((await fixture.Admin.Changes(before)).Changes, c => c.GetProperty("type").GetString() == "calendar.defined");
    }

    [Fact]
    public async Task Two_people_who_change_it_at_once_do_not_overwrite_each_other()
    {
        (await fixture.Admin.Put("/v1/calendars/shared", Office())).Is(200);
        (await fixture.Supervisor.Send(HttpMethod.Put, "/v1/calendars/shared", Office("18:00"), ifMatch: 1)).Is(200);
        (await fixture.Admin.Send(HttpMethod.Put, "/v1/calendars/shared", Office("19:00"), ifMatch: 1)).IsProblem(412, "version_conflict");
        Assert.Equal("18:00", (await fixture.Admin.Get("/v1/calendars/shared")).Is(200)["weekly"].GetProperty("mon")[1][1].GetString());
    }

    [Fact]
    public async Task The_same_request_again_gets_the_first_answer()
    {
        var key = Guid.NewGuid().ToString();
        (await fixture.Admin.Put("/v1/calendars/once", Office(), key)).Is(200);
        Assert.True((await fixture.Admin.Put("/v1/calendars/once", Office(), key)).Is(200).Replayed);
        (await fixture.Admin.Put("/v1/calendars/once", Office("18:00"), key)).IsProblem(422, "idempotency_key_reused");
    }

    [Theory]
    [InlineData("timezone", "\"Europe/Atlantis\"", "unknown_timezone")]
    [InlineData("timezone", "\"UTC+05:00\"", "unknown_timezone")]
    [InlineData("timezone", "7", "invalid_value")]
    [InlineData("timezone", "null", "invalid_value")]
    [InlineData("weekly", """{"monday":[]}""", "unknown_field")]
    [InlineData("weekly", """{"mon":[["9:00","17:00"]]}""", "invalid_value")]
    [InlineData("weekly", """{"mon":[["09:00","24:01"]]}""", "invalid_value")]
    [InlineData("weekly", """{"mon":[["09:00"]]}""", "invalid_value")]
    [InlineData("weekly", """{"mon":[["09:00","12:00","13:00"]]}""", "invalid_value")]
    [InlineData("weekly", """{"mon":[null]}""", "invalid_value")]
    [InlineData("weekly", """{"mon":["09:00-17:00"]}""", "invalid_value")]
    [InlineData("weekly", """{"mon":[["17:00","09:00"]]}""", "invalid_hours")]
    [InlineData("weekly", """{"mon":[["09:00","09:00"]]}""", "invalid_hours")]
    [InlineData("weekly", """{"mon":[["24:00","24:00"]]}""", "invalid_hours")]
    [InlineData("weekly", """{"mon":[["09:00","12:00"],["11:59","13:00"]]}""", "overlapping_hours")]
    [InlineData("weekly", "{}", null)]
    [InlineData("holidays", """["2025-02-29"]""", "invalid_value")]
    [InlineData("holidays", """["25.12.2025"]""", "invalid_value")]
    [InlineData("holidays", """[20251225]""", "invalid_value")]
    [InlineData("holidays", """[null]""", "invalid_value")]
    [InlineData("overrides", """{"2025-13-01":[]}""", "invalid_value")]
    [InlineData("overrides", """{"2027-01-01":null}""", "invalid_value")]
    [InlineData("overrides", """{"2027-01-01":[["12:00","11:00"]]}""", "invalid_hours")]
    [InlineData("breaks", """{"2027-01-01":[["12:00","11:00"]]}""", "invalid_hours")]
    [InlineData("holidayNames", """{"2026-12-25":""}""", "missing_field")]
    [InlineData("name", "\"a\\u0000\"", "invalid_text")]
    [InlineData("hours", "[]", "unknown_field")]
    public async Task What_is_no_calendar_is_refused_by_name_and_changes_nothing(string field, string json, string? code)
    {
        var before = await fixture.Admin.Head();
        var body = Office();
        body[field] = JsonNode.Parse(json);

        var answer = await fixture.Admin.Put("/v1/calendars/bad", body);

        if (code is null)
        {
            answer.Is(200);
            return;
        }

        answer.IsProblem(400, code);
        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_calendar_that_never_opens_or_has_no_name_is_refused()
    {
        (await fixture.Admin.Put("/v1/calendars/never", new { timezone = "Etc/UTC" })).IsProblem(400, "no_open_time");
        (await fixture.Admin.Put("/v1/calendars/never", new { })).IsProblem(400, "missing_field");
        (await fixture.Admin.Put("/v1/calendars/a%20b", Office())).IsProblem(400, "invalid_id");
        (await fixture.Admin.Get("/v1/calendars/nowhere")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Holidays_come_out_of_an_iCalendar_file()
    {
        (await fixture.Admin.Put("/v1/calendars/imported", Office())).Is(200);
        // The gateway's clock says 2026-11: folded lines, a two-day feast, a yearly one less an exception, a moved date, and what is none.
        var file = string.Join("\r\n",
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN",
            "BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20270501", "SUMMARY:Tag der", "  Arbeit", "END:VEVENT",
            "BEGIN:VEVENT", "UID:2", "DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227", "SUMMARY:Weihnachten", "END:VEVENT",
            "BEGIN:VEVENT", "UID:3", "DTSTART;VALUE=DATE:20250103", "RRULE:FREQ=YEARLY;UNTIL=20290101", "EXDATE;VALUE=DATE:20270103", "SUMMARY:Founders", "END:VEVENT",
            "BEGIN:VEVENT", "UID:3", "RECURRENCE-ID;VALUE=DATE:20280103", "DTSTART;VALUE=DATE:20280110", "SUMMARY:Founders (moved)", "END:VEVENT",
            "BEGIN:VEVENT", "UID:4", "DTSTART:20270101T100000Z", "DTEND:20270101T110000Z", "SUMMARY:Meeting", "END:VEVENT",
            "BEGIN:VEVENT", "UID:5", "DTSTART;VALUE=DATE:20270601", "STATUS:CANCELLED", "SUMMARY:Off", "END:VEVENT",
            "BEGIN:VEVENT", "UID:6", "DTSTART;VALUE=DATE:20270601", "RRULE:FREQ=DAILY", "SUMMARY:Always", "END:VEVENT",
            "BEGIN:VEVENT", "UID:7", "DTSTART;VALUE=DATE:19900601", "SUMMARY:Long ago", "END:VEVENT",
            "BEGIN:VEVENT", "UID:8", "DTSTART;VALUE=DATE:20270228", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "SUMMARY:Never", "END:VEVENT",
            "END:VCALENDAR", "",
        ]);

        var dry = (await Import("imported", file, "?dryRun=true")).Is(200);
        Assert.Equal(1, dry["version"].GetInt32());
        var answer = (await Import("imported", file)).Is(200);

        string[] expected = ["2025-01-03", "2026-01-03", "2026-12-26", "2027-05-01", "2028-01-10", "2029-01-03"];
        Assert.Equal(expected.Where(d => d != "2029-01-03"), answer["added"].EnumerateArray().Select(h => h.GetProperty("date").GetString()));
        Assert.Equal(dry["added"].GetRawText(), answer["added"].GetRawText());
        Assert.Equal("Tag der Arbeit", answer["added"].EnumerateArray().Single(h => h.GetProperty("date").GetString() == "2027-05-01").GetProperty("name").GetString());
        Assert.Equal(
            [("Meeting", "timed"), ("Off", "cancelled"), ("Always", "too_frequent"), ("Long ago", "outside"), ("Never", "outside")],
            answer["ignored"].EnumerateArray().Select(i => (i.GetProperty("name").GetString()!, i.GetProperty("reason").GetString()!)));
        var calendar = (await fixture.Admin.Get("/v1/calendars/imported")).Is(200);
        Assert.Equal((2, "Weihnachten"), (calendar["version"].GetInt32(), calendar["holidayNames"].GetProperty("2026-12-25").GetString()));
        Assert.Equal(2, (await Import("imported", file)).Is(200)["version"].GetInt32());
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("BEGIN:VCALENDAR")]
    [InlineData("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20250230\r\nEND:VEVENT\r\nEND:VCALENDAR")]
    [InlineData("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20250101\r\nRRULE:FREQ=SOMETIMES\r\nEND:VEVENT\r\nEND:VCALENDAR")]
    [InlineData("BEGIN:VCALENDAR\r\n<html>\r\nEND:VCALENDAR")]
    public async Task What_is_no_iCalendar_file_is_refused(string file)
    {
        (await fixture.Admin.Put("/v1/calendars/garbage", Office())).Is(200);
        var before = await fixture.Admin.Head();
        var answer = await Import("garbage", file);
        if (answer.Status != 200) // a file without events is one
        {
            answer.IsProblem(400, "invalid_icalendar");
        }

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_file_made_to_be_work_is_refused_or_read_at_once()
    {
        (await fixture.Admin.Put("/v1/calendars/work", Office())).Is(200);
        var events = string.Concat(Enumerable.Range(0, 1_500).Select(i =>
            $"BEGIN:VEVENT\r\nUID:{i}\r\nDTSTART;VALUE=DATE:19000101\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\r\nEND:VEVENT\r\n"));
        var answer = await Import("work", $"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        answer.IsProblem(400, "invalid_icalendar");
    }

    [Fact]
    public async Task Only_text_calendar_is_imported_and_only_into_a_calendar_there_is()
    {
        (await fixture.Admin.Put("/v1/calendars/typed", Office())).Is(200);
        (await fixture.Admin.Post("/v1/calendars/typed/holidays:import", "{}")).IsProblem(415, "unsupported_media_type");
        (await Import("nowhere", "BEGIN:VCALENDAR\r\nEND:VCALENDAR")).IsProblem(404, "not_found");
    }

    private Task<Answer> Import(string calendar, string file, string query = "") =>
        fixture.Supervisor.Send(HttpMethod.Post, $"/v1/calendars/{calendar}/holidays:import{query}", file, contentType: "text/calendar; charset=utf-8");
}
