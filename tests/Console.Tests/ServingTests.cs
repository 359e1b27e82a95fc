using Conversations.Gateway.Tests;

namespace Conversations.WebConsole.Tests;

/// <summary>How the gateway hands the console out. Needs no browser.</summary>
public sealed class ServingTests
{
    [Fact]
    public async Task The_page_trusts_nothing_inline_is_never_kept_and_answers_at_every_address()
    {
        await using var gateway = await TestGateway.Start();
        var nobody = gateway.As(null);
        var first = await nobody.Get("/console/");
        Assert.SkipWhen(first.Status == 404, "NOT CHECKED: this gateway was built without its console.");
        var deep = (await nobody.Get("/console/desk/open/abc?code=1")).Is(200);

        var policy = first.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        Assert.Contains(nonce, first.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(nonce, deep.Text, StringComparison.Ordinal); // a new one every time
        Assert.True(first.Headers.CacheControl!.NoStore);
        Assert.Equal("text/html", first.ContentType);
        Assert.DoesNotContain("http", first.Text.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal); // nothing of other hosts
    }

    [Fact]
    public async Task Its_files_are_kept_for_ever_and_come_compressed()
    {
        await using var gateway = await TestGateway.Start();
        var page = await gateway.As(null).Get("/console/");
        Assert.SkipWhen(page.Status == 404, "NOT CHECKED: this gateway was built without its console.");
        var script = page.Text.Split("src=\"")[1].Split('"')[0];
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Url };
        http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        using var answer = await http.GetAsync(script, TestContext.Current.CancellationToken);

        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        (await gateway.As(null).Get("/console/assets/gone.js")).Is(404);
    }

    [Fact]
    public async Task People_who_open_the_bare_address_get_there()
    {
        await using var gateway = await TestGateway.Start();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = gateway.Url };
        http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var root = await http.GetAsync("/", TestContext.Current.CancellationToken);
        using var bare = await http.GetAsync("/console", TestContext.Current.CancellationToken);

        Assert.Equal("/console/", root.Headers.Location!.OriginalString);
        Assert.Equal("/console/", bare.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Without_a_provider_only_keys_are_offered()
    {
        await using var gateway = await TestGateway.Start();
        var settings = (await gateway.As(null).Get("/console/settings.json")).Is(200);

        Assert.Equal(System.Text.Json.JsonValueKind.Null, settings["openId"].ValueKind);
    }
}
