using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

public sealed class SuperviseTests(Browser browser)
{
    private const int Many = 200;

    [Fact]
    public async Task A_supervisor_moves_two_hundred_conversations_and_takes_it_back()
    {
        await using var care = await Care.Open();
        var ids = new List<string>();
        for (var i = 0; i < Many; i++)
        {
            ids.Add(await care.Hears($"Customer {i}", "hello"));
        }

        await care.Hears("Somebody Else", "on X", "x", "aurora");
        await care.Assign(ids[0], "ben");
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        await sue.Page.GetByLabel("Any queue").SelectOptionAsync("care");
        await Expect(sue.Page.Locator(".filters h2")).ToHaveTextAsync("200 conversations");
        await sue.Page.GetByLabel("Select all that match").CheckAsync();
        await sue.Button("Move…").ClickAsync();
        await sue.Dialog.GetByLabel("To agent").FillAsync("ben");
        await Expect(sue.Dialog.Locator(".effect")).ToContainTextAsync("199 conversations change, 1 is already there");
        await Expect(sue.Dialog.Locator(".effect")).ToContainTextAsync("ben has 1 now, 200 afterwards");
        await sue.Button("Move 199").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("199 conversations moved.", new() { Timeout = 60_000 });
        Assert.Equal(Many, await Assigned(care, "ben"));

        await care.Assign(ids[7], "ann"); // somebody changes one in between: it is theirs
        await sue.Button("Move them back").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("198 conversations moved back.", new() { Timeout = 60_000 });
        await Expect(sue.Dialog).ToContainTextAsync("1 was changed by somebody else");
        Assert.Equal((1, 1), (await Assigned(care, "ben"), await Assigned(care, "ann")));
        await sue.Button("Done").ClickAsync();
        await Expect(sue.Page.Locator(".selection")).ToBeEmptyAsync();
    }

    [Fact]
    public async Task Warnings_and_breaches_are_seen_as_they_happen()
    {
        await using var care = await Care.Open();
        (await care.Admin.Put("/v1/channels/webchat/shop", new { queue = "care", sla = new { firstResponse = 2, warnAt = 0.5 } })).Is(200);
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        await sue.IsLive();
        await care.Hears("Ada Byron", "Where is my order?");

        await Expect(sue.Page.Locator(".alarms li")).ToHaveCountAsync(2);
        await Expect(sue.Page.Locator(".alarms li").First).ToContainTextAsync("First response late");
        await Expect(sue.Page.Locator(".tile[data-tone=red] .tile-value")).ToHaveTextAsync("1");
        await sue.Page.Locator(".alarms a").First.ClickAsync();
        await Expect(sue.Page.Locator(".pane-who h2")).ToHaveTextAsync("Ada Byron");
    }

    private static async Task<int> Assigned(Care care, string agent) =>
        (await care.Admin.Get($"/v1/conversations?assignee={agent}&limit=200")).Is(200)["items"].GetArrayLength();
}
