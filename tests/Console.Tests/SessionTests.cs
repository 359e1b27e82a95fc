using Conversations.Gateway.Tests.Administration;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

public sealed class SessionTests(Browser browser)
{
    [Fact]
    public async Task A_wrong_key_is_told_so_and_a_right_one_survives_a_reload()
    {
        await using var care = await Care.Open();
        await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.Go("");
        await ann.GiveKey("wrong");
        await Expect(ann.Page.GetByText("This key is not valid.")).ToBeVisibleAsync();
        await ann.GiveKey(care.Ann.Key);
        await Expect(ann.Rows).ToHaveCountAsync(1);
        await ann.Page.ReloadAsync();

        await Expect(ann.Rows).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task When_the_session_ends_one_signs_in_again_and_the_draft_is_still_there()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        var first = await care.Gateway.New("agent", "cleo");
        await using var cleo = await browser.Open(care.Gateway.Url);
        await (await cleo.SignIn(first.Key)).OpenConversation(conversation);
        await cleo.Field.FillAsync("It leaves tod");

        (await care.Admin.Delete($"/v1/keys/{first.Key.Split('.')[2]}")).Is(204);
        await cleo.Page.Keyboard.PressAsync("Control+Enter"); // whatever is asked next is refused
        await Expect(cleo.Page.GetByText("Your session has ended.")).ToBeVisibleAsync();
        await cleo.GiveKey((await care.Gateway.New("agent", "cleo")).Key);

        await Expect(cleo.Field).ToHaveValueAsync("It leaves tod");
        await Expect(cleo.Page.Locator(".pane-who h2")).ToHaveTextAsync("Ada Byron");
    }

    [Fact]
    public async Task A_draft_survives_a_reload()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await (await ann.SignIn(care.Ann.Key)).OpenConversation(conversation);
        await ann.Field.FillAsync("It leaves tod");
        await ann.Page.ReloadAsync();

        await Expect(ann.Field).ToHaveValueAsync("It leaves tod");
    }

    [Fact]
    public async Task Everybody_sees_the_pages_of_their_role_only()
    {
        await using var care = await Care.Open();
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key, path: "supervise");
        await Expect(ann.Page.Locator(".header nav a")).ToHaveTextAsync(["Desk"]);
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key);
        await Expect(sue.Page.Locator(".header nav a")).ToHaveTextAsync(["Desk", "Supervise", "Simulate"]);
        await using var oscar = await browser.Open(care.Gateway.Url);
        await oscar.SignIn((await care.Gateway.New("operator")).Key);
        await Expect(oscar.Page.Locator(".header nav a")).ToHaveTextAsync(["Operate"]);
        await Expect(oscar.Page.GetByText("Ready", new() { Exact = true })).ToBeVisibleAsync();
        await using var program = await browser.Open(care.Gateway.Url);
        await program.Go("");
        await program.GiveKey(care.Channel.Key);
        await Expect(program.Page.GetByText("This key belongs to a program")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task People_sign_in_at_their_organisations_provider_and_stay_signed_in()
    {
        await using var provider = await OpenIdProvider.Start();
        await using var care = await Care.Open(
            arguments: [$"--Auth:Authority={provider.Url}", $"--Auth:Audience={OpenIdProvider.Audience}", "--Auth:ConsoleClientId=console"]);
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.Page.Clock.InstallAsync();
        await ann.Go($"desk/open/{conversation}");
        await ann.Button("Sign in with your organisation").ClickAsync();
        await Expect(ann.Page.Locator(".pane-who h2")).ToHaveTextAsync("Ada Byron"); // back where one wanted to go
        Assert.EndsWith($"/console/desk/open/{conversation}", ann.Page.Url, StringComparison.Ordinal);
        await ann.Button("Take").ClickAsync();
        await ann.Says("It is yours.");
        Assert.Equal("ann", (await care.Admin.Get($"/v1/conversations/{conversation}")).Is(200).Of("assignee"));

        await ann.Page.Clock.FastForwardAsync("59:30"); // the token lasts an hour
        await Expect(ann.Page.Locator(".pane-who h2")).ToHaveTextAsync("Ada Byron");
        await ann.Page.ReloadAsync();
        await Expect(ann.Page.Locator(".pane-who h2")).ToHaveTextAsync("Ada Byron");
        Assert.Equal(["authorization_code", "refresh_token"], provider.Grants.Take(2));
    }
}
