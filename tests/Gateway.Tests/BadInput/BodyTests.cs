using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace Conversations.Gateway.Tests.BadInput;

/// <summary>Bodies that are not what an endpoint takes: each is told apart, and none changes anything.</summary>
public sealed class BodyTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private static int _accounts;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IFeed Feed => fixture.Gateway.Services.GetRequiredService<IFeed>();

    [Theory]
    [MemberData(nameof(Endpoint.WithBody), MemberType = typeof(Endpoint))]
    public async Task A_body_that_cannot_be_read_is_a_clear_problem_and_changes_nothing(string name)
    {
        var endpoint = Endpoint.Of(name);
        var body = endpoint.Body!;
        var first = body[1..(body.IndexOf(':', StringComparison.Ordinal))]; // the first member's name, quoted
        var value = body[(body.IndexOf(':', StringComparison.Ordinal) + 1)..^1].Split(',')[0];
        var own = await Own();
        var before = await Feed.Head(Cancel);

        async Task Refused(object sent, int status, string code) =>
            (await endpoint.Ask(own.Admin, own.Conversation, sent, ifMatch: 3)).IsProblem(status, code);

        await Refused("{", 400, "malformed_json");
        await Refused(body[..^1], 400, "malformed_json");
        await Refused(body + " and more", 400, "malformed_json");
        await Refused(body.Replace('"', '\''), 400, "malformed_json");
        await Refused($"/* why */ {body}", 400, "malformed_json");
        await Refused("[]", 400, "invalid_value");
        await Refused("\"text\"", 400, "invalid_value");
        await Refused("17", 400, "invalid_value");
        await Refused($"{body[..^1]},\"unknown\":1}}", 400, "unknown_field");
        await Refused($"{body[..^1]},\"surrogate UTF-8 Duplicate\":1}}", 400, "unknown_field");
        await Refused($"{body[..^1]},{first}:{value}}}", 400, "duplicate_field");
        await Refused($"{body[..^1]},\"\\ud800\":1}}", 400, "invalid_text");
        await Refused($"{{{first}:{new string('[', 500)}{new string(']', 500)}}}", 400, "invalid_value");
        await Refused(Encoding.Latin1.GetBytes($"{body[..^1]},\"unknown\":\"\u00ff\"}}"), 400, "unknown_field");
        await Refused($"{body[..^1]},\"{new string('n', 500_000)}\":1}}", 400, "unknown_field");
        if (!endpoint.BodyOptional)
        {
            await Refused("", 400, "missing_body");
            await Refused("null", 400, "missing_body");
        }

        await ChangedNothing(own.Account, before);
    }

    [Theory]
    [MemberData(nameof(Endpoint.WithBody), MemberType = typeof(Endpoint))]
    public async Task Another_content_type_is_refused(string name)
    {
        var endpoint = Endpoint.Of(name);
        var own = await Own();
        var before = await Feed.Head(Cancel);

        foreach (var type in new[] { "text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense" })
        {
            (await endpoint.Ask(own.Admin, own.Conversation, endpoint.Body, ifMatch: 3, type)).IsProblem(415, "unsupported_media_type");
        }

        await ChangedNothing(own.Account, before);
    }

    [Theory]
    [MemberData(nameof(Endpoint.WithBody), MemberType = typeof(Endpoint))]
    public async Task No_body_at_all_is_told_so(string name)
    {
        var endpoint = Endpoint.Of(name);
        var answer = await endpoint.Ask(fixture.Admin, await fixture.Open(), body: null, ifMatch: 3);

        if (endpoint.BodyOptional)
        {
            Assert.InRange(answer.Status, 200, 202);
        }
        else
        {
            answer.IsProblem(400, "missing_body");
        }
    }

    [Fact]
    public async Task Text_that_is_not_Unicode_is_refused_wherever_it_stands()
    {
        var own = await Own();
        var before = await Feed.Head(Cancel);
        var body = """{"channel":"webchat","channelAccount":"acme","thread":"t","externalId":"e","author":{"id":"u"},"text":"@"}""";

        foreach (var escaped in new[] { @"\ud800", @"a\udc00", @"\ud800\ud800", @"\udc00\ud800" })
        {
            (await own.Admin.Post("/v1/inbound", body.Replace("@", escaped, StringComparison.Ordinal))).IsProblem(400, "invalid_text");
        }

        foreach (var raw in new[] { "\u00ff", "\u00c0\u0080", "\u00ed\u00a0\u0080", "\u00f4\u0090\u0080\u0080", "\u00e2\u0082" })
        {
            (await own.Admin.Post("/v1/inbound", Encoding.Latin1.GetBytes(body.Replace("@", raw, StringComparison.Ordinal)))).IsProblem(400, "invalid_text");
        }

        await ChangedNothing(own.Account, before);
    }

    [Fact]
    public async Task The_longest_text_goes_through_even_with_every_character_escaped()
    {
        var escaped = string.Concat(Enumerable.Repeat(@"\u00e9", 100_000));
        var body = Some.Inbound(fixture.NewThread(), text: "@").ToJsonString().Replace("\"@\"", $"\"{escaped}\"", StringComparison.Ordinal);

        var id = (await fixture.Admin.Post("/v1/inbound", body)).Is(200).Of("conversationId");

        var events = (await fixture.Admin.Get($"/v1/conversations/{id}/events")).Is(200)["items"].EnumerateArray();
        var received = events.Single(e => e.GetProperty("type").GetString() == "message.received");
        Assert.Equal(new string('é', 100_000), received.GetProperty("data").GetProperty("text").GetString());
    }

    /// <summary>An account in which nobody else does anything, with an admin and a conversation.</summary>
    private async Task<(AccountId Account, Api Admin, string Conversation)> Own()
    {
        var account = $"own-{Interlocked.Increment(ref _accounts)}";
        var admin = await fixture.Gateway.New("admin", account: account);
        (await admin.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        return (new(account), admin, await fixture.Open(admin));
    }

    /// <summary>No event of any entity of the account since then; what follows from opening the conversation, the system does in its own time.</summary>
    private async Task ChangedNothing(AccountId account, FeedPosition since)
    {
        var events = await Feed.Read(since, account, 100, Cancel);
        Assert.Empty(events.Where(e => e.Event.Actor.Kind != ActorKind.System).Select(e => $"{e.Entity} {e.Event.Type} by {e.Event.Actor}"));
    }
}
