using System.Text.Json;

namespace Conversations.Gateway.Tests.Flow;

public sealed class ListTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Every_filter_finds_what_it_names_and_nothing_else()
    {
        (await fixture.Admin.Put("/v1/channels/mail/acme", new { queue = "letters", sla = new { firstResponse = 60 } })).Is(200);
        var plain = await fixture.Open();
        var assigned = await Changed("assign", new { agent = "filter-agent", queue = "filter-queue" });
        var labelled = await Changed("labels", new { add = new[] { "filter-label" } });
        var urgent = await Changed("priority", new { priority = "urgent" });
        var pending = await Changed("pending", new { });
        var closed = await Changed("close", new { });
        var mail = (await fixture.Admin.Post("/v1/inbound", Some.Inbound(fixture.NewThread(), channel: "mail", customer: "filter-customer"))).Is(200).Of("conversationId");

        Assert.Equal([assigned], await Found("queue=filter-queue"));
        Assert.Equal([assigned], await Found("assignee=filter-agent"));
        Assert.Equal([labelled], await Found("label=filter-label"));
        Assert.Equal([urgent], await Found("priority=urgent"));
        Assert.Equal([pending], await Found("status=pending"));
        Assert.Equal([closed], await Found("status=closed"));
        Assert.Equal([closed, pending], (await Found("status=closed,pending")).Order().OrderBy(id => id == pending));
        Assert.Equal([mail], await Found("channel=mail"));
        Assert.Equal([mail], await Found("customer=filter-customer"));
        Assert.Equal([mail], await Found("channel=mail&status=open&unassigned=true&queue=letters&sla=running"));
        Assert.Empty(await Found("channel=mail&status=closed"));
        Assert.Empty(await Found("queue=nothing"));
        var unassigned = await Found("unassigned=true&limit=200");
        Assert.Contains(plain, unassigned);
        Assert.DoesNotContain(assigned, unassigned);
        Assert.Empty(await Found("sla=breached"));
    }

    [Fact]
    public async Task What_is_late_is_found_by_its_promise_once_it_has_been_announced()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.Start(time);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { sla = new { firstResponse = 100, warnAt = 0.5 } })).Is(200);
        var id = (await gateway.Admin.Post("/v1/inbound", Some.Inbound("late"))).Is(200).Of("conversationId");
        await using var watcher = await Watcher.Start(gateway.Admin, $"topic=conversation/{id}");

        time.Advance(TimeSpan.FromSeconds(50));
        await watcher.Until(h => h.Type == "sla.warning");
        var warned = (await gateway.Admin.Get("/v1/conversations?sla=warning&order=due")).Is(200)["items"];
        time.Advance(TimeSpan.FromSeconds(60));
        await watcher.Until(h => h.Type == "sla.breached");
        var breached = (await gateway.Admin.Get("/v1/conversations?sla=breached&order=due")).Is(200)["items"];

        Assert.Equal(id, Assert.Single(warned.EnumerateArray()).GetProperty("id").GetString());
        var late = Assert.Single(breached.EnumerateArray());
        Assert.Equal(id, late.GetProperty("id").GetString());
        Assert.Equal(-10, late.GetProperty("sla").GetProperty("firstResponse").GetProperty("remainingSeconds").GetInt64());
    }

    [Theory]
    [InlineData("due", "sla")]
    [InlineData("waiting", "waitingSince")]
    [InlineData("activity", "lastActivityAt")]
    [InlineData("created", "createdAt")]
    public async Task Pages_in_every_order_are_complete_and_repeat_nothing_while_others_arrive(string order, string member)
    {
        (await fixture.Admin.Put($"/v1/channels/{order}/acme", new { sla = new { firstResponse = 600 } })).Is(200);
        var known = new List<string>();
        for (var i = 0; i < 23; i++)
        {
            known.Add((await fixture.Admin.Post("/v1/inbound", Some.Inbound(fixture.NewThread(), channel: order))).Is(200).Of("conversationId"));
            fixture.Time.Advance(TimeSpan.FromMilliseconds(i % 3)); // some in the same millisecond
        }

        var (seen, values, asOf, cursor) = (new List<string>(), new List<string>(), new List<string>(), (string?)null);
        do
        {
            var page = (await fixture.Admin.Get($"/v1/conversations?channel={order}&order={order}&limit=4{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(200);
            seen.AddRange(page["items"].EnumerateArray().Select(c => c.GetProperty("id").GetString()!));
            values.AddRange(page["items"].EnumerateArray().Select(c => Value(c, member)));
            asOf.Add(page.Of("asOf"));
            cursor = page["nextCursor"].GetString();
            fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
            (await fixture.Admin.Post("/v1/inbound", Some.Inbound(fixture.NewThread(), channel: order))).Is(200);
        }
        while (cursor is not null && seen.Count < 100);

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Empty(known.Except(seen));
        Assert.Equal(order is "due" or "waiting" ? values.Order(StringComparer.Ordinal) : values.OrderDescending(StringComparer.Ordinal), values);
        Assert.Equal(asOf.Count, asOf.Distinct().Count());
    }

    [Fact]
    public async Task An_empty_list_is_one_page_with_a_place_to_watch_from()
    {
        var page = (await fixture.Agent.Get("/v1/conversations?queue=nobody-here")).Is(200);

        Assert.Equal(["items", "nextCursor", "asOf"], page.Json.EnumerateObject().Select(m => m.Name));
        Assert.Equal((0, JsonValueKind.Null), (page["items"].GetArrayLength(), page["nextCursor"].ValueKind));
        Assert.Equal(await fixture.Admin.Head(), page.Of("asOf"));
    }

    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task A_history_is_read_in_pages_both_ways(string order)
    {
        var id = await fixture.Open();
        for (var i = 0; i < 20; i++)
        {
            (await fixture.Agent.Post($"/v1/conversations/{id}/messages", new { kind = "note", text = $"note {i}" })).Is(201);
        }

        var head = await fixture.SeqOf(id);
        var (seqs, after, more) = (new List<long>(), 0L, true);
        while (more)
        {
            var page = (await fixture.Agent.Get($"/v1/conversations/{id}/events?order={order}&limit=7&after={after}")).Is(200);
            seqs.AddRange(page["items"].EnumerateArray().Select(e => e.GetProperty("seq").GetInt64()));
            (after, more) = (seqs[^1], page["hasMore"].GetBoolean());
            Assert.All(page["items"].EnumerateArray(), e => Assert.Equal(["seq", "type", "at", "actor", "data"], e.EnumerateObject().Select(m => m.Name)));
        }

        var all = Enumerable.Range(1, (int)head).Select(i => (long)i);
        Assert.Equal(order == "asc" ? all : all.Reverse(), seqs);
        Assert.Empty((await fixture.Agent.Get($"/v1/conversations/{id}/events?after={head}")).Is(200)["items"].EnumerateArray());
    }

    private async Task<string> Changed(string command, object body)
    {
        var id = await fixture.Open();
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/{command}", body, await fixture.SeqOf(id))).Is(200);
        return id;
    }

    private async Task<List<string>> Found(string query) =>
        [.. (await fixture.Agent.Get($"/v1/conversations?{query}")).Is(200)["items"].EnumerateArray().Select(c => c.GetProperty("id").GetString()!)];

    private static string Value(JsonElement conversation, string member) =>
        (member == "sla" ? conversation.GetProperty("sla").GetProperty("nextDue") : conversation.GetProperty(member)).GetString()!;
}
