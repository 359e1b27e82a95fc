using System.CommandLine;
using System.Text.Json;

namespace Conversations.Replaying;

/// <summary>What can be asked, and the exit codes: all is well; rows were refused or a history is not whole; it could not be done.</summary>
internal static class CommandLine
{
    public const string KeyVariable = "CONVERSATIONS_KEY";

    public const int Good = 0;
    public const int NotGood = 1;
    public const int NotDone = 2;

    private const string Description =
        """
        Plays a file in the format of "Customer Support on Twitter" (twcs.csv) through a gateway, then reads the result back from the gateway and reports it.

        A thread is one conversation. Its key is its root tweet: in_response_to_tweet_id followed to the end; if that tweet is missing from the file, its id all the same, so that all answers to it stay together.
        It belongs to the brand that wrote in it first; what other brands wrote is in the same conversation. If none wrote: to the known brand mentioned first, else to "unknown". So each row is delivered exactly once, or 1 to 3 times with --repeat-deliveries, with the same result.

        Exit code 1 if a row was refused or a history is not whole, 2 if the replay could not be done.
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> Run(string[] args)
    {
        var parsed = Create().Parse(args);
        var exit = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? NotDone : exit;
    }

    private static RootCommand Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "The CSV file." }.AcceptExistingOnly();
        var url = new Option<Uri>("--url")
        {
            Description = "The gateway.",
            DefaultValueFactory = _ => new("http://127.0.0.1:5080"),
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                {
                    return uri;
                }

                result.AddError("--url is an http or https address, for example http://127.0.0.1:5080.");
                return null;
            },
        };
        // No default value here: the help would print the key.
        var key = new Option<string?>("--key")
        {
            Description = $"An API key of role admin (brands' channel accounts are registered). [default: ${KeyVariable}]",
        };
        var speed = AtLeast(0.0, 0, "--speed", "Times the original pace; 0: as fast as possible.");
        var concurrency = AtLeast(1, ReplayOptions.DefaultConcurrency, "--concurrency", "Requests in flight.");
        var repeat = new Option<bool>("--repeat-deliveries") { Description = "Deliver each row 1 to 3 times, out of order. The result must not change." };
        var window = AtLeast(1, ReplayOptions.DefaultWindow, "--window", "With --repeat-deliveries: nothing is this many places or more out of order.");
        var seed = AtLeast(0, ReplayOptions.DefaultSeed, "--seed", "With --repeat-deliveries: the same seed gives the same order.");
        var report = new Option<FileInfo?>("--report") { Description = "Also write the report here, as JSON." };
        var sla = AtLeast(1, ReplayOptions.DefaultSlaFirstResponse, "--sla-first-response", "Target of the first response, in seconds.");

        var root = new RootCommand(Description) { file, url, key, speed, concurrency, repeat, window, seed, report, sla };
        root.SetAction((parsed, cancellation) => Run(
            new()
            {
                File = parsed.GetValue(file)!.FullName,
                Url = parsed.GetValue(url)!,
                Key = parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable) ?? "",
                Speed = parsed.GetValue(speed),
                Concurrency = parsed.GetValue(concurrency),
                RepeatDeliveries = parsed.GetValue(repeat),
                Window = parsed.GetValue(window),
                Seed = parsed.GetValue(seed),
                SlaFirstResponse = parsed.GetValue(sla),
            },
            parsed.GetValue(report),
            cancellation));
        return root;
    }

    private static async Task<int> Run(ReplayOptions options, FileInfo? reportFile, CancellationToken cancellation)
    {
        if (options.Key.Length == 0)
        {
            await Console.Error.WriteLineAsync($"An API key is needed: --key or {KeyVariable}.");
            return NotDone;
        }

        try
        {
            var report = await Display.WithProgress(progress => Replay.Run(options, cancellation, progress));
            Display.Show(report);
            if (reportFile is not null)
            {
                await File.WriteAllTextAsync(reportFile.FullName, JsonSerializer.Serialize(report, Json) + "\n", cancellation);
            }

            return report.Good ? Good : NotGood;
        }
        catch (Exception e) when (e is ReplayFailedException or IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return NotDone;
        }
    }

    private static Option<T> AtLeast<T>(T least, T usual, string name, string description) where T : struct, IComparable<T>
    {
        var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>().CompareTo(least) < 0)
            {
                result.AddError($"{name} is {least} or more.");
            }
        });
        return option;
    }
}
