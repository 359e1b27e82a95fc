using NodaTime;

namespace Conversations.Domain;

public sealed partial record Conversation
{
    /// <summary>Who looks on. Null: nobody.</summary>
    public IReadOnlyList<Monitoring>? Monitors { get; init; }
}

public sealed partial record ConversationRow
{
    public IReadOnlyList<Monitoring>? Monitors { get; init; }

    /// <summary>Who is in it beside its owner.</summary>
    public IReadOnlyList<AgentId>? Participants { get; init; }
}

/// <param name="By">The id of the supervisor, as the history names authors.</param>
public sealed record Monitoring(string By, Instant Since, Instant Until)
{
    /// <summary>routing.md 10.</summary>
    public const int Most = 5;

    /// <summary>How long it stands without being asked for again.</summary>
    public static readonly Duration Stands = Duration.FromMinutes(15);

    public static Instant? NextDue(Conversation state) => state.Monitors is { Count: > 0 } monitors ? monitors.Min(m => m.Until) : null;
}

/// <summary>State from events. Pure, total, never fails.</summary>
internal static class SupervisionEvolve
{
    public static Conversation Apply(Conversation s, Recorded<ConversationEvent> at) => at.Event switch
    {
        MonitorStarted e => s with
        {
            Monitors = [.. Others(s, e.By), new(e.By, s.Monitors?.FirstOrDefault(m => m.By == e.By)?.Since ?? at.At, e.Until)],
        },
        MonitorEnded e => s with { Monitors = Others(s, e.By) is { Length: > 0 } left ? left : null },
        _ => s,
    };

    private static Monitoring[] Others(Conversation s, string by) => [.. (s.Monitors ?? []).Where(m => m.By != by)];
}
