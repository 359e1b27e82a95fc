using System.Text;

namespace Conversations.Gateway.Tests.Administration;

/// <summary>Tokens of an OpenID provider in the place of keys.</summary>
public sealed class TokenTests(TokenTests.Fixture fixture) : IClassFixture<TokenTests.Fixture>
{
    public sealed class Fixture : IAsyncLifetime
    {
        internal OpenIdProvider Provider { get; private set; } = null!;
        internal TestGateway Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Provider = await OpenIdProvider.Start();
            Gateway = await TestGateway.Start(arguments: [$"--Auth:Authority={Provider.Url}", $"--Auth:Audience={OpenIdProvider.Audience}"]);
            (await Gateway.Admin.Put("/v1/channels/webchat/acme", new { })).Is(200);
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Provider.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_token_says_who_it_is()
    {
        var id = (await fixture.Gateway.Admin.Post("/v1/inbound", Some.Inbound("t"))).Is(200).Of("conversationId");
        var ann = As(Claims(subject: "ann"));

        var reply = (await ann.Post($"/v1/conversations/{id}/messages", new { text = "hi" })).Is(201);

        var actor = (await ann.Get(reply.Headers.Location!.ToString())).Is(200)["items"][0].GetProperty("actor");
        Assert.Equal(("agent", "ann"), (actor.GetProperty("kind").GetString(), actor.GetProperty("id").GetString()));
        (await ann.Get("/v1/keys")).IsProblem(403, "forbidden");
        (await As(Claims(role: "admin")).Get("/v1/keys")).Is(200);
        (await As(Claims(account: "elsewhere")).Get($"/v1/conversations/{id}")).IsProblem(404, "not_found");
        (await fixture.Gateway.Admin.Get("/v1/keys")).Is(200); // keys go on working beside tokens
    }

    [Fact]
    public async Task A_token_watches_as_itself()
    {
        var ann = As(Claims(subject: "ann"));
        await using var watcher = await Watcher.Start(ann, "topic=agent/ann");
        (await ann.Get("/v1/feed?topic=agent/bob")).IsProblem(403, "forbidden_topic");
        var opened = (await fixture.Gateway.Admin.Post("/v1/inbound", Some.Inbound("watched"))).Is(200);

        (await ann.Post($"/v1/conversations/{opened.Of("conversationId")}/assign", new { agent = "ann" }, ifMatch: opened["seq"].GetInt64())).Is(200);

        Assert.Equal("assignment.changed", (await watcher.Next("change")).Type);
    }

    [Fact]
    public async Task A_token_that_is_not_meant_for_us_or_not_whole_is_no_credential()
    {
        var p = fixture.Provider;
        var good = p.Token(Claims());
        var parts = good.Split('.');
        var none = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"alg":"none","typ":"JWT"}""")).TrimEnd('=');
        foreach (var (why, token) in new (string, string)[]
        {
            ("expired", p.Token(Claims(), age: TimeSpan.FromHours(2))),
            ("not valid yet", p.Token(Claims(), age: TimeSpan.FromHours(-2))),
            ("for somebody else", p.Token(Claims(), audience: "others")),
            ("of somebody else", p.Token(Claims(), issuer: "http://127.0.0.1:1")),
            ("forged", p.Token(Claims(), forged: true)),
            ("unsigned", $"{none}.{parts[1]}."),
            ("cut", good[..^10]),
            ("with another body", $"{parts[0]}.{p.Token(Claims(role: "admin")).Split('.')[1]}.{parts[2]}"),
            ("without account", p.Token(Without("account"))),
            ("without role", p.Token(Without("role"))),
            ("without subject", p.Token(Without("sub"))),
            ("with a role there is none of", p.Token(Claims(role: "root"))),
            ("with a role by number", p.Token(Claims(role: "2"))),
            ("with a role far out", p.Token(Claims(role: "99"))),
            ("with two roles in one", p.Token(Claims(role: "agent,admin"))),
            ("with an empty role", p.Token(Claims(role: ""))),
        })
        {
            var answer = await fixture.Gateway.As(token).Get("/v1/conversations");
            Assert.True(answer.Status == 401, $"{why}: {answer.Status} {answer.Text}");
            answer.IsProblem(401, "unauthorized");
        }

        (await fixture.Gateway.As(good).Get("/v1/conversations")).Is(200);
    }

    [Fact]
    public async Task A_stream_ends_when_its_token_has_run_out()
    {
        var time = new ManualTimeProvider();
        time.Advance(TimeProvider.System.GetUtcNow() - time.GetUtcNow());
        await using var gateway = await TestGateway.Start(
            time, arguments: [$"--Auth:Authority={fixture.Provider.Url}", $"--Auth:Audience={OpenIdProvider.Audience}"]);
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "q" })).Is(200);
        await using var watcher = await Watcher.Start(gateway.As(fixture.Provider.Token(Claims())), "topic=queue/q");
        (await gateway.Admin.Post("/v1/inbound", Some.Inbound("t"))).Is(200);
        await watcher.Next("change");

        time.Advance(TimeSpan.FromSeconds(15));
        await watcher.Until(h => h.Type == "message.received");
        time.Advance(TimeSpan.FromHours(1));
        Heard? heard;
        var pings = 0;
        while ((heard = await watcher.Next()) is not null)
        {
            Assert.NotEqual("goaway", heard.Event);
            pings += heard.Event == "ping" ? 1 : 0;
        }

        Assert.InRange(pings, 1, 240);
    }

    [Fact]
    public async Task An_authority_without_an_audience_is_refused_at_the_start()
    {
        using var data = new DataFolder();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => TestGateway.Start(data: data, arguments: [$"--Auth:Authority={fixture.Provider.Url}"]));

        Assert.Contains("Auth:Audience", refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> Claims(string account = "default", string role = "agent", string subject = "somebody") =>
        new() { ["account"] = account, ["role"] = role, ["sub"] = subject };

    private static Dictionary<string, object> Without(string claim)
    {
        var claims = Claims();
        claims.Remove(claim);
        return claims;
    }

    private Api As(Dictionary<string, object> claims) => fixture.Gateway.As(fixture.Provider.Token(claims));
}
