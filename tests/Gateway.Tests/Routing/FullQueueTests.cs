using System.Text.Json;

namespace Conversations.Gateway.Tests.Routing;

/// <summary>routing.md 7: a limit is exact, whoever brings a message hears of it at once, and the message is kept.</summary>
public sealed class FullQueueTests : IAsyncLifetime
{
    private const int Limit = 20, Writers = 64;

    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestGateway.Start();
        (await _gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "care" })).Is(200);
        (await _gateway.Admin.Put("/v1/queues/care", new
        {
            overflow = new[] { new { when = "maxWaiting", limit = Limit, actions = new[] { new Dictionary<string, object> { ["do"] = "refuse" } } } },
        })).Is(200);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Of_64_who_write_at_once_exactly_as_many_are_let_in_as_fit()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => _gateway.Admin.Post("/v1/inbound", Some.Inbound($"v-{i}"))));

        Assert.Equal(
            (Limit, Writers - Limit, Limit),
            (answers.Count(a => a.Status == 200), answers.Count(a => a.Status == 429), (await _gateway.Admin.Get("/v1/queues/care")).Is(200)["waiting"].GetInt32()));
    }

    [Fact]
    public async Task Whoever_brings_a_message_to_a_full_queue_hears_it_at_once_and_the_message_is_kept()
    {
        for (var i = 0; i < Limit; i++)
        {
            (await _gateway.Admin.Post("/v1/inbound", Some.Inbound($"v-{i}"))).Is(200);
        }

        var refused = (await _gateway.Admin.Post("/v1/inbound", Some.Inbound("late"))).IsProblem(429, "queue_full");

        var id = refused["current"].GetProperty("conversationId").GetString();
        var conversation = (await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200);
        while (conversation["routing"].GetProperty("state").GetString() != "unroutable")
        {
            await Task.Yield();
            conversation = (await _gateway.Admin.Get($"/v1/conversations/{id}")).Is(200);
        }

        Assert.Equal((1, "queue_full"), (conversation["messageCount"].GetInt32(), conversation["routing"].GetProperty("reason").GetString()));
        Assert.Equal(JsonValueKind.Null, conversation["assignee"].ValueKind);
    }
}
