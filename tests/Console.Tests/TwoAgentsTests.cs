using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>Two people at one conversation never overwrite each other silently.</summary>
public sealed class TwoAgentsTests(Browser browser)
{
    [Fact]
    public async Task A_reply_written_before_something_newer_is_held_back_and_shown_what_arrived()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await using var ben = await browser.Open(care.Gateway.Url);
        await (await ann.SignIn(care.Ann.Key)).OpenConversation(conversation);
        await (await ben.SignIn(care.Ben.Key)).OpenConversation(conversation);

        await ann.Field.FillAsync("It leaves today.");
        await ben.Reply("It left yesterday.");
        await Expect(ann.Page.Locator(".notice")).ToContainTextAsync("It left yesterday.");
        await ann.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(ann.Page.Locator(".notice")).ToContainTextAsync("Not sent: something newer arrived");
        await Expect(ann.Field).ToHaveValueAsync("It leaves today.");
        await ann.Button("Send anyway").ClickAsync();

        await Expect(ann.Bubbles).ToHaveTextAsync(["Where is my order?", "It left yesterday.", "It leaves today."]);
        await Expect(ben.Bubbles).ToHaveTextAsync(["Where is my order?", "It left yesterday.", "It leaves today."]);
    }

    [Fact]
    public async Task Each_sees_that_the_other_is_there_writes_and_leaves()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await using var ben = await browser.Open(care.Gateway.Url);
        await (await ann.SignIn(care.Ann.Key)).OpenConversation(conversation);
        var others = ann.Page.Locator(".others");
        await Expect(others).ToBeEmptyAsync(); // nobody is told of themselves
        await (await ben.SignIn(care.Ben.Key)).OpenConversation(conversation);

        await Expect(others).ToHaveTextAsync("ben is looking at it too");
        await Expect(ben.Page.Locator(".others")).ToHaveTextAsync("ann is looking at it too");
        await ben.Field.PressSequentiallyAsync("It left yest");
        await Expect(others).ToHaveTextAsync("ben is writing");
        await ben.Link("All open").ClickAsync();
        await Expect(others).ToBeEmptyAsync();
    }

    [Fact]
    public async Task Who_has_read_what_arrived_sends_without_being_asked_again()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await (await ann.SignIn(care.Ann.Key)).OpenConversation(conversation);

        await ann.Field.FillAsync("It leaves today.");
        await care.Hears("Ada Byron", "Number 4711!");
        await ann.Button("I have read it").ClickAsync();
        await ann.Page.Keyboard.PressAsync("Control+Enter");

        await Expect(ann.Bubbles).ToHaveTextAsync(["Where is my order?", "Number 4711!", "It leaves today."]);
    }

    [Fact]
    public async Task Who_takes_what_a_colleague_just_took_is_told_first()
    {
        await using var care = await Care.Open();
        var conversation = await care.Hears("Ada Byron", "Where is my order?");
        await using var ann = await browser.Open(care.Gateway.Url);
        await (await ann.SignIn(care.Ann.Key)).OpenConversation(conversation);

        // Ann's page is not told of what Ben does until she has pressed the button.
        await ann.Page.RouteAsync("**/v1/feed**", route => route.AbortAsync());
        await ann.Page.RouteAsync("**/v1/conversations:batchGet**", route => route.AbortAsync());
        await ann.Page.ReloadAsync();
        await Expect(ann.Page.Locator(".pane-facts")).ToContainTextAsync("Unassigned");
        await care.Assign(conversation, "ben");
        await ann.Page.Keyboard.PressAsync("a");
        await Expect(ann.Dialog).ToContainTextAsync("Somebody was faster");
        await Expect(ann.Dialog).ToContainTextAsync("assigned it to ben");
        await ann.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        Assert.Equal("ben", (await care.Admin.Get($"/v1/conversations/{conversation}")).Is(200).Of("assignee"));
    }
}
