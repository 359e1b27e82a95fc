using System.Text.Json;
using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests.Sla;

/// <summary>Policies: their order, their versions, and what is no policy.</summary>
public sealed class PolicyTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    /// <summary>A channel no test sends on: these policies are for nobody.</summary>
    private static JsonObject Policy(int position, string extra = "") => JsonNode.Parse($$$"""
        {"name":"Gold","position":{{{position}}},"when":{"channels":["carrier-pigeon"],"priorities":["high","urgent"],"labels":["vip"],"minReach":10},
         "targets":{"high":{"firstResponse":3600,"resolution":{"seconds":86400,"always":true}},"urgent":{"firstResponse":900}}{{{extra}}}}
        """)!.AsObject();

    [Fact]
    public async Task A_supervisor_sets_targets_for_each_priority_and_reads_them_back()
    {
        (await fixture.Admin.Put("/v1/calendars/hours", new { timezone = "Etc/UTC", weekly = new { mon = new[] { new[] { "09:00", "17:00" } } } })).Is(200);
        var body = Policy(10, """
            ,"calendar":"hours","warnings":[{"before":600,"metrics":["firstResponse"]},{"fraction":0.8,"actions":[{"type":"mail","to":"lead@example.com","hours":"hours"}]}],
            "escalations":[{"after":0,"actions":[{"type":"raisePriority","priority":"urgent"},{"type":"label","label":"late"}]},{"after":1800,"actions":[{"type":"reassign","queue":"leads"},{"url":"https://hooks.example/x","type":"webhook"}]}]
            """);
        var put = (await fixture.Supervisor.Put("/v1/sla/policies/gold", body)).Is(200);
        Assert.Equal(("gold", 1L, "hours", "\"1\""), (put.Of("id"), put["version"].GetInt64(), put.Of("calendar"), put.ETag));
        Assert.Equal("3600", put["targets"].GetProperty("high").GetProperty("firstResponse").GetRawText());
        Assert.Equal("""{"seconds":86400,"always":true}""", put["targets"].GetProperty("high").GetProperty("resolution").GetRawText());
        Assert.Equal(JsonValueKind.Null, put["targets"].GetProperty("low").ValueKind);
        Assert.Equal("late", put["escalations"][0].GetProperty("actions")[1].GetProperty("label").GetString());
        Assert.Equal(put.Text, (await fixture.Agent.Get("/v1/sla/policies/gold")).Is(200).Text);

        var before = await fixture.Admin.Head();
        Assert.Equal(1, (await fixture.Admin.Put("/v1/sla/policies/gold", body)).Is(200)["version"].GetInt64());
        Assert.Equal(before, await fixture.Admin.Head());
        Assert.Equal(2, (await fixture.Admin.Put("/v1/sla/policies/gold", Policy(11))).Is(200)["version"].GetInt64());
        Assert.Equal(10, (await fixture.Admin.Get("/v1/sla/policies/gold?version=1")).Is(200)["position"].GetInt32());
        (await fixture.Admin.Send(HttpMethod.Put, "/v1/sla/policies/gold", Policy(12), ifMatch: 1)).IsProblem(412, "version_conflict");
        (await fixture.Rival.Get("/v1/sla/policies/gold")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task They_form_one_order_and_the_one_without_a_condition_is_the_last()
    {
        await using var gateway = await TestGateway.Start();
        var any = Policy(100);
        any.Remove("when");
        (await gateway.Admin.Put("/v1/sla/policies/b", Policy(20))).Is(200);
        (await gateway.Admin.Put("/v1/sla/policies/a", Policy(10))).Is(200);
        (await gateway.Admin.Put("/v1/sla/policies/c", Policy(20))).IsProblem(409, "position_taken");
        any["position"] = 15;
        (await gateway.Admin.Put("/v1/sla/policies/any", any)).IsProblem(409, "unconditional_not_last");
        any["position"] = 100;
        (await gateway.Admin.Put("/v1/sla/policies/any", any)).Is(200);
        any["position"] = 110;
        any["when"] = new JsonObject();
        (await gateway.Admin.Put("/v1/sla/policies/any2", any)).IsProblem(409, "unconditional_exists");
        (await gateway.Admin.Put("/v1/sla/policies/late", Policy(101))).IsProblem(409, "unconditional_not_last");
        Assert.Equal(["a", "b", "any"], (await gateway.Admin.Get("/v1/sla/policies")).Is(200)["items"].EnumerateArray().Select(p => p.GetProperty("id").GetString()));

        (await gateway.Admin.Delete("/v1/sla/policies/b")).Is(204);
        (await gateway.Admin.Delete("/v1/sla/policies/b")).IsProblem(404, "not_found");
        (await gateway.Admin.Get("/v1/sla/policies/b")).IsProblem(404, "not_found");
        Assert.Equal(20, (await gateway.Admin.Get("/v1/sla/policies/b?version=1")).Is(200)["position"].GetInt32());
        Assert.Equal(3, (await gateway.Admin.Put("/v1/sla/policies/b", Policy(20))).Is(200)["version"].GetInt64());
    }

    [Theory]
    [InlineData("position", "", "missing_field")]
    [InlineData("position", "1.5", "invalid_value")]
    [InlineData("targets", "", "missing_field")]
    [InlineData("targets", "{}", "invalid_policy")]
    [InlineData("targets", """{"medium":{"firstResponse":60}}""", "unknown_field")]
    [InlineData("targets", """{"high":{"firstResponse":0}}""", "invalid_policy")]
    [InlineData("targets", """{"high":{"firstResponse":-5}}""", "invalid_policy")]
    [InlineData("targets", """{"high":{"firstResponse":"1 day"}}""", "invalid_value")]
    [InlineData("targets", """{"high":{"firstResponse":{"days":1}}}""", "invalid_value")]
    [InlineData("targets", """{"high":{"firstResponse":999999999}}""", "invalid_policy")]
    [InlineData("when", """{"priorities":[]}""", "invalid_policy")]
    [InlineData("when", """{"priorities":["huge"]}""", "invalid_value")]
    [InlineData("when", """{"labels":[null]}""", "missing_field")]
    [InlineData("when", """{"queues":[null]}""", "invalid_value")]
    [InlineData("when", """{"minReach":-1}""", "invalid_policy")]
    [InlineData("when", """{"colour":"red"}""", "unknown_field")]
    [InlineData("calendar", "\"nowhere\"", "unknown_calendar")]
    [InlineData("calendar", "\"a b\"", "invalid_id")]
    [InlineData("warnings", "[null]", "invalid_value")]
    [InlineData("warnings", "[{}]", "invalid_policy")]
    [InlineData("warnings", """[{"before":60,"fraction":0.5}]""", "invalid_policy")]
    [InlineData("warnings", """[{"fraction":1}]""", "invalid_policy")]
    [InlineData("warnings", """[{"before":0}]""", "invalid_policy")]
    [InlineData("warnings", """[{"before":60},{"before":60}]""", "invalid_policy")]
    [InlineData("warnings", """[{"before":60,"actions":[null]}]""", "invalid_value")]
    [InlineData("escalations", """[{"after":-1}]""", "invalid_policy")]
    [InlineData("escalations", "[{}]", "missing_field")]
    [InlineData("escalations", """[{"after":0,"actions":[{"type":"shout"}]}]""", "invalid_value")]
    [InlineData("escalations", """[{"after":0,"actions":[{"url":"https://x.example"}]}]""", "missing_field")]
    [InlineData("escalations", """[{"after":0,"actions":[{"type":"webhook","url":"ftp://x"}]}]""", "invalid_policy")]
    [InlineData("escalations", """[{"after":0,"actions":[{"type":"mail","to":"nobody"}]}]""", "invalid_policy")]
    [InlineData("escalations", """[{"after":0,"actions":[{"type":"reassign"}]}]""", "missing_field")]
    [InlineData("escalations", """[{"after":0,"actions":[{"type":"mail","to":"a@b.example","hours":"nowhere"}]}]""", "unknown_calendar")]
    public async Task What_is_no_policy_is_refused_by_name_and_changes_nothing(string field, string json, string code)
    {
        var before = await fixture.Admin.Head();
        var body = Policy(50);
        body.Remove(field);
        if (json.Length > 0)
        {
            body[field] = JsonNode.Parse(json);
        }

        (await fixture.Admin.Put("/v1/sla/policies/bad", body)).IsProblem(400, code);
        Assert.Equal(before, await fixture.Admin.Head());
    }
}
