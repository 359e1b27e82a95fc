using System.Text.Json.Serialization;
using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>What a mark on an episode's timeline means for its clocks (sla.md 3).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<MarkKind>))]
public enum MarkKind
{
    Customer,
    Reply,
    BotReply,
    BotTookOver,
    HandedOff,
    Pending,
    Held,
    Resumed,
    Closed,
    Reopened,
    Spam,

    /// <summary>Other terms, for what runs too (R-PO4).</summary>
    Matched,

    /// <summary>Other terms for what begins from now on (R-PO5).</summary>
    Edited,

    /// <summary>A calendar's new version, from the edit on (R-PO7).</summary>
    Calendar,

    /// <summary>A due time set by hand (R-PO8).</summary>
    Overridden,

    /// <summary>A ticket was opened by the customer, whose message may be told apart: a simulation's (sla.md 10).</summary>
    Created,
}

/// <param name="At">When it happened by its own time (the platform's), not when it arrived.</param>
/// <param name="Seq">The event that brought it: breaks ties, and names it for withdrawal.</param>
/// <param name="Terms">Of <see cref="MarkKind.Matched"/> and <see cref="MarkKind.Edited"/>.</param>
/// <param name="Calendar">Of <see cref="MarkKind.Calendar"/>.</param>
/// <param name="Metric">Of <see cref="MarkKind.Overridden"/>; likewise <paramref name="Due"/>.</param>
public sealed record Mark(
    Instant At, long Seq, MarkKind Kind, SlaTerms? Terms = null, CalendarRef? Calendar = null, Metric? Metric = null, Instant? Due = null);
