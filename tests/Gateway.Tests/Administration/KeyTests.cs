using System.Text.Json;

namespace Conversations.Gateway.Tests.Administration;

public sealed class KeyTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task A_key_is_shown_once_works_and_is_listed_without_itself()
    {
        var made = (await fixture.Admin.Post("/v1/keys", new { name = "listed", role = "supervisor", agent = "sue" })).Is(201);

        Assert.Equal(("listed", "supervisor", "sue", "default"), (made.Of("name"), made.Of("role"), made.Of("agent"), made.Of("account")));
        (await fixture.Gateway.As(made.Of("key")).Get("/v1/conversations")).Is(200);
        var list = (await fixture.Admin.Get("/v1/keys")).Is(200);
        var listed = Assert.Single(list["items"].EnumerateArray(), k => k.GetProperty("id").GetString() == made.Of("id"));
        Assert.Equal(["id", "name", "role", "agent", "createdAt"], listed.EnumerateObject().Select(m => m.Name));
        Assert.DoesNotContain(made.Of("key"), list.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Of("key").Split('.')[^1], list.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_request_again_gets_the_same_key_again()
    {
        var (key, body) = (Guid.NewGuid().ToString(), new { name = "again", role = "integrator" });
        var first = (await fixture.Admin.Post("/v1/keys", body, idempotencyKey: key)).Is(201);

        var second = (await fixture.Admin.Post("/v1/keys", body, idempotencyKey: key)).Is(201);

        Assert.Equal(first.Text, second.Text);
        Assert.True(second.Replayed);
        Assert.Single((await fixture.Admin.Get("/v1/keys"))["items"].EnumerateArray(), k => k.GetProperty("name").GetString() == "again");
        (await fixture.Admin.Post("/v1/keys", new { name = "again", role = "admin" }, idempotencyKey: key)).IsProblem(422, "idempotency_key_reused");
        (await fixture.Gateway.As(first.Of("key")).Get("/v1/keys")).IsProblem(403, "forbidden");
    }

    [Fact]
    public async Task Without_an_Idempotency_Key_every_request_makes_another()
    {
        var body = new { name = "two", role = "integrator" };

        Assert.NotEqual((await fixture.Admin.Post("/v1/keys", body)).Is(201).Of("key"), (await fixture.Admin.Post("/v1/keys", body)).Is(201).Of("key"));
    }

    [Fact]
    public async Task A_revoked_key_ends_at_once_and_can_be_revoked_only_once()
    {
        var made = (await fixture.Admin.Post("/v1/keys", new { name = "short", role = "integrator" })).Is(201);
        var caller = fixture.Gateway.As(made.Of("key"));
        (await caller.Get("/v1/conversations")).Is(200);

        (await fixture.Admin.Delete($"/v1/keys/{made.Of("id")}")).Is(204);

        (await caller.Get("/v1/conversations")).IsProblem(401, "unauthorized");
        (await fixture.Admin.Delete($"/v1/keys/{made.Of("id")}")).IsProblem(404, "not_found");
        Assert.DoesNotContain((await fixture.Admin.Get("/v1/keys"))["items"].EnumerateArray(), k => k.GetProperty("id").GetString() == made.Of("id"));
    }

    [Fact]
    public async Task An_admin_of_the_default_account_makes_other_accounts_by_making_them_a_key()
    {
        var made = (await fixture.Admin.Post("/v1/keys", new { name = "theirs", role = "admin", account = "brand-new" })).Is(201);
        var theirs = fixture.Gateway.As(made.Of("key"));

        Assert.Equal("brand-new", made.Of("account"));
        Assert.Single((await theirs.Get("/v1/keys")).Is(200)["items"].EnumerateArray());
        Assert.DoesNotContain((await fixture.Admin.Get("/v1/keys"))["items"].EnumerateArray(), k => k.GetProperty("id").GetString() == made.Of("id"));
        Assert.Empty((await theirs.Get("/v1/channels")).Is(200)["items"].EnumerateArray());
        Assert.Equal(JsonValueKind.Null, made["agent"].ValueKind);
    }

    [Fact]
    public async Task After_every_key_was_revoked_a_start_makes_a_first_key_that_works()
    {
        var data = new DataFolder();
        var gateway = await TestGateway.Start(data: data);
        (await gateway.Admin.Delete("/v1/keys/bootstrap")).Is(204);
        (await gateway.Admin.Get("/v1/keys")).IsProblem(401, "unauthorized");
        await gateway.Close();

        await using var again = await TestGateway.Start(data: data);

        Assert.Equal("bootstrap", Assert.Single((await again.Admin.Get("/v1/keys")).Is(200)["items"].EnumerateArray()).GetProperty("id").GetString());
    }
}
