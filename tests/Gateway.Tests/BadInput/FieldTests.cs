using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests.BadInput;

/// <summary>Single fields with values they do not take.</summary>
public sealed class FieldTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private const string Placeholder = "placeholder";

    public static TheoryData<string, string, string, string> Bad()
    {
        var all = new TheoryData<string, string, string, string>();
        void Add(string endpoint, string field, string json, string code) => all.Add(endpoint, field, json, code);

        const string Inbound = "POST /v1/inbound", Change = "POST /v1/inbound:change";
        foreach (var (endpoint, field, longest) in new[]
        {
            (Inbound, "thread", 512), (Inbound, "externalId", 512), (Inbound, "author.id", 512), (Inbound, "author.name", 2_000),
            (Inbound, "author.handle", 2_000), (Inbound, "text", 100_000), (Inbound, "replyTo", 512), (Change, "externalId", 512), (Change, "eventId", 512),
            (Change, "text", 100_000), (Change, "emoji", 64), (Change, "code", 128), (Of("messages"), "text", 100_000), (Of("transfer"), "note", 100_000),
            (Of("close"), "disposition", 128), (Of("close"), "note", 100_000), (Of("priority"), "reason", 2_000), (Of("handoff"), "note", 100_000),
            ("POST /v1/keys", "name", 128), ("PUT /v1/channels/webchat/other", "name", 128),
        })
        {
            Add(endpoint, field, Quoted(new('x', longest + 1)), "field_too_long");
            Add(endpoint, field, "\"a\\u0000b\"", "invalid_text");
            Add(endpoint, field, "7", "invalid_value");
        }

        foreach (var (endpoint, field) in new[]
        {
            (Inbound, "channel"), (Inbound, "channelAccount"), (Change, "channel"), (Change, "channelAccount"), (Of("assign"), "agent"), (Of("assign"), "queue"),
            (Of("transfer"), "toQueue"), (Of("transfer"), "toAgent"), (Of("transfer"), "toSkill"), (Of("handoff"), "toQueue"), ("POST /v1/keys", "agent"),
            ("POST /v1/keys", "account"), ("PUT /v1/channels/webchat/other", "queue"), ("PUT /v1/channels/webchat/other", "bot"),
        })
        {
            Add(endpoint, field, Quoted(new('x', 129)), "field_too_long");
            Add(endpoint, field, "\"a b\"", "invalid_id");
            Add(endpoint, field, "\"a/b\"", "invalid_id");
            Add(endpoint, field, "\"ab\\n\"", "invalid_id");
            Add(endpoint, field, "\"a\\u0000\"", "invalid_text");
            Add(endpoint, field, "[]", "invalid_value");
        }

        foreach (var (endpoint, field) in new[]
        {
            (Inbound, "channel"), (Inbound, "channelAccount"), (Inbound, "thread"), (Inbound, "externalId"), (Inbound, "author"), (Inbound, "author.id"),
            (Change, "channel"), (Change, "channelAccount"), (Change, "externalId"), (Change, "eventId"), (Change, "kind"), (Of("snooze"), "until"),
            (Of("priority"), "priority"), (Of("read"), "upTo"), (Of("block"), "blocked"), ("POST /v1/keys", "name"), ("POST /v1/keys", "role"),
        })
        {
            Add(endpoint, field, "", "missing_field");
            Add(endpoint, field, "null", "invalid_value");
        }

        foreach (var (endpoint, field) in new[] { (Inbound, "sentAt"), (Change, "at"), (Of("pending"), "until"), (Of("snooze"), "until") })
        {
            foreach (var time in new[]
            {
                "yesterday", "", "2026-02-30T00:00:00Z", "2026-11-21", "2026-11-21T21:00:00", "2026-11-21T25:00:00Z", "1763758800", "9999-12-31T23:59:59-01:00",
            })
            {
                Add(endpoint, field, Quoted(time), "invalid_value");
            }

            Add(endpoint, field, "1763758800", "invalid_value");
        }

        foreach (var field in new[] { "channel", "channelAccount", "thread", "externalId", "author.id" })
        {
            Add(Inbound, field, "\"\"", "missing_field");
        }

        Add(Inbound, "author.followers", "-1", "invalid_value");
        Add(Inbound, "author.followers", "1.5", "invalid_value");
        Add(Inbound, "author.followers", "\"12\"", "invalid_value");
        Add(Inbound, "author.followers", "99999999999999999999", "invalid_value");
        Add(Inbound, "author.email", "\"a@b\"", "unknown_field");
        Add(Inbound, "direction", "\"sideways\"", "invalid_value");
        Add(Inbound, "direction", "1", "invalid_value");
        Add(Inbound, "visibility", "\"internal\"", "invalid_visibility");
        Add(Inbound, "auto", "\"yes\"", "invalid_value");
        Add(Inbound, "text", "\"\"", "empty_message");
        Add(Inbound, "text", "null", "empty_message");
        Add(Inbound, "attachments", "[null]", "invalid_value");
        Add(Inbound, "attachments", "{}", "invalid_value");
        Add(Inbound, "attachments", """[{"url":"relative"}]""", "invalid_url");
        Add(Inbound, "attachments", """[{"url":"javascript:alert(1)"}]""", "invalid_url");
        Add(Inbound, "attachments", """[{"url":"file:///etc/passwd"}]""", "invalid_url");
        Add(Inbound, "attachments", """[{"name":"a"}]""", "missing_field");
        Add(Inbound, "attachments", $$"""[{"url":"https://a/{{new string('x', 4_000)}}"}]""", "field_too_long");
        Add(Inbound, "attachments", $"[{string.Join(',', Enumerable.Repeat("""{"url":"https://a/b"}""", 21))}]", "too_many_attachments");
        Add(Change, "kind", "\"reaction\"", "missing_field");
        Add(Change, "kind", "\"lost\"", "invalid_value");
        Add(Of("messages"), "kind", "\"botReply\"", "invalid_kind");
        Add(Of("messages"), "kind", "\"system\"", "invalid_value");
        Add(Of("messages"), "text", "\"\"", "empty_message");
        Add(Of("messages"), "visibility", "\"public\"", "invalid_visibility");
        Add(Of("messages"), "basedOnSeq", "\"1\"", "invalid_value");
        Add(Of("messages"), "force", "1", "invalid_value");
        Add(Of("transfer"), "toAgent", "\"bob\"", "invalid_target");
        Add(Of("transfer"), "toQueue", "null", "invalid_target");
        Add(Of("pending"), "until", "\"2020-01-01T00:00:00Z\"", "invalid_time");
        Add(Of("snooze"), "until", "\"2026-11-21T21:00:00Z\"", "invalid_time");
        Add(Of("priority"), "priority", "\"huge\"", "invalid_value");
        Add(Of("priority"), "priority", "2", "invalid_value");
        Add(Of("labels"), "add", "[null]", "missing_field");
        Add(Of("labels"), "add", "[\"\"]", "missing_field");
        Add(Of("labels"), "add", $"[\"{new string('x', 65)}\"]", "field_too_long");
        Add(Of("labels"), "remove", $"[\"{new string('x', 65)}\"]", "field_too_long");
        Add(Of("labels"), "add", $"[{string.Join(',', Enumerable.Range(0, 51).Select(i => $"\"l{i}\""))}]", "too_many_labels");
        Add(Of("read"), "upTo", "-1", "invalid_message_index");
        Add(Of("read"), "upTo", "2", "invalid_message_index");
        Add(Of("read"), "upTo", "1.0001", "invalid_value");
        Add("POST /v1/keys", "role", "\"root\"", "invalid_value");
        Add("POST /v1/keys", "role", "\"agent\"", "missing_field");
        Add("POST /v1/keys", "account", "\"a.b\"", "invalid_id");
        foreach (var field in new[] { "reopenWindow", "autoCloseAfter", "sla.firstResponse", "sla.nextResponse", "sla.resolution", "sla.warnAt" })
        {
            Add("PUT /v1/channels/webchat/other", field, "-1", "invalid_value");
        }

        Add("PUT /v1/channels/webchat/other", "sla.firstResponse", "0", "invalid_value");
        Add("PUT /v1/channels/webchat/other", "sla.warnAt", "1", "invalid_value");
        Add("PUT /v1/channels/webchat/other", "replyWindow", """{"standard":0}""", "invalid_value");
        Add("PUT /v1/channels/webchat/other", "replyWindow", """{"standard":100,"human":99}""", "invalid_value");
        Add("PUT /v1/channels/webchat/other", "secrets", """{"a b":"x"}""", "invalid_id");
        Add("PUT /v1/channels/webchat/other", "secrets", """{"a":null}""", "missing_field");
        Add("PUT /v1/channels/webchat/other", "secrets", """{"a":""}""", "missing_field");
        Add("PUT /v1/channels/webchat/other", "secrets", $$"""{"a":"{{new string('x', 10_001)}}"}""", "field_too_long");
        Add("PUT /v1/channels/webchat/other", "options", $$"""{"a":"{{new string('x', 2_001)}}"}""", "field_too_long");
        return all;
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Bad))]
    public async Task A_value_a_field_does_not_take_is_a_clear_problem_and_changes_nothing(string name, string field, string json, string code)
    {
        var endpoint = Endpoint.Of(name);
        var conversation = await fixture.Open();
        var before = await fixture.Admin.Head();

        var answer = await endpoint.Ask(fixture.Admin, conversation, With(endpoint.Body!, field, json), ifMatch: 3);

        answer.IsProblem(400, code);
        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_bad_name_in_the_address_of_a_channel_account_is_refused()
    {
        var before = await fixture.Admin.Head();

        (await fixture.Admin.Put("/v1/channels/web%20chat/acme", new { })).IsProblem(400, "invalid_id");
        (await fixture.Admin.Put($"/v1/channels/webchat/{new string('x', 129)}", new { })).IsProblem(400, "field_too_long");

        Assert.Equal(before, await fixture.Admin.Head());
    }

    private static string Of(string command) => $"POST /v1/conversations/{{id}}/{command}";

    private static string Quoted(string value) => $"\"{value}\"";

    /// <summary>The body with one field set to literal JSON; empty: without the field.</summary>
    private static string With(string body, string field, string json)
    {
        var root = JsonNode.Parse(body)!.AsObject();
        var path = field.Split('.');
        var holder = path.Length == 1 ? root : (JsonObject)(root[path[0]] ??= new JsonObject());
        holder.Remove(path[^1]);
        if (json.Length > 0)
        {
            holder[path[^1]] = Placeholder;
        }

        return root.ToJsonString().Replace(Quoted(Placeholder), json, StringComparison.Ordinal);
    }
}
