using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>A supervisor empties a queue or lets an agent go, by keyboard, and takes it back (routing.md 9).</summary>
public sealed class DrainTests(Browser browser)
{
    [Fact]
    public async Task A_closed_queue_sends_its_work_elsewhere_stays_in_the_table_and_is_opened_again()
    {
        await using var care = await Care.Open();
        (await care.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200);
        (await care.Admin.Put("/v1/queues/rest", new { name = "Rest" })).Is(200);
        await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key, path: "desk/queue:rest");
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        var queues = sue.Page.GetByRole(AriaRole.Region, new() { Name = "Queues", Exact = true });
        var closed = queues.Locator("tbody tr").Filter(new() { HasText = "care" });

        await sue.Choose("What becomes of care", "rest");
        await sue.Says("care is closed; who waits and who comes goes to rest.");
        await Expect(ann.Rows).ToHaveCountAsync(1); // what waited is there
        await Expect(closed).ToContainTextAsync("closed, to rest"); // though nothing is in it any more

        await sue.Choose("What becomes of care", "Open it again");
        await sue.Says("care takes work again.");
        await Expect(closed).Not.ToContainTextAsync("closed");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await care.Admin.Get("/v1/queues/care")).Is(200)["drain"].ValueKind);
    }

    [Fact]
    public async Task An_agent_who_is_to_leave_may_stay_after_all_and_hands_over_when_it_is_now()
    {
        await using var care = await Care.Open();
        (await care.Admin.Put("/v1/queues/care", new { name = "Care", offer = new { seconds = 300 } })).Is(200);
        (await care.Admin.Put("/v1/agents/ann", new { name = "Ann", queues = new[] { "care" } })).Is(200);
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key); // her open page says that she is there
        (await care.Ann.Post("/v1/agents/ann/presence", new { status = "available" })).Is(200);
        await care.Hears("Ada Byron", "Where is my order?");
        await ann.Button("Accept").ClickAsync();
        await Expect(ann.Facts).ToContainTextAsync("Assigned to you");
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        var agents = sue.Page.GetByRole(AriaRole.Region, new() { Name = "Agents", Exact = true });
        var row = agents.Locator("tbody tr").Filter(new() { HasText = "ann" });
        await Expect(row).ToContainTextAsync("Available");

        await sue.Choose("What ann does next", "In 15 minutes, handing over the rest");
        await sue.Says("ann gets no new work.");
        await Expect(row).ToContainTextAsync("Leaving");
        await sue.Choose("What ann does next", "Let them go on working");
        await sue.Says("ann gets work again.");
        await Expect(row).ToContainTextAsync("Available");
        await Expect(ann.Facts).ToContainTextAsync("Assigned to you");

        await sue.Choose("What ann does next", "Now: chats at once, the rest when customers write");
        await Expect(row).ToContainTextAsync("Offline");
        await Expect(ann.Facts).ToContainTextAsync("Unassigned");
    }
}
