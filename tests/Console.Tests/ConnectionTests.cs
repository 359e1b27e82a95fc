using Conversations.EndToEnd.Tests;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Tests;
using Microsoft.Extensions.DependencyInjection;
using static Microsoft.Playwright.Assertions;

namespace Conversations.WebConsole.Tests;

/// <summary>What the page shows is what is, however the connection fares.</summary>
public sealed class ConnectionTests(Browser browser)
{
    [Fact]
    public async Task A_gateway_killed_and_started_again_costs_the_page_nothing_and_doubles_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var first = GatewayProcess.Start(folder.Path);
        var url = await first.Listens(TestContext.Current.CancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url };
        var api = new Api(http, GatewayProcess.Key);
        (await api.Put("/v1/channels/webchat/shop", new { queue = "care" })).Is(200);
        var conversation = await Hear(api, "ada", 1);
        await using var ann = await browser.Open(url);
        await (await ann.SignIn(GatewayProcess.Key, "ann")).OpenConversation(conversation);
        await ann.IsLive();
        await ann.Page.GetByText("Note", new() { Exact = true }).ClickAsync();
        await ann.Field.FillAsync("Sent while nobody listens"); // a note: a reply would rightly be held back when customers write meanwhile

        await first.Kill();
        await Expect(ann.Connection).ToContainTextAsync("Reconnecting since");
        await ann.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(ann.Page.Locator(".composer-facts")).ToContainTextAsync("Not confirmed yet");
        await using var second = GatewayProcess.Start(folder.Path, GatewayProcess.Key, "--urls", url.ToString().TrimEnd('/'));
        await second.Listens(TestContext.Current.CancellationToken);
        for (var n = 2; n <= 6; n++)
        {
            await Hear(api, "ada", n);
        }

        var other = await Hear(api, "grace", 1);

        await ann.IsLive();
        await Expect(ann.Bubbles.Filter(new() { HasText = "Sent while nobody listens" })).ToHaveCountAsync(1);
        await Expect(ann.Bubbles).ToHaveCountAsync(7);
        await Expect(ann.Rows).ToHaveCountAsync(2);
        Assert.NotEqual(conversation, other);
        Assert.Equal(await History(api, conversation), await ann.Bubbles.AllInnerTextsAsync());
    }

    [Fact]
    public async Task A_page_too_slow_for_the_feed_is_told_so_and_is_right_again()
    {
        await using var care = await Care.Open(builder => builder.Services.AddSingleton(FeedOptions.Default with { BufferedEvents = 4 }));
        var conversation = await care.Hears("Ada Byron", "message 0");
        await using var ann = await browser.Open(care.Gateway.Url);
        await (await ann.SignIn(TestGateway.BootstrapKey, "ann")).OpenConversation(conversation);
        await ann.IsLive();

        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(1, 60).Select(n => care.Hears("Ada Byron", $"message {(round * 60) + n}")));
        }

        await Task.WhenAll(Enumerable.Range(1, 40).Select(n => care.Hears($"Customer {n}", "hello")));
        await Expect(ann.Bubbles).ToHaveCountAsync(181);
        await Expect(ann.Page.Locator(".list-title .number")).ToHaveTextAsync("41");
        Assert.Equal(await History(care.Admin, conversation), await ann.Bubbles.AllInnerTextsAsync());
        await ann.Page.Keyboard.PressAsync("Escape");
        await ann.Link("Operate").ClickAsync();
        await Expect(ann.Page.Locator(".facts dd").Last).Not.ToHaveTextAsync("0"); // it was told; that it was needed is the point of this test
    }

    [Fact]
    public async Task An_agent_hears_of_new_conversations_in_the_queues_it_sees()
    {
        await using var care = await Care.Open();
        await care.Hears("Ada Byron", "hello");
        await using var ann = await browser.Open(care.Gateway.Url);
        await ann.SignIn(care.Ann.Key);
        await Expect(ann.Rows).ToHaveCountAsync(1);
        await care.Hears("Grace Hopper", "hello too");
        await Expect(ann.Rows).ToHaveCountAsync(2);
    }

    private static async Task<string> Hear(Api api, string who, int n) => (await api.Post("/v1/inbound", new
    {
        channel = "webchat",
        channelAccount = "shop",
        thread = who,
        externalId = $"{who}-{n}",
        author = new { id = who, name = who },
        text = $"message {n}",
    })).Is(200).Of("conversationId");

    private static async Task<List<string>> History(Api api, string conversation)
    {
        var texts = new List<string>();
        for (long after = 0; ;)
        {
            var page = (await api.Get($"/v1/conversations/{conversation}/events?after={after}&limit=200")).Is(200);
            foreach (var item in page["items"].EnumerateArray())
            {
                after = item.GetProperty("seq").GetInt64();
                if (item.GetProperty("type").GetString() is "message.received" or "message.posted")
                {
                    texts.Add(item.GetProperty("data").GetProperty("text").GetString()!);
                }
            }

            if (!page["hasMore"].GetBoolean())
            {
                return texts;
            }
        }
    }
}
