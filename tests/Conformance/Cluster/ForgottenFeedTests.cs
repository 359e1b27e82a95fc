using System.Text.Json;

namespace Conversations.Gateway.Tests;

/// <summary>Redis' feed forgets what is older than a week: projections that begin later, or anew, then know less, and are to be right all the same.</summary>
public sealed class ForgottenFeedTests
{
    /// <summary>As before the wallboard was ever computed, with a feed that remembers nothing.</summary>
    private const string Forget =
        """
        redis.call('DEL', ARGV[1] .. 'projection:wallboard')
        redis.call('XTRIM', ARGV[1] .. 'feed', 'MAXLEN', 0)
        """;

    [Fact]
    public async Task A_conversation_the_feed_has_forgotten_is_on_the_wall_again_with_its_next_event()
    {
        DataFolder data = new();
        var before = await TestGateway.Start(data: data);
        (await before.Admin.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        var id = (await before.Admin.Post("/v1/inbound", Some.Inbound("t"))).Is(200).Of("conversationId");
        await Until(before, support => support?.GetProperty("backlog").GetInt32() == 1);
        await before.Close();

        await OneRedis.Server!.Execute("EVAL", Forget, 0, $"{{{data.Journal}:0}}:");
        await using var after = await TestGateway.Start(data: data);
        (await after.Admin.Post("/v1/inbound", Some.Inbound("t"))).Is(200);
        await Until(after, support => support?.GetProperty("backlog").GetInt32() == 1);
        (await after.Admin.Post($"/v1/conversations/{id}/close", new { disposition = "solved" }, await Seq(after, id))).Is(200);

        var gone = await Until(after, support => support?.GetProperty("backlog").GetInt32() == 0);

        Assert.Equal(1, gone.GetProperty("today").GetProperty("closed").GetInt32());
    }

    private static async Task<long> Seq(TestGateway gateway, string id) => (await gateway.Admin.Get($"/v1/conversations/{id}")).Is(200).Version;

    /// <summary>Half a second behind the events at most; a minute ends a test in which it does not come.</summary>
    private static async Task<JsonElement> Until(TestGateway gateway, Func<JsonElement?, bool> holds)
    {
        using var minute = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            minute.Token.ThrowIfCancellationRequested();
            var queues = (await gateway.Admin.Get("/v1/wallboard")).Is(200)["queues"].EnumerateArray();
            var support = queues.Cast<JsonElement?>().FirstOrDefault(q => q!.Value.GetProperty("queue").GetString() == "support");
            if (holds(support))
            {
                return support!.Value;
            }
        }
    }
}
