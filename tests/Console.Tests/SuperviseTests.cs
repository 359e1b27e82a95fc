using System.Globalization;
using System.Text.RegularExpressions;
using Conversations.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

public sealed partial class SuperviseTests(Browser browser)
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
        await (await MoveAll(sue)).FillAsync("ben");
        await Expect(sue.Dialog.Locator(".effect")).ToContainTextAsync("199 conversations change, 1 is already there");
        await Expect(sue.Dialog.Locator(".effect")).ToContainTextAsync("ben has 1 now, 200 afterwards");
        await Expect(sue.Dialog.Locator(".effect")).ToContainTextAsync("Tried out: 199 of 199 can be moved.", new() { Timeout = 60_000 });
        Assert.Equal(1, await Assigned(care, "ben")); // only tried
        await sue.Button("Move 199").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("199 conversations moved.", new() { Timeout = 60_000 });
        Assert.Equal(Many, await Assigned(care, "ben"));

        await care.Assign(ids[7], "ann"); // somebody changes one in between: it is theirs
        await sue.Dialog.GetByText("Move them back").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("198 conversations moved back.", new() { Timeout = 60_000 });
        await Expect(sue.Dialog).ToContainTextAsync("1 was changed meanwhile");
        Assert.Equal((1, 1), (await Assigned(care, "ben"), await Assigned(care, "ann")));
        await sue.Button("Done").ClickAsync();
        await Expect(sue.Page.Locator(".selection")).ToBeEmptyAsync();
    }

    [Fact]
    public async Task A_move_can_be_stopped_half_way_and_taken_back_after_a_reload()
    {
        await using var care = await Care.Open(builder => builder.Services.AddSingleton(new JobOptions(AtOnce: 1, PerSecond: 50)));
        for (var i = 0; i < 2 * Many; i++) // four chunks: a job stops between two
        {
            await care.Hears($"Customer {i}", "hello");
        }

        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        await Expect(sue.Page.Locator(".filters h2")).ToHaveTextAsync("400 conversations");
        await (await MoveAll(sue)).FillAsync("ben");
        await sue.Button("Move 400").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("of 400");
        await sue.Dialog.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("Stopped.", new() { Timeout = 60_000 });
        var moved = await Counted(sue.Dialog);
        Assert.InRange(moved, 1, (2 * Many) - 1);

        await sue.Page.ReloadAsync();
        var recent = sue.Page.GetByRole(AriaRole.Region, new() { Name = "Your moves" });
        await Expect(recent).ToContainTextAsync("To ben");
        await recent.GetByText("Move them back").ClickAsync();
        await Expect(recent).ToContainTextAsync($"{moved} conversations moved back", new() { Timeout = 60_000 });
        Assert.Equal(0, await Assigned(care, "ben"));
    }

    [Fact]
    public async Task Everybody_who_works_is_in_the_table_with_their_status_also_who_has_nothing()
    {
        await using var care = await Care.Open();
        Assert.SkipUnless((await care.Admin.Get("/openapi/v1.json")).Is(200)["paths"].TryGetProperty("/v1/agents", out _), "NOT CHECKED: this gateway lists no agents.");
        (await care.Admin.Put("/v1/queues/care", new { name = "Care", offer = new { seconds = 300 } })).Is(200);
        foreach (var name in Enumerable.Range(1, 250).Select(n => $"agent-{n:000}").Append("ann"))
        {
            (await care.Admin.Put($"/v1/agents/{name}", new { name, queues = new[] { "care" } })).Is(200);
        }

        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        var agents = sue.Page.GetByRole(AriaRole.Region, new() { Name = "Agents", Exact = true });
        await Expect(agents.Locator("h2")).ToHaveTextAsync("Agents251");
        Assert.InRange(await agents.Locator("tbody tr").CountAsync(), 5, 60); // only those in sight are drawn
        await agents.GetByLabel("Find in agents").FillAsync("ann");
        await Expect(agents.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(agents.Locator("tbody tr")).ToContainTextAsync("Offline");

        (await care.Ann.Post("/v1/agents/ann/heartbeat", null)).Is(204);
        (await care.Ann.Post("/v1/agents/ann/presence", new { status = "available" })).Is(200);
        await Expect(agents.Locator("tbody tr")).ToContainTextAsync("Available");
        (await care.Ann.Post("/v1/agents/ann/heartbeat", null)).Is(204); // holds for half a minute
        var conversation = await care.Hears("Ada Byron", "hello");
        await Expect(agents.Locator(".presence")).ToContainTextAsync("33 % full");
        var offer = (await care.Admin.Get($"/v1/conversations/{conversation}")).Is(200)["routing"].GetProperty("offer").GetProperty("id").GetString();
        (await care.Ann.Post($"/v1/conversations/{conversation}/offers/{offer}/accept", null)).Is(200);
        await Expect(agents.Locator("tbody tr td").Nth(1)).ToHaveTextAsync("1");

        await agents.GetByLabel("What ann does next").ClickAsync();
        await sue.Page.GetByRole(AriaRole.Menuitem, new() { Name = "When they have finished what they have" }).ClickAsync();
        await Expect(agents.Locator("tbody tr")).ToContainTextAsync("Leaving");
        await Expect(agents).ToContainTextAsync("250 Offline · 1 Leaving");
        Assert.Equal("graceful", (await care.Admin.Get("/v1/agents/ann")).Is(200).Of("drain"));
    }

    [Fact]
    public async Task Nothing_can_be_moved_to_somebody_who_is_not_there()
    {
        await using var care = await Care.Open();
        (await care.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200); // agents are listed where there is something to route
        foreach (var name in new[] { "ann", "ben" })
        {
            (await care.Admin.Put($"/v1/agents/{name}", new { name, queues = new[] { "care" } })).Is(200);
        }

        (await care.Admin.Put("/v1/agents/cara", new { name = "Cara" })).Is(200); // serves no queue, and is in no list
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        var (to, move) = (await MoveAll(sue), sue.Dialog.Locator("button[type=submit]"));
        await Expect(move).ToHaveTextAsync("Move");
        await to.FillAsync("bne");
        await Expect(sue.Dialog).ToContainTextAsync("There is no agent called bne.");
        await Expect(move).ToBeDisabledAsync();
        await to.FillAsync("cara");
        await Expect(move).ToBeEnabledAsync();
        await to.FillAsync("ben");
        await Expect(sue.Dialog).ToContainTextAsync("Tried out: 1 of 1");
        await Expect(sue.Dialog).Not.ToContainTextAsync("There is no agent");
        await Expect(move).ToHaveTextAsync("Move 1");
        await Expect(move).ToBeEnabledAsync();

        await using var ann = await browser.Open(care.Gateway.Url); // may not list her colleagues
        await ann.SignIn(care.Ann.Key);
        await ann.OpenConversation(conversation);
        await ann.Button("Assign…").ClickAsync();
        (to, var assign) = (ann.Dialog.GetByRole(AriaRole.Combobox, new() { Name = "Agent" }), ann.Dialog.Locator("button[type=submit]"));
        await to.FillAsync("bne");
        await Expect(ann.Dialog).ToContainTextAsync("There is no agent called bne.");
        await Expect(assign).ToBeDisabledAsync();
        await to.FillAsync("ben");
        await assign.ClickAsync();
        await ann.Says("Assigned to ben.");
    }

    [Fact]
    public async Task What_cannot_be_moved_is_named_with_the_reason_before_and_after()
    {
        await using var care = await Care.Open();
        (await care.Admin.Put("/v1/queues/care", new { name = "Care" })).Is(200);
        (await care.Admin.Put("/v1/agents/ben", new { name = "Ben", queues = new[] { "care" } })).Is(200);
        var closed = await care.Hears("Ada Byron", "Thank you!");
        await care.Hears("Kim Novak", "Where is my order?");
        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        var to = await MoveAll(sue);
        await Expect(sue.Dialog).ToContainTextAsync("Move 2 conversations");
        (await care.Admin.Post($"/v1/conversations/{closed}/close", new { disposition = "resolved" }, ifMatch: await care.SeqOf(closed))).Is(200);

        await to.FillAsync("be");
        await Expect(sue.Page.GetByRole(AriaRole.Option, new() { Name = "ben" })).ToContainTextAsync("0 %");
        await to.FillAsync("ben");
        await Expect(sue.Dialog).ToContainTextAsync("Tried out: 1 of 2 can be moved. 1 cannot be moved.");
        await Expect(sue.Dialog.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Ada Byron: " })).ToContainTextAsync("closed");
        await sue.Dialog.Locator("button[type=submit]").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("1 conversation moved.");
        await Expect(sue.Dialog.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Ada Byron: " })).ToContainTextAsync("closed");
    }

    [Fact]
    public async Task What_did_not_fit_is_moved_anyway_and_back_again_from_any_page()
    {
        const int Chats = 5; // each takes a third of an agent
        await using var care = await Care.Open();
        (await care.Admin.Put("/v1/queues/social", new { name = "Social" })).Is(200);
        (await care.Admin.Put("/v1/agents/ben", new { name = "Ben", queues = new[] { "social" } })).Is(200);
        (await care.Ben.Post("/v1/agents/ben/heartbeat", null)).Is(204);
        (await care.Ben.Post("/v1/agents/ben/presence", new { status = "available" })).Is(200);
        for (var i = 0; i < Chats; i++)
        {
            await care.Hears($"Customer {i}", "hello");
        }

        await using var sue = await browser.Open(care.Gateway.Url);
        await sue.SignIn(care.Sue.Key, path: "supervise");
        await Expect(sue.Page.Locator(".filters h2")).ToHaveTextAsync("5 conversations");
        await (await MoveAll(sue)).FillAsync("ben");
        await Expect(sue.Dialog).ToContainTextAsync("Tried out: 3 of 5");
        await sue.Button("Move 3").ClickAsync();
        await Expect(sue.Dialog.GetByText("Move the other 2 anyway")).ToBeVisibleAsync();
        Assert.Equal(3, await Counted(sue.Dialog));

        await sue.Dialog.GetByText("Move the other 2 anyway").ClickAsync();
        await Expect(sue.Dialog).ToContainTextAsync("2 conversations moved.");
        Assert.Equal(Chats, await Assigned(care, "ben"));
        await sue.Button("Done").ClickAsync();

        await sue.Link("Desk").ClickAsync();
        await sue.Says("2 conversations moved.");
        await sue.Toasts.GetByText("Undo").ClickAsync();
        await sue.Says("2 conversations moved back.");
        await Expect(sue.Toasts.GetByText("Undo")).ToHaveCountAsync(0);
        Assert.Equal(3, await Assigned(care, "ben"));

        await sue.Link("Supervise").ClickAsync();
        await (await MoveAll(sue)).FillAsync("ben");
        await Expect(sue.Dialog).ToContainTextAsync("Tried out: 0 of 2");
        await Expect(sue.Button("Move 0")).ToBeDisabledAsync();
        await sue.Dialog.GetByLabel("Even beyond the agent’s capacity").CheckAsync();
        await Expect(sue.Dialog).ToContainTextAsync("Tried out: 2 of 2");
        await Expect(sue.Button("Move 2")).ToBeEnabledAsync();

        await sue.Page.ReloadAsync();
        await Expect(sue.Page.Locator(".recent li")).ToHaveCountAsync(2);
        await Expect(sue.Page.Locator(".recent")).Not.ToContainTextAsync("anyway"); // that has been done
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

    /// <returns>Where to say who is to have them.</returns>
    private static async Task<ILocator> MoveAll(Tab tab)
    {
        await Expect(tab.Page.Locator(".conversations td.check").First).ToBeVisibleAsync(); // where nothing is listed nothing can be selected
        await tab.Page.GetByLabel("Select all that match").CheckAsync();
        await tab.Button("Move…").ClickAsync();
        return tab.Dialog.GetByRole(AriaRole.Combobox, new() { Name = "To agent" });
    }

    private static async Task<int> Counted(ILocator said) =>
        int.Parse(Moved().Match(await said.InnerTextAsync()).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) conversations moved")]
    private static partial Regex Moved();

    private static async Task<int> Assigned(Care care, string agent) =>
        (await care.Admin.Get($"/v1/conversations?assignee={agent}&limit=200")).Is(200)["items"].GetArrayLength();
}
