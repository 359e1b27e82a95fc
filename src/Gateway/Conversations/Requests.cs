using Conversations.Domain;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Conversations;

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

    /// <summary>An internal note for whoever takes over.</summary>
    public string? Note { get; init; }

    public long? Epoch { get; init; }

    Refusal? ICommandRequest.Check() =>
        Input.Name("toQueue", ToQueue) ?? Input.Name("toAgent", ToAgent) ?? Input.Name("toSkill", ToSkill) ?? Input.Text("note", Note, MessageLimits.Text);

    ConversationCommand ICommandRequest.ToCommand() => new Transfer(Ids.Queue(ToQueue), Ids.Agent(ToAgent), ToSkill is { Length: > 0 } ? ToSkill : null, Note, Epoch);
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
