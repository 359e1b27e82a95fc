using Conversations.Gateway.WebConsole;
using Conversations.WebConsole.Tests;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]
[assembly: CollectionBehavior(DisableTestParallelization = true)] // a browser and a gateway each want the machine

namespace Conversations.WebConsole.Tests;

/// <summary>One real Chromium for all of these tests: the installed one, nothing is downloaded.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var executable = Environment.GetEnvironmentVariable("CONVERSATIONS_CHROMIUM") ?? Array.Find(Names, File.Exists);
        if (executable is null || !ConsoleIsBuilt)
        {
            return; // each test says so
        }

        Assertions.SetDefaultExpectTimeout(20_000); // a lost connection is tried again within seconds, on a busy machine within some more
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = executable,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
            ],
        });
    }

    private static bool ConsoleIsBuilt => new ConsoleFiles().PageWith("") is not null;

    private static bool HasNode => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "node")) || File.Exists(Path.Combine(folder, "node.exe")));

    /// <summary>A new person at a new computer.</summary>
    internal async Task<Tab> Open(Uri gateway, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 720)
    {
        Assert.SkipWhen(!ConsoleIsBuilt && !HasNode, "NOT CHECKED in a browser: the console is built with Node, and there is none here.");
        Assert.True(ConsoleIsBuilt, "There is Node but no console in the gateway: see what its build said.");
        Assert.SkipWhen(_browser is null, "NOT CHECKED in a browser: there is no Chromium. Install it, or set CONVERSATIONS_CHROMIUM to one.");
        var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme, Locale = "en-GB" });
        context.SetDefaultTimeout(20_000);
        return new(context, await context.NewPageAsync(), gateway);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
