using System.Text.Json;

namespace Conversations.Gateway.Tests.Administration;

public sealed class CallerTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Everybody_with_a_credential_is_told_what_it_is_good_for()
    {
        var ann = (await fixture.Agent.Get("/v1/me")).Is(200);
        var rival = (await fixture.Rival.Get("/v1/me")).Is(200);
        var oscar = (await fixture.Operator.Get("/v1/me")).Is(200);

        Assert.Equal(("default", "agent", "ann"), (ann.Of("account"), ann.Of("role"), ann.Of("agent")));
        Assert.Equal(("rival", "admin"), (rival.Of("account"), rival.Of("role")));
        Assert.Equal(("operator", JsonValueKind.Null, JsonValueKind.Null), (oscar.Of("role"), oscar["agent"].ValueKind, oscar["expiresAt"].ValueKind));
    }

    [Fact]
    public async Task Nobody_without_one_is()
    {
        (await fixture.Nobody.Get("/v1/me")).IsProblem(401, "unauthorized");
    }
}
