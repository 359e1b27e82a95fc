using System.Globalization;
using System.Text.Json;
using Conversations.Oracle;
using Conversations.Replaying;
using Conversations.Replaying.Tests;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>A file of conversations played through a real gateway, out of order and repeatedly, gives what the file says.</summary>
public sealed class ReplayTests
{
    private const int LastGuard = 600_000, Hour = 3_600;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LastGuard)]
    public async Task An_invented_file_is_reported_as_it_is_and_again_when_played_again()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "invented.csv");
        await File.WriteAllTextAsync(file, Invented.Csv, Cancellation);

        await PlaysAsItIs(folder, file, Invented.Figures);
    }

    [Fact(Timeout = LastGuard)]
    public async Task The_real_file_is_reported_as_it_is_and_again_when_played_again()
    {
        var file = SharedData.PathOrSkip("twcs_first5000.csv");
        using var folder = new TemporaryFolder();

        await PlaysAsItIs(folder, file, FileFigures.OfFile(file));
    }

    private static async Task PlaysAsItIs(TemporaryFolder folder, string file, FileFigures expected)
    {
        await using var gateway = GatewayProcess.Start(folder.Path);
        var url = await gateway.Listens(Cancellation);
        var options = new ReplayOptions { File = file, Url = url, Key = GatewayProcess.Key };

        var first = await Replay.Run(options with { RepeatDeliveries = true }, Cancellation);
        AssertSame(expected, first);
        Assert.Equal(first.Delivery.Requests - first.Delivery.Rows, first.Delivery.Replayed);

        var second = await Replay.Run(options, Cancellation);
        AssertSame(expected, second);
        Assert.Equal(second.Delivery.Rows, second.Delivery.Replayed);

        using var line = new Line(GatewayProcess.Key);
        line.Up(url);
        var rows = await History.Rows(line, Cancellation);
        Assert.Equal(FirstResponses.Of(await File.ReadAllTextAsync(file, Cancellation)), FirstResponses.Of(rows));
        Assert.DoesNotContain(" ERR ", gateway.Output, StringComparison.Ordinal);
    }

    private static void AssertSame(FileFigures expected, Report report)
    {
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(report.Figures));
        Assert.True(report.Good, string.Join('\n', report.Violations.Take(10)));
    }

    /// <summary>Conversations the customer began, by what became of the first response. Others promise none.</summary>
    private sealed record FirstResponses(int Met, int Breached, int NeverAnswered)
    {
        public static FirstResponses Of(IEnumerable<JsonElement> rows)
        {
            var clocks = rows.Select(r => r.GetProperty("sla").GetProperty("firstResponse")).Where(c => c.ValueKind == JsonValueKind.Object)
                .Select(c => (Status: c.GetProperty("status").GetString(), Answered: c.GetProperty("fulfilledAt").ValueKind == JsonValueKind.String)).ToList();
            Assert.All(clocks, c => Assert.True(c is ("met", true) or ("breached", _), $"{c}")); // all promises of 2017 have run out
            return new(clocks.Count(c => c.Status == "met"), clocks.Count(c => c is ("breached", true)), clocks.Count(c => !c.Answered));
        }

        /// <summary>The same straight from the file, by another reader than the replay's.</summary>
        public static FirstResponses Of(string csv)
        {
            var tweets = Tweets(csv).ToDictionary(t => t.Id);
            string Root(string id)
            {
                while (tweets.TryGetValue(id, out var tweet) && tweet.Parent.Length > 0)
                {
                    id = tweet.Parent;
                }

                return id;
            }

            int met = 0, breached = 0, never = 0;
            foreach (var thread in tweets.Values.GroupBy(t => Root(t.Id)))
            {
                var questions = thread.Where(t => t.Inbound).Select(t => t.At).ToList();
                var answers = thread.Where(t => !t.Inbound).Select(t => t.At).ToList();
                if (questions.Count == 0 || answers.Exists(a => a < questions.Min()))
                {
                    continue; // nobody asked, or the brand wrote first
                }

                met += answers.Count > 0 && answers.Min() - questions.Min() <= Hour ? 1 : 0;
                breached += answers.Count > 0 && answers.Min() - questions.Min() > Hour ? 1 : 0;
                never += answers.Count == 0 ? 1 : 0;
            }

            return new(met, breached, never);
        }

        private static IEnumerable<(string Id, bool Inbound, long At, string Parent)> Tweets(string csv)
        {
            using var parser = new CsvHelper.CsvReader(new StringReader(csv), CultureInfo.InvariantCulture);
            parser.Read();
            parser.ReadHeader();
            while (parser.Read())
            {
                yield return (
                    parser["tweet_id"]!,
                    parser["inbound"] == "True",
                    DateTimeOffset.ParseExact(parser["created_at"]!, "ddd MMM dd HH:mm:ss zzz yyyy", CultureInfo.InvariantCulture).ToUnixTimeSeconds(),
                    parser["in_response_to_tweet_id"] ?? "");
            }
        }
    }
}
