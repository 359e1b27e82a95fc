using System.Text.Json;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using NodaTime;

namespace Conversations.Gateway.Routing;

/// <summary>People who answer (api.md 5, routing.md 1, 9, 10).</summary>
internal static class AgentEndpoints
{
    private static readonly Role[] People = [Role.Agent, Role.Supervisor, Role.Admin];
    private static readonly Role[] Leads = [Role.Supervisor, Role.Admin];

    public static void MapAgents(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/agents/{id}", Put).WithName("putAgent").For(Role.Admin).WithTags("Agents")
            .WithSummary("Defines an agent, or changes who it is").ProducesProblem(400);
        routes.MapGet("/v1/agents/{id}", Get).WithName("getAgent").For(People).WithTags("Agents")
            .WithSummary("One agent: presence, capacity and work").ProducesProblem(404);
        routes.MapGet("/v1/agents", List).WithName("listAgents").For(Leads).WithTags("Agents")
            .WithSummary("Everybody who serves a queue, by id, with how many stand how")
            .WithDescription("queue and state select; states counts everybody the queue selects, whatever page is shown.").ProducesProblem(400);
        routes.MapDelete("/v1/agents/{id}", Remove).WithName("removeAgent").For(Role.Admin).WithTags("Agents")
            .WithSummary("Takes an agent out of every queue").ProducesProblem(404);
        routes.MapPost("/v1/agents/{id}/presence", Presence).WithName("setPresence").For(People).WithTags("Agents")
            .WithSummary("Declares a status, now or once nothing is left").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        routes.MapPost("/v1/agents/{id}/heartbeat", Beat).WithName("heartbeat").For(People).WithTags("Agents")
            .WithSummary("A sign of life, every 10 seconds; an open feed on agent/{id} counts as one").ProducesProblem(404);
        routes.MapPost("/v1/agents/{id}/drain", Drain).WithName("drainAgent").For(Leads).WithTags("Agents")
            .WithSummary("Takes no new work, and lets go of what there is: at its end, at a deadline, or now").ProducesProblem(400).ProducesProblem(404);
        routes.MapPost("/v1/agents/{id}/terms", Terms).WithName("setAgentTerms").For(Leads).WithTags("Agents")
            .WithSummary("Sets capacity and skills until a time, at which they go back by themselves").ProducesProblem(400).ProducesProblem(404);
    }

    private static Task<Results<Ok<AgentBody>, ProblemHttpResult>> Put(string id, AgentRequest request, Caller caller, [AsParameters] AgentServices services) =>
        request.Check() is { } refusal
            ? Task.FromResult<Results<Ok<AgentBody>, ProblemHttpResult>>(Problems.Of(refusal))
            : services.Change(caller, id, new PutAgent(request.ToProfile()));

    private static async Task<Results<Ok<AgentBody>, ProblemHttpResult>> Get(string id, Caller caller, [AsParameters] AgentServices services)
    {
        var agent = await services.Reader.Agent(caller.Account, AgentId.Of(id), services.Http.RequestAborted);
        if (agent.Profile is null)
        {
            return Problems.NotFound("agent");
        }

        services.Http.Response.Headers.ETag = $"\"{agent.Seq}\"";
        return TypedResults.Ok(AgentBody.Of(agent, (await services.Settings.Get(caller.Account, services.Http.RequestAborted)).RoutingTerms));
    }

    private static async Task<Results<Ok<AgentList>, ProblemHttpResult>> List(
        Caller caller, Router router, SettingsCache settings, CancellationToken cancellation,
        string? queue = null, string? state = null, string? cursor = null, int limit = 50)
    {
        AgentState? only = null;
        if (state is { Length: > 0 })
        {
            only = Enum.TryParse<AgentState>(state, ignoreCase: true, out var named) && !char.IsDigit(state[0]) ? named : null;
        }

        if ((Input.Limit(limit) ?? Input.Name("queue", queue) ?? Input.Name("cursor", cursor)
            ?? (state is { Length: > 0 } && only is null
                ? Input.Invalid("invalid_query", $"'state' is one of: {string.Join(", ", Enum.GetNames<AgentState>().Select(JsonNamingPolicy.CamelCase.ConvertName))}.") : null)) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var terms = (await settings.Get(caller.Account, cancellation)).RoutingTerms;
        var all = (await router.Agents(caller.Account, cancellation))
            .Where(a => a.Profile is not null && (queue is not { Length: > 0 } || a.Queues.Contains(QueueId.Of(queue))))
            .Select(a => (Agent: a, State: AgentStates.Of(a, terms))).ToList();
        var page = all.Where(a => (only is null || a.State == only) && string.CompareOrdinal(a.Agent.Id.Value, cursor ?? "") > 0).Take(limit + 1).ToList();
        return TypedResults.Ok(new AgentList(
            [.. page.Take(limit).Select(a => new AgentItem(a.State, AgentBody.Of(a.Agent, terms)))],
            page.Count > limit ? page[limit - 1].Agent.Id.Value : null,
            all.Count,
            all.GroupBy(a => a.State).ToDictionary(g => JsonNamingPolicy.CamelCase.ConvertName(g.Key.ToString()), g => g.Count())));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(string id, Caller caller, [AsParameters] AgentServices services) =>
        await services.Send(caller, id, new RemoveAgent()) is { } problem ? problem : TypedResults.NoContent();

    private static async Task<Results<Ok<AgentBody>, ProblemHttpResult>> Presence(string id, PresenceRequest request, Caller caller, [AsParameters] AgentServices services) =>
        AgentServices.MayActFor(caller, id) is { } forbidden ? forbidden
        : request.Check() is { } refusal ? Problems.Of(refusal)
        : await services.Change(caller, id, new DeclarePresence(request.Status, request.Reason, request.Next, request.Until, request.Seen));

    private static async Task<Results<NoContent, ProblemHttpResult>> Beat(string id, Caller caller, AgentLiveness liveness, HttpContext context) =>
        AgentServices.MayActFor(caller, id) is { } forbidden ? forbidden
        : await liveness.Seen(caller.Account, AgentId.Of(id), caller.Actor, context.RequestAborted) ? TypedResults.NoContent()
        : Problems.NotFound("agent");

    private static Task<Results<Ok<AgentBody>, ProblemHttpResult>> Drain(string id, DrainRequest request, Caller caller, [AsParameters] AgentServices services) =>
        services.Change(caller, id, new DrainAgent(request.Mode, request.Deadline));

    private static Task<Results<Ok<AgentBody>, ProblemHttpResult>> Terms(string id, TermsRequest request, Caller caller, [AsParameters] AgentServices services) =>
        AgentRequest.CheckSkills(request.Skills) is { } refusal
            ? Task.FromResult<Results<Ok<AgentBody>, ProblemHttpResult>>(Problems.Of(refusal))
            : services.Change(caller, id, new SetTerms(request.Capacity, request.Skills, request.Until));
}

public sealed record AgentRequest
{
    public string? Name { get; init; }
    public IReadOnlyList<string>? Queues { get; init; }
    public IReadOnlyList<SkillLevel>? Skills { get; init; }

    /// <summary>Units; default: the account's (100).</summary>
    public int? Capacity { get; init; }

    public string? Email { get; init; }

    internal Refusal? Check() =>
        Input.Text("name", Name, Input.LongestName) ?? Input.Text("email", Email, Input.LongestName)
        ?? (Queues?.Count > 100 ? Input.Invalid("too_many_queues", "An agent serves at most 100 queues.") : null)
        ?? (Queues ?? []).Select(q => Input.Name("queues", q, required: true)).FirstOrDefault(r => r is not null)
        ?? CheckSkills(Skills);

    internal static Refusal? CheckSkills(IReadOnlyList<SkillLevel>? skills) =>
        skills?.Count > 100 ? Input.Invalid("too_many_skills", "An agent has at most 100 skills.")
        : (skills ?? []).Select(s => s is null ? Input.Invalid("invalid_value", "A skill cannot be null.")
            : Input.Name("skills.skill", s.Skill, required: true) ?? (s.Level is < 1 or > 100 ? Input.Invalid("invalid_value", "A level is 1 to 100.") : null)).FirstOrDefault(r => r is not null);

    internal AgentProfile ToProfile() => new(
        Name is { Length: > 0 } ? Name : null, Queues is { Count: > 0 } ? [.. Queues.Distinct().Select(QueueId.Of)] : null, Skills is { Count: > 0 } ? Skills : null, Capacity,
        Email is { Length: > 0 } ? Email : null);
}

public sealed record PresenceRequest
{
    /// <summary>Null: only <see cref="Next"/> changes.</summary>
    public string? Status { get; init; }

    public string? Reason { get; init; }

    /// <summary>The status to enter once nothing is left; no new work comes until then.</summary>
    public string? Next { get; init; }

    /// <summary>A supervisor's: until then the agent cannot change it, and then it goes back.</summary>
    public Instant? Until { get; init; }

    /// <summary>The presence version the author knew.</summary>
    public long? Seen { get; init; }

    internal Refusal? Check() =>
        Input.Name("status", Status) ?? Input.Name("next", Next) ?? Input.Text("reason", Reason, Input.LongestShortText)
        ?? (Status is not { Length: > 0 } && Next is not { Length: > 0 } ? Input.Invalid("missing_field", "Name a 'status', or a 'next' one.") : null);
}

public sealed record DrainRequest
{
    public required DrainMode Mode { get; init; }

    /// <summary>Of a hand-over.</summary>
    public Instant? Deadline { get; init; }
}

public sealed record TermsRequest
{
    public int? Capacity { get; init; }
    public IReadOnlyList<SkillLevel>? Skills { get; init; }
    public Instant? Until { get; init; }
}

/// <param name="NextCursor">Where the next page starts; null on the last.</param>
/// <param name="Total">Of those the queue selects.</param>
/// <param name="States">How many of them stand how; states nobody is in are left out.</param>
public sealed record AgentList(IReadOnlyList<AgentItem> Items, string? NextCursor, int Total, IReadOnlyDictionary<string, int> States);

public sealed record AgentItem(AgentState State, AgentBody Agent);

/// <summary>An agent as the API shows it.</summary>
/// <param name="Presence">With its version: name it when you change the status, and a newer one is not overwritten.</param>
/// <param name="Work">What takes capacity, or would if it woke.</param>
public sealed record AgentBody(
    AgentId Id, long Seq, string? Name, string? Email, IReadOnlyList<QueueId> Queues, IReadOnlyList<SkillLevel> Skills, PresenceBody Presence, CapacityBody Capacity,
    DrainMode Drain, Instant? DrainDeadline, IReadOnlyList<WorkBody> Work)
{
    internal static AgentBody Of(Agent agent, RoutingTerms terms)
    {
        var capacity = agent.CapacityBy(terms);
        return new(
            agent.Id, agent.Seq, agent.Profile?.Name, agent.Profile?.Email, agent.Queues, agent.Skills,
            new(agent.Declared.Status, agent.Routable, agent.Declared.SetBy, agent.Declared.Reason, agent.Declared.At, agent.Declared.Until, agent.Declared.Version, agent.Next, agent.Reach, agent.NotResponding),
            new(capacity, Admission.Hard(capacity, terms), agent.Load, agent.Load > capacity, agent.Terms?.Until),
            agent.Drain, agent.DrainDeadline,
            [.. agent.Ledger.Select(e => new WorkBody(e.Conversation, e.Kind, e.Class, e.Weight, e.Since, e.Offer?.Value, e.Override, e.Wake))]);
    }
}

/// <param name="Routable">Takes new work now.</param>
public sealed record PresenceBody(
    string Status, bool Routable, SetBy SetBy, string? Reason, Instant Since, Instant? Until, long Version, string? Next, Reach Reach, bool NotResponding);

/// <param name="Until">When a supervisor's change of it goes back.</param>
public sealed record CapacityBody(int Units, int Hard, int Used, bool Over, Instant? Until);

public sealed record WorkBody(ConversationId Conversation, WorkKind Kind, ChannelClass Class, int Weight, Instant Since, string? Offer, bool Override, bool Wake);
