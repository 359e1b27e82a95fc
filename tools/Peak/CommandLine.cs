using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Conversations.Domain.Staffing;
using Conversations.Replaying;
using NodaTime;

namespace Conversations.Peaks;

/// <summary>What can be asked, and the exit codes: all is well; a bar was missed; it could not be done.</summary>
internal static class CommandLine
{
    public const string KeyVariable = "CONVERSATIONS_KEY";

    public const int Good = 0;
    public const int NotGood = 1;
    public const int NotDone = 2;

    /// <summary>What must hold however hard the peak, if nothing else is asked for.</summary>
    public const string UsualExpectations = "lost=0,overCapacity=0,doubleAssigned=0";

    private const string Description =
        """
        Plays a holiday peak against a gateway: customers come by a curve, agents take offers, answer and close, go on breaks and lose their tools. Reports service level, waits, occupancy, offers, promises and errors, and accounts for every conversation that was opened.

        With --speed n everything people do takes an n-th of the time, and waits are reported as if it had not; leases, heartbeats and offers' own times stay as they are, and so do latencies. An agent beats every 10 seconds with a key of their own. All agents' tools learn of their offers from one stream of the account's feed, so one process plays tens of thousands of them.

        Exit code 1 if an expectation is not met, 2 if the peak could not be run.
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> Run(string[] args)
    {
        var parsed = new Options().Command.Parse(args);
        var exit = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? NotDone : exit;
    }

    /// <summary>The scenario a command line describes; for tests.</summary>
    public static (Scenario? Scenario, IReadOnlyList<string> Errors) Read(params string[] args)
    {
        var options = new Options();
        var parsed = options.Command.Parse(args);
        return parsed.Errors.Count > 0 ? (null, [.. parsed.Errors.Select(e => e.Message)]) : (options.Scenario(parsed), []);
    }

    /// <summary>The staffing plan a command line asks for; for tests.</summary>
    public static IReadOnlyList<StaffingNeed> Plan(params string[] args)
    {
        var options = new Options();
        return options.Plan(options.Command.Parse(["plan", .. args]));
    }

    private static async Task<int> Run(Func<Scenario> read, PeakOptions options, IReadOnlyList<Expectation> expectations, FileInfo? reportFile, CancellationToken cancellation)
    {
        if (options.Key.Length == 0)
        {
            await Console.Error.WriteLineAsync($"An API key is needed: --key or {KeyVariable}.");
            return NotDone;
        }

        try
        {
            var scenario = read();
            var report = await Display.WithProgress(progress => Peak.Run(scenario, options, cancellation, progress));
            var results = expectations.Select(e => e.Check(report)).ToList();
            Display.Show(report, results);
            if (reportFile is not null)
            {
                await File.WriteAllTextAsync(reportFile.FullName, JsonSerializer.Serialize(new { report, expectations = results }, Json) + "\n", cancellation);
            }

            return results.TrueForAll(r => r.Met) ? Good : NotGood;
        }
        catch (Exception e) when (e is ReplayFailedException or HttpRequestException or IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return NotDone;
        }
    }

    private sealed class Options
    {
        private readonly Option<Uri> url = new("--url")
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
        private readonly Option<string?> key = new("--key") { Description = $"An API key of role admin (queues, agents and keys are made). [default: ${KeyVariable}]" };

        private readonly Option<double> perHour = Number("--per-hour", 600, 0, "Arrivals an hour, at one rate.");
        private readonly Option<double> hours = Number("--hours", 1, 1e-3, "How long customers come.");
        private readonly Option<double[]?> curve = new("--curve")
        {
            Description = "Instead: arrivals in each half hour, for example 100,250,300.",
            CustomParser = result => Many(result.Tokens[0].Value) is { } numbers ? numbers : Wrong<double[]>(result, "--curve is a list of numbers: 100,250,300."),
        };
        private readonly Option<FileInfo?> replay = new("--replay") { Description = "Instead: the busiest --hours of a file in the format of \"Customer Support on Twitter\"." };
        private readonly Option<double> multiply = Number("--multiply", 1, 0, "So many times as many arrivals: a holiday.");
        private readonly Option<int> agents = Whole("--agents", Peaks.Scenario.DefaultAgents, 1, "Agents, over all queues.");
        private readonly Option<int> slots = Whole("--slots", Peaks.Scenario.DefaultSlots, 1, "Conversations an agent has at once.");
        private readonly Option<int> queues = Whole("--queues", 1, 1, "Queues: agents are spread evenly over them, customers by chance.");
        private readonly Option<Spread?> handle = Times("--handle", Peaks.Scenario.DefaultHandle, "Handle time: exponential:480, lognormal:480,0.8 or fixed:480; mean in seconds, shape.");
        private readonly Option<Spread?> patience = Times("--patience", null, "How long customers wait for an answer, in the same form; default: for ever.");
        private readonly Option<Spread?> reaction = Times("--reaction", new Spread.Fixed(TimeSpan.Zero), "From an offer to its accept, in the same form.");
        private readonly Option<Spread?> wrapUp = Times("--wrap-up", null, "Wrap-up after closing, in the same form; default: none.");
        private readonly Option<int> exchanges = Whole("--exchanges", Peaks.Scenario.DefaultExchanges, 1, "Replies in a conversation; before each but the first the customer writes again.");
        private readonly Option<double> reject = Share("--reject", "Share of offers that are declined.");
        private readonly Option<double> ignore = Share("--ignore", "Share of offers nobody reacts to.");
        private readonly Option<Breaks?> breaks = new("--breaks")
        {
            Description = "Breaks, as length/every in minutes: 10/120.",
            CustomParser = result => Many(result.Tokens[0].Value, '/') is [> 0 and var length, > 0 and var every]
                ? new Breaks(TimeSpan.FromMinutes(length), TimeSpan.FromMinutes(every))
                : Wrong<Breaks>(result, "--breaks is length/every in minutes: 10/120."),
        };
        private readonly Option<Disconnect?> disconnect = new("--disconnect")
        {
            Description = "The tools of a share of the agents die: share@minute, or share@minute+minutes if they come back: 0.33@30+10.",
            CustomParser = result => result.Tokens[0].Value.Split('@') is [var share, var when] && Many(share) is [>= 0 and <= 1 and var s] && Many(when, '+') is { Length: 1 or 2 } minutes
                ? new Disconnect(s, TimeSpan.FromMinutes(minutes[0]), minutes.Length == 2 ? TimeSpan.FromMinutes(minutes[1]) : null)
                : Wrong<Disconnect>(result, "--disconnect is share@minute or share@minute+minutes: 0.33@30+10."),
        };
        private readonly Option<double> within = Number("--within", Peaks.Scenario.DefaultWithin.TotalSeconds, 0, "Seconds: what counts as answered in time.");
        private readonly Option<double> briefly = Number("--short-abandon", Peaks.Scenario.DefaultShortAbandon.TotalSeconds, 0, "Seconds: who leaves sooner is not counted.");
        private readonly Option<int> sla = Whole("--sla-first-response", Peaks.Scenario.DefaultFirstResponse, 1, "The promised first response, in seconds.");
        private readonly Option<double> warmUp = Number("--warm-up", 0, 0, "Minutes at the beginning that are not counted.");
        private readonly Option<double> drain = Number("--drain", 60, 0, "Minutes after the last arrival for what is still open.");
        private readonly Option<double> speed = Number("--speed", 1, 1e-2, "Simulated seconds in a real one.");
        private readonly Option<int> seed = Whole("--seed", Peaks.Scenario.DefaultSeed, 0, "The same seed gives the same customers.");
        private readonly Option<int> connections = Whole("--connections", PeakOptions.DefaultConnections, 1, "Connections to the gateway.");
        private readonly Option<IReadOnlyList<Expectation>> expect = new("--expect")
        {
            Description = $"Bars to be reached, for example sl>=0.8,p99offer<=150ms,lost=0. Figures: {string.Join(", ", Expectation.Figures.Keys)}.",
            DefaultValueFactory = _ => Expectation.Parse(UsualExpectations),
            CustomParser = result =>
            {
                try
                {
                    return Expectation.Parse(result.Tokens[0].Value);
                }
                catch (FormatException e)
                {
                    return Wrong<IReadOnlyList<Expectation>>(result, e.Message);
                }
            },
        };
        private readonly Option<double> share = Between("--share", 0.8, 0.001, 0.999, "Of the customers to be answered in time.");
        private readonly Option<double> most = Between("--most-occupancy", StaffingTerms.UsualMostOccupancy, 0.01, 1, "The share of slots that may be busy.");
        private readonly Option<FileInfo?> report = new("--report") { Description = "Also write the report here, as JSON." };

        public Options()
        {
            Command = new(Description)
            {
                url, key, perHour, hours, curve, replay, multiply, agents, slots, queues, handle, patience, reaction, wrapUp, exchanges, reject, ignore, breaks, disconnect,
                within, briefly, sla, warmUp, drain, speed, seed, connections, expect, report,
            };
            var plan = new Command("plan", "Says how many slots and agents each half hour needs, by Erlang C or, with --patience, Erlang A.")
            {
                perHour, hours, curve, replay, multiply, slots, handle, patience, within, briefly, share, most,
            };
            plan.SetAction(parsed =>
            {
                try
                {
                    Display.Show(Plan(parsed));
                    return Good;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
                {
                    Console.Error.WriteLine(e.Message);
                    return NotDone;
                }
            });
            Command.Add(plan);
            Command.Validators.Add(result =>
            {
                if (result.GetValue(replay) is { Exists: false } missing)
                {
                    result.AddError($"There is no {missing.FullName}.");
                }
            });
            Command.SetAction((parsed, cancellation) => Run(
                () => Scenario(parsed),
                new()
                {
                    Url = parsed.GetValue(url)!,
                    Key = parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable) ?? "",
                    Connections = parsed.GetValue(connections),
                    Run = $"peak-{Guid.NewGuid().ToString("N")[..8]}",
                },
                parsed.GetValue(expect)!, parsed.GetValue(report), cancellation));
        }

        public RootCommand Command { get; }

        public Scenario Scenario(ParseResult parsed) => new()
        {
            Arrivals = Arrivals(parsed),
            Agents = parsed.GetValue(agents),
            Slots = parsed.GetValue(slots),
            Queues = parsed.GetValue(queues),
            Handle = parsed.GetValue(handle)!,
            Patience = parsed.GetValue(patience),
            Reaction = parsed.GetValue(reaction)!,
            WrapUp = parsed.GetValue(wrapUp),
            Exchanges = parsed.GetValue(exchanges),
            Reject = parsed.GetValue(reject),
            Ignore = parsed.GetValue(ignore),
            Breaks = parsed.GetValue(breaks),
            Disconnect = parsed.GetValue(disconnect),
            Within = TimeSpan.FromSeconds(parsed.GetValue(within)),
            ShortAbandon = TimeSpan.FromSeconds(parsed.GetValue(briefly)),
            FirstResponse = TimeSpan.FromSeconds(parsed.GetValue(sla)),
            WarmUp = TimeSpan.FromMinutes(parsed.GetValue(warmUp)),
            Drain = TimeSpan.FromMinutes(parsed.GetValue(drain)),
            Speed = parsed.GetValue(speed),
            Seed = parsed.GetValue(seed),
        };

        /// <summary>Slot by slot, as if each lasted (reports.md 3). Times count from the start of the arrivals.</summary>
        public IReadOnlyList<StaffingNeed> Plan(ParseResult parsed)
        {
            var (start, mean) = (NodaConstants.UnixEpoch, Duration.FromTimeSpan(parsed.GetValue(handle)!.Mean));
            List<StaffingInterval> intervals = [];
            foreach (var slice in Arrivals(parsed).Expected)
            {
                var length = Duration.FromTimeSpan(slice.Length);
                intervals.Add(new(start, length, slice.Arrivals, mean));
                start += length;
            }

            return StaffingPlan.For(intervals, new(
                parsed.GetValue(share), Duration.FromSeconds(parsed.GetValue(within)), parsed.GetValue(patience) is { } p ? Duration.FromTimeSpan(p.Mean) : null,
                parsed.GetValue(slots), parsed.GetValue(most), ShortAbandon: Duration.FromSeconds(parsed.GetValue(briefly))));
        }

        private Arrivals Arrivals(ParseResult parsed)
        {
            var (length, times) = (TimeSpan.FromHours(parsed.GetValue(hours)), parsed.GetValue(multiply));
            return parsed.GetValue(replay) is { } file ? Peaks.Arrivals.Replayed.Busiest(TwcsFile.Read(file.FullName), length, times)
                : parsed.GetValue(curve) is { Length: > 0 } halfHours ? Peaks.Arrivals.Curve(halfHours.Select(n => n * times))
                : Peaks.Arrivals.Steady(parsed.GetValue(perHour) * times, length);
        }

        private static Option<double> Share(string name, string description) => Between(name, 0, 0, 1, description);

        private static Option<double> Between(string name, double usual, double least, double most, string description)
        {
            var option = Number(name, usual, least, description);
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<double>() > most)
                {
                    result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is {most} or less."));
                }
            });
            return option;
        }

        private static Option<double> Number(string name, double usual, double least, string description) => AtLeast(least, usual, name, description);

        private static Option<int> Whole(string name, int usual, int least, string description) => AtLeast(least, usual, name, description);

        private static Option<T> AtLeast<T>(T least, T usual, string name, string description) where T : struct, IComparable<T>
        {
            var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => usual };
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<T>().CompareTo(least) < 0)
                {
                    result.AddError($"{name} is {Convert.ToString(least, CultureInfo.InvariantCulture)} or more.");
                }
            });
            return option;
        }

        private static Option<Spread?> Times(string name, Spread? usual, string description) => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => usual,
            CustomParser = result => Spread.Parse(result.Tokens[0].Value) ?? Wrong<Spread>(result, $"{name} is 480, exponential:480, lognormal:480,0.8 or fixed:480, in seconds."),
        };

        private static double[]? Many(string text, char between = ',')
        {
            var numbers = text.Split(between).Select(n => double.TryParse(n, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var x) ? x : double.NaN).ToArray();
            return Array.TrueForAll(numbers, double.IsFinite) ? numbers : null;
        }

        private static T? Wrong<T>(System.CommandLine.Parsing.ArgumentResult result, string detail) where T : class
        {
            result.AddError(detail);
            return null;
        }
    }
}
