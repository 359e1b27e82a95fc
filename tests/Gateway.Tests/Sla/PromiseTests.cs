using System.Text.Json;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Gateway.Tests.Sla;

/// <summary>Issue 4's "done when": hours, targets, a preview, why it is due when it is, a warning in time, the same numbers everywhere.</summary>
public sealed class PromiseTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(); // a Saturday, 2026-11-21 21:00 UTC
    private TestGateway _gateway = null!;
    private Api _supervisor = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestGateway.Start(_time);
        _supervisor = await _gateway.New("supervisor", "sue");
        (await _gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        (await PutHours("17:00", "2026-11-24")).Is(200);
        (await PutPolicy(28_800)).Is(200);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task The_same_numbers_are_in_the_conversation_its_explanation_the_list_the_feed_and_the_preview()
    {
        var start = await _gateway.Admin.Head();
        var id = await Open();
        var due = Instant.FromUtc(2026, 11, 25, 9, 0); // Monday 3 h + 4 h, Tuesday is a holiday, Wednesday 1 h

        var conversation = (await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200)["sla"];
        var why = (await _supervisor.Get($"/v1/conversations/{id}/sla")).Is(200);
        var clock = why["clocks"][0];
        var preview = (await _supervisor.Post("/v1/sla/preview", new { op = "add", start = "2026-11-21T21:00:00Z", seconds = 28_800, calendar = Hours("17:00", "2026-11-24") })).Is(200);

        Assert.Equal(due, Time(conversation.GetProperty("firstResponse").GetProperty("due")));
        Assert.Equal(due, Time(conversation.GetProperty("nextDue")));
        Assert.Equal(28_800, conversation.GetProperty("firstResponse").GetProperty("remainingSeconds").GetInt64());
        Assert.Equal(due, Time(preview["due"]));
        Assert.Equal(("firstResponse", "running", "office", "gold"), (Text(clock, "metric"), Text(clock, "status"), Text(clock.GetProperty("calendar"), "id"), Text(clock.GetProperty("policy"), "id")));
        Assert.Equal(due, Time(clock.GetProperty("due")));
        Assert.Equal(
            ["2026-11-23T08:00:00.000Z 10800", "2026-11-23T12:00:00.000Z 14400", "2026-11-25T08:00:00.000Z 3600"],
            clock.GetProperty("explanation").GetProperty("segments").EnumerateArray().Select(s => $"{Text(s, "from")} {s.GetProperty("seconds")}"));
        var skipped = Assert.Single(clock.GetProperty("explanation").GetProperty("skipped").EnumerateArray());
        Assert.Equal(("holiday", "2026-11-24", 25_200), (Text(skipped, "reason"), Text(skipped, "date"), skipped.GetProperty("seconds").GetInt32()));
        Assert.Equal(id, Text(Assert.Single((await _gateway.Admin.Get("/v1/conversations?sla=running&order=due")).Is(200)["items"].EnumerateArray()), "id"));

        _time.Advance(TimeSpan.FromDays(3) + TimeSpan.FromHours(11)); // Wednesday 09:00 in Berlin: an hour is left
        var warned = await Heard(id, start, "sla.warning");
        Assert.Equal(due, Time(warned.GetProperty("due")));
        Assert.Single((await _gateway.Admin.Get("/v1/conversations?sla=warning&order=due")).Is(200)["items"].EnumerateArray());

        _time.Advance(TimeSpan.FromHours(8)); // past closing: seven business hours would be too many
        var broken = await Heard(id, start, "sla.breached");
        Assert.Equal(due, Time(broken.GetProperty("at")));
        var late = (await _supervisor.Get($"/v1/conversations/{id}/sla")).Is(200)["clocks"][0];
        Assert.Equal(("breached", "time", -21_600, 21_600), (Text(late, "status"), Text(late, "breachCause"), late.GetProperty("remainingSeconds").GetInt32(), late.GetProperty("overrunSeconds").GetInt32()));
        Assert.Single((await _gateway.Admin.Get("/v1/conversations?sla=breached")).Is(200)["items"].EnumerateArray());

        _time.Advance(TimeSpan.FromHours(2));
        (await _gateway.Admin.Post($"/v1/conversations/{id}/messages", new { text = "sorry" })).Is(201);
        var done = (await _supervisor.Get($"/v1/conversations/{id}/sla")).Is(200)["clocks"][0];
        Assert.Equal(("breached", 21_600, 32_400), (Text(done, "status"), done.GetProperty("overrunSeconds").GetInt32(), done.GetProperty("overrunWallSeconds").GetInt32()));
        Assert.Equal(JsonValueKind.Null, done.GetProperty("remainingSeconds").ValueKind);
        await Heard(id, start, "sla.fulfilled");
    }

    [Fact]
    public async Task A_due_time_set_by_hand_holds_and_is_said_to_be()
    {
        var id = await Open();
        (await _supervisor.Post($"/v1/conversations/{id}/sla/override", new { metric = "firstResponse", due = "2026-11-21T20:00:00Z", reason = "promised" })).IsProblem(400, "invalid_time");
        (await _supervisor.Post($"/v1/conversations/{id}/sla/override", new { metric = "firstResponse", due = "2026-11-23T20:00:00Z", reason = "" })).IsProblem(400, "missing_field");
        (await _supervisor.Post($"/v1/conversations/{id}/sla/override", new { metric = "nextResponse", due = "2026-11-23T20:00:00Z", reason = "promised" })).IsProblem(409, "no_running_clock");
        (await _supervisor.Post($"/v1/conversations/{id}/sla/override", new { metric = "firstResponse", due = "2026-11-23T20:00:00Z", reason = "promised on the phone" })).Is(200);

        var clock = (await _gateway.Admin.Get($"/v1/conversations/{id}/sla")).Is(200)["clocks"][0];
        Assert.Equal(Instant.FromUtc(2026, 11, 23, 20, 0), Time(clock.GetProperty("due")));
        Assert.True(clock.GetProperty("setByHand").GetBoolean());
        Assert.Equal(JsonValueKind.Null, clock.GetProperty("explanation").ValueKind);
    }

    [Fact]
    public async Task A_changed_policy_holds_for_what_runs_only_when_it_is_applied_and_that_is_shown_before()
    {
        var id = await Open();
        var start = await _gateway.Admin.Head();
        (await PutPolicy(3_600)).Is(200);
        Assert.Equal(Instant.FromUtc(2026, 11, 25, 9, 0), await DueOf(id));

        var before = await _gateway.Admin.Head();
        var shown = (await _gateway.Admin.Post("/v1/sla/policies:apply", new { dryRun = true })).Is(200);
        Assert.Equal((1, 1, 0, true), (shown["examined"].GetInt32(), shown["changed"].GetInt32(), shown["broken"].GetInt32(), shown["complete"].GetBoolean()));
        Assert.Equal(Instant.FromUtc(2026, 11, 23, 9, 0), Time(shown["items"][0].GetProperty("nextDueAfter")));
        Assert.Equal(before, await _gateway.Admin.Head());

        var key = Guid.NewGuid().ToString();
        var run = (await _gateway.Admin.Post("/v1/sla/policies:apply", new { }, idempotencyKey: key)).Is(202);
        await Heard(null, start, "policies.applied");
        var finished = (await _supervisor.Get($"/v1/sla/runs/{run.Of("id")}")).Is(200);
        Assert.Equal((1, 1), (finished["examined"].GetInt32(), finished["changed"].GetInt32()));
        Assert.Equal(Instant.FromUtc(2026, 11, 23, 9, 0), await DueOf(id));
        Assert.Equal(run.Of("id"), (await _gateway.Admin.Post("/v1/sla/policies:apply", new { }, idempotencyKey: key)).Is(202).Of("id"));
        (await _supervisor.Get("/v1/sla/runs/nothing")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task A_changed_calendar_moves_what_runs_at_once_and_from_the_edit_on()
    {
        var id = await Open();
        var start = await _gateway.Admin.Head();
        (await PutHours("18:00", "2026-11-24")).Is(200);

        await Heard(id, start, "sla.calendar_changed");
        Assert.Equal(Instant.FromUtc(2026, 11, 23, 17, 0), await DueOf(id));
        var clock = (await _supervisor.Get($"/v1/conversations/{id}/sla")).Is(200)["clocks"][0];
        Assert.Equal(2, clock.GetProperty("calendar").GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_policy_for_a_tier_holds_once_the_customer_has_it()
    {
        (await _supervisor.Put("/v1/sla/policies/vip", new { position = 1, when = new { tiers = new[] { "gold" } }, targets = new { normal = new { firstResponse = 60 } } })).Is(200);
        var id = await Open();
        (await _gateway.Admin.Post($"/v1/conversations/{id}/tier", new { tier = "gold" })).Is(200);
        Assert.Equal(Instant.FromUtc(2026, 11, 21, 21, 1), await DueOf(id));
        Assert.Equal("vip", (await _supervisor.Get($"/v1/conversations/{id}/sla")).Is(200)["policy"].GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_team_lead_who_is_to_be_told_hears_of_it_in_a_feed_of_their_own()
    {
        (await _supervisor.Put("/v1/sla/policies/gold", new
        {
            position = 10,
            targets = new { normal = new { firstResponse = 3_600 } },
            warnings = new[] { new { fraction = 0.5, actions = new object[] { new { type = "notify", agent = "lea", hours = "office" }, new { type = "notify" } } } },
        })).Is(200);
        var shown = (await _supervisor.Get("/v1/sla/policies/gold")).Is(200)["warnings"][0].GetProperty("actions")[0];
        Assert.Equal(("notify", "lea", "office"), (Text(shown, "type"), Text(shown, "agent"), Text(shown, "hours")));
        var lea = await _gateway.New("agent", "lea");
        await using var watcher = await Watcher.Start(lea, "topic=agent/lea");

        // Where settings are told from process to process, the first may be opened before they are known there.
        string id;
        do
        {
            id = await Open();
        }
        while ((await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200)["sla"].GetProperty("policyVersion").GetInt64() != 2);

        _time.Advance(TimeSpan.FromMinutes(30));
        var told = (await watcher.Until(h => h.Type == "sla.warning"))[^1];
        Assert.Equal($"conversation/{id}", told.Entity);
        var notice = Assert.Single(told.Json.GetProperty("data").GetProperty("notices").EnumerateArray()); // nobody has it, so no assignee
        Assert.Equal(("agent", "lea", "2026-11-23T08:00:00.000Z"), (Text(notice, "kind"), Text(notice, "to"), Text(notice, "notBefore")));
    }

    [Fact]
    public async Task A_promise_that_no_opening_hours_can_keep_is_said_in_the_feed_the_list_and_the_conversation()
    {
        var start = await _gateway.Admin.Head();
        (await _supervisor.Put("/v1/calendars/office", new { timezone = "Europe/Berlin", weekly = new { }, overrides = new Dictionary<string, string[][]> { ["2026-11-23"] = [["09:00", "12:00"]] } })).Is(200);
        var id = await Open();
        var told = await Heard(null, start, "sla.unreachable");
        Assert.Equal(("firstResponse", 28_800, "office", 2), (Text(told, "metric"), told.GetProperty("target").GetInt32(), Text(told.GetProperty("calendar"), "id"), told.GetProperty("calendar").GetProperty("version").GetInt32()));
        Assert.Equal(id, Text(Assert.Single((await _gateway.Admin.Get("/v1/conversations?sla=unreachable")).Is(200)["items"].EnumerateArray()), "id"));
        Assert.True((await _supervisor.Get($"/v1/conversations/{id}/sla")).Is(200)["clocks"][0].GetProperty("unreachable").GetBoolean());

        start = await _gateway.Admin.Head();
        (await PutHours("17:00", "2026-11-24")).Is(200);
        await Heard(id, start, "sla.calendar_changed");
        Assert.Empty((await _gateway.Admin.Get("/v1/conversations?sla=unreachable")).Is(200)["items"].EnumerateArray());
        Assert.Equal(Instant.FromUtc(2026, 11, 25, 9, 0), await DueOf(id));
    }

    private static object Hours(string end, string holiday)
    {
        string[][] day = [["09:00", "12:00"], ["13:00", end]];
        return new { timezone = "Europe/Berlin", weekly = new { mon = day, tue = day, wed = day, thu = day, fri = day }, holidays = new[] { holiday } };
    }

    private Task<Answer> PutHours(string end, string holiday) => _supervisor.Put("/v1/calendars/office", Hours(end, holiday));

    private Task<Answer> PutPolicy(int seconds) => _supervisor.Put("/v1/sla/policies/gold", new
    {
        position = 10,
        calendar = "office",
        targets = new { normal = new { firstResponse = seconds, nextResponse = seconds } },
        warnings = new[] { new { before = 3_600 } },
    });

    private async Task<string> Open() => (await _gateway.Admin.Post("/v1/inbound", Some.Inbound(Some.Id()))).Is(200).Of("conversationId");

    private async Task<Instant?> DueOf(string id) => Time((await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200)["sla"].GetProperty("nextDue"));

    /// <summary>The data of the first such event since a cursor.</summary>
    private async Task<JsonElement> Heard(string? conversation, string since, string type)
    {
        await using var watcher = await Watcher.Start(_gateway.Admin, $"topic={(conversation is null ? "account" : $"conversation/{conversation}")}&cursor={since}");
        return (await watcher.Until(h => h.Type == type))[^1].Json.GetProperty("data");
    }

    private static Instant? Time(JsonElement time) => time.ValueKind == JsonValueKind.String && InstantConverter.TryParse(time.GetString()!, out var at) ? at : null;

    private static string? Text(JsonElement element, string member) => element.GetProperty(member).GetString();
}
