using System.Text.Json;

namespace Conversations.Gateway.Tests.Running;

/// <summary>What an operator is told of the processes.</summary>
public sealed class NodeTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Every_process_says_what_it_is_and_how_it_is()
    {
        (await fixture.Admin.Post("/v1/inbound", Some.Inbound("visitor-of-nodes"))).Is(200);

        Answer list;
        do
        {
            list = (await fixture.Operator.Get("/v1/nodes")).Is(200); // in a cluster each says it every few seconds
        }
        while (!list["nodes"].EnumerateArray().Any(HasCommitted));

        var node = list["nodes"].EnumerateArray().First(HasCommitted);
        Assert.NotEmpty(node.GetProperty("role").GetString()!);
        Assert.NotEqual("unknown", node.GetProperty("version").GetString());
        Assert.True(node.GetProperty("commandsPerSecond").GetDouble() > 0);
        Assert.InRange(node.GetProperty("commit").GetProperty("p50").GetDouble(), 0.0001, node.GetProperty("commit").GetProperty("max").GetDouble());
        Assert.NotEmpty(list["partitions"].EnumerateArray());
        Assert.NotEmpty(list["engine"].GetString()!);
    }

    [Fact]
    public async Task It_is_for_operators_and_admins()
    {
        (await fixture.Admin.Get("/v1/nodes")).Is(200);
        (await fixture.Agent.Get("/v1/nodes")).Is(403);
        (await fixture.Supervisor.Get("/v1/nodes")).Is(403);
    }

    private static bool HasCommitted(JsonElement node) => node.GetProperty("commit").GetProperty("count").GetInt64() > 0;
}
