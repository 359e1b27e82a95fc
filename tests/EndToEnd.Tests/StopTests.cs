using System.Text.Json;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>Stopping as a service manager stops it, and starting where another one still runs.</summary>
public sealed class StopTests
{
    private const int LastGuard = 300_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LastGuard)]
    public async Task SIGTERM_sends_watchers_away_and_ends_with_exit_code_0()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path);
        using var line = new Line(GatewayProcess.Key);
        line.Up(await gateway.Listens(Cancellation));
        var http = await line.Now(Cancellation);
        using var response = await http.GetAsync("/v1/feed?topic=account", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal(": watching", await reader.ReadLineAsync(Cancellation));

        gateway.Terminate();

        List<ServerSentEvent> heard = [];
        await foreach (var frame in ServerSentEvents.Read(reader, Cancellation))
        {
            heard.Add(frame);
        }

        var goaway = Assert.Single(heard);
        Assert.Equal("goaway", goaway.Event);
        Assert.InRange(JsonElement.Parse(goaway.Data).GetProperty("retryAfterMs").GetInt32(), 1, 60_000);
        Assert.Equal(0, await gateway.ExitCode(Cancellation));
        Assert.DoesNotContain(" ERR ", gateway.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = LastGuard)]
    public async Task What_was_acknowledged_before_SIGTERM_is_there_after_it()
    {
        using var folder = new TemporaryFolder();
        using var line = new Line(GatewayProcess.Key);
        var load = new Load(line, writers: 8, seed: 1);
        await using (var gateway = GatewayProcess.Start(folder.Path))
        {
            line.Up(await gateway.Listens(Cancellation));
            await Load.RegisterChannels(line, Cancellation);
            load.Begin(Cancellation);
            await load.Ledger.UntilAcknowledged(100, Cancellation);
            line.Down();
            gateway.Terminate();
            Assert.Equal(0, await gateway.ExitCode(Cancellation));
        }

        await using var next = GatewayProcess.Start(folder.Path);
        line.Up(await next.Listens(Cancellation));
        await load.Finish(Cancellation);
        var acknowledged = load.Ledger.Writes.Where(w => w.Answer is { Accepted: true }).ToList();
        var checker = new Checker();
        checker.Check(await History.ReadAll(line, Cancellation), load.Ledger, acknowledged);

        checker.AssertNothingFound();
        Assert.Empty(load.Ledger.Faults);
        Assert.True(acknowledged.Count >= 100);
    }

    [Fact(Timeout = LastGuard)]
    public async Task A_second_process_on_the_same_data_is_refused_with_a_clear_message()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path);
        using var line = new Line(GatewayProcess.Key);
        line.Up(await gateway.Listens(Cancellation));

        await using var second = GatewayProcess.Start(folder.Path);
        await DemoTests.AssertRefused(second);

        Assert.True((await line.Get("/v1/conversations", Cancellation)).Accepted);
    }

    [Fact(Timeout = LastGuard)]
    public async Task A_port_that_is_taken_is_refused_with_a_clear_message()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        await using var gateway = GatewayProcess.Start(folder.Path);
        var url = await gateway.Listens(Cancellation);

        await using var second = GatewayProcess.Start(other.Path, GatewayProcess.Key, "--urls", url.AbsoluteUri);

        Assert.Equal(1, await second.ExitCode(Cancellation));
        Assert.Contains("address already in use", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", second.Output, StringComparison.Ordinal);
    }
}
