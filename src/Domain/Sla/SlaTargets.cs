using System.Text.Json.Serialization;
using Conversations.Domain.Json;

namespace Conversations.Domain;

/// <summary>
/// What is promised, in whole seconds of wall-clock time (sla.md 3). A null target means the metric is not tracked.
/// The values in force are written into the episode's first event, so later edits never rewrite the past.
/// </summary>
/// <param name="Policy">The policy's id.</param>
/// <param name="Version">The version of the account's configuration the targets were read from.</param>
/// <param name="WarnAt">When to warn, as a fraction of the target between 0 and 1.</param>
public sealed record SlaTargets(string Policy, long Version, int? FirstResponse, int? NextResponse, int? Resolution, double WarnAt)
{
    /// <summary>People expect an answer within the hour; a case should be over within a day; warn at 80 %.</summary>
    public static readonly SlaTargets Default = new("default", 1, FirstResponse: 3_600, NextResponse: 3_600, Resolution: 86_400, WarnAt: 0.8);

    public int? For(Metric metric) => metric switch
    {
        Metric.FirstResponse => FirstResponse,
        Metric.NextResponse => NextResponse,
        Metric.Resolution => Resolution,
    };
}

[JsonConverter(typeof(CamelCaseEnumConverter<Metric>))]
public enum Metric { FirstResponse, NextResponse, Resolution }

[JsonConverter(typeof(CamelCaseEnumConverter<ClockStatus>))]
public enum ClockStatus { Running, Paused, Met, Breached, Cancelled }

/// <summary>A level an instance of a clock announces at most once (sla.md R-AL2).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<SlaLevel>))]
public enum SlaLevel { Warning, Breach }
