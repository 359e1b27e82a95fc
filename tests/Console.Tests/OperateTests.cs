using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

public sealed class OperateTests(Browser browser)
{
    [Fact]
    public async Task An_operator_sees_what_runs_its_version_and_how_late_it_is()
    {
        await using var care = await Care.Open();
        await care.Hears("Ada Byron", "Where is my order?");
        await using var oscar = await browser.Open(care.Gateway.Url);
        await oscar.SignIn((await care.Gateway.New("operator")).Key);

        var process = oscar.Page.GetByRole(AriaRole.Region, new() { Name = "Processes and partitions", Exact = true });
        await Expect(process.Locator("tbody tr")).ToHaveCountAsync(2); // one process, one partition
        await Expect(process.Locator("tbody tr").First).ToContainTextAsync($"{Environment.MachineName}/{Environment.ProcessId}");
        await Expect(process.Locator("tbody tr").First).ToContainTextAsync("ms");
        await Expect(process.Locator("tbody tr").Last).ToContainTextAsync("Empty");
    }
}
