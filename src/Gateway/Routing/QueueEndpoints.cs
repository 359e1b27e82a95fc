using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Engine;
using Conversations.Gateway.Administration;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Routing;

/// <summary>Queues and the account's routing numbers (api.md 5, routing.md 3, 7, 8).</summary>
internal static class QueueEndpoints
{
    private static readonly Role[] Leads = [Role.Supervisor, Role.Admin];
    private static readonly Role[] Readers = [Role.Agent, Role.Supervisor, Role.Admin, Role.Integrator];

    public static void MapQueues(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/queues/{id}", Put).WithName("putQueue").For(Role.Admin).WithTags("Queues")
            .WithSummary("Defines a queue, or changes how it works; from then on its work is routed").ProducesProblem(400);
        routes.MapGet("/v1/queues/{id}", Get).WithName("getQueue").For(Readers).WithTags("Queues").WithSummary("One queue and what waits in it").ProducesProblem(404);
        routes.MapGet("/v1/queues", List).WithName("listQueues").For(Readers).WithTags("Queues").WithSummary("All queues");
        routes.MapDelete("/v1/queues/{id}", Remove).WithName("removeQueue").For(Role.Admin).WithTags("Queues")
            .WithSummary("Stops routing a queue; what waits in it is taken by hand").ProducesProblem(404);
        routes.MapPost("/v1/queues/{id}/drain", Drain).WithName("drainQueue").For(Leads).WithTags("Supervision")
            .WithSummary("Takes nothing in any more, and sends what waits elsewhere")
            .WithDescription("Newcomers go to the queue named. With move what waits goes too, by a bulk job (see drain.job: progress, cancel, undo); without, its agents "
                + "work it off. drain.left says how much still waits.")
            .ProducesProblem(400).ProducesProblem(404);
        routes.MapDelete("/v1/queues/{id}/drain", EndDrain).WithName("endQueueDrain").For(Leads).WithTags("Supervision")
            .WithSummary("Takes work again").ProducesProblem(404);
    }

    private static async Task<Results<Ok<QueueBody>, ProblemHttpResult>> Put(
        string id, QueueRequest request, Caller caller, QueueAdoption adoption, [AsParameters] QueueServices queues, [AsParameters] AccountServices services)
    {
        if ((Input.Name("id", id, required: true) ?? request.Check()) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var queue = QueueId.Of(id);
        if (await services.Send(caller, new PutQueue(request.ToSettings(queue))) is { } problem)
        {
            return problem;
        }

        adoption.Adopt(caller.Account, queue);
        return TypedResults.Ok(await queues.View(caller, queue, services.Http.RequestAborted));
    }

    private static async Task<Results<Ok<QueueBody>, ProblemHttpResult>> Get(string id, Caller caller, [AsParameters] QueueServices queues, CancellationToken cancellation) =>
        (await queues.Settings.Get(caller.Account, cancellation)).Queue(QueueId.Of(id)) is null
            ? Problems.NotFound("queue")
            : TypedResults.Ok(await queues.View(caller, QueueId.Of(id), cancellation));

    private static async Task<Ok<QueueList>> List(Caller caller, [AsParameters] QueueServices queues, CancellationToken cancellation)
    {
        List<QueueBody> all = [];
        foreach (var id in ((await queues.Settings.Get(caller.Account, cancellation)).Queues?.Keys ?? []).OrderBy(q => q.Value, StringComparer.Ordinal))
        {
            all.Add(await queues.View(caller, id, cancellation));
        }

        return TypedResults.Ok(new QueueList(all));
    }

    private static async Task<Results<Ok<QueueBody>, ProblemHttpResult>> Drain(
        string id, QueueDrainRequest request, Caller caller, [AsParameters] QueueServices queues, [AsParameters] AccountServices services) =>
        (Input.Name("id", id, required: true) ?? Input.Name("to", request.To, required: true)) is { } refusal ? Problems.Of(refusal)
        : await services.Send(caller, new DrainQueue(QueueId.Of(id), QueueId.Of(request.To), request.Move)) is { } problem ? problem
        : TypedResults.Ok(await queues.View(caller, QueueId.Of(id), services.Http.RequestAborted));

    private static async Task<Results<Ok<QueueBody>, ProblemHttpResult>> EndDrain(
        string id, Caller caller, [AsParameters] QueueServices queues, [AsParameters] AccountServices services) =>
        await services.Send(caller, new DrainQueue(QueueId.Of(id), null)) is { } problem
            ? problem
            : TypedResults.Ok(await queues.View(caller, QueueId.Of(id), services.Http.RequestAborted));

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(string id, Caller caller, QueueAdoption adoption, [AsParameters] AccountServices services)
    {
        if (await services.Send(caller, new RemoveQueue(QueueId.Of(id))) is { } problem)
        {
            return problem;
        }

        adoption.Adopt(caller.Account, QueueId.Of(id)); // what waits looks, and leaves
        return TypedResults.NoContent();
    }
}

/// <summary>Where a queue's work goes that takes none any more.</summary>
public sealed record QueueDrainRequest
{
    /// <summary>The queue that gets it instead.</summary>
    public required string To { get; init; }

    /// <summary>What waits goes too. False: its agents work it off.</summary>
    public bool Move { get; init; } = true;
}

/// <param name="Job">The bulk job that moves what waits.</param>
/// <param name="Left">Conversations that still wait, or are held, in the queue.</param>
public sealed record QueueDrainView(QueueId To, Instant Since, JobId? Job, int Left);

internal sealed record QueueServices(RoutingReader Reader, SettingsCache Settings, TimeProvider Time)
{
    public async Task<QueueBody> View(Caller caller, QueueId id, CancellationToken cancellation)
    {
        var account = await Settings.Get(caller.Account, cancellation);
        var settings = account.Queue(id)!;
        var now = Instant.FromDateTimeOffset(Time.GetUtcNow());
        return QueueBody.Of(settings, await Reader.Queue(caller.Account, id, cancellation), account.IsOpen(settings, now), now);
    }
}

/// <summary>How a queue works. A PUT replaces all of it. Times in seconds.</summary>
public sealed record QueueRequest
{
    public string? Name { get; init; }

    /// <summary>Smaller is served first by who serves several. Default 100.</summary>
    public int Priority { get; init; } = 100;

    public QueueStrategy Strategy { get; init; } = QueueStrategy.LeastLoad;
    public QueueOrder Order { get; init; } = QueueOrder.Fifo;
    public IReadOnlyList<SkillNeed>? Skills { get; init; }
    public IReadOnlyList<PlanStep>? SkillPlan { get; init; }
    public IReadOnlyList<OverflowRule>? Overflow { get; init; }

    /// <summary>The calendar by which it is open. Default: always.</summary>
    public string? Calendar { get; init; }

    /// <summary>The queue that takes what comes while it is closed. Default: it is held until opening.</summary>
    public string? AfterHours { get; init; }

    /// <summary>Told to the customer once for each time it is closed.</summary>
    public string? AfterHoursReply { get; init; }

    public WrapUpTerms? WrapUp { get; init; }
    public StickyMode Sticky { get; init; } = StickyMode.Preferred;
    public bool StickyMembersOnly { get; init; } = true;
    public OfferRequest? Offer { get; init; }
    public bool AutoAccept { get; init; }

    internal Refusal? Check() =>
        Input.Text("name", Name, Input.LongestName) ?? Input.Name("afterHours", AfterHours) ?? Input.Name("calendar", Calendar) ?? Input.Text("afterHoursReply", AfterHoursReply, Input.LongestShortText)
        ?? (Skills?.Count > 20 || SkillPlan?.Count > 50 || Overflow?.Count > 10 || Overflow?.Any(r => r?.Actions is null || r.Actions.Count > 10) == true
            ? Input.Invalid("invalid_queue", "At most 20 skills, 50 steps of a plan, and 10 limits with 10 actions each.") : null)
        ?? (Skills ?? []).Select(s => s is null ? Input.Invalid("invalid_value", "A skill cannot be null.") : Input.Name("skills.skill", s.Skill, required: true)).FirstOrDefault(r => r is not null);

    internal QueueSettings ToSettings(QueueId id) => new(
        id, Name, Priority, Strategy, Order, Skills, SkillPlan, Overflow, Calendar is { Length: > 0 } ? CalendarId.Of(Calendar) : null, AfterHours is { Length: > 0 } ? QueueId.Of(AfterHours) : null, AfterHoursReply, WrapUp, Sticky,
        StickyMembersOnly, Offer?.FanOut ?? 1, Offer?.Seconds, AutoAccept);
}

public sealed record OfferRequest
{
    /// <summary>How long an offer stands. Default: by the channel's class, 20 s live and 60 s else.</summary>
    public int? Seconds { get; init; }

    /// <summary>Agents it goes to at once; the first to accept gets it.</summary>
    public int FanOut { get; init; } = 1;
}

public sealed record QueueList(IReadOnlyList<QueueBody> Items);

/// <param name="Waiting">Waiting, or being offered.</param>
/// <param name="Oldest">Since when the one served next has waited.</param>
/// <param name="ExpectedWaitSeconds">Of who comes next; null when too few have left lately to say.</param>
public sealed record QueueBody(
    QueueId Id, string? Name, int Priority, QueueStrategy Strategy, QueueOrder Order, IReadOnlyList<SkillNeed> Skills, IReadOnlyList<PlanStep> SkillPlan,
    IReadOnlyList<OverflowRule> Overflow, CalendarId? Calendar, QueueId? AfterHours, string? AfterHoursReply, WrapUpTerms? WrapUp, StickyMode Sticky, bool StickyMembersOnly,
    OfferRequest Offer, bool AutoAccept, bool Open, int Members, int Waiting, int Held, Instant? Oldest, double? ExpectedWaitSeconds, IReadOnlyList<OverflowLimit> Reached,
    QueueDrainView? Drain)
{
    internal static QueueBody Of(QueueSettings s, Queue queue, bool open, Instant now) => new(
        s.Id, s.Name, s.Priority, s.Strategy, s.Order, s.Skills ?? [], s.Plan ?? [], s.Overflow ?? [], s.Calendar, s.AfterHours, s.AfterHoursReply, s.WrapUp, s.Sticky, s.StickyMembersOnly,
        new() { Seconds = s.OfferSeconds, FanOut = s.FanOut }, s.AutoAccept, open, queue.Members.Count, queue.Waiting.Count, queue.Held.Count, queue.Waiting.First?.Base,
        queue.ExpectedWait(now)?.TotalSeconds, [.. queue.Armed.Select(a => a.Limit)],
        s.Drain is { } drain ? new(drain.To, drain.Since, drain.Job, queue.Waiting.Count + queue.Held.Count) : null);
}
