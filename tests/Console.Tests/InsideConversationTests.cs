using Conversations.Channels.Tests.X;
using Conversations.Gateway.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>
/// What a supervisor does inside somebody else's conversation (routing.md 10): as both see it, each in a browser, and as the
/// customer does, who reads on X.
/// </summary>
public sealed class InsideConversationTests(Browser browser) : IAsyncLifetime
{
    private const string Brand = "1000", Post = "5000", More = "More actions";

    private XDouble _x = null!;
    private Care _care = null!;
    private string _conversation = "";

    public async ValueTask InitializeAsync()
    {
        _x = await XDouble.Start(cancellation: TestContext.Current.CancellationToken);
        _care = await Care.Open();
        (await _care.Admin.Put($"/v1/channels/x/{Brand}", new
        {
            queue = "social",
            secrets = new { consumerSecret = "consumer-secret-of-a-test", accessToken = _x.AccessToken },
            options = new { baseUrl = _x.BaseUrl },
        })).Is(200);
        _conversation = (await _care.Channel.Post("/v1/inbound", new
        {
            channel = "x",
            channelAccount = Brand,
            thread = Post,
            externalId = Post,
            visibility = "public",
            author = new { id = "2000", name = "Ada Byron", handle = "@ada" },
            text = "Where is my plane?",
        })).Is(200).Of("conversationId");
        await _care.Assign(_conversation, "ann");
    }

    public async ValueTask DisposeAsync()
    {
        await _care.DisposeAsync();
        await _x.DisposeAsync();
    }

    [Fact]
    public async Task Who_looks_on_and_whispers_is_seen_by_the_agent_and_not_by_the_customer()
    {
        await using var ann = await At(_care.Ann);
        await using var sue = await At(_care.Sue);
        var reads = 0;
        sue.Page.Request += (_, request) => reads += request.Url.EndsWith("/read", StringComparison.Ordinal) ? 1 : 0;

        await sue.Choose(More, "Look on");
        await sue.Says("You look on for 15 minutes.");
        await Expect(Happened(sue, "monitor.started")).ToContainTextAsync("You began to look on");
        await Expect(ann.Facts).ToContainTextAsync("sue looks on");
        await Expect(Happened(ann, "monitor.started")).ToContainTextAsync("sue began to look on");

        await sue.Choose(More, "Whisper…");
        await sue.DialogHasFocus();
        await Expect(sue.Dialog).ToContainTextAsync("A word to ann");
        await sue.Page.Keyboard.TypeAsync("Offer a refund.");
        await sue.Page.Keyboard.PressAsync("Tab"); // Cancel
        await sue.Page.Keyboard.PressAsync("Tab"); // Whisper
        await sue.Page.Keyboard.PressAsync("Enter");
        await sue.Says("Said; the customer does not see it.");
        await Expect(sue.Dialog).ToHaveCountAsync(0);
        var whisper = ann.Page.Locator(".bubble-line[data-from=note]");
        await Expect(whisper).ToContainTextAsync("Only for you · sue");
        await Expect(whisper.Locator(".bubble-text")).ToHaveTextAsync("Offer a refund.");
        await Expect(whisper.Locator(".receipt")).ToHaveCountAsync(0);
        await Expect(sue.Page.Locator(".bubble-line[data-from=note]")).ToContainTextAsync("Only for ann · You");

        await ann.Reply("You get your money back.");
        await Expect(ann.Page.Locator(".receipt")).ToHaveTextAsync("Sent"); // and with it whatever was to leave before
        Assert.Equal(["You get your money back."], _x.Posts.Select(p => p.Text));

        await sue.Choose(More, "Stop looking on");
        await Expect(ann.Facts).Not.ToContainTextAsync("looks on");
        await Expect(Happened(ann, "monitor.ended")).ToContainTextAsync("sue stopped looking on");
        Assert.Equal(0, reads); // nothing is read for the agent
    }

    [Fact]
    public async Task Who_closes_what_somebody_looks_on_at_is_not_said_to_have_looked_on()
    {
        await using var ann = await At(_care.Ann);
        (await _care.Sue.Post($"/v1/conversations/{_conversation}/monitor", null)).Is(200);
        await Expect(ann.Facts).ToContainTextAsync("sue looks on");

        await ann.Button("Close…").ClickAsync();
        await ann.Button("Close conversation").ClickAsync();

        await Expect(Happened(ann, "monitor.ended")).ToContainTextAsync("sue stopped looking on");
    }

    [Fact]
    public async Task Who_joins_answers_the_customer_beside_the_agent_and_leaves_again()
    {
        await using var ann = await At(_care.Ann);
        await using var sue = await At(_care.Sue);

        await sue.Choose(More, "Join in");
        await sue.Says("You take part.");
        await Expect(ann.Facts).ToContainTextAsync("with sue");
        await Expect(ann.Facts).ToContainTextAsync("Assigned to you");
        Assert.Empty(_x.Posts); // the customer is not told that somebody joined

        await sue.Reply("This is Sue, I lead the team.");
        await Expect(ann.Bubbles).ToHaveTextAsync(["Where is my plane?", "This is Sue, I lead the team."]);
        await Expect(sue.Page.Locator(".receipt")).ToHaveTextAsync("Sent");
        Assert.Equal(["This is Sue, I lead the team."], _x.Posts.Select(p => p.Text));

        await sue.Choose(More, "Leave it");
        await sue.Says("You take part no longer.");
        await Expect(ann.Facts).Not.ToContainTextAsync("with sue");
        await Expect(ann.Facts).ToContainTextAsync("Assigned to you");
    }

    [Fact]
    public async Task Who_takes_over_has_it_and_the_agent_sees_whose_it_is()
    {
        await using var ann = await At(_care.Ann);
        await using var sue = await At(_care.Sue);
        await Expect(ann.Facts).ToContainTextAsync("Assigned to you");

        await sue.Choose(More, "Take it over");
        await sue.Says("It is yours.");
        await Expect(sue.Facts).ToContainTextAsync("Assigned to you");
        await Expect(ann.Facts).ToContainTextAsync("Assigned to sue");
        await Expect(Happened(ann, "assignment.changed").Last).ToContainTextAsync("sue took it");
        Assert.Empty(_x.Posts);

        await ann.Link("My work").ClickAsync();
        await Expect(ann.Rows).ToHaveCountAsync(0);
        await sue.Link("My work").ClickAsync();
        await Expect(sue.Rows).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task What_the_agent_sends_before_hearing_of_a_take_over_is_not_sent()
    {
        await using var ann = await At(_care.Ann);
        await ann.Page.RouteAsync("**/v1/feed**", route => route.AbortAsync()); // her page is not told
        await ann.Page.RouteAsync("**/v1/conversations:batchGet**", route => route.AbortAsync());
        await ann.Page.ReloadAsync();
        await Expect(ann.Facts).ToContainTextAsync("Assigned to you");
        (await _care.Sue.Post($"/v1/conversations/{_conversation}/take-over", null, await _care.SeqOf(_conversation))).Is(200);

        await ann.Reply("It is cancelled.");
        await Expect(ann.Page.Locator(".notice")).ToContainTextAsync("Not sent: Somebody else owns it by now.");
        await Expect(ann.Facts).ToContainTextAsync("Assigned to sue");
        await Expect(ann.Field).ToHaveValueAsync("It is cancelled.");
        Assert.DoesNotContain("It is cancelled.", (await _care.Admin.Get($"/v1/conversations/{_conversation}")).Is(200).Json.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_works_under_a_chosen_name_takes_over_under_it()
    {
        await using var dana = await browser.Open(_care.Gateway.Url);
        await dana.SignIn(TestGateway.BootstrapKey, "dana");
        await dana.OpenConversation(_conversation);

        await dana.Choose(More, "Take it over");
        await Expect(dana.Facts).ToContainTextAsync("Assigned to you");

        Assert.Equal("dana", (await _care.Admin.Get($"/v1/conversations/{_conversation}")).Is(200).Of("assignee"));
    }

    [Fact]
    public async Task An_agent_is_offered_none_of_it()
    {
        await using var ben = await At(_care.Ben);

        await ben.OpenMenu(More);
        await Expect(ben.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Labels…" })).ToBeVisibleAsync();
        await Expect(ben.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Look on" })).ToHaveCountAsync(0);
        await ben.CloseMenu(More);
    }

    private async Task<Tab> At(Api person)
    {
        var tab = await browser.Open(_care.Gateway.Url);
        await tab.SignIn(person.Key);
        await tab.OpenConversation(_conversation);
        return tab;
    }

    private static ILocator Happened(Tab tab, string type) => tab.Page.Locator($".timeline .event[data-type='{type}']");
}
