using Conversations.Gateway.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>What an agent does all day.</summary>
public sealed class ReplyTests(Browser browser)
{
    [Fact]
    public async Task An_agent_signs_in_takes_a_conversation_replies_sees_the_receipt_and_closes()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);

        await ann.Rows.Filter(new() { HasText = "Ada Byron" }).ClickAsync();
        await ann.Button("Take").ClickAsync();
        await ann.Says("It is yours.");
        await Expect(ann.Page.Locator(".pane-facts")).ToContainTextAsync("Assigned to you");
        await ann.Reply("It leaves today.");
        await Expect(ann.Bubbles).ToHaveTextAsync(["Where is my order?", "It leaves today."]);
        await Expect(ann.Page.Locator(".receipt")).ToHaveTextAsync("Sent");
        await Expect(ann.Field).ToHaveValueAsync("");
        await Expect(ann.Page.Locator(".clock").First).ToContainTextAsync("First response in time");

        var message = (await care.Admin.Get($"/v1/conversations/{conversation}")).Is(200)["lastMessage"].GetProperty("id").GetString();
        (await care.Channel.Post($"/v1/conversations/{conversation}/delivery", new { messageId = message, state = "read" })).Is(200);
        await Expect(ann.Page.Locator(".receipt")).ToHaveTextAsync("Read");

        await ann.Button("Close…").ClickAsync();
        await ann.Button("Close conversation").ClickAsync();
        await ann.Says("Closed.");
        await Expect(ann.Rows).ToHaveCountAsync(0);
        var closed = (await care.Admin.Get($"/v1/conversations/{conversation}")).Is(200);
        Assert.Equal("closed", closed.Of("status"));
        Assert.Equal("ann", closed.Of("assignee"));
    }

    [Fact]
    public async Task A_list_shows_what_is_not_mine_another_one_is_whole_and_who_takes_from_a_colleague_sees_from_whom()
    {
        await using var care = await Care.Open();
        await care.Assign(await care.Hears("Ada Byron", "Where is my order?"), "ann");
        await care.Assign(await care.Hears("Grace Hopper", "My invoice is wrong."), "ben");
        await care.Hears("Sana Idrissi", "Do you ship to Lisbon?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key, path: "desk/queue:care");
        await Expect(ann.Rows).ToHaveCountAsync(3);

        await ann.Page.GetByText("Not mine", new() { Exact = true }).ClickAsync();
        await Expect(ann.Rows).ToHaveCountAsync(2);
        await Expect(ann.Rows.Filter(new() { HasText = "Ada Byron" })).ToHaveCountAsync(0);
        await ann.Page.GetByRole(AriaRole.Radiogroup).GetByText("Unassigned", new() { Exact = true }).ClickAsync();
        await Expect(ann.Rows).ToContainTextAsync(["Sana Idrissi"]);
        await ann.Page.GetByLabel("Search in this list").FillAsync("invoice");
        await Expect(ann.Rows).ToHaveCountAsync(0);
        await ann.Link("All open").ClickAsync();
        await Expect(ann.Rows).ToHaveCountAsync(3);
        await Expect(ann.Page.GetByLabel("Search in this list")).ToHaveValueAsync("");

        await ann.Rows.Filter(new() { HasText = "Grace Hopper" }).ClickAsync();
        await ann.Button("Take").HoverAsync();
        await Expect(ann.Page.GetByRole(AriaRole.Tooltip)).ToHaveTextAsync("Take it from ben (A)");
        await ann.Button("Take").ClickAsync();
        await ann.Says("It is yours. Taken from ben.");
    }

    [Fact]
    public async Task An_agent_who_is_available_accepts_an_offer_replies_and_closes()
    {
        await using var care = await Care.Open();
        var document = (await care.Admin.Get("/openapi/v1.json")).Is(200)["paths"];
        Assert.SkipUnless(document.TryGetProperty("/v1/conversations/{id}/offers/{offerId}/accept", out _), "NOT CHECKED: this gateway makes no offers.");
        (await care.Admin.Put("/v1/queues/care", new { offer = new { seconds = 60 } })).Is(200);
        (await care.Admin.Put("/v1/agents/ann", new { name = "Ann", queues = new[] { "care" } })).Is(200);
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        var status = ann.Page.GetByRole(AriaRole.Button, new() { Name = "Your status" });
        await Expect(status).ToHaveTextAsync("Offline");
        await status.ClickAsync();
        await ann.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Available" }).ClickAsync();
        await Expect(status).ToHaveTextAsync("Available");

        await care.Hears("Grace Hopper", "My invoice is wrong.");
        await Expect(ann.Page.Locator(".offer")).ToContainTextAsync("Grace Hopper");
        await Expect(ann.Page.Locator(".offer")).ToContainTextAsync("to answer");
        await ann.Button("Accept").ClickAsync();
        await Expect(ann.Page.Locator(".pane-facts")).ToContainTextAsync("Assigned to you");
        await ann.Reply("You get a new one today.");
        await Expect(ann.Page.Locator(".receipt")).ToHaveTextAsync("Sent");
        await ann.Button("Close…").ClickAsync();
        await ann.Button("Close conversation").ClickAsync();
        await ann.Says("Closed.");
        await Expect(ann.Rows).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task All_of_it_goes_by_keyboard()
    {
        await using var care = await Care.Open();
        await care.Hears("Ada Byron", "Where is my order?");
        var second = await care.Hears("Grace Hopper", "My invoice is wrong.");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        await Expect(ann.Rows).ToHaveCountAsync(2);
        var keys = ann.Page.Keyboard;

        await keys.PressAsync("j"); // the first
        await keys.PressAsync("j"); // the second
        await Expect(ann.Page.Locator(".pane-who h2")).ToHaveTextAsync("Grace Hopper");
        await Expect(ann.Bubbles).ToHaveCountAsync(1);
        await keys.PressAsync("a");
        await ann.Says("It is yours.");
        await keys.PressAsync("n");
        await keys.TypeAsync("Checked with accounting.");
        await keys.PressAsync("Control+Enter");
        await Expect(ann.Bubbles).ToHaveCountAsync(2);
        await Expect(ann.Field).ToHaveValueAsync(""); // confirmed: the feed may be faster, and only now the field has the focus back
        await keys.PressAsync("Escape");
        await keys.PressAsync("r");
        await keys.TypeAsync("You get a new one today.");
        await keys.PressAsync("Control+Enter");
        await Expect(ann.Bubbles).ToHaveCountAsync(3);
        await Expect(ann.Field).ToHaveValueAsync("");
        await keys.PressAsync("Escape");
        await keys.PressAsync("!");
        await ann.Says("Priority: Urgent.");
        await keys.PressAsync("s");
        await ann.DialogHasFocus();
        await ann.CloseDialog();
        await keys.PressAsync("e");
        await ann.DialogHasFocus();
        await keys.PressAsync("Enter");
        await ann.Says("Closed.");
        await Expect(ann.Dialog).ToHaveCountAsync(0);
        await keys.PressAsync("?");
        await Expect(ann.Dialog).ToContainTextAsync("Keyboard shortcuts");

        var after = (await care.Admin.Get($"/v1/conversations/{second}")).Is(200);
        Assert.Equal(("closed", "ann", "urgent"), (after.Of("status"), after.Of("assignee"), after.Of("priority")));
    }

    [Fact]
    public async Task Enter_belongs_to_what_has_the_focus()
    {
        await using var care = await Care.Open();
        await care.Hears("Ada Byron", "Where is my order?");
        await care.Hears("Grace Hopper", "My invoice is wrong.");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        await Expect(ann.Rows).ToHaveCountAsync(2);
        var keys = ann.Page.Keyboard;
        await keys.PressAsync("j"); // the focus is on nothing, and the list was drawn then

        await ann.Rows.Filter(new() { HasText = "Grace Hopper" }).FocusAsync();
        await keys.PressAsync("Enter");
        await Expect(ann.Page.Locator(".pane-who h2")).ToHaveTextAsync("Grace Hopper");
        await ann.Button("Take").FocusAsync();
        await keys.PressAsync("Enter");
        await ann.Says("It is yours.");
        await ann.OpenMenu("More actions");
        await ann.CloseMenu("More actions");
    }

    [Fact]
    public async Task What_was_done_can_be_undone()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        await ann.OpenConversation(conversation);

        await ann.Button("Snooze…").ClickAsync();
        await ann.Dialog.GetByRole(AriaRole.Button, new() { Name = "In 1 hour" }).ClickAsync();
        await ann.Says("Snoozed until");
        await Expect(ann.Page.Locator(".pane-facts")).ToContainTextAsync("Snoozed");
        await ann.Toasts.GetByRole(AriaRole.Button, new() { Name = "Undo" }).First.ClickAsync();
        await Expect(ann.Page.Locator(".pane-facts .mark-pill").First).ToHaveTextAsync("Open");
    }

    [Fact]
    public async Task A_public_reply_is_counted_as_x_counts_and_looks_unlike_a_note()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "@aurora where is my plane?", "x", "aurora");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        await ann.OpenConversation(conversation);

        await Expect(ann.Page.Locator(".composer-hint")).ToHaveTextAsync("Public reply on X: everybody can read it");
        await ann.Field.FillAsync("See https://example.com/a/very/long/address/that/counts/twenty/three 你好");
        await Expect(ann.Page.Locator(".count")).ToHaveTextAsync("32 / 280"); // "See " 4, the link 23, a space, two ideographs 4
        await ann.Field.FillAsync(new string('a', 281));
        await Expect(ann.Page.Locator(".composer-facts")).ToContainTextAsync("Goes out as 2 posts");
        await ann.Page.GetByText("Note", new() { Exact = true }).ClickAsync();
        await Expect(ann.Page.Locator(".composer-hint")).ToHaveTextAsync("Internal note: only colleagues see it");
        await Expect(ann.Field).ToHaveValueAsync(""); // a reply's draft never becomes a note, nor the other way round
        await Expect(ann.Page.Locator(".count")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Edits_deletions_reactions_and_files_are_shown()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "first", attachments: [new { url = "https://files.example/a.png", contentType = "image/png", name = "a.png" }]);
        await care.Hears("Ada Byron", "secnd");
        await care.Hears("Ada Byron", "third");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        await ann.OpenConversation(conversation);
        await Expect(ann.Bubbles).ToHaveCountAsync(3);

        Task<Answer> Change(string id, string kind, object more) => care.Channel.Post("/v1/inbound:change", more is null ? throw new ArgumentNullException(nameof(more)) : Merge(id, kind, more));
        (await Change("m-2", "edited", new { text = "second" })).Is(200);
        (await Change("m-3", "deleted", new { })).Is(200);
        (await Change("m-1", "reaction", new { emoji = "👍", author = new { id = "u-9", name = "Lin" } })).Is(200);

        await Expect(ann.Bubbles.Nth(1)).ToHaveTextAsync("second");
        await Expect(ann.Page.Locator(".bubble-foot").Nth(1)).ToContainTextAsync("edited");
        await Expect(ann.Bubbles.Nth(2)).ToHaveTextAsync("The customer deleted this message");
        await Expect(ann.Page.Locator(".reactions")).ToContainTextAsync("👍");
        await Expect(ann.Page.Locator(".files a")).ToHaveAttributeAsync("href", "https://files.example/a.png");
    }

    private static Dictionary<string, object> Merge(string id, string kind, object more)
    {
        var body = new Dictionary<string, object> { ["channel"] = "webchat", ["channelAccount"] = "shop", ["externalId"] = id, ["eventId"] = $"{id}-{kind}", ["kind"] = kind };
        foreach (var property in more.GetType().GetProperties())
        {
            body[property.Name] = property.GetValue(more)!;
        }

        return body;
    }
}
