using System.Text.Json;
using Conversations.Oracle;
using Xunit;

namespace Conversations.Replaying.Tests;

public sealed class ReplayTests : IAsyncLifetime
{
    private readonly string file = Path.GetTempFileName();
    private readonly DrivenTime time = new();
    private GatewayDouble gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(file, Invented.Csv, Cancellation);
        gateway = await GatewayDouble.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        File.Delete(file);
    }

    [Fact]
    public async Task The_report_is_what_the_file_says()
    {
        var report = await Run();

        AssertSame(Invented.Figures, report);
        Assert.True(report.Good);
        Assert.Equal((17, 17, 0, 0L), (report.Delivery.Rows, report.Delivery.Requests, report.Delivery.Replayed, report.Delivery.Retries));
    }

    [Fact]
    public async Task Brands_are_registered_with_their_promises()
    {
        await Run(o => o with { SlaFirstResponse = 900 });

        Assert.Equal(["x/Acme", "x/Bolt", "x/Crag", "x/unknown"], gateway.Accounts.Order());
        Assert.Equal(new SlaTarget(900, 3_600, 86_400, 0.8), gateway.LastRegistration!.Sla);
    }

    [Fact]
    public async Task A_row_is_sent_with_all_it_says()
    {
        await Run();

        Assert.Equal(
            new("x", "Bolt", "10", "12", "outbound", "public", new(2017, 10, 31, 12, 0, 0, TimeSpan.Zero), new("Bolt", "Bolt", "@Bolt"), "@1002 Good day &amp; sorry.", "11"),
            Assert.Single(gateway.Arrivals, m => m.ExternalId == "12"));
        Assert.Equal(("inbound", null), Assert.Single(gateway.Arrivals, m => m.ExternalId == "1") is var m ? (m.Direction, m.ReplyTo) : default);
    }

    [Fact]
    public async Task Messages_of_a_thread_arrive_in_time_order()
    {
        await Run();

        Assert.All(gateway.Arrivals.GroupBy(m => m.Thread), thread => Assert.Equal(thread.OrderBy(m => m.SentAt).ThenBy(m => int.Parse(m.ExternalId)), thread));
    }

    [Fact]
    public async Task A_second_replay_changes_nothing()
    {
        var first = await Run();
        var second = await Run();

        Assert.Equal(first.Figures, second.Figures);
        Assert.Equal(17, second.Delivery.Replayed);
        Assert.Equal(17, gateway.Arrivals.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Repeats_out_of_order_change_nothing(int seed)
    {
        var report = await Run(o => o with { RepeatDeliveries = true, Seed = seed });

        AssertSame(Invented.Figures, report);
        Assert.True(report.Good);
        Assert.Equal(report.Delivery.Requests - 17, report.Delivery.Replayed);
        Assert.InRange(report.Delivery.Requests, 18, 51);
    }

    [Theory]
    [InlineData(Trouble.Busy)]
    [InlineData(Trouble.Overloaded)]
    [InlineData(Trouble.LostBefore)]
    [InlineData(Trouble.LostAfter)]
    public async Task Trouble_is_got_over_by_asking_again(object trouble)
    {
        gateway.TroubleWith = n => n % 2 == 0 ? (Trouble)trouble : Trouble.None;

        var report = await Run(o => o with { Concurrency = 1 });

        AssertSame(Invented.Figures, report);
        Assert.True(report.Good);
        Assert.Equal(16, report.Delivery.Retries); // 17 rows in 33 attempts, every second one in vain
    }

    [Theory]
    [InlineData(Trouble.Busy)]
    [InlineData(Trouble.Overloaded)]
    public async Task The_gateway_says_how_long_to_wait(object trouble)
    {
        gateway.TroubleWith = n => n == 1 ? (Trouble)trouble : Trouble.None;

        await Run();

        Assert.InRange(Assert.Single(time.Waits).TotalSeconds, 7, 7 * 1.25);
    }

    [Fact]
    public async Task Waits_grow_while_the_gateway_is_gone_and_then_the_replay_stops()
    {
        gateway.TroubleWith = _ => Trouble.LostBefore;

        var failure = await Assert.ThrowsAsync<ReplayFailedException>(() => Run(o => o with { Concurrency = 1 }));

        Assert.Contains("not answered for 120 s", failure.Message, StringComparison.Ordinal);
        Assert.InRange(time.Waits.First().TotalSeconds, 0.05, 0.15);
        Assert.InRange(time.Waits.Last().TotalSeconds, 2.5, 7.5);
    }

    [Fact]
    public async Task Refused_rows_are_counted_by_code_and_not_tried_again()
    {
        gateway.TroubleWith = n => n <= 2 ? Trouble.Refused : Trouble.None;

        var report = await Run();

        Assert.Equal(new Dictionary<string, int> { ["text_too_long"] = 2 }, report.Delivery.Refused);
        Assert.Equal(15, report.Figures.Messages);
        Assert.Equal(17, gateway.Requests);
        Assert.False(report.Good);
    }

    [Fact]
    public async Task A_message_that_was_acknowledged_and_lost_is_found()
    {
        gateway.Forgets = "11";

        var report = await Run();

        Assert.Equal("11 is missing", Assert.Single(report.Violations).Detail);
        Assert.False(report.Good);
    }

    [Fact]
    public async Task Conversations_of_other_accounts_do_not_count()
    {
        var other = Path.GetTempFileName();
        await File.WriteAllTextAsync(other, Invented.Header + Invented.Row(901, "2001") + Invented.Row(902, "Dune", parent: 901), Cancellation);
        await Run(o => o with { File = other });
        File.Delete(other);

        AssertSame(Invented.Figures, await Run());
    }

    [Fact]
    public async Task The_original_pace_can_be_kept()
    {
        await Run(o => o with { Speed = 3_600, Concurrency = 1 });

        // 54 h from the first tweet to the last, in 54 s; each wait is cut to the millisecond.
        Assert.InRange(time.Waits.Sum(w => w.TotalSeconds), 53.98, 54);
        Assert.Equal(gateway.Arrivals.OrderBy(m => m.SentAt), gateway.Arrivals);
    }

    [Fact]
    public async Task A_wrong_key_ends_the_replay_with_the_reason()
    {
        var failure = await Assert.ThrowsAsync<ReplayFailedException>(() => Run(o => o with { Key = "wrong" }));

        Assert.Contains("unauthenticated (401)", failure.Message, StringComparison.Ordinal);
        Assert.Empty(gateway.Arrivals);
    }

    [Fact]
    public async Task The_command_line_writes_the_report_and_says_by_its_exit_code_how_it_went()
    {
        var path = Path.GetTempFileName();

        Assert.Equal(CommandLine.Good, await CommandLine.Run([file, "--url", gateway.Url.ToString(), "--key", GatewayDouble.Key, "--report", path]));
        using (var json = JsonDocument.Parse(await File.ReadAllTextAsync(path, Cancellation)))
        {
            Assert.Equal(100, json.RootElement.GetProperty("figures").GetProperty("firstResponseP50").GetInt64());
            Assert.Equal(17, json.RootElement.GetProperty("delivery").GetProperty("requests").GetInt32());
        }

        await File.AppendAllTextAsync(file, Invented.Row(1_000, "1001"), Cancellation);
        gateway.TroubleWith = _ => Trouble.Refused;
        Assert.Equal(CommandLine.NotGood, await CommandLine.Run([file, "--url", gateway.Url.ToString(), "--key", GatewayDouble.Key]));
        Assert.Equal(CommandLine.NotDone, await CommandLine.Run([file, "--url", gateway.Url.ToString(), "--key", "wrong"]));
        Assert.Equal(CommandLine.NotDone, await CommandLine.Run([file, "--concurrency", "0"]));
        File.Delete(path);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_real_file_is_reported_as_it_is(bool repeat)
    {
        var real = SharedData.PathOrSkip("twcs_first5000.csv");

        var report = await Run(o => o with { File = real, RepeatDeliveries = repeat });

        AssertSame(FileFigures.OfFile(real), report);
        Assert.True(report.Good);
    }

    private Task<Report> Run(Func<ReplayOptions, ReplayOptions>? change = null)
    {
        var options = new ReplayOptions { File = file, Url = gateway.Url, Key = GatewayDouble.Key, Time = time };
        return Replay.Run(change?.Invoke(options) ?? options, Cancellation);
    }

    private static void AssertSame(FileFigures expected, Report report) =>
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(report.Figures));
}
