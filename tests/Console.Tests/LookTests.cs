using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>
/// Every page, light and dark: axe finds no serious barrier, and a picture is written to artifacts/screenshots for people to look at.
/// </summary>
public sealed class LookTests(Browser browser)
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task No_page_has_a_serious_barrier(ColorScheme scheme)
    {
        await using var care = await Care.Open();
        var busy = await Fill(care);
        var mode = scheme.ToString().ToLowerInvariant();
        var barriers = new List<string>();
        await using var tab = await browser.Open(care.Gateway.Url, scheme);

        async Task Look(string page) => barriers.AddRange(await tab.Look($"{page}-{mode}"));

        await tab.Go("");
        await Expect(tab.Page.GetByLabel("API key")).ToBeVisibleAsync();
        await Look("sign-in");
        await tab.GiveKey(Gateway.Tests.TestGateway.BootstrapKey);
        await Expect(tab.Page.GetByLabel("Name")).ToBeVisibleAsync();
        await Look("sign-in-name");
        await tab.Page.GetByLabel("Name").FillAsync("ann");
        await tab.Button("Continue").ClickAsync();
        await tab.IsLive();
        await Look("desk-empty");
        await tab.OpenConversation(busy);
        await tab.Field.FillAsync("Your flight is rebooked: AU422 at 18:40.");
        await Look("desk");
        await care.Hears("Marcus Oyelaran", "And now it says cancelled again??", "x", "aurora");
        await Expect(tab.Page.Locator(".notice")).ToBeVisibleAsync();
        await Look("desk-arrived");
        await tab.Page.GetByText("Note", new() { Exact = true }).ClickAsync();
        await tab.Field.FillAsync("Checked with the station.");
        await Look("desk-note");
        foreach (var (button, page) in new[] { ("Assign…", "assign"), ("Snooze…", "snooze"), ("Close…", "close"), ("Keyboard shortcuts", "keys") })
        {
            await tab.Button(button).ClickAsync();
            await tab.DialogHasFocus();
            await Look(page);
            await tab.CloseDialog();
        }

        var menu = tab.Page.GetByRole(AriaRole.Menu);
        await tab.Button("More actions").ClickAsync();
        await Expect(menu).ToBeVisibleAsync();
        await Look("more");
        foreach (var (item, page) in new[] { ("Why is it here?", "why"), ("Labels…", "labels") })
        {
            await menu.GetByText(item).ClickAsync();
            await Expect(menu).ToHaveCountAsync(0);
            await tab.DialogHasFocus();
            await Look(page);
            await tab.CloseDialog();
            await tab.Button("More actions").ClickAsync();
        }

        await Expect(menu).ToBeVisibleAsync();
        await menu.PressAsync("Escape");
        await Expect(menu).ToHaveCountAsync(0);
        await tab.Link("Closed").ClickAsync();
        await Expect(tab.Rows).ToHaveCountAsync(1);
        await Look("closed");
        await tab.Link("Supervise").ClickAsync();
        await Expect(tab.Page.Locator(".conversations tbody tr").First).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".conversations tbody tr").First).ToContainTextAsync("Sana Idrissi"); // what is latest stands first
        await Expect(tab.Page.Locator(".figures")).ToContainTextAsync("Taken within a minute");
        await Look("supervise");
        await tab.Page.GetByLabel("Select all that match").CheckAsync();
        await tab.Button("Move…").ClickAsync();
        await tab.Dialog.GetByRole(AriaRole.Combobox, new() { Name = "To agent" }).FillAsync("ben");
        await Expect(tab.Dialog.Locator(".effect")).ToContainTextAsync("Tried out");
        await Look("move");
        await tab.Dialog.Locator("button[type=submit]").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync("moved.");
        await Look("moved");
        await tab.Button("Done").ClickAsync();
        await Expect(tab.Dialog).ToHaveCountAsync(0);
        await Look("supervise-moved");
        await tab.Link("Simulate").ClickAsync();
        await tab.Button("When is it due?").ClickAsync();
        await Expect(tab.Page.Locator(".simulate-due")).ToBeVisibleAsync();
        await Look("simulate");
        await tab.Link("Operate").ClickAsync();
        await Expect(tab.Page.Locator(".facts").First).ToBeVisibleAsync();
        await Expect(tab.Page.GetByText("Ready", new() { Exact = true })).ToBeVisibleAsync();
        await Look("operate");
        Assert.True(barriers.Count == 0, string.Join('\n', barriers));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task On_a_phone_too(ColorScheme scheme)
    {
        await using var care = await Care.Open();
        var busy = await Fill(care);
        var mode = scheme.ToString().ToLowerInvariant();
        await using var tab = await browser.Open(care.Gateway.Url, scheme, 390, 844);
        await tab.SignIn(care.Sue.Key, path: "supervise");
        await Expect(tab.Page.Locator(".conversations tbody tr").First).ToBeVisibleAsync();
        await tab.Picture($"phone-supervise-{mode}");
        var barriers = await tab.Barriers();
        Assert.True(barriers.Length == 0, string.Join('\n', barriers));
        Assert.True(await tab.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is wider than the phone.");
        await tab.OpenConversation(busy);
        await tab.Picture($"phone-conversation-{mode}");
        barriers = await tab.Barriers();
        Assert.True(barriers.Length == 0, string.Join('\n', barriers));
        await tab.Button("Back to the list").ClickAsync();
        await Expect(tab.Rows.First).ToBeVisibleAsync();
        await tab.Picture($"phone-list-{mode}");
    }

    /// <returns>A conversation with everything in it.</returns>
    private static async Task<string> Fill(Care care)
    {
        (await care.Admin.Put("/v1/channels/email/care", new { queue = "baggage", sla = new { firstResponse = 1, resolution = 86_400, warnAt = 0.5 } })).Is(200);
        var busy = await care.Hears("Marcus Oyelaran", "My flight AU418 is cancelled and nobody at the desk knows anything.", "x", "aurora");
        (await care.Ben.Post($"/v1/conversations/{busy}/messages", new { kind = "note", text = "Rebooking desk is at B12 until 19:00." })).Is(201);
        await care.Assign(busy, "ben");
        (await care.Ben.Post($"/v1/conversations/{busy}/messages", new { kind = "reply", text = "We are sorry! Which booking is it?" })).Is(201);
        (await care.Ben.Post($"/v1/conversations/{busy}/labels", new { add = new[] { "rebooking", "vip" } })).Is(200);
        (await care.Ben.Post($"/v1/conversations/{busy}/priority", new { priority = "urgent", reason = "30 people" })).Is(200);
        await care.Hears("Marcus Oyelaran", "QX7TPL. We are 30 people standing here.", "x", "aurora", attachments: [new { url = "https://files.example/desk.jpg", contentType = "image/jpeg", name = "desk.jpg" }]);
        await care.Hears("Ines Carvalho", "Can I bring a violin as hand luggage?");
        await care.Hears("Jo Lindqvist", "Your app charges me twice for the same seat.", "whatsapp", "shop");
        await care.Hears("Sana Idrissi", "You lost my suitcase. Third day without it!", "email", "care");
        await care.Assign(await care.Hears("Tilda Brandt", "Booked the wrong date, what does it cost to change?"), "ann");
        await care.Assign(await care.Hears("Hugo Marchetti", "No vegan meal on an 11-hour flight.", "whatsapp", "shop"), "ben");
        var waiting = await care.Hears("Priya Raman", "I need a wheelchair for my mother on Friday.");
        (await care.Ben.Post($"/v1/conversations/{waiting}/pending", new { })).Is(200);
        var over = await care.Hears("Wren Castellan", "Thank you to the crew of AU220!");
        (await care.Ben.Post($"/v1/conversations/{over}/close", new { disposition = "no answer needed" }, ifMatch: await care.SeqOf(over))).Is(200);
        return busy;
    }
}
