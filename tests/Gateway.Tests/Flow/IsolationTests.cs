namespace Conversations.Gateway.Tests.Flow;

/// <summary>Two accounts with everything of the same name: neither hears of the other.</summary>
public sealed class IsolationTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Nothing_of_one_account_is_in_any_answer_to_the_other()
    {
        const string Theirs = "zebra";
        await using var watcher = await Watcher.Start(fixture.Rival, "topic=account&topic=queue/support&topic=agent/ann");
        var before = await fixture.Rival.Head();
        var id = (await fixture.Admin.Post("/v1/inbound", Some.Inbound($"{Theirs}-thread", $"{Theirs}-id", $"{Theirs} text", $"{Theirs}-customer"))).Is(200).Of("conversationId");
        (await fixture.Supervisor.Post($"/v1/conversations/{id}/assign", new { agent = "ann" }, await fixture.SeqOf(id))).Is(200);
        (await fixture.Admin.Post("/v1/keys", new { name = $"{Theirs} key", role = "integrator" })).Is(201);
        (await fixture.Admin.Put("/v1/channels/webchat/acme", new { queue = "support", name = $"{Theirs} channel" })).Is(200);
        var own = await fixture.Open(fixture.Rival, "marker");

        foreach (var path in new[]
        {
            "/v1/conversations", "/v1/conversations?assignee=ann", $"/v1/conversations?customer={Theirs}-customer", "/v1/conversations?queue=support&order=due", "/v1/keys",
            "/v1/channels", "/v1/channels/webchat/acme", $"/v1/changes?cursor={before}&limit=200", "/v1/dead-letters",
        })
        {
            var answer = (await fixture.Rival.Get(path)).Is(200);
            Assert.DoesNotContain(Theirs, answer.Text.Replace(path, "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(id, answer.Text, StringComparison.Ordinal);
        }

        var heard = await watcher.Until(h => h.Type == "message.received");
        Assert.All(heard, h => Assert.Equal($"conversation/{own}", h.Entity));
        (await fixture.Rival.Get($"/v1/conversations/{id}")).IsProblem(404, "not_found");
        (await fixture.Rival.Get($"/v1/conversations/{id}/events")).IsProblem(404, "not_found");
        (await fixture.Admin.Get($"/v1/conversations/{own}")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task The_same_address_and_the_same_ids_are_two_conversations()
    {
        var thread = fixture.NewThread();

        var ours = (await fixture.Admin.Post("/v1/inbound", Some.Inbound(thread, "the-same"))).Is(200);
        var theirs = (await fixture.Rival.Post("/v1/inbound", Some.Inbound(thread, "the-same"))).Is(200);

        Assert.False(theirs.Replayed);
        Assert.NotEqual(ours.Of("conversationId"), theirs.Of("conversationId"));
    }

    [Fact]
    public async Task Watching_the_others_conversation_by_its_id_hears_nothing()
    {
        var theirs = await fixture.Open();
        await using var watcher = await Watcher.Start(fixture.Rival, $"topic=conversation/{theirs}&topic=queue/support&topic=agent/ann");
        (await fixture.Admin.Post($"/v1/conversations/{theirs}/messages", new { text = "not for you" })).Is(201);
        var own = await fixture.Open(fixture.Rival);

        Assert.Equal($"conversation/{own}", (await watcher.Next("change")).Entity);
    }

    [Fact]
    public async Task A_key_of_one_account_is_not_the_others_to_revoke_and_an_Idempotency_Key_not_its_to_find()
    {
        var made = (await fixture.Admin.Post("/v1/keys", new { name = "ours", role = "integrator" }, idempotencyKey: "shared")).Is(201);
        var theirs = (await fixture.Rival.Post("/v1/keys", new { name = "ours", role = "integrator" }, idempotencyKey: "shared")).Is(201);

        Assert.NotEqual(made.Of("key"), theirs.Of("key"));
        Assert.False(theirs.Replayed);
        (await fixture.Rival.Delete($"/v1/keys/{made.Of("id")}")).IsProblem(404, "not_found");
        (await fixture.Gateway.As(made.Of("key")).Get("/v1/conversations")).Is(200);
    }

    [Fact]
    public async Task Admins_of_other_accounts_make_keys_for_their_own_only()
    {
        (await fixture.Rival.Post("/v1/keys", new { name = "x", role = "admin", account = "default" })).IsProblem(403, "forbidden");
        (await fixture.Rival.Post("/v1/keys", new { name = "x", role = "admin", account = "third" })).IsProblem(403, "forbidden");
        Assert.Equal("rival", (await fixture.Rival.Post("/v1/keys", new { name = "x", role = "admin", account = "rival" })).Is(201).Of("account"));
    }
}
