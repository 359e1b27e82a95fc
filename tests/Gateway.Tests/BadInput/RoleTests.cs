using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests.BadInput;

/// <summary>Who may do what. A refusal never tells whether what was named exists, and changes nothing.</summary>
public sealed class RoleTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private (char Letter, Api Api)[] Roles =>
        [('a', fixture.Agent), ('s', fixture.Supervisor), ('m', fixture.Admin), ('o', fixture.Operator), ('i', fixture.Integrator)];

    [Theory]
    [MemberData(nameof(Endpoint.Every), MemberType = typeof(Endpoint))]
    public async Task Only_the_roles_meant_for_it_get_past_the_door(string name)
    {
        var endpoint = Endpoint.Of(name);
        var conversation = await fixture.Open();
        foreach (var (letter, api) in Roles)
        {
            var allowed = endpoint.Roles.Contains(letter, StringComparison.Ordinal);
            var before = await fixture.Admin.Head();
            var answer = await endpoint.Ask(api, conversation, body: "{");
            if (allowed)
            {
                Assert.True(answer.Status is not (401 or 403 or >= 500), $"{letter}: {answer.Status} {answer.Text}");
            }
            else
            {
                answer.IsProblem(403, "forbidden");
            }

            Assert.Equal(before, await fixture.Admin.Head());
        }
    }

    [Theory]
    [MemberData(nameof(Endpoint.Every), MemberType = typeof(Endpoint))]
    public async Task Without_a_valid_key_there_is_nothing(string name)
    {
        var endpoint = Endpoint.Of(name);
        var conversation = await fixture.Open();
        var revoked = await Revoked();
        var before = await fixture.Admin.Head();
        var good = fixture.Admin.Key;

        foreach (var key in new[]
        {
            null, "", "x", good + "x", good[..^1], good.ToUpperInvariant(), revoked, revoked.Replace("default", "rival", StringComparison.Ordinal),
            "ck.default.000000000000." + new string('0', 48), "ck..000000000000." + new string('0', 48), "eyJhbGciOiJub25lIn0.e30.", new string('k', 8_000),
        })
        {
            var answer = await endpoint.Ask(fixture.Gateway.As(key), conversation, endpoint.Body);
            answer.IsProblem(401, "unauthorized");
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        }

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Theory]
    [MemberData(nameof(Endpoint.OfConversations), MemberType = typeof(Endpoint))]
    public async Task A_conversation_of_another_account_is_as_if_it_were_not_there(string name)
    {
        var endpoint = Endpoint.Of(name);
        var theirs = await fixture.Open(fixture.Rival);
        var before = await fixture.Admin.Head();

        foreach (var version in new object?[] { 1, 3, 99 })
        {
            var answer = await endpoint.Ask(fixture.Admin, theirs, endpoint.Body, version);
            var nothing = await endpoint.Ask(fixture.Admin, "c00000000000000000000000000000000", endpoint.Body, version);

            answer.IsProblem(404, "not_found");
            Assert.Equal(WithoutTrace(nothing), WithoutTrace(answer));
        }

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task Another_scheme_than_Bearer_is_not_looked_at()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/conversations");
        request.Headers.TryAddWithoutValidation("Authorization", $"Basic {fixture.Admin.Key}");

        (await fixture.Nobody.Send(request)).IsProblem(401, "unauthorized");
        (await fixture.Nobody.Get($"/v1/conversations?access_token={fixture.Admin.Key}")).IsProblem(401, "unauthorized");
    }

    private static string WithoutTrace(Answer answer)
    {
        var problem = JsonNode.Parse(answer.Text)!.AsObject();
        problem.Remove("traceId");
        return problem.ToJsonString();
    }

    private async Task<string> Revoked()
    {
        var made = (await fixture.Admin.Post("/v1/keys", new { name = "for a moment", role = "admin" })).Is(201);
        (await fixture.Gateway.As(made.Of("key")).Get("/v1/keys")).Is(200);
        (await fixture.Admin.Delete($"/v1/keys/{made.Of("id")}")).Is(204);
        return made.Of("key");
    }
}
