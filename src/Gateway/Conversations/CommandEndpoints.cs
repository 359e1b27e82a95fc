using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace Conversations.Gateway.Conversations;

/// <summary>What agent tools ask of a conversation. A new command is one line here (docs/add-a-command.md).</summary>
internal static class CommandEndpoints
{
    private static readonly Role[] People = [Role.Agent, Role.Supervisor, Role.Admin];
    private static readonly Role[] PeopleAndBots = [.. People, Role.Integrator];

    public static void MapConversationCommands(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/conversations/{id}/messages", Post).WithName("postMessage").For(PeopleAndBots).WithTags("Conversations")
            .WithSummary("Replies to the customer, or leaves a note").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        Map<AssignRequest>(routes, "assign", "Gives it to an agent, to a queue, or to nobody", ifMatch: true);
        Map<TransferRequest>(routes, "transfer", "Hands it on to a queue, an agent or a skill", ifMatch: true);
        Map<CloseRequest>(routes, "close", "Ends the episode", ifMatch: true);
        Map(routes, "reopen", "Opens it again", request => new Reopen(request?.Epoch));
        Map<PendingRequest>(routes, "pending", "Waits for the customer");
        Map(routes, "hold", "Waits for a third party", request => new Hold(request?.Epoch));
        Map<SnoozeRequest>(routes, "snooze", "Leaves the working list until a time");
        Map<PriorityRequest>(routes, "priority", "Sets the priority", PeopleAndBots);
        Map<LabelsRequest>(routes, "labels", "Adds and removes labels", PeopleAndBots);
        Map(routes, "spam", "Marks it as spam", request => new MarkSpam(request?.Epoch));
        Map<ReadRequest>(routes, "read", "Moves the read horizon forward");
        Map<HandOffRequest>(routes, "handoff", "The bot lets go; people take over", PeopleAndBots);
        Map<DeliveryRequest>(routes, "delivery", "Reports what became of a reply the integrator delivers itself", [Role.Integrator, Role.Admin]);
        Map<TierRequest>(routes, "tier", "Says what kind of customer this is, for policies to match on", PeopleAndBots);
        Map<BlockRequest>(routes, "block", "Keeps the customer's messages but opens nothing for them");
    }

    private static void Map<TRequest>(IEndpointRouteBuilder routes, string name, string summary, Role[]? roles = null, bool ifMatch = false)
        where TRequest : class, ICommandRequest =>
        Describe(
            routes.MapPost($"/v1/conversations/{{id}}/{name}", (string id, TRequest request, Caller caller, [AsParameters] CommandServices services) =>
                request.Check() is { } refusal
                    ? Task.FromResult<Results<Ok<CommandResponse>, ProblemHttpResult>>(Problems.Of(refusal))
                    : services.Send(id, request.ToCommand(), caller, ifMatch)),
            name, summary, roles, ifMatch);

    private static void Map(IEndpointRouteBuilder routes, string name, string summary, Func<EpochRequest?, ConversationCommand> command) =>
        Describe(
            routes.MapPost($"/v1/conversations/{{id}}/{name}", ([FromRoute] string id, [FromBody] EpochRequest? request, Caller caller, [AsParameters] CommandServices services) =>
                services.Send(id, command(request), caller, ifMatch: false)),
            name, summary, roles: null, ifMatch: false);

    private static void Describe(RouteHandlerBuilder endpoint, string name, string summary, Role[]? roles, bool ifMatch)
    {
        endpoint.For(roles ?? People).WithName($"{name}Conversation").WithTags("Conversations").WithSummary(summary).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        if (ifMatch)
        {
            endpoint.WithDescription("Needs If-Match with the version you saw.").ProducesProblem(412).ProducesProblem(428);
        }
    }

    private static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> Post(
        string id, PostRequest request, Caller caller, [AsParameters] CommandServices services)
    {
        // Who speaks follows from the credential: an integrator's key is a bot's, never a person's.
        var kind = request.Kind == PostKind.Reply && caller.Role == Role.Integrator ? PostKind.BotReply : request.Kind;
        if ((kind == PostKind.BotReply && caller.Role != Role.Integrator
                ? Input.Invalid("invalid_kind", "Bot replies are sent with an integrator's key.")
                : request.Check()) is { } refusal)
        {
            return Problems.Of(refusal);
        }

        var sent = await services.Ask(id, request.ToCommand(kind), caller, ifMatch: false);
        return sent.Problem is { } problem
            ? problem
            : TypedResults.Created(
                $"/v1/conversations/{id}/events?after={sent.Answer!.MessageSeq - 1}&limit=1",
                new MessageResponse(sent.Answer.Message!.Value, sent.Answer.MessageSeq!.Value, sent.Answer.MessageIndex, sent.Answer.Delivery));
    }
}

/// <summary>What every command endpoint needs.</summary>
internal sealed record CommandServices(IEntities Entities, IJournal Journal, IViews Views, SettingsCache Settings, TimeProvider Time, ManualAssignment Manual, HttpContext Http)
{
    public async Task<Results<Ok<CommandResponse>, ProblemHttpResult>> Send(string id, ConversationCommand command, Caller caller, bool ifMatch)
    {
        var (answer, problem) = await Ask(id, command, caller, ifMatch);
        return problem is not null ? problem : TypedResults.Ok(CommandResponse.Of(answer!));
    }

    public async Task<(ConversationAnswer? Answer, ProblemHttpResult? Problem)> Ask(string id, ConversationCommand command, Caller caller, bool ifMatch)
    {
        var unusable = Input.CommandId(Http.Request, caller, out var commandId);
        if ((Input.IfMatch(Http.Request, ifMatch, out var seen) ?? unusable) is { } refusal)
        {
            return (null, refusal.Code == "precondition_required"
                ? Problems.Of(StatusCodes.Status428PreconditionRequired, refusal.Code, refusal.Detail)
                : Problems.Of(refusal));
        }

        var conversation = ConversationId.Of(id);
        var (reserved, full) = command is Assign { Agent: not null } assign ? await Reserve(caller, conversation, assign, commandId) : default;
        if (full is not null)
        {
            return (null, Problems.Of(full));
        }

        var reply = await Entities.Send(caller.Account, conversation, new(commandId, caller.Actor, command, seen), Http.RequestAborted);
        if (reserved is { } offer && reply is Reply<ConversationAnswer>.Refused { Refusal.Code: var code })
        {
            await Manual.Release(caller.Account, ((Assign)command).Agent!.Value, conversation, offer, code, Http.RequestAborted);
        }

        switch (reply)
        {
            case Reply<ConversationAnswer>.Done done:
                Http.Response.Headers.ETag = $"\"{done.Answer.Seq}\"";
                if (done.Replayed)
                {
                    Http.Response.Headers["Idempotency-Replayed"] = "true";
                }

                return (done.Answer, null);
            case Reply<ConversationAnswer>.Refused { Refusal: { Code: "version_conflict" or "stale_reply" or "stale_epoch" } conflict }:
                return (null, await Conflict(conflict, caller, conversation, seen ?? (command as PostMessage)?.BasedOnSeq));
            case Reply<ConversationAnswer>.Refused refused:
                return (null, Problems.Of(refused.Refusal));
            case Reply<ConversationAnswer>.Overloaded:
                return (null, Problems.Overloaded());
            default:
                return (null, Problems.OutcomeUnknown());
        }
    }

    /// <summary>Capacity first (routing.md 1); only supervisors go beyond it.</summary>
    private async ValueTask<(OfferId? Reserved, Refusal? Refusal)> Reserve(Caller caller, ConversationId conversation, Assign assign, string commandId) =>
        await Views.Find(caller.Account, conversation, Http.RequestAborted) is { } row && row.Assignee != assign.Agent
            ? await Manual.Reserve(
                caller.Account, assign.Agent!.Value, conversation, row.Address.Channel, assign.Override && caller.Role is Role.Supervisor or Role.Admin, commandId, Http.RequestAborted)
            : default;

    /// <summary>What the caller missed: the conversation as it is, and the events since the version they saw (at most 50).</summary>
    private async ValueTask<ProblemHttpResult> Conflict(Refusal refusal, Caller caller, ConversationId id, long? since)
    {
        if (await Views.Find(caller.Account, id, Http.RequestAborted) is not { } row)
        {
            return Problems.NotFound("conversation"); // what does not exist has no version to differ from
        }

        var missed = since is { } seq && seq < row.Seq
            ? await Journal.ReadEvents(ConversationType.Key(caller.Account, id), seq, 50, descending: false, Http.RequestAborted)
            : [];
        return Problems.Of(
            Problems.StatusOf(refusal), refusal.Code, refusal.Detail,
            ConversationView.Of(row, Instant.FromDateTimeOffset(Time.GetUtcNow()), await Settings.Get(caller.Account, Http.RequestAborted)),
            missed.Select(ReadEndpoints.View).ToArray());
    }
}

/// <summary>A body that says what it wants of a conversation, and whether it makes sense by itself.</summary>
internal interface ICommandRequest
{
    Refusal? Check();
    ConversationCommand ToCommand();
}

/// <summary>A reply to the customer, or a note among colleagues.</summary>
public sealed record PostRequest
{
    public PostKind Kind { get; init; } = PostKind.Reply;
    public string? Text { get; init; }
    public IReadOnlyList<Attachment>? Attachments { get; init; }

    /// <summary>Of a reply: must be the conversation's own; default: it.</summary>
    public Visibility? Visibility { get; init; }

    /// <summary>The newest seq the author had seen; if a message is newer the reply is refused.</summary>
    public long? BasedOnSeq { get; init; }

    /// <summary>Send although newer messages arrived.</summary>
    public bool Force { get; init; }

    public long? Epoch { get; init; }

    internal Refusal? Check() => Input.Text("text", Text, MessageLimits.Text) ?? Input.Attachments(Attachments);

    internal PostMessage ToCommand(PostKind kind) => new(kind, Text ?? "", Attachments, Visibility, BasedOnSeq, Force, Epoch);
}

/// <summary>To an agent, to a queue, or (neither) to nobody.</summary>
public sealed record AssignRequest : ICommandRequest
{
    public string? Agent { get; init; }
    public string? Queue { get; init; }
    public bool Override { get; init; }
    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() => Input.Name("agent", Agent) ?? Input.Name("queue", Queue);
    ConversationCommand ICommandRequest.ToCommand() => new Assign(Ids.Agent(Agent), Ids.Queue(Queue), Override, Epoch);
}

/// <summary>Exactly one target.</summary>
public sealed record TransferRequest : ICommandRequest
{
    public string? ToQueue { get; init; }
    public string? ToAgent { get; init; }
    public string? ToSkill { get; init; }

    /// <summary>Hand: ownership moves. Consult: a colleague joins, the owner stays. Warm: both are there, ownership moves.</summary>
    public TransferMode Mode { get; init; }

    /// <summary>An internal note for whoever takes over.</summary>
    public string? Note { get; init; }

    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() =>
        Input.Name("toQueue", ToQueue) ?? Input.Name("toAgent", ToAgent) ?? Input.Name("toSkill", ToSkill) ?? Input.Text("note", Note, MessageLimits.Text);

    ConversationCommand ICommandRequest.ToCommand() => new Transfer(Ids.Queue(ToQueue), Ids.Agent(ToAgent), ToSkill is { Length: > 0 } ? ToSkill : null, Note, Epoch, Mode);
}

public sealed record CloseRequest : ICommandRequest
{
    /// <summary>How it ended, in the account's own words.</summary>
    public string? Disposition { get; init; }

    public string? Note { get; init; }
    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() => Input.Text("disposition", Disposition, Input.LongestName) ?? Input.Text("note", Note, MessageLimits.Text);
    ConversationCommand ICommandRequest.ToCommand() => new Close(Disposition, Note, Epoch);
}

/// <summary>A command with nothing to say but its name.</summary>
public sealed record EpochRequest
{
    public long? Epoch { get; init; }
}

public sealed record PendingRequest : ICommandRequest
{
    /// <summary>When it opens by itself; default: only when the customer writes.</summary>
    public Instant? Until { get; init; }

    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() => null;
    ConversationCommand ICommandRequest.ToCommand() => new Pend(Until, Epoch);
}

public sealed record SnoozeRequest : ICommandRequest
{
    public required Instant Until { get; init; }
    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() => null;
    ConversationCommand ICommandRequest.ToCommand() => new Snooze(Until, Epoch);
}

public sealed record PriorityRequest : ICommandRequest
{
    public required Priority Priority { get; init; }
    public string? Reason { get; init; }
    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() => Input.Text("reason", Reason, Input.LongestShortText);
    ConversationCommand ICommandRequest.ToCommand() => new SetPriority(Priority, Reason, Epoch);
}

public sealed record LabelsRequest : ICommandRequest
{
    public IReadOnlyList<string>? Add { get; init; }
    public IReadOnlyList<string>? Remove { get; init; }
    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() =>
        (Add ?? []).Concat(Remove ?? []).Select(label => Input.Text("labels", label, 64, required: true)).FirstOrDefault(r => r is not null);

    ConversationCommand ICommandRequest.ToCommand() => new ChangeLabels(Add, Remove, Epoch);
}

public sealed record ReadRequest : ICommandRequest
{
    /// <summary>Message index up to which everything is read.</summary>
    public required long UpTo { get; init; }

    Refusal? ICommandRequest.Check() => null;
    ConversationCommand ICommandRequest.ToCommand() => new MarkRead(UpTo);
}

public sealed record HandOffRequest : ICommandRequest
{
    public string? ToQueue { get; init; }
    public string? Note { get; init; }

    Refusal? ICommandRequest.Check() => Input.Name("toQueue", ToQueue) ?? Input.Text("note", Note, MessageLimits.Text);
    ConversationCommand ICommandRequest.ToCommand() => new HandOff(Ids.Queue(ToQueue), Note);
}

/// <summary>For channels without an adapter here. The platform's ids make its echoes, edits and receipts find the reply.</summary>
public sealed record DeliveryRequest : ICommandRequest
{
    public required string MessageId { get; init; }
    public required DeliveryState State { get; init; }

    /// <summary>What the platform calls it.</summary>
    public IReadOnlyList<string>? ExternalIds { get; init; }

    public Instant? At { get; init; }

    /// <summary>Of a failure: the platform's code.</summary>
    public string? Code { get; init; }

    Refusal? ICommandRequest.Check() =>
        Input.Text("messageId", MessageId, Input.LongestExternalId, required: true)
        ?? Input.Text("code", Code, Input.LongestName)
        ?? (ExternalIds ?? []).Select(id => Input.Text("externalIds", id, Input.LongestExternalId, required: true)).FirstOrDefault(r => r is not null)
        ?? (ExternalIds?.Count > 100 ? Input.Invalid("too_many_ids", "A reply has at most 100 parts.") : null);

    ConversationCommand ICommandRequest.ToCommand() => new RecordDelivery(Domain.MessageId.Of(MessageId), new(State, ExternalIds, At, Code));
}

public sealed record TierRequest : ICommandRequest
{
    /// <summary>Your own word, for example gold; null: none.</summary>
    public required string? Tier { get; init; }

    Refusal? ICommandRequest.Check() => Input.Text("tier", Tier, 64);
    ConversationCommand ICommandRequest.ToCommand() => new SetCustomerTier(Tier is { Length: > 0 } ? Tier : null);
}

public sealed record BlockRequest : ICommandRequest
{
    public required bool Blocked { get; init; }

    Refusal? ICommandRequest.Check() => null;
    ConversationCommand ICommandRequest.ToCommand() => new BlockCustomer(Blocked);
}

internal static class Ids
{
    public static AgentId? Agent(string? value) => value is { Length: > 0 } ? new AgentId(value) : null;

    public static QueueId? Queue(string? value) => value is { Length: > 0 } ? new QueueId(value) : null;
}
