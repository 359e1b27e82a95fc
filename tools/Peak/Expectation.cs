using System.Globalization;
using System.Text.RegularExpressions;

namespace Conversations.Peaks;

/// <summary>One bar the run has to reach, such as <c>sl>=0.8</c> or <c>p99offer&lt;=150ms</c>.</summary>
internal sealed partial record Expectation(string Text, string Name, string Comparison, double Value)
{
    /// <summary>What can be expected, and where it is in the report. Null: there was nothing to measure.</summary>
    public static readonly IReadOnlyDictionary<string, Func<PeakReport, double?>> Figures = new SortedDictionary<string, Func<PeakReport, double?>>(StringComparer.OrdinalIgnoreCase)
    {
        ["arrived"] = r => r.Service.Arrived,
        ["answered"] = r => r.Service.Answered,
        ["sl"] = r => r.Service.ServiceLevel,
        ["asa"] = r => r.Service.Asa,
        ["p50wait"] = r => r.Service.WaitP50,
        ["p90wait"] = r => r.Service.WaitP90,
        ["p99wait"] = r => r.Service.WaitP99,
        ["abandoned"] = r => r.Service.Abandoned,
        ["occupancy"] = r => r.Service.Occupancy,
        ["slaMet"] = r => r.Service.SlaMet,
        ["slaBreached"] = r => r.Service.SlaBreached,
        ["slDifference"] = r => r.Expected is { } e && r.Service.ServiceLevel is { } sl ? Math.Abs(sl - e.ServiceLevel) : null,
        ["made"] = r => r.Offers.Made,
        ["accepted"] = r => r.Offers.Accepted,
        ["rejected"] = r => r.Offers.Rejected,
        ["expired"] = r => r.Offers.Expired,
        ["rescinded"] = r => r.Offers.Rescinded,
        ["overCapacity"] = r => r.Offers.OverCapacity,
        ["doubleAssigned"] = r => r.Offers.DoubleAssigned,
        ["p50offer"] = r => r.Offers.SeenP50,
        ["p99offer"] = r => r.Offers.SeenP99,
        ["p50arrival"] = r => r.Offers.ArrivalP50,
        ["p99arrival"] = r => r.Offers.ArrivalP99,
        ["p50next"] = r => r.Offers.NextP50,
        ["p99next"] = r => r.Offers.NextP99,
        ["p99expiry"] = r => r.Offers.ExpiryP99,
        ["opened"] = r => r.Accounted.Opened,
        ["unfinished"] = r => r.Accounted.Unfinished,
        ["lost"] = r => r.Accounted.Lost,
        ["errors"] = r => r.System.Errors.Values.Sum(),
        ["resets"] = r => r.System.FeedResets,
    };

    /// <summary>Bars separated by commas.</summary>
    /// <exception cref="FormatException">The message says which is not understood, and what would be.</exception>
    public static IReadOnlyList<Expectation> Parse(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseOne)];

    public ExpectationResult Check(PeakReport report)
    {
        var seen = Figures[Name](report);
        var met = seen is { } x && Comparison switch
        {
            ">=" => x >= Value,
            "<=" => x <= Value,
            ">" => x > Value,
            "<" => x < Value,
            _ => x == Value,
        };
        return new(Text, seen, met);
    }

    private static Expectation ParseOne(string text)
    {
        var match = Form().Match(text);
        if (!match.Success || !Figures.ContainsKey(match.Groups["name"].Value))
        {
            throw new FormatException($"'{text}' is not understood. An expectation is a figure, one of >= <= > < =, and a number with ms, s or nothing behind it. Figures: {string.Join(", ", Figures.Keys)}.");
        }

        // Waits are in seconds and latencies in milliseconds; what is written with the other unit is turned.
        var (name, unit) = (match.Groups["name"].Value, match.Groups["unit"].Value);
        var inSeconds = name.EndsWith("wait", StringComparison.OrdinalIgnoreCase) || name.Equals("asa", StringComparison.OrdinalIgnoreCase);
        var value = double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture);
        return new(text, name, match.Groups["comparison"].Value, (unit, inSeconds) switch
        {
            ("ms", true) => value / 1_000,
            ("s", false) => value * 1_000,
            _ => value,
        });
    }

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9]+)\s*(?<comparison>>=|<=|>|<|=)\s*(?<value>\d+(\.\d+)?)\s*(?<unit>ms|s|)$")]
    private static partial Regex Form();
}

/// <param name="Seen">Null: there was nothing to measure, which is not what was expected.</param>
internal sealed record ExpectationResult(string Expectation, double? Seen, bool Met);
