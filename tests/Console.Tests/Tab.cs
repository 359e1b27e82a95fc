using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>One person with the console open. What the browser complains about fails the test at its end.</summary>
internal sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    public Tab(IBrowserContext context, IPage page, Uri gateway)
    {
        (_context, Page, Gateway) = (context, page, gateway);
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            // Refusals of the API and lost connections are part of what is tested; the browser reports them as errors too.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Enqueue(message.Text);
            }
        };
    }

    public IPage Page { get; }
    public Uri Gateway { get; }

    public ILocator Rows => Page.Locator(".list-scroll .row");
    public ILocator Bubbles => Page.Locator(".timeline .bubble-text");
    public ILocator Field => Page.Locator(".composer textarea");
    public ILocator Facts => Page.Locator(".pane-facts");
    public ILocator Connection => Page.Locator(".header .connection");
    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);
    public ILocator Toasts => Page.Locator(".toasts");

    public Task Go(string path) => Page.GotoAsync(new Uri(Gateway, $"/console/{path}").ToString());

    /// <param name="name">The name to work under, for keys that belong to nobody.</param>
    public async Task<Tab> SignIn(string key, string? name = null, string path = "")
    {
        await Go(path);
        await GiveKey(key);
        if (name is not null)
        {
            await Page.GetByLabel("Name").FillAsync(name);
            await Button("Continue").ClickAsync();
        }

        await Expect(Page.Locator(".header")).ToBeVisibleAsync();
        return this;
    }

    public async Task GiveKey(string key)
    {
        await Page.GetByLabel("API key").FillAsync(key);
        await Button("Sign in").ClickAsync();
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { NameString = name });

    public async Task OpenConversation(string id)
    {
        await Go($"desk/open/{id}");
        await Expect(Page.Locator(".conversation")).ToBeVisibleAsync();
        await Expect(Page.Locator(".timeline .bubble").First).ToBeVisibleAsync();
    }

    public async Task Reply(string text)
    {
        await Field.FillAsync(text);
        await Expect(Page.Locator(".composer button[type=submit]")).ToBeEnabledAsync(); // nothing is sent before the history is there
        await Page.Keyboard.PressAsync("Control+Enter");
    }

    /// <summary>A dialog takes the keyboard a moment after it is seen: a key pressed before that goes nowhere.</summary>
    public async Task DialogHasFocus()
    {
        await Expect(Dialog).ToBeVisibleAsync();
        await Expect(Dialog.Locator(":focus")).ToHaveCountAsync(1);
    }

    /// <summary>By Escape, to its end: until then it covers the page and swallows keys.</summary>
    public async Task CloseDialog()
    {
        await Page.Keyboard.PressAsync("Escape");
        await Expect(Dialog).ToHaveCountAsync(0);
    }

    /// <summary>Opens a menu and chooses in it, both by keyboard.</summary>
    public async Task Choose(string menu, string item)
    {
        await OpenMenu(menu);
        var items = Page.GetByRole(AriaRole.Menuitem);
        var wanted = items.And(Page.GetByRole(AriaRole.Menuitem, new() { Name = item, Exact = true }));
        for (var left = await items.CountAsync(); left > 0 && !await wanted.EvaluateAsync<bool>("e => e === document.activeElement"); left--)
        {
            await Page.Keyboard.PressAsync("ArrowDown");
        }

        await Expect(wanted).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Menu)).ToHaveCountAsync(0);
    }

    /// <summary>By keyboard: its first item has the focus then.</summary>
    public async Task OpenMenu(string name)
    {
        await Button(name).FocusAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Menu).Locator("[role=menuitem]:focus")).ToHaveCountAsync(1);
    }

    /// <summary>By Escape, to its end; the focus is back where it was opened.</summary>
    public async Task CloseMenu(string name)
    {
        await Page.Keyboard.PressAsync("Escape");
        await Expect(Page.GetByRole(AriaRole.Menu)).ToHaveCountAsync(0);
        await Expect(Button(name)).ToBeFocusedAsync();
    }

    public Task IsLive() => Expect(Connection).ToHaveTextAsync("Live");

    public Task Says(string text) => Expect(Toasts.Filter(new() { HasText = text })).ToHaveCountAsync(1);

    /// <summary>Written to artifacts/screenshots, for people to look at.</summary>
    public async Task Picture(string name)
    {
        await Page.ScreenshotAsync(new() { Path = Path.Combine(Repository, "artifacts", "screenshots", $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
    }

    /// <summary>Axe's serious and critical findings on the page as it is now (WCAG 2.2, A and AA).</summary>
    public async Task<string[]> Barriers()
    {
        await Page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(Repository, "console", "node_modules", "axe-core", "axe.min.js")));
        return await Page.EvaluateAsync<string[]>(
            """
            async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations
              .filter((v) => v.impact === 'serious' || v.impact === 'critical')
              .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} (${n.failureSummary.replaceAll('\n', ' ')})`))
            """);
    }

    /// <summary>A picture for people to look at, and what axe finds, told with the page's name.</summary>
    public async Task<IEnumerable<string>> Look(string page)
    {
        await Picture(page);
        return (await Barriers()).Select(barrier => $"{page}: {barrier}");
    }

    public static string Repository => Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.True(_complaints.IsEmpty, $"The browser complained:\n{string.Join('\n', _complaints)}");
    }
}
