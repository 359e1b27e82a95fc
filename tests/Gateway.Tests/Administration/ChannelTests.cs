using System.Text.Json;

namespace Conversations.Gateway.Tests.Administration;

public sealed class ChannelTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task A_channel_account_is_registered_read_and_listed()
    {
        var put = (await fixture.Admin.Put("/v1/channels/pager/acme", new
        {
            name = "Pager",
            queue = "night",
            bot = "robbie",
            sla = new { firstResponse = 60, nextResponse = 120, resolution = 3_600, warnAt = 0.5 },
            reopenWindow = 10,
            autoCloseAfter = 20,
            replyWindow = new { standard = 30, human = 40 },
            options = new { region = "eu" },
        })).Is(200);

        Assert.Equal(("Pager", "night", "robbie", 10, 20), (put.Of("name"), put.Of("queue"), put.Of("bot"), put["reopenWindow"].GetInt32(), put["autoCloseAfter"].GetInt32()));
        Assert.Equal("eu", put["options"].GetProperty("region").GetString());
        Assert.False(put["sends"].GetBoolean());
        Assert.Equal(put.Text, (await fixture.Integrator.Get("/v1/channels/pager/acme")).Is(200).Text);
        Assert.Contains(put.Text, (await fixture.Supervisor.Get("/v1/channels")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_never_read_back_and_kept_when_not_named()
    {
        (await fixture.Admin.Put("/v1/channels/vault/acme", new { secrets = new { token = "t0ken-value", sign = "s1gn-value" } })).Is(200);

        var second = (await fixture.Admin.Put("/v1/channels/vault/acme", new { name = "renamed", secrets = new { sign = "another-value" } })).Is(200);

        Assert.Equal(["sign", "token"], second["secrets"].EnumerateArray().Select(s => s.GetString()));
        var everything = second.Text + (await fixture.Admin.Get("/v1/channels/vault/acme")).Text + (await fixture.Admin.Get("/v1/channels")).Text;
        Assert.All(["t0ken-value", "s1gn-value", "another-value"], value => Assert.DoesNotContain(value, everything, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Secrets_are_not_in_what_is_stored_either()
    {
        await using var gateway = await TestGateway.Start();
        (await gateway.Admin.Put("/v1/channels/vault/acme", new { secrets = new { token = "t0ken-in-the-file" } })).Is(200);

        var bytes = await gateway.Stored();

        Assert.Contains("vault", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken-in-the-file", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Admin.Key, bytes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_request_again_is_told_from_another_one_with_the_same_key()
    {
        var (key, body) = (Guid.NewGuid().ToString(), new { name = "one", secrets = new { token = "the-same" } });
        (await fixture.Admin.Put("/v1/channels/once/acme", body, key)).Is(200);
        var before = await fixture.Admin.Head();

        Assert.True((await fixture.Admin.Put("/v1/channels/once/acme", body, key)).Is(200).Replayed);
        (await fixture.Admin.Put("/v1/channels/once/acme", new { name = "two", secrets = new { token = "the-same" } }, key)).IsProblem(422, "idempotency_key_reused");
        (await fixture.Admin.Put("/v1/channels/once/acme", new { name = "one", secrets = new { token = "another" } }, key)).IsProblem(422, "idempotency_key_reused");
        (await fixture.Admin.Put("/v1/channels/once/other", body, key)).IsProblem(422, "idempotency_key_reused");

        Assert.Equal(before, await fixture.Admin.Head());
    }

    [Fact]
    public async Task A_put_replaces_everything_but_the_secrets()
    {
        (await fixture.Admin.Put("/v1/channels/fresh/acme", new { name = "old", queue = "old", autoCloseAfter = 5, options = new { a = "b" }, secrets = new { token = "x" } })).Is(200);

        var now = (await fixture.Admin.Put("/v1/channels/fresh/acme", new { })).Is(200);

        Assert.Equal(
            (JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.Null, "{}"),
            (now["name"].ValueKind, now["queue"].ValueKind, now["autoCloseAfter"].ValueKind, now["options"].ToString()));
        Assert.Equal("token", Assert.Single(now["secrets"].EnumerateArray()).GetString());
    }
}
