using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Sla;

/// <summary>The promises of one conversation, and why they are due when they are (sla.md R-CA6).</summary>
internal static class ConversationSlaEndpoints
{
    public static void MapConversationSla(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/conversations/{id}/sla", Get).WithName("getConversationSla").For(Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator).WithTags("Promises")
            .WithSummary("What is promised, how it stands, and why it is due when it is").ProducesProblem(404);
        routes.MapPost("/v1/conversations/{id}/sla/override", Override).WithName("overrideDue").For(Role.Supervisor, Role.Admin).WithTags("Promises")
            .WithSummary("Sets the due time of a running promise by hand, with a reason, until it ends").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Results<Ok<ConversationSla>, ProblemHttpResult>> Get(
        string id, Caller caller, IViews views, SettingsCache settings, TimeProvider time, HttpContext context)
    {
        if (await views.Find(caller.Account, ConversationId.Of(id), context.RequestAborted) is not { } row)
        {
            return Problems.NotFound("conversation");
        }

        context.Response.Headers.ETag = $"\"{row.Seq}\"";
        return TypedResults.Ok(ConversationSla.Of(row, Instant.FromDateTimeOffset(time.GetUtcNow()), await settings.For(caller.Account, [row], context.RequestAborted)));
    }

    private static Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Override(
        string id, OverrideRequest request, Caller caller, [AsParameters] CommandServices services) =>
        request.Check() is { } refusal
            ? Task.FromResult<Results<Ok<CommandResponse>, ProblemHttpResult>>(Problems.Of(refusal))
            : services.Send(id, request.ToCommand(), caller, ifMatch: false);
}

public sealed record OverrideRequest
{
    public required Metric Metric { get; init; }

    /// <summary>Later than now.</summary>
    public required Instant Due { get; init; }

    public required string Reason { get; init; }

    internal Refusal? Check() => Input.Text("reason", Reason, 1_000, required: true);

    internal ConversationCommand ToCommand() => new OverrideDue(Metric, Due, Reason);
}

/// <param name="Policy">Null: nothing is promised.</param>
/// <param name="Clocks">First response, the current next response, resolution: those there are.</param>
public sealed record ConversationSla(
    ConversationId Conversation, long Seq, PolicyName? Policy, SlaState State, Instant? NextDue, IReadOnlyList<ClockDetail> Clocks)
{
    internal static ConversationSla Of(ConversationRow row, Instant now, AccountSettings settings) => new(
        row.Id, row.Seq, row.Sla is { } terms ? PolicyName.Of(terms.Policy, terms.Version, settings) : null, row.SlaState, row.NextDue,
        [.. new[] { row.FirstResponse, row.NextResponse, row.Resolution }.OfType<Clock>().Select(clock => ClockDetail.Of(clock, now, settings))]);
}

/// <param name="Id"><c>channel</c> or <c>default</c>: not a policy but the channel account's own targets.</param>
public sealed record PolicyName(string Id, long Version, string? Name)
{
    internal static PolicyName Of(string id, long version, AccountSettings settings) =>
        new(id, version, settings.Policy(PolicyId.Of(id), version)?.Policy.Name);
}

/// <param name="Instance">The number of the next response; 1 for the others.</param>
/// <param name="Target">Seconds of its own time.</param>
/// <param name="Calendar">Null: every second counts.</param>
/// <param name="Pauses">When it stood still.</param>
/// <param name="ElapsedSeconds">Of its own time; up to now while it runs.</param>
/// <param name="RemainingSeconds">Of its own time, negative once it is over; null when it has stopped.</param>
/// <param name="OverrunSeconds">Of its own time beyond the target.</param>
/// <param name="OverrunWallSeconds">By the clock on the wall, once it was fulfilled.</param>
/// <param name="Unreachable">Its calendar does not open long enough within 400 days: it can never be due. Somebody should look at the calendar (R-CA5).</param>
/// <param name="SetByHand">The due time was set by a person (R-PO8).</param>
/// <param name="Levels">Warnings and escalations that have been reached.</param>
/// <param name="CountedUntil">Up to then it was counted under earlier versions of its calendar (R-PO7): <paramref name="CountedSeconds"/>.</param>
/// <param name="Explanation">Null for a due time set by hand.</param>
public sealed record ClockDetail(
    Metric Metric,
    int Instance,
    ClockStatus Status,
    PolicyName Policy,
    CalendarName? Calendar,
    Instant Start,
    int Target,
    Instant? Due,
    IReadOnlyList<PauseView> Pauses,
    long? ElapsedSeconds,
    long? RemainingSeconds,
    long OverrunSeconds,
    long? OverrunWallSeconds,
    Instant? BreachedAt,
    BreachCause? BreachCause,
    Instant? FulfilledAt,
    bool Unreachable,
    bool SetByHand,
    IReadOnlyList<string> Levels,
    Instant? CountedUntil,
    long? CountedSeconds,
    DueExplanation? Explanation)
{
    internal static ClockDetail Of(Clock clock, Instant now, AccountSettings settings)
    {
        var remaining = clock.StoppedAt is null ? ClockTime.Remaining(clock, now, settings) : null;
        return new(
            clock.Metric, clock.Number, clock.Status, PolicyName.Of(clock.Policy, clock.PolicyVersion, settings), CalendarName.Of(clock.Calendar, settings),
            clock.Start, clock.Target, clock.Due, [.. (clock.Pauses ?? []).Select(p => new PauseView(p.From, p.To))],
            clock.Elapsed ?? Elapsed(clock, now, settings), remaining, clock.Overrun ?? (remaining < 0 ? -remaining.Value : 0), clock.OverrunWall,
            clock.BreachedAt, clock.BreachCause, clock.FulfilledAt, clock.Unreachable, clock.ByHand, clock.Fired ?? [], clock.CountedTo, clock.Counted, ClockTime.Explain(clock, settings));
    }

    private static long Elapsed(Clock clock, Instant now, AccountSettings settings) =>
        (clock.Counted ?? 0) + ClockTime.CalendarOf(clock, settings).Elapsed(clock.CountedTo ?? clock.Start, now, clock.Pauses ?? []);
}

/// <param name="To">Null: it still stands.</param>
public sealed record PauseView(Instant From, Instant? To);

public sealed record CalendarName(CalendarId Id, int Version, string? Name, string Timezone)
{
    internal static CalendarName? Of(CalendarRef? calendar, AccountSettings settings) =>
        calendar is not null && settings.Calendar(calendar.Id, calendar.Version) is { } known ? new(known.Id, known.Version, known.Name, known.Definition.Timezone) : null;
}
