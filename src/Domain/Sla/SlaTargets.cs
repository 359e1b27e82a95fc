namespace Conversations.Domain;

/// <summary>
/// The promises of a channel account that has no policy of its own choosing: whole seconds of wall-clock time, one warning.
/// They act as the account's last policy (sla.md R-PO1). A null target means the metric is not tracked.
/// </summary>
/// <param name="Policy">The policy's id.</param>
/// <param name="Version">The version of the account's configuration the targets were read from.</param>
/// <param name="WarnAt">When to warn, as a fraction of the target between 0 and 1.</param>
public sealed record SlaTargets(string Policy, long Version, int? FirstResponse, int? NextResponse, int? Resolution, double WarnAt)
{
    /// <summary>People expect an answer within the hour; a case should be over within a day; warn at 80 %.</summary>
    public static readonly SlaTargets Default = new("default", 1, FirstResponse: 3_600, NextResponse: 3_600, Resolution: 86_400, WarnAt: 0.8);

    public SlaTerms ToTerms() => new(Policy, Version, FirstResponse, NextResponse, Resolution, WarnAt);
}
