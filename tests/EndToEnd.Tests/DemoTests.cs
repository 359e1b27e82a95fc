using System.Text.RegularExpressions;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>What the README tells a newcomer to do first.</summary>
public sealed partial class DemoTests
{
    private const int LastGuard = 300_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LastGuard)]
    public async Task The_demo_starts_prints_its_key_and_plays_and_does_so_again()
    {
        using var folder = new TemporaryFolder();
        var first = await PlayTheDemo(folder.Path);
        var second = await PlayTheDemo(folder.Path);

        Assert.NotEqual(first, second); // every demo begins with nothing, keys included
    }

    [Fact(Timeout = LastGuard)]
    public async Task A_second_demo_beside_a_running_one_is_refused_and_harms_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path, null, "--demo");
        using var line = new Line(await PrintedKey(gateway));
        line.Up(await gateway.Listens(Cancellation));

        await using var second = GatewayProcess.Start(folder.Path, null, "--demo");
        await AssertRefused(second);

        Assert.True((await line.Get("/v1/conversations", Cancellation)).Accepted);
    }

    /// <returns>The key.</returns>
    private static async Task<string> PlayTheDemo(string folder)
    {
        await using var gateway = GatewayProcess.Start(folder, null, "--demo");
        var url = await gateway.Listens(Cancellation);
        Assert.NotEqual(5080, url.Port); // --demo once swallowed the --urls after it
        var key = await PrintedKey(gateway);
        using var line = new Line(key);
        line.Up(url);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var before = await line.Get("/v1/conversations", Cancellation);
        Assert.True(before.Accepted, before.ToString());
        Assert.Equal("ready", (await line.Get("/readyz", Cancellation)).Body.GetProperty("status").GetString());

        // The second customer comes after six seconds, the first agent after seven.
        var feed = new FeedClient(line, before.Body.GetProperty("asOf").GetString()!);
        var watching = feed.Run(ends.Token);
        await feed.Until(seen => seen.Values.Any(events => events.Any(e => e.Type == "message.posted" && e.Text("kind") == "reply")), Cancellation);
        await ends.CancelAsync();
        await watching;

        var listed = await History.Rows(line, Cancellation);
        Assert.InRange(listed.Count, 1, 40);
        Assert.Contains(listed, row => row.GetProperty("assignee").GetString() is "ann" or "ben" or "chloe");

        var agents = (await line.Get("/v1/agents", Cancellation)).Body;
        Assert.Equal(3, agents.GetProperty("total").GetInt32());
        Assert.Contains(agents.GetProperty("items").EnumerateArray(), a => a.GetProperty("agent").GetProperty("presence").GetProperty("status").GetString() == "available");

        gateway.Terminate();
        Assert.Equal(0, await gateway.ExitCode(Cancellation));
        Assert.DoesNotContain(" ERR ", gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", gateway.Output, StringComparison.Ordinal);
        return key;
    }

    private static async Task<string> PrintedKey(GatewayProcess gateway)
    {
        await gateway.Says("Admin key", Cancellation);
        return Key().Match(await gateway.Says("    ck-", Cancellation)).Value;
    }

    internal static async Task AssertRefused(GatewayProcess second)
    {
        Assert.Equal(1, await second.ExitCode(Cancellation));
        Assert.Contains("is in use by another process. Stop that one first, or choose another data folder.", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal); // a sentence, not a stack trace
    }

    [GeneratedRegex(@"ck-\S+")]
    private static partial Regex Key();
}
