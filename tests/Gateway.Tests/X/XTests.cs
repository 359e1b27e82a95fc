using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Conversations.Channels.Tests.X;

namespace Conversations.Gateway.Tests.X;

/// <summary>X through the whole gateway: signed webhooks in, replies out to a double of X's API, and what became of them.</summary>
public sealed class XTests : IAsyncLifetime
{
    private const string Secret = "consumer-secret-of-a-test", Brand = "1000", Customer = "2000";

    private TestGateway _gateway = null!;
    private XDouble _x = null!;
    private int _ids = 5_000;

    public async ValueTask InitializeAsync()
    {
        _x = await XDouble.Start(cancellation: TestContext.Current.CancellationToken);
        _gateway = await TestGateway.Start();
        await Register(_x.AccessToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _x.DisposeAsync();
    }

    [Fact]
    public async Task A_mention_is_answered_on_X_and_the_promise_counts_as_kept_once_X_has_it()
    {
        var post = await Mentioned("@brand where is my parcel?");
        var conversation = await TheOnlyOne();
        Assert.Equal("public", conversation["visibility"]!.GetValue<string>());
        await using var watcher = await Watch(conversation);

        var sent = (await _gateway.Admin.Post($"/v1/conversations/{conversation["id"]}/messages", new { text = "It arrives today." })).Is(201);
        Assert.Equal("queued", sent.Of("delivery"));
        var heard = await watcher.Until(e => e.Type == "sla.fulfilled");

        var reply = Assert.Single(_x.Posts);
        Assert.Equal(("It arrives today.", post), (reply.Text, reply.InReplyTo));
        var delivery = heard.Single(e => e.Type == "message.delivery").Json.GetProperty("data");
        Assert.Equal("sent", delivery.GetProperty("state").GetString());
        Assert.Equal(reply.Id, delivery.GetProperty("externalIds")[0].GetString());
        Assert.Null((await TheOnlyOne())["waitingSince"]);
    }

    [Fact]
    public async Task The_same_post_told_twice_and_as_mention_and_reply_is_one_message()
    {
        var body = Post("post.mention.create", "5000", "@brand help", Customer);
        await Deliver(body);
        await Deliver(body);
        await Deliver(Post("post.reply.create", "5000", "@brand help", Customer));

        Assert.Equal(1, (await TheOnlyOne())["messageCount"]!.GetValue<int>());
    }

    [Fact]
    public async Task What_we_sent_comes_back_as_a_webhook_and_does_not_appear_twice()
    {
        await Mentioned("@brand hello?");
        var conversation = await TheOnlyOne();
        await using var watcher = await Watch(conversation);
        await Reply(conversation, "Hello!");
        await watcher.Until(e => e.Type == "sla.fulfilled");

        await Deliver(Post("post.create", _x.Posts[0].Id, "Hello!", Brand, inReplyTo: (_x.Posts[0].InReplyTo!, Customer)));

        Assert.Equal(2, (await TheOnlyOne())["messageCount"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_delete_that_comes_before_its_post_is_applied_when_the_post_comes()
    {
        await Deliver(Envelope("post.delete", new JsonObject { ["id"] = "5000", ["author_id"] = Customer }));
        await Deliver(Post("post.mention.create", "5000", "@brand something I regret", Customer));
        var conversation = await TheOnlyOne();

        await using var watcher = await Watch(conversation, fromStart: true);
        var heard = await watcher.Until(e => e.Type == "message.deleted");

        Assert.Equal(heard.Single(e => e.Type == "message.received").Json.GetProperty("data").GetProperty("message").GetString(),
            heard[^1].Json.GetProperty("data").GetProperty("message").GetString());
        Assert.Equal("", (await TheOnlyOne())["lastMessage"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_long_reply_leaves_in_numbered_parts_each_answering_the_one_before()
    {
        await Mentioned("@brand tell me everything");
        var conversation = await TheOnlyOne();
        await using var watcher = await Watch(conversation);

        await Reply(conversation, string.Join(' ', Enumerable.Repeat("All there is to say.", 30)));
        await watcher.Until(e => e.Type == "message.delivery");

        Assert.True(_x.Posts.Count > 1);
        Assert.Equal(_x.Posts.Take(_x.Posts.Count - 1).Select(p => p.Id), _x.Posts.Skip(1).Select(p => p.InReplyTo));
        Assert.All(_x.Posts, (p, i) => Assert.EndsWith($"({i + 1}/{_x.Posts.Count})", p.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_post_whose_answer_was_lost_is_looked_for_and_not_sent_again()
    {
        await Mentioned("@brand are you there?");
        var conversation = await TheOnlyOne();
        await using var watcher = await Watch(conversation);
        _x.FailSends(new XDouble.Failure.AcceptThenDrop());

        await Reply(conversation, "We are.");
        var heard = await watcher.Until(e => e.Type == "message.delivery");

        Assert.Equal("sent", heard[^1].Json.GetProperty("data").GetProperty("state").GetString());
        Assert.Single(_x.Posts);
        Assert.Contains(_x.Calls, call => call.StartsWith("GET ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reply_X_does_not_permit_fails_with_its_code_and_the_customer_still_waits()
    {
        await Mentioned("@brand hm");
        var conversation = await TheOnlyOne();
        await using var watcher = await Watch(conversation);
        _x.FailSends(XDouble.Failure.NotSummoned);

        await Reply(conversation, "Hm what?");
        var failed = (await watcher.Until(e => e.Type == "message.delivery"))[^1].Json.GetProperty("data");

        Assert.Equal(("failed", "reply_not_permitted"), (failed.GetProperty("state").GetString(), failed.GetProperty("code").GetString()));
        Assert.NotNull((await TheOnlyOne())["waitingSince"]);
    }

    [Fact]
    public async Task Lost_access_suspends_the_account_and_keeps_the_reply()
    {
        await Register("token-that-ran-out");
        await Mentioned("@brand hi");
        var conversation = await TheOnlyOne();
        await using var settings = await Watcher.Start(_gateway.Admin, "topic=account");

        await Reply(conversation, "Hi!");
        await settings.Until(e => e.Type == "channel.suspended");

        Assert.NotNull((await _gateway.Admin.Get($"/v1/channels/x/{Brand}")).Is(200)["suspended"].GetString());
        Assert.Empty(_x.Posts);
        Assert.Equal("queued", await DeliveryOf(conversation));
    }

    [Fact]
    public async Task A_webhook_is_believed_by_its_signature_only()
    {
        var body = Post("post.mention.create", "5000", "@brand hello", Customer);
        var before = await _gateway.Admin.Head();

        (await Send(body, signature: null)).IsProblem(401, "invalid_signature");
        (await Send(body, XDouble.Sign("another secret", body))).IsProblem(401, "invalid_signature");
        (await Send([.. body, (byte)' '], XDouble.Sign(Secret, body))).IsProblem(401, "invalid_signature");

        Assert.Equal(before, await _gateway.Admin.Head());
    }

    [Fact]
    public async Task The_challenge_is_answered_and_unknown_accounts_are_not()
    {
        var nobody = _gateway.As(null);
        Assert.StartsWith("sha256=", (await nobody.Get($"/v1/webhooks/x/{Brand}?crc_token=abc")).Is(200).Of("response_token"), StringComparison.Ordinal);
        (await nobody.Get("/v1/webhooks/x/999?crc_token=abc")).IsProblem(404, "unknown_channel_account");
        (await nobody.Get($"/v1/webhooks/x/{Brand}?crc_token=abc&account=rival")).IsProblem(404, "unknown_channel_account");
    }

    private async Task Register(string token) => (await _gateway.Admin.Put($"/v1/channels/x/{Brand}", new
    {
        queue = "social",
        secrets = new { consumerSecret = Secret, accessToken = token },
        options = new { baseUrl = _x.BaseUrl },
    })).Is(200);

    private async Task<string> Mentioned(string text)
    {
        var id = $"{++_ids}";
        await Deliver(Post("post.mention.create", id, text, Customer));
        return id;
    }

    private async Task Reply(JsonObject conversation, string text) =>
        (await _gateway.Admin.Post($"/v1/conversations/{conversation["id"]}/messages", new { text })).Is(201);

    private async Task<JsonObject> TheOnlyOne() =>
        JsonNode.Parse(Assert.Single((await _gateway.Admin.Get("/v1/conversations?channel=x")).Is(200)["items"].EnumerateArray()).GetRawText())!.AsObject();

    private async Task<string?> DeliveryOf(JsonObject conversation)
    {
        var events = (await _gateway.Admin.Get($"/v1/conversations/{conversation["id"]}/events?limit=200")).Is(200)["items"].EnumerateArray();
        return events.Last(e => e.GetProperty("type").GetString() is "message.posted" or "message.delivery").GetProperty("data") is var data
            && data.TryGetProperty("state", out var state) ? state.GetString() : data.GetProperty("delivery").GetString();
    }

    private async Task<Watcher> Watch(JsonObject conversation, bool fromStart = false) => await Watcher.Start(
        _gateway.Admin, $"topic=conversation/{conversation["id"]}{(fromStart ? $"&cursor={_gateway.Beginning}" : "")}");

    private async Task Deliver(byte[] body) => (await Send(body, XDouble.Sign(Secret, body))).Is(200);

    private async Task<Answer> Send(byte[] body, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/webhooks/x/{Brand}") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (signature is not null)
        {
            request.Headers.Add("x-twitter-webhooks-signature", signature);
        }

        return await _gateway.As(null).Send(request);
    }

    private static byte[] Post(string type, string id, string text, string author, (string Post, string User)? inReplyTo = null)
    {
        var post = new JsonObject
        {
            ["id"] = id,
            ["text"] = text,
            ["author_id"] = author,
            ["conversation_id"] = inReplyTo?.Post ?? id,
            ["edit_history_tweet_ids"] = new JsonArray(id),
            ["entities"] = new JsonObject { ["mentions"] = new JsonArray(new JsonObject { ["id"] = Brand, ["username"] = "brand", ["start"] = 0, ["end"] = 6 }) },
        };
        if (inReplyTo is { } parent)
        {
            post["in_reply_to_user_id"] = parent.User;
            post["referenced_tweets"] = new JsonArray(new JsonObject { ["type"] = "replied_to", ["id"] = parent.Post });
        }

        return Envelope(type, post);
    }

    private static byte[] Envelope(string type, JsonObject payload) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["data"] = new JsonObject
        {
            ["event_uuid"] = "-1",
            ["filter"] = new JsonObject { ["user_id"] = Brand },
            ["event_type"] = type,
            ["payload"] = payload,
        },
    }.ToJsonString());
}
