using System.Text.RegularExpressions;
using Conversations.EndToEnd.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>
/// What somebody who has never seen it does first. Its pictures are the ones in docs/console: CONVERSATIONS_PICTURES=1 renews them.
/// </summary>
public sealed partial class DemoTests(Browser browser)
{
    [Fact]
    public async Task In_the_demo_one_finds_what_is_most_at_risk_takes_it_answers_it_and_moves_the_rest_of_its_queue()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path, key: null, "--demo");
        var url = await gateway.Listens(TestContext.Current.CancellationToken);
        await gateway.Says("Admin key", TestContext.Current.CancellationToken);
        var key = Key().Match(await gateway.Says("    ck", TestContext.Current.CancellationToken)).Value;
        await using var tab = await browser.Open(url);
        await tab.SignIn(key, "dana");

        // The bad day needs a while to become one: somebody in the social queue has waited too long.
        var late = tab.Rows.Filter(new() { Has = tab.Page.Locator(".mark-pill[data-tone=red]") });
        await Expect(tab.Page.Locator(".views .risk").First).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Expect(late.First).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await tab.Rows.First.ClickAsync();
        await Expect(tab.Page.Locator(".bubble").First).ToBeVisibleAsync();
        var queue = (await tab.Page.Locator(".pane-facts > span").Nth(1).InnerTextAsync()).Split(" · ")[1];
        await tab.Button("Take").ClickAsync();
        await tab.Says("It is yours.");
        await tab.Field.FillAsync("I am sorry that you had to wait. I am looking into it and will be back within ten minutes.");
        await tab.Page.GetByLabel("Dismiss").First.ClickAsync();
        await Picture(tab, "desk");
        await tab.Button("Send reply").ClickAsync();
        await Expect(tab.Page.Locator(".receipt").Last).ToHaveTextAsync("Sent");

        await tab.Link("Supervise").ClickAsync();
        await Expect(tab.Page.Locator(".conversations tbody tr").First).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".alarms li").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Picture(tab, "supervise");
        await tab.Link("Desk").ClickAsync();
        await tab.Page.Locator($".views a[href$='queue:{queue}']").ClickAsync();
        await Expect(tab.Rows.First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await tab.Button("Move all…").ClickAsync();
        await tab.Dialog.GetByRole(AriaRole.Combobox, new() { Name = "To agent" }).FillAsync("chloe");
        await tab.Dialog.Locator(".effect").ClickAsync();
        await Picture(tab, "move");
        var move = tab.Dialog.GetByRole(AriaRole.Button, new() { NameRegex = Move() });
        if (await move.IsEnabledAsync())
        {
            await move.ClickAsync();
            await Expect(tab.Dialog.Locator(".notice")).ToContainTextAsync("moved.");
        }
    }

    private static async Task Picture(Tab tab, string name)
    {
        await tab.Picture($"demo-{name}");
        if (Environment.GetEnvironmentVariable("CONVERSATIONS_PICTURES") == "1")
        {
            var folder = Path.Combine(Tab.Repository, "docs", "console");
            Directory.CreateDirectory(folder);
            File.Copy(Path.Combine(Tab.Repository, "artifacts", "screenshots", $"demo-{name}.png"), Path.Combine(folder, $"{name}.png"), overwrite: true);
        }
    }

    [GeneratedRegex(@"ck\S+")]
    private static partial Regex Key();

    [GeneratedRegex(@"^Move \d+$")]
    private static partial Regex Move();
}
