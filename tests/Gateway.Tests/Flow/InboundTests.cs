using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests.Flow;

public sealed class InboundTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task A_message_opens_a_conversation_and_says_where_it_went()
    {
        var answer = (await fixture.Integrator.Post("/v1/inbound", Some.Inbound(fixture.NewThread()))).Is(200);

        Assert.Equal(["conversationId", "messageId", "seq", "messageIndex", "episode", "replayed"], answer.Json.EnumerateObject().Select(m => m.Name));
        Assert.Equal((1, 1, false), (answer["messageIndex"].GetInt32(), answer["episode"].GetInt32(), answer["replayed"].GetBoolean()));
        var message = (await fixture.Agent.Get($"/v1/conversations/{answer.Of("conversationId")}/events?after={answer["seq"].GetInt64() - 1}&limit=1")).Is(200)["items"][0];
        Assert.Equal("message.received", message.GetProperty("type").GetString());
        Assert.Equal(answer.Of("messageId"), message.GetProperty("data").GetProperty("message").GetString());
        Assert.Equal("customer", message.GetProperty("actor").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_platforms_id_is_accepted_once_whatever_else_it_comes_with()
    {
        var thread = fixture.NewThread();
        var first = (await fixture.Integrator.Post("/v1/inbound", Some.Inbound(thread, "twice", "one"))).Is(200);
        var before = await fixture.Admin.Head();

        foreach (var again in new[] { Some.Inbound(thread, "twice", "one"), Some.Inbound(thread, "twice", "other"), Some.Inbound(fixture.NewThread(), "twice", "one") })
        {
            var answer = (await fixture.Integrator.Post("/v1/inbound", again)).Is(200);
            Assert.True(answer.Replayed);
            Assert.True(answer["replayed"].GetBoolean());
            foreach (var member in new[] { "conversationId", "messageId", "seq", "messageIndex", "episode" })
            {
                Assert.Equal(first[member].ToString(), answer[member].ToString());
            }
        }

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task The_same_platforms_id_on_another_channel_account_is_another_message()
    {
        (await fixture.Admin.Put("/v1/channels/webchat/second", new { })).Is(200);
        var thread = fixture.NewThread();
        var first = (await fixture.Integrator.Post("/v1/inbound", Some.Inbound(thread, "shared"))).Is(200);

        var second = (await fixture.Integrator.Post("/v1/inbound", Some.Inbound(thread, "shared", account: "second"))).Is(200);

        Assert.False(second.Replayed);
        Assert.NotEqual(first.Of("conversationId"), second.Of("conversationId"));
    }

    [Fact]
    public async Task Fifty_deliveries_at_once_are_one_message()
    {
        var thread = fixture.NewThread();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => fixture.Integrator.Post("/v1/inbound", Some.Inbound(thread, "many"))));

        Assert.Single(answers.Select(a => a.Is(200).Of("messageId")).Distinct());
        Assert.Single(answers, a => !a.Replayed);
        Assert.Equal(1, (await fixture.Agent.Get($"/v1/conversations/{answers[0].Of("conversationId")}"))["messageCount"].GetInt64());
    }

    [Fact]
    public async Task What_an_agent_wrote_elsewhere_counts_as_a_reply_and_is_not_sent_again()
    {
        var thread = fixture.NewThread();
        var id = await fixture.Open(thread: thread);
        var outbound = Some.Inbound(thread, customer: "bob", text: "answered on my phone");
        outbound["direction"] = "outbound";

        (await fixture.Integrator.Post("/v1/inbound", outbound)).Is(200);

        var view = (await fixture.Agent.Get($"/v1/conversations/{id}")).Is(200);
        Assert.Equal("reply", view["lastMessage"].GetProperty("kind").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, view["waitingSince"].ValueKind);
        Assert.Equal("u-7", view["customer"].GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_change_that_comes_before_its_message_waits_for_it()
    {
        var (thread, externalId) = (fixture.NewThread(), Some.Id());
        var edit = new JsonObject
        {
            ["channel"] = "webchat",
            ["channelAccount"] = "acme",
            ["externalId"] = externalId,
            ["eventId"] = "edit-1",
            ["kind"] = "edited",
            ["text"] = "what I meant",
        };

        var early = (await fixture.Integrator.Post("/v1/inbound:change", edit)).Is(200);
        var id = (await fixture.Integrator.Post("/v1/inbound", Some.Inbound(thread, externalId, "what I wrote"))).Is(200).Of("conversationId");
        await using var watcher = await Watcher.Start(fixture.Admin, $"topic=conversation/{id}&cursor={fixture.Start}");
        var edited = (await watcher.Until(h => h.Type == "message.edited"))[^1];
        var again = (await fixture.Integrator.Post("/v1/inbound:change", edit)).Is(200);

        Assert.Equal(System.Text.Json.JsonValueKind.Null, early["conversationId"].ValueKind);
        Assert.Equal("what I meant", edited.Json.GetProperty("data").GetProperty("text").GetString());
        Assert.True(again["replayed"].GetBoolean());
        Assert.Equal(edited.Seq, await fixture.SeqOf(id));
    }
}
