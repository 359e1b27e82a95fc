using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>The agents table, drains, and what opens where a supervisor supervises, light and dark: axe finds no serious barrier.</summary>
public sealed class SuperviseLookTests(Browser browser)
{
    private const string More = "More actions";

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task No_table_menu_or_dialog_of_a_supervisor_has_a_serious_barrier(ColorScheme scheme)
    {
        await using var care = await Care.Open();
        var conversation = await Fill(care);
        var mode = scheme.ToString().ToLowerInvariant();
        var barriers = new List<string>();
        await using var sue = await browser.Open(care.Gateway.Url, scheme);

        async Task Look(string page) => barriers.AddRange(await sue.Look($"{page}-{mode}"));

        async Task LookAtMenu(string menu, string page)
        {
            await sue.OpenMenu(menu);
            await Look(page);
            await sue.CloseMenu(menu);
        }

        await sue.SignIn(care.Sue.Key, path: "supervise");
        var agents = sue.Page.GetByRole(AriaRole.Region, new() { Name = "Agents", Exact = true });
        await Expect(agents.Locator("h2")).ToHaveTextAsync("Agents23"); // with nobody, who has something too
        Assert.True(await sue.Page.EvaluateAsync<bool>("document.documentElement.scrollHeight <= innerHeight"), "The page is longer than the window: it scrolls away.");
        await Expect(agents.Locator("tbody tr").Filter(new() { HasText = "ann" })).ToContainTextAsync("Available");
        Assert.True(await agents.Locator(".load-scroll").EvaluateAsync<bool>("e => e.clientHeight - e.querySelector('thead').clientHeight >= 10 * 28"), "Fewer than ten agents are in sight.");
        Assert.True(await agents.Locator(".load-scroll").EvaluateAsync<bool>("e => e.scrollWidth <= e.clientWidth"), "The agents' table is wider than its place.");
        await Look("agents");
        await LookAtMenu("What ann does next", "agent-menu");
        await agents.GetByLabel("Find in agents").FillAsync("ben");
        await Expect(agents.Locator("tbody tr")).ToContainTextAsync(["On a break"]);
        await agents.GetByLabel("Find in agents").FillAsync("nobody like this");
        await Expect(agents.Locator("tbody tr")).ToHaveCountAsync(0);
        await Look("agents-none");
        await agents.GetByLabel("Find in agents").FillAsync("");

        await sue.Choose("What ann does next", "When they have finished what they have");
        await sue.Says("ann gets no new work.");
        await Expect(agents).ToContainTextAsync("1 Leaving");
        await Look("drain-agent");
        await LookAtMenu("What ann does next", "drain-agent-menu");
        await LookAtMenu("What becomes of care", "queue-menu");
        await sue.Choose("What becomes of care", "social");
        await sue.Says("care is closed; who waits and who comes goes to social.");
        await Expect(sue.Page.Locator(".goes-to")).ToBeVisibleAsync();
        await Look("drain-queue");
        await LookAtMenu("What becomes of care", "drain-queue-menu");

        await sue.OpenConversation(conversation);
        await LookAtMenu(More, "supervision-menu");
        await sue.Choose(More, "Look on");
        await Expect(sue.Facts).ToContainTextAsync("sue looks on");
        await LookAtMenu(More, "supervision-menu-monitoring");
        await sue.Choose(More, "Whisper…");
        await sue.DialogHasFocus();
        await sue.Page.Keyboard.TypeAsync("Offer a refund.");
        await Look("whisper");
        await sue.Button("Whisper").ClickAsync();
        await Expect(sue.Dialog).ToHaveCountAsync(0);
        await Expect(sue.Page.Locator(".bubble-line[data-from=note]")).ToContainTextAsync("Only for ann");
        await Look("whispered");
        await sue.Choose(More, "Join in");
        await Expect(sue.Facts).ToContainTextAsync("with sue");
        await Look("joined");
        await sue.Choose(More, "Take it over");
        await Expect(sue.Facts).ToContainTextAsync("Assigned to you");
        await Look("taken-over");
        Assert.True(barriers.Count == 0, string.Join('\n', barriers));
    }

    /// <returns>A conversation of an agent.</returns>
    private static async Task<string> Fill(Care care)
    {
        foreach (var queue in new[] { "care", "social" })
        {
            (await care.Admin.Put($"/v1/queues/{queue}", new { name = queue, offer = new { seconds = 300 } })).Is(200);
        }

        foreach (var name in Enumerable.Range(1, 20).Select(n => $"agent-{n:00}").Concat(["ann", "ben"]))
        {
            (await care.Admin.Put($"/v1/agents/{name}", new { name, queues = new[] { "care", "social" } })).Is(200);
        }

        var conversation = await care.Hears("Ada Byron", "Where is my plane?", "x", "aurora"); // nothing live: its agent may be away for long
        await care.Assign(conversation, "ann");
        (await care.Ann.Post("/v1/agents/ann/heartbeat", null)).Is(204);
        (await care.Ann.Post("/v1/agents/ann/presence", new { status = "available" })).Is(200);
        (await care.Ben.Post("/v1/agents/ben/heartbeat", null)).Is(204);
        (await care.Ben.Post("/v1/agents/ben/presence", new { status = "break" })).Is(200);
        await care.Hears("Grace Hopper", "My invoice is wrong.");
        await care.Hears("Sana Idrissi", "You lost my suitcase!", "x", "aurora");
        return conversation;
    }
}
