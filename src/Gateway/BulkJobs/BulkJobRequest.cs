using Conversations.Domain;
using Conversations.Gateway.Conversations;
using Conversations.Gateway.Http;

namespace Conversations.Gateway.BulkJobs;

/// <summary>One thing done to many conversations: those a filter finds now, or those named.</summary>
public sealed record BulkJobRequest
{
    public FilterRequest? Filter { get; init; }

    /// <summary>Ids of conversations, at most 10,000; doubles count once.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    public required BulkAction Action { get; init; }

    /// <summary>The action's parameters; it needs at least one, except to close.</summary>
    public TargetRequest? Target { get; init; }

    /// <summary>False: agents get more than fits into their capacity. The histories say so.</summary>
    public bool RespectCapacity { get; init; } = true;

    /// <summary>What moves keeps its age: only true is taken.</summary>
    public bool KeepAge { get; init; } = true;

    /// <summary>Tell what would happen, and do nothing.</summary>
    public bool DryRun { get; init; }

    internal Refusal? Check() =>
        ((Filter is null) == (Ids is null) ? Input.Invalid("invalid_selection", "Name either 'filter' or 'ids'.") : null)
        ?? Filter?.Check()
        ?? (Ids?.Count is 0 or > Job.MostNamed ? Input.Invalid("invalid_selection", $"'ids' names 1 to {Job.MostNamed:N0} conversations.") : null)
        ?? (Ids ?? []).Select(id => Input.Name("ids", id, required: true)).FirstOrDefault(r => r is not null)
        ?? (KeepAge ? null : Input.Invalid("invalid_value", "'keepAge' is true: what moves goes on waiting from when it first came."))
        ?? (Target ?? new()).Check(Action);

    internal StartJob ToCommand() => new(
        new((Target ?? new()).ToCommand(Action, RespectCapacity), Filter?.ToFilter(), RespectCapacity, KeepAge, DryRun),
        Ids is { } ids ? [.. ids.Select(ConversationId.Of)] : null);
}

[System.Text.Json.Serialization.JsonConverter(typeof(Domain.Json.CamelCaseEnumConverter<BulkAction>))]
public enum BulkAction { Assign, Transfer, Close, Priority, Labels }

/// <summary>The conditions of <c>GET /v1/conversations</c>; all that are set must hold, and at least one must be.</summary>
public sealed record FilterRequest
{
    /// <summary>Default: everything that is not closed or spam.</summary>
    public IReadOnlyList<ConversationStatus>? Status { get; init; }

    public string? Queue { get; init; }
    public string? Assignee { get; init; }
    public bool Unassigned { get; init; }
    public string? Channel { get; init; }
    public Priority? Priority { get; init; }
    public string? Label { get; init; }
    public SlaState? Sla { get; init; }
    public string? Customer { get; init; }

    internal Refusal? Check() =>
        Input.Name("filter.queue", Queue) ?? Input.Name("filter.assignee", Assignee) ?? Input.Name("filter.channel", Channel)
        ?? Input.Text("filter.label", Label, Input.LongestName) ?? Input.Text("filter.customer", Customer, Input.LongestExternalId)
        ?? (Status?.Count == 0 ? Input.Invalid("invalid_value", "'filter.status' names at least one status.") : null)
        ?? (this == new FilterRequest() ? Input.Invalid("empty_filter", "A filter has at least one condition: without any it would be everything.") : null);

    internal JobFilter ToFilter() => new(
        Status, Ids.Queue(Queue), Ids.Agent(Assignee), Unassigned, Given(Channel), Priority, Given(Label), Sla, Given(Customer));

    private static string? Given(string? value) => value is { Length: > 0 } ? value : null;
}

/// <summary>
/// Parameters by action. assign: agent and/or queue. transfer: exactly one of queue, agent and skill; note. close: disposition,
/// note. priority: priority, reason. labels: add and/or remove.
/// </summary>
public sealed record TargetRequest
{
    public string? Agent { get; init; }
    public string? Queue { get; init; }
    public string? Skill { get; init; }
    public string? Note { get; init; }
    public string? Disposition { get; init; }
    public Priority? Priority { get; init; }
    public string? Reason { get; init; }
    public IReadOnlyList<string>? Add { get; init; }
    public IReadOnlyList<string>? Remove { get; init; }

    internal Refusal? Check(BulkAction action) =>
        Stray(action) ?? Missing(action)
        ?? Input.Name("target.agent", Agent) ?? Input.Name("target.queue", Queue) ?? Input.Name("target.skill", Skill)
        ?? Input.Text("target.note", Note, MessageLimits.Text) ?? Input.Text("target.disposition", Disposition, Input.LongestName)
        ?? Input.Text("target.reason", Reason, Input.LongestShortText)
        ?? (Add ?? []).Concat(Remove ?? []).Select(label => Input.Text("target.labels", label, 64, required: true)).FirstOrDefault(r => r is not null)
        ?? ((Add?.Count ?? 0) + (Remove?.Count ?? 0) > 50 ? Input.Invalid("too_many_labels", "A conversation has at most 50 labels.") : null);

    internal ConversationCommand ToCommand(BulkAction action, bool respectCapacity) => action switch
    {
        BulkAction.Assign => new Assign(Ids.Agent(Agent), Ids.Queue(Queue), Override: !respectCapacity),
        BulkAction.Transfer => new Transfer(Ids.Queue(Queue), Ids.Agent(Agent), Skill is { Length: > 0 } ? Skill : null, Note),
        BulkAction.Close => new Close(Disposition, Note),
        BulkAction.Priority => new SetPriority(Priority!.Value, Reason),
        BulkAction.Labels => new ChangeLabels(Add, Remove),
    };

    private Refusal? Missing(BulkAction action) => action switch
    {
        BulkAction.Transfer when Owners.Count(o => o is { Length: > 0 }) != 1 => Bad("A transfer has exactly one of 'queue', 'agent' and 'skill'."),
        BulkAction.Priority when Priority is null => Bad("Name the 'priority'."),
        BulkAction.Labels when (Add?.Count ?? 0) + (Remove?.Count ?? 0) == 0 => Bad("Name labels to 'add' or to 'remove'."),
        _ => null,
    };

    private string?[] Owners => [Agent, Queue, Skill];

    private Refusal? Stray(BulkAction action)
    {
        string[] of = action switch
        {
            BulkAction.Assign => ["agent", "queue"],
            BulkAction.Transfer => ["agent", "queue", "skill", "note"],
            BulkAction.Close => ["disposition", "note"],
            BulkAction.Priority => ["priority", "reason"],
            BulkAction.Labels => ["add", "remove"],
        };
        (string Name, object? Value)[] given =
        [
            ("agent", Agent), ("queue", Queue), ("skill", Skill), ("note", Note), ("disposition", Disposition), ("priority", Priority), ("reason", Reason),
            ("add", Add), ("remove", Remove),
        ];
        return given.FirstOrDefault(g => g.Value is not null && !of.Contains(g.Name)).Name is { } stray
            ? Bad($"'{stray}' is not a parameter of this action. It takes: {string.Join(", ", of)}.")
            : null;
    }

    private static Refusal Bad(string detail) => Input.Invalid("invalid_target", detail);
}
